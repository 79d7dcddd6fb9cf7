"""The project itself as a Django app: base templates, template tags, system checks."""

from __future__ import annotations

from django.apps import AppConfig
from django.core import checks


class Site(AppConfig):
    """Everything that belongs to no single app."""

    name = "lichen.web"
    label = "site"
    verbose_name = "Lichen"

    def ready(self) -> None:
        from lichen.web.checks import production

        checks.register(production)
