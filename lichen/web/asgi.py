"""The ASGI application: ``lichen.web.asgi:application``."""

import os

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "lichen.web.settings")
_django = get_asgi_application()

from lichen.web.api.front import Front  # noqa: E402  needs Django set up

application = Front(_django)
