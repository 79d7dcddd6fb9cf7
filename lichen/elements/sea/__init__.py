"""The sea (海水): the four classes of GB 3097, and the state of an area. See README.md."""
