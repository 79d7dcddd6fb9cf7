"""Fixtures shared by all tests."""

pytest_plugins = ["lichen.stream.testing", "lichen.web.testing"]
