"""What was done, in words."""

from __future__ import annotations

from django.utils.translation import gettext_lazy

_WORDS = {
    "observation.supersede": gettext_lazy("superseded a value"),
    "registry.load": gettext_lazy("loaded the registry"),
    "registry.point.register": gettext_lazy("registered a monitoring point"),
    "registry.point.change": gettext_lazy("changed a monitoring point"),
    "registry.point.retire": gettext_lazy("retired a monitoring point"),
    "registry.device.register": gettext_lazy("registered a device"),
    "registry.device.change": gettext_lazy("changed a device"),
    "registry.device.move": gettext_lazy("moved a device"),
    "registry.device.retire": gettext_lazy("retired a device"),
    "registry.instrument.register": gettext_lazy("put an instrument in service"),
    "registry.instrument.change": gettext_lazy("changed an instrument"),
    "registry.instrument.retire": gettext_lazy("took an instrument out of service"),
    "registry.organisation.register": gettext_lazy("registered an organisation"),
    "registry.organisation.change": gettext_lazy("changed an organisation"),
    "registry.organisation.retire": gettext_lazy("retired an organisation"),
    "registry.district.register": gettext_lazy("registered a district"),
    "registry.district.change": gettext_lazy("changed a district"),
    "registry.district.retire": gettext_lazy("retired a district"),
    "person.register": gettext_lazy("opened an account"),
    "person.change": gettext_lazy("changed an account"),
    "person.connect": gettext_lazy("connected an account with the organisation's sign-in"),
    "person.second_factor.remove": gettext_lazy("removed a second factor"),
    "device.command": gettext_lazy("sent a device a command"),
    "token.create": gettext_lazy("made an API token"),
    "token.revoke": gettext_lazy("revoked an API token"),
}


def action(name: str) -> str:
    """What an act of this name did; the name itself where there are no words for it."""
    return str(_WORDS.get(name, name))


def named(text: str) -> list[str]:
    """The names of the acts whose words, in the reader's language, hold a text."""
    return [name for name, words in _WORDS.items() if text.casefold() in str(words).casefold()]
