"""Tables that people bring: laboratory results, manual readings, other departments' files.

A file is sealed as it came, and so are the rows taken from it; from there on they go the same road as packets.
"""
