"""Pollution sources (污染源): what outlets emit, judged by their standards and permits. See README.md."""
