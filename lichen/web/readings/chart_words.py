"""Addresses and words that the charts of a station and of a city need (``frontend/src/pages``)."""

from __future__ import annotations

from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from lichen.vocab.clock import beijing_day, now_ms
from lichen.vocab.periods import Period
from lichen.vocab.registry import Point
from lichen.web.readings import charts, words
from lichen.web.readings.table import Table


def charts_of_station(point: Point, table: Table) -> dict[str, Any]:
    """Where the charts of a station fetch what they draw, and what they say."""
    element = table.element
    return {
        "course": reverse("station_course", args=[point.id]),
        "year": reverse("station_year", args=[point.id]),
        "profile": reverse("station_profile", args=[point.id]),
        "thisYear": beijing_day(now_ms()).year,
        "period": table.period,
        "spans": [
            {"period": period, "span": span, "label": _span(period, span)}
            for period in charts.SPANS
            if period in element.evaluators
            for span in sorted(charts.SPANS[period])
        ],
        "usual": charts.SPANS[table.period][0],
        "words": _said() | {"index": element.index_name or words.element_name(element)},
    }


def _span(period: Period, span: int) -> str:
    if period is Period.HOUR and span % 24 == 0:
        days = span // 24
        return _("%(hours)s hours") % {"hours": span} if days <= 3 else _("%(days)s days, hourly") % {"days": days}
    return _("%(days)s days") % {"days": span}


def _said() -> dict[str, Any]:
    return {
        "all": _("all, one below the other"),
        "limit": _("limit %(label)s %(value)s"),
        "ruledOut": _("does not count"),
        "ruledOutCount": _("%(count)s values do not count: which and why"),
        "noValue": _("no value"),
        "failed": _("The charts could not be loaded; the table below has the values. Load the page again to retry."),
        "nothing": _("No day of this year has been judged yet."),
        "profileNote": _("Mean of the valid hours of the last %(days)s days; fewer than %(least)s give no mean."),
        "hours": _("hour of the day"),
        "weekdays": [_("Mon"), _("Tue"), _("Wed"), _("Thu"), _("Fri"), _("Sat"), _("Sun")],
        "hoursOf": _("%(n)s values"),
        "windNote": _("%(hours)s hours of the last %(days)s days; %(calm)s of them calm (below %(speed)s %(unit)s)."),
        "sectors": [
            _("N"), _("NNE"), _("NE"), _("ENE"), _("E"), _("ESE"), _("SE"), _("SSE"), _("S"), _("SSW"), _("SW"),
            _("WSW"), _("W"), _("WNW"), _("NW"), _("NNW"),
        ],
        "share": _("share of hours"),
        "noClass": _("no class"),
    }  # fmt: skip


def said_of_city() -> dict[str, Any]:
    """What the charts of a city say."""
    return _said()
