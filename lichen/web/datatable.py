"""The one list component: filtered, ordered, paged, with columns to choose, and as a file of everything that fits.

A page says what its rows and columns are and answers by `respond`. All of it works without script, by parameters of
the address: those of the page's own filter, and

=============  =====================================================================================================
``sort``       name of a column; ``-`` before it for the other direction
``page``       from 1
``columns``    names of the columns to show, repeated; once empty: those shown at first. Remembered in a cookie.
``export``     ``csv`` or ``xlsx``: the chosen columns of all rows that fit, not only of the page
=============  =====================================================================================================
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.conf import settings
from django.core.paginator import Page, Paginator
from django.db.models import F, QuerySet
from django.forms import Form
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.utils.functional import Promise
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from lichen.web.exports import TYPES, file_response, plain

Text = str | Promise

PAGE = 50
#: A choice of columns is remembered this long. [s]
_REMEMBERED = 365 * 24 * 3600
#: Rows that are read from the database at a time.
_CHUNK = 500


@dataclass(frozen=True)
class Column:
    """A column of a list.

    Attributes
    ----------
    name : str
        In addresses.
    head : str
    value : callable
        Row → text, number, moment, truth value or None: what files hold, and pages where there is no `cell`.
    sort : str or callable, optional
        What to order by: a field of the database, or row → key (None sorts last). None: it cannot be ordered by.
    link : callable, optional
        Row → address that the value leads to; "" = none.
    cell : str
        Template of the cell's content, which is given ``row``.
    is_number : bool
        Set to the right.
    is_shown : bool
        Before anybody has chosen.
    """

    name: str
    head: Text
    value: Callable[[Any], object]
    sort: str | Callable[[Any], Any] | None = None
    link: Callable[[Any], str] | None = None
    cell: str = ""
    is_number: bool = False
    is_shown: bool = True


@dataclass(frozen=True)
class Table:
    """A list.

    Attributes
    ----------
    name : str
        Of the files, and of the cookie that remembers the columns.
    columns : tuple of Column
        The first names the row and is always shown.
    rows : QuerySet or sequence
        What fits the filter, in the order without ``sort``.
    filter : Form, optional
        As the reader filled it in. One with errors shows nothing, and is no file.
    look : callable, optional
        Fetches what the columns need besides, for those rows only that are shown.
    whole : callable, optional
        The rows of a file, where `rows` are a part of something too long to hold.
    attributes : callable, optional
        Row → attributes of its element.
    empty : str
        What to say where nothing fits.
    is_paged : bool
        False: the page template turns pages itself.
    is_folded : bool
        The tools open on request, where the list is not all that the page is about.
    subject : frozenset of str
        Parameters of the address that say what the list is about: given, they are no filter that was set.
    """

    name: str
    title: Text
    columns: tuple[Column, ...]
    rows: QuerySet[Any] | Sequence[Any]
    filter: Form | None = None
    look: Callable[[list[Any]], Iterable[Any]] | None = None
    whole: Callable[[], Iterable[Any]] | None = None
    attributes: Callable[[Any], Mapping[str, str]] = field(default=lambda row: {})
    empty: Text = ""
    is_paged: bool = True
    is_folded: bool = False
    subject: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Head:
    """The head of a column; `query` orders by it, "" where that cannot be."""

    name: str
    text: Text
    is_number: bool
    direction: str
    query: str


@dataclass(frozen=True, slots=True)
class Cell:
    """What a row has in a column; `style` is the class of its element."""

    name: str
    label: Text
    text: object
    link: str
    template: str
    style: str


@dataclass(frozen=True, slots=True)
class ShownRow:
    """A row: the thing itself for templates, the element's attributes, the cells."""

    row: Any
    attributes: Mapping[str, str]
    cells: list[Cell]


@dataclass(frozen=True)
class Shown:
    """A list as ``table/table.html`` shows it."""

    table: Table
    page: Page[Any]
    rows: list[ShownRow]
    heads: list[Head]
    chooser: list[tuple[Column, bool]]
    orders: list[tuple[str, str, bool]]
    given: QueryDict
    sort: str

    def _query(self, leave: tuple[str, ...], **put: str) -> str:
        query = self.given.copy()
        for name in (*leave, *put):
            query.pop(name, None)
        for name, value in put.items():
            query[name] = value
        return query.urlencode()

    @property
    def files(self) -> list[tuple[str, str]]:
        """Name and address of each file."""
        names = {"csv": "CSV", "xlsx": "Excel"}
        return [(names[ending], "?" + self._query(("page",), export=ending)) for ending in TYPES]

    @property
    def previous(self) -> str:
        return "?" + self._query((), page=str(self.page.previous_page_number()))

    @property
    def next(self) -> str:
        return "?" + self._query((), page=str(self.page.next_page_number()))

    @property
    def unfiltered(self) -> str:
        """Everything of the same subject, in the same order and columns."""
        kept = {"sort", "columns"} | self.table.subject
        return "?" + self._query(tuple(name for name in self.given if name not in kept))

    @property
    def first_columns(self) -> str:
        """The columns that are shown at first."""
        return "?" + self._query((), columns="")

    @property
    def kept_by_filter(self) -> list[tuple[str, str]]:
        """What the form of the filter carries along."""
        return [("columns", name) for name in self.given.getlist("columns")]

    @property
    def kept_by_chooser(self) -> list[tuple[str, str]]:
        """What the form of the columns carries along."""
        return [(name, one) for name, every in self.given.lists() if name != "columns" for one in every]

    @property
    def is_filtered(self) -> bool:
        return bool(self.given.keys() - {"sort", "page", "columns"} - self.table.subject)


