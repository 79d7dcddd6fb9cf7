"""HJ 212 (污染物在线监控（监测）系统数据传输标准), editions 2005, 2017 and 2025, without sockets.

Bytes → frames (`frame`) → messages (`message`) → bytes (`compose`), many at once (`batch`), and the dialogue of host and
site (`session`). A frame is judged strictly on length and CRC; its content is read tolerantly, and every deviation is
named in `warnings`. Bytes that came in never raise and are never lost.
"""
