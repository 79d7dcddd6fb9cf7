"""The gateway: takes HJ 212 connections, makes every frame durable, then answers it, and carries commands to devices.

It knows sockets and limits, the protocol (`lichen.hj212`) and the stream (`lichen.stream`), and nothing of what the
numbers mean. `server.run` is the process; `call.call` sends a command through it.
"""
