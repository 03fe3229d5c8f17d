"""What becomes of one record of each kind, whole: every field of the payload, every word of a message.

What belongs here: how an outcome is written down. The records are in the modules beside this one; what came out when a
person last looked at it is in `outcomes.json`; `test_outcomes.py` compares. After a change that is meant, write it anew
and read the difference:

    python -m qbo_pipeline_tests.accounting.outcomes.writing
"""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

from qbo_pipeline.accounting.books import Books
from qbo_pipeline.accounting.drafts import Draft, Outcome
from qbo_pipeline.accounting.products import build_account_items
from qbo_pipeline.accounting.rules import build, build_unrecorded
from qbo_pipeline.accounting.summaries import in_groups, summarise, summary_key
from qbo_pipeline.inventory.records import Record
from qbo_pipeline_tests.accounting.company import DAY, movement, stock
from qbo_pipeline_tests.accounting.outcomes.company import DIMENSIONS, ITEMS, stored
from qbo_pipeline_tests.accounting.outcomes.deposits import DEPOSITS
from qbo_pipeline_tests.accounting.outcomes.examples import examples
from qbo_pipeline_tests.accounting.outcomes.forms import FORMS
from qbo_pipeline_tests.accounting.outcomes.lists import LISTS
from qbo_pipeline_tests.accounting.outcomes.more_lists import MORE_LISTS, UNRECORDED
from qbo_pipeline_tests.accounting.outcomes.movements import MOVEMENTS
from qbo_pipeline_tests.accounting.outcomes.orders import ORDERS
from qbo_pipeline_tests.accounting.outcomes.payments import PAYMENTS
from qbo_pipeline_tests.accounting.outcomes.purchases import PURCHASES
from qbo_pipeline_tests.accounting.outcomes.sales import SALES
from qbo_pipeline_tests.accounting.outcomes.shares import SHARES
from qbo_pipeline_tests.accounting.outcomes.summed_sales import DAYS
from qbo_pipeline_tests.accounting.outcomes.tracked import TRACKED

FILE = Path(__file__).with_name("outcomes.json")
SUBJECTS: dict[str, dict[str, tuple[Record, Books]]] = {
    "sales": SALES, "purchases": PURCHASES, "payments": PAYMENTS, "movements": MOVEMENTS, "lists": LISTS,
    "forms": FORMS, "orders": ORDERS, "deposits": DEPOSITS, "shares": SHARES, "tracked": TRACKED,
    "further lists": MORE_LISTS,
    "what is posted": examples("external"), "what is posted, tracked": examples("tracked"),
}  # fmt: skip


def told() -> dict[str, Any]:
    """Every outcome by its subject and name, as JSON takes it."""
    found: dict[str, Any] = {
        f"{subject}: {name}": written(build(record, of))
        for subject, rows in SUBJECTS.items()
        for name, (record, of) in rows.items()
    }
    found["lists: the items of accounts"] = written(build_account_items(stored(further=ITEMS, hints={})))
    found |= {f"summaries: {name}": written(outcome) for name, outcome in summaries().items()}
    found |= {f"of no record: {name}": written(build_unrecorded(*row)) for name, row in UNRECORDED.items()}
    found |= {f"a day's sales: {name}": forms_of(name) for name in DAYS}
    return found


def summaries() -> dict[str, Outcome]:
    """The sums of the shipments of a day: of all, of one, of what cancels out, and where QBO numbers them."""
    split = stored(overrides=DIMENSIONS)
    rows = {
        f"movement/{n}": build(movement("shipment", stock("tea", -n, f"-{n}.50", "east"), movement_id=str(n)), split)
        for n in (1, 2)
    }
    back = build(movement("customer_return", stock("tea", 1, "1.50", "east"), movement_id="3"), split)
    drafts = {key: draft for key, draft in rows.items() if isinstance(draft, Draft)}
    assert isinstance(back, Draft)
    assert len(drafts) == 2
    one = {"movement/1": drafts["movement/1"]}
    key = summary_key("shipment", DAY)
    numbered = stored(policies={"numbered_by_quickbooks": ("JournalEntry",), "multicurrency": True})
    return {
        "of two": summarise(key, drafts, stored()),
        "of one, where QBO numbers": summarise(key, one, numbered),
        "of what cancels out": summarise(key, one | {"movement/3": back}, stored()),
    }


def forms_of(name: str) -> dict[str, Any]:
    """The forms of a day of sales, by their keys."""
    kind, records, of, channel = DAYS[name]
    built = {f"document/{record.document_id}": build(record, of) for record in records}
    drafts = {key: draft for key, draft in built.items() if isinstance(draft, Draft)}
    assert len(drafts) == len(records), built
    channels = dict.fromkeys(drafts, channel)
    groups = in_groups(summary_key(kind, DAY), drafts, channels)
    return {key: written(summarise(key, its, of, channels)) for key, its in groups.items()}


def written(outcome: Outcome | None) -> Any:
    """An outcome with the name of its kind; decimals and dates as text."""
    if outcome is None:
        return None
    if isinstance(outcome, list):
        return [written(one) for one in outcome]
    content = {"is": type(outcome).__name__} | asdict(outcome)
    return json.loads(json.dumps(content, default=str, ensure_ascii=False))


def known() -> dict[str, Any]:
    """What came out when a person last looked."""
    content: dict[str, Any] = json.loads(FILE.read_text(encoding="utf-8"))
    return content


if __name__ == "__main__":
    FILE.write_text(json.dumps(told(), indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
