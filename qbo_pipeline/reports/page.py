"""The page: one HTML file that needs nothing else, for reading on a screen, on paper and aloud.

What belongs here: what the templates are given. The templates escape every text; the style and the one script are
allowed by their hashes, anything else that a text might smuggle in is refused by the page's own policy.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable
from datetime import UTC
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import jinja2

from qbo_pipeline.counted import number_of
from qbo_pipeline.reconciliation.causes import GROUPS
from qbo_pipeline.reconciliation.counting import BECAME
from qbo_pipeline.reconciliation.result import Reconciliation
from qbo_pipeline.reports import layouts, list_layouts, views, words
from qbo_pipeline.reports.chart import LEFT, RIGHT, WIDTH, chart
from qbo_pipeline.reports.drill_down import drill_down
from qbo_pipeline.reports.fields import DAY, INSTANT, MONEY, NUMBERS, QUANTITY, TEXT, WHOLE, YES_NO, Layout, ReportField
from qbo_pipeline.reports.header import ReportExtras, ReportHeader
from qbo_pipeline.reports.rows import Rows, added_up, largest, total, values
from qbo_pipeline.reports.views import ReportView
from qbo_pipeline.reports.worklist import work_list
from qbo_pipeline.surfaces import visible

ROWS_SHOWN = 500
_SENTENCES_FROM = 40  # characters of width
_TEMPLATES = Path(__file__).parent / "templates"

SECTIONS: tuple[tuple[Layout, Callable[[ReportView], Rows]], ...] = (
    (list_layouts.WORK_LIST, work_list),
    (layouts.BY_DOCUMENT, views.by_document),
    (list_layouts.LEDGER_ONLY, views.ledger_only),
    (list_layouts.CHANGED, views.changed_after_posting),
    (list_layouts.LATE, views.late_arrivals),
    (layouts.AGEING, views.ageing),
    (layouts.ROLL_FORWARD, views.roll_forward),
    (layouts.BY_DATE, views.by_date),
    (layouts.BY_PRODUCT, views.by_product_location),
    (list_layouts.QUANTITIES, views.quantities),
    (list_layouts.WAY_BACK, views.way_back),
    (list_layouts.TWO_WAY, views.two_way),
    (list_layouts.TWO_WAY_DIFFERENCES, views.two_way_differences),
    (list_layouts.COUNTS, views.counts),
    (list_layouts.COMPLETENESS, views.completeness),
    (list_layouts.POSTING_JOURNAL, views.posting_journal),
    (list_layouts.SIGN_OFFS, views.sign_offs),
)


class PageCell(NamedTuple):
    """A cell as it is shown: its text, its kind, its sign, its address, whether it holds sentences."""

    text: str
    kind: str
    negative: bool = False
    zero: bool = False
    link: str | None = None
    long: bool = False


class PageRow(NamedTuple):
    """The cells of a row; a marked one is highlighted."""

    cells: list[PageCell]
    marked: bool


class Shown(NamedTuple):
    """A table of the page; `rows` are the first of `number`."""

    layout: Layout
    fields: list[ReportField]
    rows: list[PageRow]
    totals: list[PageCell] | None
    number: int


def write_page(reconciliation: Reconciliation, header: ReportHeader, extras: ReportExtras | None, path: Path) -> None:
    """Write the page to `path` (UTF-8); the same input gives the same bytes but for the element `made-at`.

    Raises `ValueError` where the header belongs to another reconciliation, `FrameError` where a frame of the extras
    cannot be used.
    """
    path.write_text(
        render(ReportView(reconciliation, header, extras or ReportExtras())), encoding="utf-8", newline="\n"
    )


def render(report: ReportView) -> str:
    """The page as text."""
    given, header = report.reconciliation, report.header
    by_date = views.by_date(report)
    sections = [(layout, view(report)) for layout, view in SECTIONS]
    tables = [_shown(report, layout, rows) for layout, rows in sections if len(rows) or not layout.only_with_rows]
    first = given.first_divergence
    return (
        _environment()
        .get_template("page.html")
        .render(
            given=given,
            header=header,
            identity=words.identity(header),
            verdict=words.verdict(given),
            signed=words.signed(given),
            bridge=_bridge(report),
            causes=_shown(report, layouts.CAUSES, views.causes(report)),
            chart=chart(by_date, first.business_date if first else None, given.as_at, given.currency),
            chart_size={"width": WIDTH, "left": LEFT, "right": RIGHT},
            counted=_counted(report),
            accounts=drill_down(report),
            tables=[table for table in tables if table.number],
            empty=[table.layout for table in tables if not table.number],
            style=_Part("style.css"),
            script=_Part("page.js"),
            made_at=header.made_at.astimezone(UTC),
            local=lambda instant: words.instant(instant, header),
        )
    )


class _Part:
    """A style or script that is put into the page, and the hash by which the page's policy allows it."""

    def __init__(self, name: str) -> None:
        self.text = (_TEMPLATES / name).read_text(encoding="utf-8")
        self.hash = base64.b64encode(hashlib.sha256(self.text.encode()).digest()).decode()


