"""Groundwater (地下水): the five classes of GB/T 14848. See README.md."""
