"""Drinking water (生活饮用水): GB 5749 from the source to the tap. See README.md."""
