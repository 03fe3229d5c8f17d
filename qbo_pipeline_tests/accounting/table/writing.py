"""docs/what-is-posted.md, made of the rules: each row's example is built, and an independent ledger says what it books.

python -m qbo_pipeline_tests.accounting.table.writing > docs/what-is-posted.md
"""

from __future__ import annotations

import sys
from collections.abc import Iterable
from typing import Any, get_args

from qbo_pipeline.accounting.books import Books, PostingMode
from qbo_pipeline.accounting.drafts import Draft, Excluded
from qbo_pipeline.accounting.rules import RULES, build
from qbo_pipeline.inventory.records import Movement, Record
from qbo_pipeline_tests.accounting.company import DAY, Ledger, books, ledger_of
from qbo_pipeline_tests.accounting.table.row import Row
from qbo_pipeline_tests.accounting.table.sections import LISTS, SECTIONS
from qbo_pipeline_tests.accounting.table.used import gaps

MODES: tuple[PostingMode, ...] = get_args(PostingMode)
HEAD = """\
# What is posted

Made of the posting rules by `python -m qbo_pipeline_tests.accounting.table.writing`; a test keeps it so. Each row is an
example that the rules build, in a US company with the default settings unless the row is about another one; the ledger
that says what it books shares no line with them. *GRNI* is goods received not invoiced, *PPV* purchase price variance;
`Dr` debits, `Cr` credits, in home currency. The rules in words are [accounting-rules.md](accounting-rules.md), the
settings [settings.md](settings.md). Tests are in `qbo_pipeline_tests`.
"""
ALL = """
## What holds for all of them
| what | test |
|---|---|
| every journal balances, no amount on it is negative, its effects are what it books | `accounting/test_properties.py::test_every_journal_balances_and_its_effects_are_its_own` |
| any set of movements changes the inventory accounts by what the stock's value changes, to the cent | `accounting/test_properties.py::test_inventory_moves_by_exactly_what_the_stock_is_worth` |
| what is billed and received in full leaves nothing on GRNI, nor in transit | `accounting/test_properties.py::test_what_is_matched_leaves_nothing_on_goods_received_not_invoiced`, `accounting/test_transit.py::test_whatever_is_billed_and_received_in_full_nothing_is_left_between_them` |
| documents of either sign post what they say, the other side is equal | `accounting/test_properties.py::test_purchase_documents_of_either_sign_post_what_they_say`, `accounting/test_properties.py::test_sales_documents_of_either_sign_post_what_they_say` |
| payments of either sign move the bank by what they say, less their fee, whatever they settle and whenever | `accounting/test_properties.py::test_payments_of_either_sign_move_the_bank_by_what_they_say` |
| what is shared of a landed cost adds up to it, and its bill clears it | `accounting/test_making.py::test_whatever_is_shared_adds_up_and_its_bill_clears_it` |
| the emulator reckons tax as we say that QuickBooks does, and a total is the source's | `accounting/test_own_tax.py::test_the_emulator_reckons_as_we_say_that_quickbooks_does` |
| home amounts of a foreign document are equal on both sides | `accounting/test_converting.py::test_home_amounts_are_equal_on_both_sides` |
| a day summed up is the sum of its journals, and of its sales the sum of its forms | `accounting/test_summaries.py::test_the_sum_is_that_of_the_single_journals`, `accounting/test_summarised_sales.py::test_the_sum_is_that_of_the_single_forms` |
| the emulator books on the stock accounts what the effects said, whatever the payload | `accounting/test_booked.py::test_the_emulator_books_what_the_effects_say` |
"""  # noqa: E501
DEMO_HEAD = """
## In the demo's month
`make demo` uses every row in its month, for each `MODE` and `COMPANY`, and posts it as the table above says for the
mode, but for these. `demo/test_boatyard.py` finds the records, `commands/test_demo.py` (`-m torture`) what they became.

"""
MODES_HEAD = """
## Each kind in each posting mode
`[posting] mode`: with `external` the inventory system keeps the stock's books, with `tracked` QuickBooks does. A reason
in italics says why a kind posts nothing there.

"""


