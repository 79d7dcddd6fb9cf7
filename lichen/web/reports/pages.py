"""The pages of reports: all there are, and each as a table with period, span and place to choose."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from lichen.elements import ELEMENT_BY_SLUG, descriptor
from lichen.elements.descriptor import Element, Report
from lichen.vocab.clock import now_ms
from lichen.vocab.periods import Period
from lichen.vocab.registry import Point
from lichen.vocab.rounding import round_decimal
from lichen.web.datatable import Column, Table, respond
from lichen.web.engines import engines
from lichen.web.readings import words
from lichen.web.readings.rules import citations
from lichen.web.readings.stations import elements_present
from lichen.web.reports.forms import Asked, usual_days
from lichen.web.reports.survey import month_end, newest_month, survey_of

#: Which period is shown at first, if there is anything: what most reports are made of comes first.
_FIRST = (Period.MONTH, Period.SAMPLE, Period.DAY, Period.QUARTER, Period.YEAR, Period.HOUR, Period.H8)


@require_safe
def reports(request: HttpRequest) -> HttpResponse:
    """Every report, by element; those of elements with points first."""
    snapshot = engines().snapshot()
    found = [
        (
            element.slug,
            words.element_name(element),
            [
                (reverse("report", args=[element.slug, one.slug]), words.either(one.name_zh, one.name_en),
                 ", ".join(words.period(period) for period in one.periods))
                for one in element.reports
            ],
        )
        for element in elements_present(snapshot)
        if element.reports
    ]  # fmt: skip
    return render(request, "reports/reports.html", {"elements": found})


@require_safe
def report(request: HttpRequest, element: str, report: str) -> HttpResponse:
    """One report."""
    of, wanted = _report(element, report)
    points = _points(of)
    form = Asked(_with_usual(request.GET, wanted, points), wanted, _cities(points))
    in_words = partial(words.note, of, names=_names(points))
    made: descriptor.Table | None = None
    refused = ""
    if form.is_valid():
        city = form.cleaned_data.get("city", "")
        chosen = [point for point in points if city in ("", point.city)]
        survey = survey_of(engines().store, of, chosen, form.wanted, *form.span)
        try:
            made = wanted.make(survey)
        except ValueError as said:  # in words for the reader
            refused = in_words(str(said))
    name = words.either(wanted.name_zh, wanted.name_en)
    shown = Table(
        f"{of.slug}-{wanted.slug}", f"{words.element_name(of)} · {name}",
        _columns(made.columns, in_words) if made else (Column("nothing", _("Result"), lambda row: None),),
        made.rows if made else (), form, empty=refused or _("Nothing was measured there in that time."),
    )  # fmt: skip
    return respond(
        request,
        shown,
        "reports/report.html",
        {
            "name": name,
            "element": of,
            "element_name": words.element_name(of),
            "others": [
                (reverse("report", args=[of.slug, one.slug]), words.either(one.name_zh, one.name_en), one is wanted)
                for one in of.reports
            ],
            "refused": refused,
            "made": made,
            "notes": [in_words(note) for note in made.notes] if made else [],
            "clauses": citations(of, made.clause) if made else (),
            "is_doubtful": made is not None and made.status in ("memory", "conflict"),
        },
    )


def _report(element: str, report: str) -> tuple[Element, Report]:
    found = ELEMENT_BY_SLUG.get(element)
    if found is None:
        raise Http404(_("This version of Lichen does not know the element “%(element)s”.") % {"element": element})
    for one in found.reports:
        if one.slug == report:
            return found, one
    raise Http404(
        _("There is no report “%(given)s”; there are: %(known)s.")
        % {"given": report, "known": ", ".join(one.slug for one in found.reports) or words.NOTHING}
    )


def _points(element: Element) -> list[Point]:
    """Also those out of service: a report looks back."""
    return [point for point in engines().snapshot().points if point.element == element.slug]


def _cities(points: Sequence[Point]) -> list[tuple[str, str]]:
    return sorted({point.city: words.city_name(point) for point in points if point.city}.items())


def _names(points: Sequence[Point]) -> dict[str, str]:
    """Of points and their cities, as the reader's language has them."""
    return {point.city: words.city_name(point) for point in points} | {
        point.name_zh: words.point_name(point) for point in points
    }


def _with_usual(given: QueryDict, report: Report, points: Sequence[Point]) -> QueryDict:
    """What a reader asks for; what is not said as it is usual: the newest values there are."""
    asked = given.copy()
    if {"period", "since", "until"} <= asked.keys():
        return asked
    given_period = str(asked.get("period", ""))
    periods = [Period(given_period)] if given_period in report.periods else _in_order(report)
    ids = [point.id for point in points]
    for period in periods:
        newest = newest_month(engines().store, ids, period)
        if newest is not None:
            break
    else:
        period = periods[0]
    since, until = usual_days(period, min(month_end(*newest), now_ms()) if newest else now_ms())
    for name, value in (("period", str(period)), ("since", since.isoformat()), ("until", until.isoformat())):
        asked.setdefault(name, value)
    return asked


def _in_order(report: Report) -> list[Period]:
    return [period for period in _FIRST if period in report.periods]


def _columns(columns: Sequence[descriptor.Column], in_words: Callable[[str], str]) -> tuple[Column, ...]:
    """The report's columns as the list component takes them: to be ordered by, numbers to the right."""
    return tuple(
        Column(
            column.slug,
            words.either(column.name_zh, column.name_en) + (f" ({column.unit})" if column.unit else ""),
            _value(at, column.decimals, in_words),
            _key(at),
            is_number=column.decimals is not None,
        )
        for at, column in enumerate(columns)
    )


def _value(at: int, decimals: int | None, in_words: Callable[[str], str]) -> Callable[[Any], object]:
    def value(row: Any) -> object:
        said = row[at]
        if said is None or said != said:
            return None
        if isinstance(said, str):
            return in_words(said)
        return said if decimals is None else round_decimal(repr(float(said)), decimals)

    return value


def _key(at: int) -> Callable[[Any], Any]:
    def key(row: Any) -> Any:
        said = row[at]
        # A column may hold words among its numbers.
        return None if said is None or said != said else (isinstance(said, str), said)

    return key
