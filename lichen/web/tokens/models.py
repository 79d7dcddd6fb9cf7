"""Tokens as kept: never the text itself."""

from __future__ import annotations

from datetime import datetime

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _


class Scope(models.TextChoices):
    """What a token opens. Nothing can be written through the API yet, so there is no scope for it."""

    DATA = "read:data", _("points, observations, verdicts")
    LEDGER = "read:ledger", _("the ledger, entry by entry")


class Token(models.Model):
    """A token of the API. It is revoked, never deleted: acts name it."""

    name = models.CharField(_("name"), max_length=80, help_text=_("What it is for."))
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="tokens", verbose_name=_("owner"))
    prefix = models.CharField(_("begins with"), max_length=16, unique=True)
    digest = models.CharField(max_length=64, unique=True, editable=False)  # SHA-256 of the text, hexadecimal
    scopes = ArrayField(models.CharField(max_length=20, choices=Scope.choices), verbose_name=_("scopes"))
    created = models.DateTimeField(_("made"))
    expires = models.DateTimeField(_("valid until"), null=True, blank=True)
    revoked = models.DateTimeField(_("revoked"), null=True, blank=True)
    last_used = models.DateTimeField(_("last used"), null=True, blank=True)

    class Meta:
        verbose_name = _("token")
        verbose_name_plural = _("tokens")
        ordering = ["-created"]

    def state(self, moment: datetime) -> str:
        """``valid``, ``ended`` or ``revoked``, at that moment."""
        if self.revoked is not None:
            return "revoked"
        return "ended" if self.expires is not None and self.expires <= moment else "valid"

    def __str__(self) -> str:
        return f"{self.name} ({self.prefix}…)"