@cache
def _environment() -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "visible": lambda text: visible(str(text)),
        "figure": words.figure,
        "money": words.money,
        "quantity": words.quantity,
        "plain": words.plain,
        "day": words.day,
        "number_of": number_of,
        "numeric": lambda field: field.kind in NUMBERS,
    }
    return environment


def _shown(report: ReportView, layout: Layout, rows: Rows) -> Shown:
    """The first rows of a table, or the largest; columns in which nothing stands are left out."""
    count = len(rows)
    chosen = largest(rows, layout.weight, ROWS_SHOWN)
    shown = list(values(chosen, layout.fields))
    marks = chosen[layout.mark].to_pylist() if layout.mark else [False] * len(shown)
    kept: list[tuple[int, ReportField]] = []
    place = 0
    for field in layout.fields:
        if not count or any(row[place] is not None for row in shown):
            kept.append((place, field))
        place += 2 if field.link else 1
    body = [
        PageRow([_cell(report, field, row[at], row[at + 1] if field.link else None) for at, field in kept], bool(mark))
        for row, mark in zip(shown, marks, strict=True)
    ]
    totals = None
    if layout.totals and count > 1:
        totals = [
            _cell(report, field, added_up(rows, field)) if field.total else PageCell("", field.kind)
            for _, field in kept
        ]
    return Shown(layout, [field for _, field in kept], body, totals, count)


def _cell(report: ReportView, field: ReportField, value: Any, link: str | None = None) -> PageCell:
    if value is None:
        return PageCell("", field.kind)
    if field.kind == MONEY:
        return PageCell(words.figure(value), MONEY, value < 0, not value)
    if field.kind == QUANTITY:
        return PageCell(
            words.quantity(abs(value)) if value >= 0 else f"({words.quantity(-value)})", QUANTITY, value < 0
        )
    text: dict[str, Callable[[Any], str]] = {
        WHOLE: lambda number: f"{number:,}",
        DAY: lambda day: str(day.isoformat()),
        INSTANT: lambda instant: words.instant(instant, report.header),
        YES_NO: lambda yes: "yes" if yes else "no",
    }
    shown = text[field.kind](value) if field.kind in text else str(value)
    if field.kind == WHOLE:
        return PageCell(shown, WHOLE, zero=not value)
    return PageCell(shown, field.kind, link=link, long=field.kind == TEXT and field.width >= _SENTENCES_FROM)


class BridgeLine(NamedTuple):
    """A line of the certification: what, the amount of each account, and of all of them."""

    name: str
    role: str  # side | difference | cause | unexplained
    amounts: list[Decimal]
    total: Decimal


def _bridge(report: ReportView) -> dict[str, Any]:
    """From the stock value to the ledger, cause by cause, for each account and for all of them."""
    rows = report.rows("accounts")
    named = [
        ("Stock value (inventory system)", "side", "stock_value"),
        *((words.GROUP_WORDS[group], "cause", group) for group in GROUPS),
        ("Unexplained", "unexplained", "unexplained"),
        ("Inventory account (QuickBooks)", "side", "ledger_balance"),
        ("Difference (ledger − stock)", "difference", "difference"),
    ]
    lines = [BridgeLine(name, role, rows[key].to_pylist(), total(rows, key)) for name, role, key in named]
    statuses = [words.STATUS_WORDS[status] for status in rows["status"].to_pylist()]
    return {"accounts": rows["account_name"].to_pylist(), "lines": lines, "statuses": statuses}


def _counted(report: ReportView) -> dict[str, Any] | None:
    """The count identity over all kinds, or None where no stock-moving record is known."""
    rows = views.counts(report)
    if not len(rows):
        return None
    holds = rows["holds"].to_pylist()
    return {
        "read": total(rows, "read") if None not in rows["read"].to_pylist() else None,
        "parts": [(name.replace("_", " "), total(rows, name)) for name in BECAME],
        "sum": total(rows, "sum"),
        "holds": all(holds) if None not in holds else None,
    }