def respond(
    request: HttpRequest, table: Table, template: str, context: Mapping[str, object] | None = None, *, status: int = 200
) -> HttpResponse:
    """The list as a page, or as the file that ``export`` asks for.

    Parameters
    ----------
    template : str
        A page that includes ``table/table.html``; it is given ``table``, a `Shown`.

    Raises
    ------
    Http404
        The address names a column or a kind of file that there is not, or asks for a file with a wrong filter.
    """
    is_wrong = table.filter is not None and bool(table.filter.errors)
    columns, remember = _columns(request, table)
    sort = _sort(request, table)
    rows, has_looked = ([], True) if is_wrong else _ordered(table, sort)
    ending = request.GET.get("export", "")
    if ending:
        if ending not in TYPES or is_wrong:
            raise Http404(_("There is no such file: the filter cannot be used, or “export” is neither csv nor xlsx."))
        every = _every(table, rows, has_looked)
        return file_response(
            table.name, ending, [column.head for column in columns],
            ([column.value(row) for column in columns] for row in every),
        )  # fmt: skip
    page = Paginator(rows, PAGE if table.is_paged else max(1, len(rows))).get_page(request.GET.get("page"))
    seen = page.object_list if has_looked or table.look is None else table.look(list(page.object_list))
    shown = Shown(
        table,
        page,
        [ShownRow(row, table.attributes(row), [_cell(column, row) for column in columns]) for row in seen],
        [_head(request.GET, column, sort) for column in columns],
        [(column, column in columns) for column in table.columns],
        [
            (f"{sign}{column.name}", f"{column.head} {arrow}", sort == f"{sign}{column.name}")
            for column in table.columns
            if column.sort is not None
            for sign, arrow in (("", "↑"), ("-", "↓"))
        ],
        request.GET,
        sort,
    )
    response = render(request, template, {**(context or {}), "table": shown}, status=status)
    if remember is not None:
        _remember(response, table, remember)
    return response


def _columns(request: HttpRequest, table: Table) -> tuple[list[Column], str | None]:
    """The columns to show, and what to remember of them: "" = forget, None = nothing was chosen."""
    known = {column.name: column for column in table.columns}
    chosen = [name for name in request.GET.getlist("columns") if name]
    unknown = sorted(set(chosen) - known.keys())
    if unknown:
        raise Http404(
            _("There is no column “%(unknown)s”; there are: %(known)s.")
            % {"unknown": unknown[0], "known": ", ".join(known)}
        )
    remember = None
    if "columns" in request.GET:
        remember = ".".join(chosen)
    else:  # a cookie may be older than the columns are
        chosen = [name for name in request.COOKIES.get(_cookie(table), "").split(".") if name in known]
    if not chosen:
        return [column for column in table.columns if column.is_shown], remember
    first = table.columns[0]
    return [column for column in table.columns if column is first or column.name in chosen], remember


def _cookie(table: Table) -> str:
    return f"lichen_columns_{table.name}"


def _remember(response: HttpResponse, table: Table, names: str) -> None:
    if not names:
        response.delete_cookie(_cookie(table), samesite="Lax")
        return
    response.set_cookie(
        _cookie(table), names, max_age=_REMEMBERED, secure=settings.SESSION_COOKIE_SECURE, httponly=True, samesite="Lax"
    )


def _sort(request: HttpRequest, table: Table) -> str:
    wanted = request.GET.get("sort", "")
    known = [column.name for column in table.columns if column.sort is not None]
    if wanted and wanted.removeprefix("-") not in known:
        raise Http404(
            _("This list cannot be ordered by “%(unknown)s”, but by: %(known)s.")
            % {"unknown": wanted.removeprefix("-"), "known": ", ".join(known)}
        )
    return wanted


def _ordered(table: Table, sort: str) -> tuple[QuerySet[Any] | Sequence[Any], bool]:
    """The rows in the order asked for, and whether `look` has seen them."""
    has_looked = table.look is None
    if not sort:
        return table.rows, has_looked
    name, downwards = sort.removeprefix("-"), sort.startswith("-")
    by = next(column.sort for column in table.columns if column.name == name)
    if isinstance(by, str):
        assert isinstance(table.rows, QuerySet)
        return table.rows.order_by(F(by).desc(nulls_last=True) if downwards else F(by).asc(nulls_last=True), "pk"), (
            has_looked
        )
    assert by is not None
    every = list(table.rows) if table.look is None else list(table.look(list(table.rows)))
    keyed = [(by(row), row) for row in every]
    with_key = [pair for pair in keyed if pair[0] is not None]
    with_key.sort(key=lambda pair: pair[0], reverse=downwards)
    return [row for _key, row in with_key] + [row for key, row in keyed if key is None], True


def _every(table: Table, rows: QuerySet[Any] | Sequence[Any], has_looked: bool) -> Iterable[Any]:
    """All rows for a file."""
    if table.whole is not None:
        return table.whole()
    if not has_looked and table.look is not None:
        return table.look(list(rows))
    return rows.iterator(chunk_size=_CHUNK) if isinstance(rows, QuerySet) else rows


def _head(given: QueryDict, column: Column, sort: str) -> Head:
    direction = {column.name: "ascending", f"-{column.name}": "descending"}.get(sort, "")
    query = ""
    if column.sort is not None:
        asked = given.copy()
        asked.pop("page", None)
        asked["sort"] = f"-{column.name}" if direction == "ascending" else column.name
        query = asked.urlencode()
    return Head(column.name, column.head, column.is_number, direction, query)


def _cell(column: Column, row: Any) -> Cell:
    value = None if column.cell else column.value(row)
    style = "number" if column.is_number else "nowrap" if isinstance(value, datetime) else ""
    link = column.link(row) if column.link else ""
    return Cell(column.name, capfirst(str(column.head)), plain(value), link, column.cell, style)
