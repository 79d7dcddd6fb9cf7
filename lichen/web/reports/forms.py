"""What a reader asks a report for: period, span and place."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from lichen.elements.descriptor import Report
from lichen.vocab.clock import beijing_day, day_start_ms
from lichen.vocab.periods import Period
from lichen.web.readings import spans, words

#: The longest span, by period. [days]
LONGEST = {Period.HOUR: 92, Period.H8: 366, Period.DAY: 3 * 366}
_LONGEST_SELDOM = 30 * 366
#: How much is shown at first, back from the newest value. [intervals]
_USUAL = {Period.HOUR: 24, Period.H8: 30, Period.DAY: 31, Period.MONTH: 12, Period.QUARTER: 4, Period.YEAR: 2}
_USUAL_DAYS = 366


class Asked(forms.Form):
    """A report over some time; days are Beijing days, both included."""

    period = forms.ChoiceField(label=gettext_lazy("Period"))
    since = forms.DateField(label=gettext_lazy("From (day)"), widget=forms.DateInput(attrs={"type": "date"}))
    until = forms.DateField(label=gettext_lazy("To (day)"), widget=forms.DateInput(attrs={"type": "date"}))
    city = forms.ChoiceField(label=gettext_lazy("City"), required=False)

    def __init__(self, data: Any, report: Report, cities: list[tuple[str, str]]) -> None:
        super().__init__(data)
        for name, allowed in (
            ("period", [(str(period), words.period(period)) for period in spans.ORDER if period in report.periods]),
            ("city", [("", _("all")), *cities]),
        ):
            field = self.fields[name]
            assert isinstance(field, forms.ChoiceField)
            field.choices = allowed
        if len(cities) < 2:
            del self.fields["city"]

    def clean(self) -> dict[str, Any]:
        """Not backwards, and not longer than the store can answer in a moment."""
        given = super().clean() or self.cleaned_data
        since, until = given.get("since"), given.get("until")
        if since and until and "period" in given:
            longest = LONGEST.get(Period(given["period"]), _LONGEST_SELDOM)
            if not timedelta() <= until - since <= timedelta(days=longest):
                raise forms.ValidationError(
                    _("The last day must not lie before the first, nor more than %(days)s days after it.")
                    % {"days": longest}
                )
        return given

    @property
    def wanted(self) -> Period:
        """Call it after `is_valid`."""
        return Period(self.cleaned_data["period"])

    @property
    def span(self) -> tuple[int, int]:
        """From inclusive, until exclusive, whole intervals. [ms since 1970 UTC]"""
        first = day_start_ms(self.cleaned_data["since"])
        return spans.start_of(first, self.wanted), day_start_ms(self.cleaned_data["until"] + timedelta(days=1))


def usual_days(period: Period, stop: int) -> tuple[date, date]:
    """The days of a period that are shown at first, back from an instant."""
    last = beijing_day(stop - 1)
    if not spans.has_intervals(period):
        return last - timedelta(days=_USUAL_DAYS), last
    return beijing_day(spans.back(spans.start_of(stop - 1, period), period, _USUAL[period] - 1)), last
