"""Files that were checked and wait for somebody to accept them."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _


class Upload(models.Model):
    """A file between check and acceptance: for an hour, for who brought it. What is accepted is in the ledger."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+", verbose_name=_("by"))
    at = models.DateTimeField(_("at"))
    name = models.CharField(_("file"), max_length=200)
    element = models.CharField(_("element"), max_length=40)
    period = models.CharField(_("period"), max_length=10)
    sha256 = models.CharField(max_length=64)
    body = models.BinaryField()

    class Meta:
        verbose_name = _("uploaded file")
        verbose_name_plural = _("uploaded files")
        ordering = ("-at",)
        indexes = [models.Index(fields=("by", "-at"), name="upload_of_account")]

    def __str__(self) -> str:
        return f"{self.name} ({self.sha256[:12]})"
