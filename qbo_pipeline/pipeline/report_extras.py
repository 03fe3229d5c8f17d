"""What the reports of a reconciliation show beside it: the posting journal, attempts, lines, the work list, sign-offs,
copies and names, as frames from the store."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

import orjson
import pandas as pd
from sqlalchemy import Connection, select

from qbo_pipeline.accounting.movements import COST_PENDING
from qbo_pipeline.accounting.summaries import is_summary
from qbo_pipeline.pipeline.referred import references_named
from qbo_pipeline.pipeline.trace import journal_message
from qbo_pipeline.pipeline.write_back_numbers import way_back_counts, way_back_exceptions
from qbo_pipeline.reconciliation.frames import FrameColumns, make
from qbo_pipeline.reconciliation.result import Reconciliation
from qbo_pipeline.reports import header as layouts
from qbo_pipeline.reports.header import ReportExtras
from qbo_pipeline.store.copies import load_copies
from qbo_pipeline.store.postings import chunks, listed
from qbo_pipeline.store.reconciliations import load_sign_offs
from qbo_pipeline.store.shares import OF_RECORD
from qbo_pipeline.store.tables.posting import attempts, posting_effects, posting_records, postings
from qbo_pipeline.store.tables.reconciliation import ledger_lines
from qbo_pipeline.store.tables.records import records, stock_lines
from qbo_pipeline.store.two_way import two_way_numbers, two_way_rows

_WHAT = {
    "parked": "was not posted",
    "unknown": "may or may not be in QuickBooks",
    "drifted": "is no longer as it was posted",
    "deleted_in_qbo": "is no longer in QuickBooks",
}
_RETRY = "Remove the reason, then retry it; or skip it, with a reason"
_TAKE = "Relink it to accept what was done in QuickBooks; or restore it there"
_AGAIN = "Unlink and retry it to post it again; or void it in the inventory system"
_COST = "Give the goods their cost in the inventory system; approve it where they cost nothing, or skip it"
_TO_DO = {"parked": _RETRY, "unknown": _RETRY, "drifted": _TAKE, "deleted_in_qbo": _AGAIN}


def report_extras(connection: Connection, name: str, reconciliation: Reconciliation, time_zone: str) -> ReportExtras:
    """The frames of `ReportExtras` from the store, for the documents of this reconciliation; instants in messages are
    shown in `time_zone` (IANA)."""
    documents = sorted({str(key) for key in reconciliation.documents["document_key"].dropna()})
    keys = sorted({str(key) for key in reconciliation.differences["posting_key"].dropna()})
    return ReportExtras(
        posting_journal=_frame(_journal(connection, name, reconciliation.as_at), layouts.POSTING_JOURNAL),
        attempts=_frame(_attempts(connection, name, keys, time_zone), layouts.ATTEMPTS),
        lines=_frame(_lines(connection, name, documents), layouts.LINES),
        exceptions=_frame(
            [
                *_exceptions(connection, name, set(keys)),
                *_copied(connection, name, reconciliation),
                *way_back_exceptions(connection, name),
            ],
            layouts.EXCEPTIONS,
        ),
        sign_offs=_frame(_sign_offs(connection, name), layouts.SIGN_OFFS),
        product_names=_frame(_names(connection, name, "product"), layouts.NAMES),
        location_names=_frame(_names(connection, name, "location"), layouts.NAMES),
        way_back=_frame(way_back_counts(connection, name), layouts.WAY_BACK),
        two_way=_frame(map(dict, two_way_numbers(connection, name)), layouts.TWO_WAY),
        two_way_differences=_frame(map(dict, two_way_rows(connection, name)), layouts.TWO_WAY_DIFFERENCES),
    )


def _frame(rows: Iterable[dict[str, Any]], columns: FrameColumns) -> pd.DataFrame:
    found = list(rows)
    return make({column.name: [row.get(column.name) for row in found] for column in columns}, columns)


def _journal(connection: Connection, name: str, as_at: date) -> Iterator[dict[str, Any]]:
    """Every posting that is in QBO, in the order in which it got there, with the hash of the attempt that says so."""
    confirmed = ("posted", "recovered", "linked_by_name")
    joined = (attempts.c.connection == postings.c.connection) & (attempts.c.key == postings.c.key)
    query = (
        select(postings, attempts.c.hash)
        .outerjoin(attempts, joined & (attempts.c.revision == postings.c.revision) & attempts.c.event.in_(confirmed))
        .where(postings.c.connection == name, postings.c.posted_at.is_not(None), postings.c.business_date <= as_at)
        .order_by(postings.c.posted_at, postings.c.key, postings.c.revision, attempts.c.seq)
    )
    for row in connection.execute(query):
        yield {
            "posted_at": row.posted_at,
            "posting_key": row.key,
            "requestid": row.request_id,
            "payload_hash": row.payload_hash,
            "qbo_type": row.entity,
            "qbo_id": row.qbo_id,
            "sync_token": row.sync_token,
            "recovered": row.recovered,
            "chain_hash": row.hash,
        }


def _attempts(connection: Connection, name: str, keys: Sequence[str], time_zone: str) -> Iterator[dict[str, Any]]:
    for chunk in chunks(keys):
        query = select(attempts).where(attempts.c.connection == name, attempts.c.key.in_(chunk))
        for row in connection.execute(query.order_by(attempts.c.seq)):
            found = dict(row._mapping)
            yield found | {"posting_key": row.key, "message": journal_message(found, time_zone)}


def _lines(connection: Connection, name: str, documents: Sequence[str]) -> Iterator[dict[str, Any]]:
    """What source, postings and ledger say of each document with a difference, line by line."""
    for chunk in chunks(documents):
        ids = {key.removeprefix("movement/"): key for key in chunk if key.startswith("movement/")}
        ids |= _summed(connection, name, [key for key in chunk if is_summary(key)])
        stock = select(stock_lines).where(stock_lines.c.connection == name, stock_lines.c.record_id.in_(sorted(ids)))
        for row in connection.execute(stock.order_by(stock_lines.c.record_id, stock_lines.c.line_id)):
            found = dict(row._mapping)
            yield found | {
                "document_key": ids[row.record_id],
                "side": "source",
                "amount": row.value.quantize(Decimal("0.01")),
            }
        joined = (posting_effects.c.connection == postings.c.connection) & (posting_effects.c.key == postings.c.key)
        sent = (
            select(posting_effects, postings.c.record_key.label("asks"), postings.c.entity, postings.c.qbo_id)
            .join(postings, joined & (posting_effects.c.revision == postings.c.revision))
            .where(postings.c.connection == name, postings.c.record_key.in_(chunk), postings.c.superseded_by.is_(None))
            .order_by(posting_effects.c.key, posting_effects.c.line)
        )
        objects: dict[tuple[str, str], str] = {}
        for row in connection.execute(sent):
            if row.qbo_id:
                objects[row.entity, row.qbo_id] = row.asks
            found = dict(row._mapping)
            yield found | {
                "document_key": row.asks,
                "side": "posted",
                "amount": row.amount.quantize(Decimal("0.01")),
            }
        objects |= {tuple(key.split("/")[1:3]): key for key in chunk if key.startswith("qbo/")}
        for (entity, qbo_id), key in sorted(objects.items()):
            query = select(ledger_lines).where(
                ledger_lines.c.connection == name, ledger_lines.c.qbo_type == entity, ledger_lines.c.qbo_id == qbo_id
            )
            for row in connection.execute(query.order_by(ledger_lines.c.account_id, ledger_lines.c.line_number)):
                found = dict(row._mapping)
                yield found | {"document_key": key, "side": "ledger"}


def _summed(connection: Connection, name: str, keys: Sequence[str]) -> dict[str, str]:
    """By id of each movement that these summaries stand for, its summary."""
    query = select(posting_records.c.record_key, posting_records.c.key).join(postings, OF_RECORD)
    mine = (posting_records.c.connection == name, posting_records.c.key.in_(keys))
    stands = (postings.c.superseded_by.is_(None), postings.c.operation.not_in(("void", "delete")))
    return {record_key.partition("/")[2]: key for record_key, key in connection.execute(query.where(*mine, *stands))}


def _exceptions(connection: Connection, name: str, named: Collection[str]) -> Iterator[dict[str, Any]]:
    yield from _waiting(connection, name, named)
    yield from _aside(connection, name)
    yield from _worth_a_look(connection, name)


def _waiting(connection: Connection, name: str, named: Collection[str]) -> Iterator[dict[str, Any]]:
    waiting = (
        select(postings, records.c.number.label("record_number"))
        .outerjoin(
            records,
            (records.c.connection == postings.c.connection)
            & (records.c.record_type + "/" + records.c.record_id == postings.c.record_key),
        )
        .where(
            postings.c.connection == name,
            listed(),
            postings.c.state.in_(tuple(_WHAT)),
        )
        .order_by(postings.c.business_date, postings.c.key)
    )
    found = connection.execute(waiting).all()
    refused = references_named(connection, name, found)
    for row in found:
        if row.key in named and row.state not in ("parked", "unknown"):
            continue  # its difference says it, with the amount
        number = row.record_number or row.record_key
        pending = row.reason == COST_PENDING
        about = refused.get((row.key, row.revision), "")
        yield {
            "severity": "medium" if row.state == "parked" else "high",
            "what": f"{number} {_WHAT[row.state]}: {row.message or row.reason} {about}".rstrip(),
            "to_do": _COST if pending else _TO_DO[row.state],
            "who": "stock keeper" if pending else "accountant",
            "document_key": row.record_key,
            "document": number,
            "amount": row.amount,
            "qbo_message": row.message,
            "intuit_tid": row.intuit_tid,
            "attempts": row.attempts,
            "since": row.first_seen,
        }


def _aside(connection: Connection, name: str) -> Iterator[dict[str, Any]]:
    aside = select(records).where(
        records.c.connection == name, records.c.disposition == "set_aside", records.c.vanished_at.is_(None)
    )
    for row in connection.execute(aside.order_by(records.c.business_date, records.c.record_id)):
        yield {
            "severity": "medium",
            "what": f"{row.kind} {row.number or row.record_id} was set aside: {row.message}",
            "to_do": "Correct it in the inventory system; the next run reads it again",
            "who": "stock keeper",
            "document_key": f"{row.record_type}/{row.record_id}",
            "document": row.number,
            "amount": row.amount,
            "attempts": 0,
            "since": row.first_seen,
        }


def _worth_a_look(connection: Connection, name: str) -> Iterator[dict[str, Any]]:
    look = select(records).where(
        records.c.connection == name, records.c.warnings.is_not(None), records.c.vanished_at.is_(None)
    )
    for row in connection.execute(look.order_by(records.c.business_date, records.c.record_id)):
        yield {
            "severity": "low",
            "what": f"{row.kind} {row.number or row.record_id} is worth a look: {' '.join(orjson.loads(row.warnings))}",
            "to_do": "Look whether it is meant so; correct it in the inventory system if not",
            "who": "stock keeper",
            "document_key": f"{row.record_type}/{row.record_id}",
            "document": row.number,
            "amount": row.amount,
            "attempts": 0,
            "since": row.first_seen,
        }


def _copied(connection: Connection, name: str, reconciliation: Reconciliation) -> Iterator[dict[str, Any]]:
    """The copies that no difference tells, because they move no stock account."""
    told = reconciliation.differences
    objects = set(zip(told["qbo_type"], told["qbo_id"], strict=True))
    for row in load_copies(connection, name):
        if (row["entity"], row["qbo_id"]) in objects:
            continue
        number = row["qbo_number"] or f"Id {row['qbo_id']}"
        yield {
            "severity": "high",
            "what": f"{row['entity']} {number} of {row['business_date']} in QuickBooks is a copy of {row['key']}, with "
            "its marker: the document stands twice",
            "to_do": "Delete the copy in QuickBooks; where the pipeline's own is gone, relink the copy",
            "who": "accountant",
            "document": number,
            "amount": row["amount"] if row["currency"] in (None, reconciliation.currency) else None,
            "since": row["found_at"],
        }


def _sign_offs(connection: Connection, name: str) -> Iterator[dict[str, Any]]:
    for _, item in load_sign_offs(connection, name):
        yield {
            "period": item.as_at,
            "content_hash": item.content_hash,
            "preparer": item.preparer,
            "reviewer": item.reviewer,
            "signed_at": item.reviewed_at or item.prepared_at,
            "status": {"void": "invalidated", "signed": "valid"}.get(item.state, item.state),
            "why": item.void_why,
        }


def _names(connection: Connection, name: str, record_type: str) -> Iterator[dict[str, Any]]:
    query = select(records.c.record_id, records.c.number, records.c.content).where(
        records.c.connection == name, records.c.record_type == record_type, records.c.disposition != "set_aside"
    )
    for row in connection.execute(query.order_by(records.c.record_id)):
        yield {"id": row.record_id, "number": row.number, "name": orjson.loads(row.content).get("name")}
