"""The acts."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class Act(models.Model):
    """One act of a person (or an import): who did what to what, when and why. Written once, then sealed.

    `index` is that of its entry in the acts log; None until `lichen.web.acts.sealing.seal` has put it there.
    Ids grow in the order of commitment (`lichen.web.acts.sealing.record` sees to it), so the log has the same order.
    """

    index = models.BigIntegerField(_("entry of the acts log"), null=True, unique=True)
    action = models.CharField(_("action"), max_length=40)
    subject = models.CharField(_("subject"), max_length=200)
    by = models.ForeignKey("accounts.User", models.PROTECT, null=True, related_name="acts", verbose_name=_("by"))
    reason = models.TextField(_("reason"), blank=True)
    at = models.DateTimeField(_("at"))
    details = models.JSONField(_("details"), default=dict)

    class Meta:
        verbose_name = _("act")
        verbose_name_plural = _("acts")
        ordering = ("-id",)
        indexes = [
            models.Index(fields=("subject", "-id"), name="act_subject"),
            models.Index(fields=("id",), condition=Q(index=None), name="act_unsealed"),
        ]

    def __str__(self) -> str:
        return f"{self.action} {self.subject}"
