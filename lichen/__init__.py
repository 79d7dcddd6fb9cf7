"""Lichen (地衣): a city's ecological-environment monitoring network, provable from packet to page."""

__version__ = "0.1.0"
