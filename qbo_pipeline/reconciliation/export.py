"""The reconciliation as JSON: what `qbo-pipeline reconcile --json` prints.

What belongs here: the keys of that answer, which are stable. Amounts are strings with two decimals, dates ISO text.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from qbo_pipeline.reconciliation.inputs import DISPOSITIONS
from qbo_pipeline.reconciliation.result import Reconciliation
from qbo_pipeline.reconciliation.result_frames import QUANTITIES

JsonObject = dict[str, Any]


def to_json(reconciliation: Reconciliation) -> JsonObject:
    """A JSON-ready object; `difference` is ledger − stock, as everywhere.

    `source_type` is the record's kind and `source_id` its id in the source; both are null for an entry that only
    QBO has, `qbo_*` for what QBO does not have. `account` is the account's name. `quantities`, a row for each item that
    QBO tracks for us, in pieces, is there in tracked mode only.
    """
    divergence = reconciliation.first_divergence
    names = dict(
        zip(reconciliation.accounts["account_id"], reconciliation.accounts["account_name"], strict=True),
    )
    items = rows_of(reconciliation.quantities, tuple(column.name for column in QUANTITIES))
    return {
        "as_at": reconciliation.as_at.isoformat(),
        "currency": reconciliation.currency,
        "stock_value": amount(reconciliation.stock_value),
        "ledger_balance": amount(reconciliation.ledger_balance),
        "difference": amount(reconciliation.difference),
        "unexplained": amount(reconciliation.unexplained),
        "status": reconciliation.status,
        "first_divergence": divergence and divergence.business_date.isoformat(),
        "causes": [
            {"cause": row["cause"], "count": row["count"], "amount": amount(row["amount"])}
            for row in rows_of(reconciliation.causes, ("cause", "count", "amount"))
        ],
        # `read` and `adds_up` are null where it is not known how many records were read.
        "counts": [
            row | {"adds_up": row.pop("holds")}
            for row in rows_of(reconciliation.counts, ("kind", "read", *DISPOSITIONS, "holds"))
        ],
        "differences": [_difference(row, names) for row in rows_of(reconciliation.differences, _COLUMNS)],
    } | ({"quantities": [_in_pieces(row) for row in items]} if items else {})


def _in_pieces(row: JsonObject) -> JsonObject:
    return {name: format(value, "f") if isinstance(value, Decimal) else value for name, value in row.items()}


_COLUMNS = (
    "cause", "amount", "business_date", "kind", "source_number", "record_key", "qbo_type", "qbo_id", "qbo_number",
    "account_id", "explanation", "remedy",
)  # fmt: skip


def _difference(row: JsonObject, names: dict[str, str]) -> JsonObject:
    record_key = row["record_key"]
    return {
        "cause": row["cause"],
        "amount": amount(row["amount"]),
        "business_date": row["business_date"].isoformat(),
        "source_type": row["kind"],
        "source_number": row["source_number"],
        "source_id": record_key and record_key.partition("/")[2],
        "qbo_type": row["qbo_type"],
        "qbo_id": row["qbo_id"],
        "qbo_number": row["qbo_number"],
        "account": names[row["account_id"]],
        "explanation": row["explanation"],
        "remedy": row["remedy"],
    }


def amount(value: Decimal) -> str:
    """An amount as a string with two decimals."""
    return format(value, ".2f")


def rows_of(frame: Any, columns: tuple[str, ...]) -> list[JsonObject]:
    """Rows as dictionaries of plain Python values, null as None."""
    values = (frame[name].array.__arrow_array__().to_pylist() for name in columns)
    return [dict(zip(columns, row, strict=True)) for row in zip(*values, strict=True)]
