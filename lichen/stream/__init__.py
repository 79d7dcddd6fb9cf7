"""The stream: NATS JetStream, which carries raw entries, events, the registry snapshot and device commands.

`embedded` runs a real ``nats-server`` under the data folder; `client` speaks to it or to any other
(2.14 or newer: the strict order of `Stream.consume_raw` rests on its consumer reset).
"""
