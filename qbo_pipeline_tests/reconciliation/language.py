"""A small language for books: one line for each stock row, posting, ledger line, balance, and expected difference.

    source  movement/1 receipt 2026-03-01 100.00            what the source says (options: account= number= ...)
    posting movement/1 JournalEntry 10 2026-03-01 posted 130=100.00     what was posted (Id `-`: none; `ahead:130=`: for
                                                             goods that the source has not moved)
    ledger  JournalEntry 10 2026-03-01 130 100.00            what QBO has
    own     P1 L1 100.00                                     the source's own stock value
    before  P1 L1 80.00                                      the same, as at the day before the first
    balance 130 100.00                                       QBO's balance (default: the sum of its lines)
    object  JournalEntry 10 live                             QBO's answer about an object
    close   2026-02-28 2026-03-05                            a signed-off period
    expect  waiting movement/1 130 2026-03-01 -100.00        a difference: cause, document, account, day, amount

Options are `name=value`; every column of the frames can be given so; `-` is null. The as-at date is 2026-03-31 unless
an `as-at` line says otherwise.
"""

from __future__ import annotations

import shlex
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pyarrow as pa

from qbo_pipeline.reconciliation import inputs
from qbo_pipeline.reconciliation.frames import FrameColumns
from qbo_pipeline.reconciliation.inputs import Close, ReconciliationInput

AS_AT = date(2026, 3, 31)


@dataclass
class Books:
    """What a text in the language says."""

    input: ReconciliationInput
    expected: list[tuple[str, str, str, date, Decimal]] = field(default_factory=list)


def value(column: Any, text: str) -> Any:
    """A text as a value of the column's type."""
    if pa.types.is_decimal(column.type):
        return Decimal(text)
    if pa.types.is_date(column.type):
        return date.fromisoformat(text)
    if pa.types.is_timestamp(column.type):
        return datetime.fromisoformat(text).replace(tzinfo=UTC)
    if pa.types.is_integer(column.type):
        return int(text)
    if pa.types.is_boolean(column.type):
        return {"yes": True, "no": False}[text]
    return text


def table(rows: list[dict[str, Any]], columns: FrameColumns) -> Any:
    """Rows of texts as an Arrow table of these columns."""
    types = {column.name: column for column in columns}
    read = [
        {name: None if text in (None, "-") else value(types[name], text) for name, text in row.items() if name in types}
        for row in rows
    ]
    return rows_table(read, columns)


def rows_table(rows: list[dict[str, Any]], columns: FrameColumns) -> Any:
    """Rows of values as an Arrow table of these columns."""
    return pa.table({column.name: pa.array([row.get(column.name) for row in rows], column.type) for column in columns})


def read(text: str, **facts: Any) -> Books:
    """The input and the expected differences that a text describes."""
    stock: list[dict[str, Any]] = []
    postings: list[dict[str, Any]] = []
    effects: list[dict[str, Any]] = []
    ledger: list[dict[str, Any]] = []
    own: list[dict[str, Any]] = []
    before: list[dict[str, Any]] = []
    objects: list[dict[str, Any]] = []
    balances: dict[str, dict[str, Any]] = {}
    closes: list[Close] = []
    expected = []
    for line in text.strip().splitlines():
        words = shlex.split(line)
        if not words:
            continue
        what, *rest = words
        options = dict(word.split("=", 1) for word in rest if "=" in word)
        plain = [word for word in rest if "=" not in word]
        if what == "source":
            names = ("record_key", "kind", "business_date", "value")
            row = dict(zip(names, plain, strict=True)) | {"disposition": "posted", "quantity": "1"}
            row |= {"account_id": options.pop("account", "130"), "product_id": "P1", "location_id": "L1"}
            stock.append(row | options)
        elif what == "posting":
            names = ("posting_key", "qbo_type", "qbo_id", "business_date", "state")
            row = dict(zip(names, plain, strict=True))
            row["qbo_id"] = None if row["qbo_id"] == "-" else row["qbo_id"]
            row["revision"] = options.pop("revision", "1")
            row["record_key"] = options.pop("record", row["posting_key"].split("#")[0])
            for name in [name for name in options if name.removeprefix("ahead:").isdigit()]:
                key = {"posting_key": row["posting_key"], "revision": row["revision"]}
                ahead = "yes" if name.startswith("ahead:") else "no"
                account = name.removeprefix("ahead:")
                effects.append(key | {"account_id": account, "amount": options.pop(name), "ahead": ahead})
            postings.append(row | options)
        elif what == "ledger":
            names = ("qbo_type", "qbo_id", "business_date", "account_id", "amount")
            ledger.append(dict(zip(names, plain, strict=True)) | options)
        elif what in ("own", "before"):
            (own if what == "own" else before).append(
                dict(zip(("product_id", "location_id", "value"), plain, strict=True)) | {"quantity": "1"} | options
            )
        elif what == "balance":
            balances[plain[0]] = dict(zip(("account_id", "balance"), plain, strict=True)) | options
        elif what == "object":
            objects.append(dict(zip(("qbo_type", "qbo_id", "status"), plain, strict=True)) | options)
        elif what == "close":
            signed = datetime.fromisoformat(plain[1]).replace(tzinfo=UTC)
            closes.append(Close(date.fromisoformat(plain[0]), signed))
        elif what == "as-at":
            facts["as_at"] = date.fromisoformat(plain[0])
        elif what == "pending":
            facts["pending_days"] = (*facts.get("pending_days", ()), *(date.fromisoformat(word) for word in plain))
        elif what == "read-from":
            facts["ledger_from"] = date.fromisoformat(plain[0])
        elif what == "opens":
            facts["opening_date"] = date.fromisoformat(plain[0])
        elif what == "expect":
            cause, document, account, day, amount = plain
            expected.append((cause, document, account, date.fromisoformat(day), Decimal(amount)))
        else:
            raise ValueError(f"no such word: {line}")
    facts.setdefault("as_at", AS_AT)
    for line in ledger:
        held = balances.setdefault(line["account_id"], {"account_id": line["account_id"], "sum": Decimal(0)})
        if "sum" in held and date.fromisoformat(line["business_date"]) <= facts["as_at"]:
            held["sum"] += Decimal(line["amount"])
    for account in ({row["account_id"] for row in stock} | {row["account_id"] for row in effects}) - {"-"}:
        balances.setdefault(account, {"account_id": account, "sum": Decimal(0)})
    for held in balances.values():
        held.setdefault("balance", str(held.get("sum", 0)))
    given = ReconciliationInput(
        currency="USD",
        stock=table(stock, inputs.STOCK),
        postings=table(postings, inputs.POSTINGS),
        effects=table(effects, inputs.EFFECTS),
        ledger=table(ledger, inputs.LEDGER),
        ledger_balances=table(list(balances.values()), inputs.LEDGER_BALANCES),
        stock_values=table(own, inputs.STOCK_VALUES) if own else None,
        opening_values=table(before, inputs.STOCK_VALUES) if before else None,
        objects=table(objects, (*inputs.OBJECTS, inputs.OBJECT_DAY, inputs.OBJECT_TRACKED)) if objects else None,
        closes=tuple(closes),
        **facts,
    )
    return Books(given, expected)
