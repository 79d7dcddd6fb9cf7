"""Fixtures shared by all tests."""

from hypothesis import HealthCheck, settings

# Timing belongs to `lichen bench`: a busy machine must not fail a property.
settings.register_profile("untimed", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("untimed")

pytest_plugins = ["lichen.pipeline.testing", "lichen.store.testing", "lichen.stream.testing", "lichen.web.testing"]
