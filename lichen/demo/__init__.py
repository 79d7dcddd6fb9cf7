"""The demo: recorded official hours of three cities, replayed as simulated HJ 212 data loggers.

`registry` says which points and devices take part, `record` reads the recorded hours, `split` cuts them into the
five-minute values of a logger, `replay` sends them.
"""
