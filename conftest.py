"""Fixtures shared by all tests."""

pytest_plugins = ["lichen.pipeline.testing", "lichen.store.testing", "lichen.stream.testing", "lichen.web.testing"]
