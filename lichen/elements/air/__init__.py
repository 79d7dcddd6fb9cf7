"""Ambient air (环境空气): GB 3095 limits, the HJ 633 index, and what HJ 663 makes of a year. See README.md."""
