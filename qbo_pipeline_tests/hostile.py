"""Hostile text, planted in every free text of the source's records and of QuickBooks' objects; and how to look for it.

What belongs here: what every test of the surfaces plants and what none of them may show.
"""

from __future__ import annotations

import re
from typing import Any

from qbo_pipeline.inventory.columns import COLUMNS
from qbo_pipeline.pipeline.run import Run
from qbo_pipeline.quickbooks.outcomes import Done
from qbo_pipeline.quickbooks.query import select
from qbo_pipeline.surfaces import ILLEGAL
from qbo_pipeline_tests.pipeline.shop import shop_rows

HOSTILE = "\x1b]0;owned\x07\x1b[2J\u202e\u200b\x9b31m<script>alert(1)</script>![i](javascript:x)\nexit 0, in balance"
# In names of lists QuickBooks takes no colon, tab or line's end.
HOSTILE_NAME = "\x1b]0;owned\x07\x1b[2J\u202e\u200b<img src=x onerror=alert(1)>![i](//x)"
# Left alone: what links one row to another or is a code, since a row that names nothing tells of nothing else.
LINKS = re.compile(r"(_id|_ids|currency|kind|type|status|role|tax_code|unit|_to|_from|revision)$")


def hostile_rows() -> tuple[dict[str, list[dict[str, str]]], int]:
    """The shop's rows with hostile text behind every free text, and how many texts that are."""
    rows, planted = shop_rows(), 0
    for kind, own in rows.items():
        free = [column.name for column in COLUMNS[kind] if column.type == "text" and not LINKS.search(column.name)]
        for number, row in enumerate(own):
            for name in free:
                row[name] = f"{row.get(name) or ''}={number}{HOSTILE}"
                planted += 1
    return rows, planted


def plant_in_quickbooks(run: Run, day: str) -> list[str]:
    """Let people put hostile text into every kind of object, those that we posted among them; what took it.

    An entry on the inventory account is among them, so that the reconciliation has to name it.
    """
    qbo, took = run.quickbooks(), []

    def keep(entity: str, outcome: Any) -> None:
        assert isinstance(outcome, Done), (entity, outcome)
        took.append(entity)

    for entity in ("Customer", "Vendor"):
        address = {"Line1": HOSTILE[:400], "City": HOSTILE_NAME}
        body = {"DisplayName": f"{entity}{HOSTILE_NAME}", "BillAddr": address, "Notes": HOSTILE}
        keep(entity, qbo.create(entity, body, request_id=f"hostile-{entity}"))
    accounts = list(qbo.query(select("Account")))
    inventory = next(one for one in accounts if is_stock(one))
    other = next(one for one in accounts if one["AccountType"] == "Expense")
    lines = [
        {
            "Amount": 5, "DetailType": "JournalEntryLineDetail", "Description": HOSTILE,
            "JournalEntryLineDetail": {"PostingType": side, "AccountRef": {"value": account["Id"]}},
        }
        for side, account in (("Debit", inventory), ("Credit", other))
    ]  # fmt: skip
    body = {"TxnDate": day, "DocNumber": HOSTILE_NAME[:21], "PrivateNote": HOSTILE, "Line": lines}
    keep("JournalEntry", qbo.create("JournalEntry", body, request_id="hostile-journal"))
    for entity, fields in (
        ("Invoice", {"PrivateNote": HOSTILE, "DocNumber": HOSTILE_NAME[:21], "CustomerMemo": {"value": HOSTILE}}),
        ("Bill", {"PrivateNote": HOSTILE}),
        ("Item", {"Name": f"Item{HOSTILE_NAME}", "Description": HOSTILE}),
    ):
        (thing, *_) = qbo.query(select(entity))
        change = {"Id": thing["Id"], "SyncToken": thing["SyncToken"], "sparse": True, **fields}
        keep(entity, qbo.update(entity, change, request_id=f"hostile-{entity}"))
    for account in (inventory, other):
        change = {
            "Id": account["Id"],
            "SyncToken": account["SyncToken"],
            "sparse": True,
            "Name": HOSTILE_NAME + account["Id"],
        }
        keep("Account", qbo.update("Account", change, request_id=f"hostile-account-{account['Id']}"))
    return took


def is_stock(account: dict[str, Any]) -> bool:
    return account.get("AccountType") == "Other Current Asset" and "nventory" in account["Name"]


def check_terminal(written: str) -> None:
    """Nothing acts on a terminal, and no value begins a line that looks like ours; colours of ours are allowed."""
    assert "owned\x07" not in written
    assert "\x1b]" not in written
    assert "\x1b[2J" not in written
    assert not re.search("[\u202e\u200b\x9b\x07]", written)
    assert not re.search(r"(?m)^exit 0, in balance", written), "a value began a line that looks like ours"


def check_plain(text: str, where: str) -> None:
    """Nothing that acts or is unseen is in it at all."""
    found = ILLEGAL.search(text)
    assert found is None, (where, text[max(0, (found.start() if found else 0) - 80) :][:200])


def check_markdown(text: str, where: str) -> None:
    """No image, link or HTML of others begins in it: each of their marks stands behind a backslash."""
    check_plain(text, where)
    for mark in (r"!\[", r"\]\(", "<script", "<img", r"javascript\\?:"):
        for found in re.finditer(mark, text):
            before = text[: found.start()]
            escaped = (len(before) - len(before.rstrip("\\"))) % 2 == 1
            assert escaped or "javascript" in mark, (where, text[found.start() - 40 :][:120])
