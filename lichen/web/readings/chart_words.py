"""Addresses and words that the charts of a station and of a city need (``frontend/src/pages``)."""

from __future__ import annotations

from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from lichen.vocab.clock import beijing_day, now_ms
from lichen.vocab.periods import Period
from lichen.vocab.registry import Point
from lichen.web.readings import charts, spans, words
from lichen.web.readings.table import Table


def charts_of_station(point: Point, table: Table) -> dict[str, Any]:
    """Where the charts of a station fetch what they draw, and what they say."""
    element = table.element
    return {
        "course": reverse("station_course", args=[point.id]),
        "year": reverse("station_year", args=[point.id])
        if Period.DAY in element.evaluators and element.classes
        else "",
        "profile": reverse("station_profile", args=[point.id]) if Period.HOUR in spans.periods_of(element) else "",
        "thisYear": beijing_day(now_ms()).year,
        "period": table.period,
        "spans": [
            {"period": period, "span": span, "label": _span(period, span)}
            for period in spans.periods_of(element)
            for span in sorted(charts.spans_of(period))
        ],
        "usual": charts.spans_of(table.period)[0],
        "words": _said() | {"index": element.index_name or words.element_name(element)},
    }


def _span(period: Period, span: int) -> str:
    if period is Period.HOUR and span % 24 == 0:
        days = span // 24
        return _("%(hours)s hours") % {"hours": span} if days <= 3 else _("%(days)s days, hourly") % {"days": days}
    if period is Period.HOUR:
        return _("%(hours)s hours") % {"hours": span}
    if period is Period.SAMPLE:
        return ngettext("samples of %(n)s year", "samples of %(n)s years", span) % {"n": span}
    said = {
        Period.H8: _("%(days)s times eight hours"), Period.DAY: _("%(days)s days"), Period.MONTH: _("%(days)s months"),
        Period.QUARTER: _("%(days)s quarters"), Period.YEAR: _("%(days)s years"),
    }  # fmt: skip
    return said[period] % {"days": span}


def _said() -> dict[str, Any]:
    return {
        "all": _("all, one below the other"),
        "first": _("the first %(n)s, one below the other"),
        "below": _("below the detection limit"),
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