def books_of(row: Row, mode: PostingMode = "external") -> Books:
    return books(*row.known, *row.shown, policies={**row.policies, "mode": mode}, begins=DAY, **row.books)


def made(row: Row, mode: PostingMode = "external") -> list[Draft | Excluded]:
    """What the row's records become."""
    found: list[Draft | Excluded] = []
    for record in row.shown:
        outcome = build(record, books_of(row, mode))
        for one in outcome if isinstance(outcome, list) else [outcome]:
            assert isinstance(one, Draft | Excluded), (row.what, one)
            found.append(one)
    return found


def text() -> str:
    """The whole document."""
    parts = [HEAD]
    for title, rows in SECTIONS.items():
        numbered = any(row.number for row in rows)
        parts.append(f"\n## {title}\n")
        parts.append(
            _table([*(["row"] if numbered else []), "what", "record", "in QuickBooks", "books", "settings", "tests"])
        )
        for row in rows:
            cells = [
                row.what,
                _kinds(row),
                _entities(row),
                "" if rows is LISTS else _booked(row),
                _names(row.settings),
                _names(map(placed, row.tests)),
            ]
            parts.append(_cells([*([row.number] if numbered else []), *cells]))
    parts += [ALL, MODES_HEAD, _table(["record", *MODES])]
    for kind, row, record in _each_kind():
        parts.append(_cells([kind, *(_in_mode(row, record, mode) for mode in MODES)]))
    parts += [DEMO_HEAD, _table(["row", "what", "not used in", "because of"])]
    for row, where, why in gaps(row for rows in SECTIONS.values() for row in rows):
        parts.append(_cells([row.number, row.what, where, why]))
    return "".join(parts)


def _each_kind() -> Iterable[tuple[str, Row, Record]]:
    """Each kind of record with the row that shows one whole: of documents and payments the first, else the last."""
    found: dict[str, tuple[Row, Record]] = {}
    for rows in SECTIONS.values():
        for row in rows:
            for record in row.shown:
                if record.kind not in found or isinstance(record, Movement):
                    found[record.kind] = (row, record)
    return [(kind, *found[kind]) for kind in RULES]


def _in_mode(row: Row, record: Record, mode: PostingMode) -> str:
    outcome = build(record, books_of(row, mode))
    if isinstance(outcome, Excluded):
        return f"*{outcome.rule}*"
    drafts = outcome if isinstance(outcome, list) else [outcome]
    names: dict[str, None] = {}
    for one in drafts:
        names[one.entity if isinstance(one, Draft) else f"*{one.reason}*"] = None
    return ", ".join(names)


def _kinds(row: Row) -> str:
    return ", ".join(dict.fromkeys(record.kind for record in row.shown))


def _entities(row: Row) -> str:
    if row.said:
        return row.said
    names = (one.entity if isinstance(one, Draft) else f"*{one.rule}*" for one in made(row))
    return ", ".join(dict.fromkeys(names))


def _booked(row: Row) -> str:
    """Debits and credits, draft by draft; a form that posts nothing books nothing."""
    found = []
    for one in made(row):
        ledger = (
            ledger_of(one) if isinstance(one, Draft) and hasattr(Ledger, f"_post_{one.entity.lower()}") else Ledger()
        )
        if lines := [line for line in ledger.lines if line[1]]:
            lines.sort(key=lambda line: line[1] < 0)
            found.append(Ledger(lines=lines).text().replace("\n", ", "))
    return "; ".join(found) or "nothing"


def placed(test: str) -> str:
    """A test with its folder, which is that of the accounting tests where a row names none."""
    return test if "/" in test else f"accounting/{test}"


def _names(names: Iterable[Any]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def _table(columns: list[str]) -> str:
    return f"{_cells(columns)}|{'---|' * len(columns)}\n"


def _cells(cells: list[str]) -> str:
    return f"| {' | '.join(cells)} |\n"


if __name__ == "__main__":
    sys.stdout.write(text())
