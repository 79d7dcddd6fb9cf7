"""Users."""

from __future__ import annotations

from django.contrib.auth.models import AbstractUser
from django.db import models
from django.utils.translation import gettext_lazy as _


class Role(models.TextChoices):
    """What somebody may do. What an officer may touch depends on the organisation, see `lichen.web.accounts.access`."""

    ADMINISTRATOR = "administrator", _("administrator")
    OFFICER = "officer", _("officer")
    PUBLIC = "public", _("public")


class User(AbstractUser):
    """A person who signs in. Acts name the person for ever, so users are deactivated, never deleted."""

    first_name = None  # type: ignore[assignment]
    last_name = None  # type: ignore[assignment]
    display_name = models.CharField(_("name"), max_length=60)
    organisation = models.ForeignKey(
        "registry.Organisation", models.PROTECT, null=True, blank=True, verbose_name=_("organisation")
    )
    role = models.CharField(_("role"), max_length=20, choices=Role.choices, default=Role.PUBLIC)

    REQUIRED_FIELDS = ["display_name"]

    class Meta:
        verbose_name = _("user")
        verbose_name_plural = _("users")
        constraints = [
            models.CheckConstraint(condition=models.Q(role__in=Role.values), name="user_role_known"),
        ]

    def __str__(self) -> str:
        return f"{self.display_name} ({self.username})" if self.display_name else self.username

    def get_full_name(self) -> str:
        return self.display_name

    def get_short_name(self) -> str:
        return self.display_name or self.username
