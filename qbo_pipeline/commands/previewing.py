"""What a dry run prints: each document with its ledger lines, then the totals; as a table, as CSV and as JSON.

What belongs here: the three forms. Documents are written as they are read, so that no preview has to fit into memory.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from qbo_pipeline.commands.common import plain_json, say, say_json
from qbo_pipeline.commands.whole_files import whole_file

if TYPE_CHECKING:
    from qbo_pipeline.accounting.preview import PreviewLine
    from qbo_pipeline.pipeline.previewing import Previewed, Totals
    from qbo_pipeline.pipeline.run import Run

# A line each: what a person must know, what else was found, and what waits for somebody.
LISTS = ("warnings", "notes", "postings", "set_aside", "why")
CSV_COLUMNS = (
    "key", "kind", "would_be", "state", "reason", "number", "party", "day", "currency", "side", "account_number",
    "account", "debit", "credit", "description", "class", "department", "tax",
)  # fmt: skip


def show_preview(run: Run, last: date, summary: dict[str, Any], *, as_json: bool, csv_file: Path | None) -> None:
    """Write the preview of everything up to a day, with the numbers of the run that made it."""
    from qbo_pipeline.pipeline.previewing import Totals, preview

    totals = Totals()
    with _csv_rows(csv_file) as rows:

        def counted() -> Iterator[Previewed]:
            for one in preview(run, last):
                totals.add(one)
                if rows is not None:
                    rows.writerows(_csv(one))
                yield one

        if as_json:
            _write_json(counted(), summary, totals)
        else:
            _write_table(counted(), summary, totals)


def echo_summary(summary: dict[str, Any]) -> None:
    """The numbers of a run, a line each, then its warnings."""
    for name, value in summary.items():
        if name in LISTS:
            continue
        say(f"{name.replace('_', ' '):28} {f'{value:,}' if isinstance(value, int) else value}")
    for text in summary["warnings"]:
        say(f"! {text}")
    for text in summary.get("notes", ()):
        say(f"  {text}")
    if summary.get("would_differ_today"):
        say(
            f"  {summary['would_differ_today']:,} records are posted as earlier settings made them and would be posted "
            "otherwise today; they stay as they are. `qbo-pipeline restate --preview` shows them"
        )


def echo_set_aside(summary: dict[str, Any]) -> None:
    """The records that broke a rule, a line each."""
    for row in summary.get("set_aside", ()):
        say(f"  {row['day'] or '-':10}  set aside: {row['record']} {row['number']}: {row['message']}")


def echo_lines(lines: tuple[PreviewLine, ...], mark: str = " ") -> None:
    """Ledger lines in columns: account, debit, credit, then class, department, tax and party where there are any."""
    for line in lines:
        account = f"{line.account_number} {line.account}".strip()
        more = [
            f"{name} {value}"
            for name, value in (
                ("class", line.class_), ("department", line.department), ("tax", line.tax), ("for", line.party)
            )
            if value
        ]  # fmt: skip
        sides = "".join(f"{amount:>16,.2f}" if amount else " " * 16 for amount in (line.debit, line.credit))
        say(f"    {mark} {account[:44]:44}{sides}  {'; '.join(more)}".rstrip())


def _write_table(documents: Iterator[Previewed], summary: dict[str, Any], totals: Totals) -> None:
    for one in documents:
        day = one.day.isoformat() if one.day else "-"
        said = f"would be {one.would}" if one.would else f"waits: {one.reason or one.state}"
        amount = f"{one.amount:,.2f} {one.currency}"
        say(f"  {day:10}  {one.kind:14} {amount:>22}  {one.key}  {one.number}  {one.party}  ({said})")
        echo_lines(one.lines)
        if one.before and one.before != one.lines:
            say("      in QuickBooks now:")
            echo_lines(one.before, "-")
    say("")
    for row in totals.rows():
        account = f"{row['account_number']} {row['account']}".strip()
        say(f"total {row['currency']} {account[:44]:44}{row['debit']:>16,.2f}{row['credit']:>16,.2f}")
    would = {f"would_be_{name}": count for name, count in sorted(totals.would.items())}
    echo_summary({**summary, **would})
    echo_set_aside(summary)
    say("Nothing was sent, and nothing is kept of this: the next run reads and builds anew.")


def _write_json(documents: Iterator[Previewed], summary: dict[str, Any], totals: Totals) -> None:
    """One JSON object; its documents are written one by one, the totals after them."""
    head = json.dumps(summary, indent=2, default=plain_json, ensure_ascii=False)
    say_json(head[: head.rindex("}")].rstrip() + ',\n  "postings": [')
    for number, one in enumerate(documents):
        text = json.dumps(one.as_dict(), default=plain_json, ensure_ascii=False)
        say_json(("," if number else "") + f"\n    {text}")
    say_json("\n  ],\n")
    tail = {"would_be": totals.would, "totals_by_account": totals.rows()}
    text = json.dumps(tail, indent=2, default=plain_json, ensure_ascii=False)
    say_json(text[text.index("{") + 1 :].lstrip("\n") + "\n")


@contextmanager
def _csv_rows(file: Path | None) -> Iterator[Any]:
    """A writer of rows; the byte order mark is there so that Excel reads names rightly."""
    if file is None:
        yield None
        return
    with whole_file(file, encoding="utf-8-sig", newline="") as out:
        writer = csv.writer(out)
        writer.writerow(CSV_COLUMNS)
        yield writer


def _csv(one: Previewed) -> Iterator[list[Any]]:
    """A row for each ledger line, `side` telling what would be from what is in QuickBooks now; a posting without lines
    has one row."""
    head = [one.key, one.kind, one.would, one.state, one.reason, one.number, one.party, one.day, one.currency]
    sides = [("would be", line) for line in one.lines] + [("in QuickBooks now", line) for line in one.before]
    for side, line in sides:
        yield [_safe(value) for value in (*head, side, *_cells(line))]
    if not sides:
        yield [_safe(value) for value in (*head, *[""] * (len(CSV_COLUMNS) - len(head)))]


def _cells(line: PreviewLine) -> tuple[Any, ...]:
    return (
        line.account_number, line.account, line.debit, line.credit, line.description, line.class_, line.department,
        line.tax,
    )  # fmt: skip


def _safe(value: Any) -> str:
    """The text of a cell; one that a spreadsheet would take for a formula begins with an apostrophe."""
    if value is None:
        return ""
    text = plain_json(value)
    from qbo_pipeline.reports.safe_text import csv_text

    return csv_text(text)
