"""What the API's tests ask about: a network of three points with secrets, one hour of the first."""

from __future__ import annotations

from lichen.pipeline.testing import network

START = 1_772_380_800_000  # 2026-03-02T00:00+08:00
STEP = 300_000
SECRETS = {"password": "s3cret-pw", "key": "fedcba9876543210", "previous_key": "0123456789abcdef"}
SNAPSHOT = network(3, **SECRETS)
SIX = {"so2": 57.0, "no2": 20.0, "co": 0.5, "o3": 60.0, "pm10": 50.0, "pm25": 30.0}
SPAN = "from=2026-03-02T00:00:00%2B08:00&to=2026-03-02T01:00:00%2B08:00"
MINUTES = f"point=P1&parameter=pm25&period=minute&source=reported&{SPAN}"
