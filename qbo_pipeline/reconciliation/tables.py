"""From entries to the frame of differences: texts, identity, order.

What belongs here: the entry table (Arrow, amounts in cents, accounts and days coded), its concatenation from what
was found one by one and in whole columns, and the making of `differences`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from qbo_pipeline.instants import show_instant
from qbo_pipeline.reconciliation import inputs
from qbo_pipeline.reconciliation.amounts import money
from qbo_pipeline.reconciliation.books import CodedInput
from qbo_pipeline.reconciliation.causes import CAUSES, ORDER, Cause
from qbo_pipeline.reconciliation.coding import whole
from qbo_pipeline.reconciliation.document import NOT_CHECKED
from qbo_pipeline.reconciliation.entries import ChangedAfterPosting, Entry
from qbo_pipeline.reconciliation.frames import DAY, INSTANT, TEXT, WHOLE, array, flat, make, to_table
from qbo_pipeline.reconciliation.result_frames import CHANGED_AFTER_POSTING, DIFFERENCES
from qbo_pipeline.reconciliation.unsent import SET_ASIDE

_NOT_CHECKED_EXPLANATION = "What the pipeline had posted is not on the inventory accounts any more."
_NOT_CHECKED_REMEDY = "Reconcile again once QuickBooks answers; correct nothing until then."
_ASIDE_EXPLANATION = "What the inventory system says of it breaks a rule of its data and is set aside."
_ASIDE_REMEDY = "Correct it in the inventory system; the next run of its day takes it up."
_WITH_REASON = [Cause.PARKED.value, Cause.SKIPPED.value, Cause.BACK_DATED.value]

ENTRY_SCHEMA = pa.schema(
    [
        ("scope", TEXT), ("document_key", TEXT), ("account", WHOLE), ("day", WHOLE), ("cause", TEXT),
        ("detail", TEXT), ("cents", WHOLE), ("note", TEXT), ("record_key", TEXT), ("posting_key", TEXT),
        ("revision", WHOLE), ("kind", TEXT), ("source_number", TEXT), ("qbo_type", TEXT), ("qbo_id", TEXT),
        ("qbo_number", TEXT), ("state", TEXT), ("reason", TEXT), ("changed_at", INSTANT), ("changed_by", TEXT),
    ]
)  # fmt: skip


def entry_table(entries: list[Entry]) -> Any:
    """Entries as an Arrow table of `ENTRY_SCHEMA`: a row a cause, document and account, in whole cents of the home
    currency."""
    columns = zip(*entries, strict=True) if entries else ([] for _ in ENTRY_SCHEMA)
    return pa.table(
        [array(list(column), field.type) for column, field in zip(columns, ENTRY_SCHEMA, strict=True)],
        schema=ENTRY_SCHEMA,
    )


def join(tables: Iterable[Any], books: CodedInput) -> Any:
    """All entries up to the date, in the order of the frame, with the day of age and the account's id."""
    table = pa.concat_tables([table.select(ENTRY_SCHEMA.names).cast(ENTRY_SCHEMA) for table in tables])
    table = table.filter(pc.and_(pc.less_equal(table["day"], books.as_at), pc.not_equal(table["cents"], 0)))
    causes = table["cause"].combine_chunks().dictionary_encode()
    place = pa.array([ORDER[Cause(name)] for name in causes.dictionary.to_pylist()], WHOLE)
    accounts = pa.array(books.accounts, TEXT).take(table["account"])
    table = table.append_column("place", place.take(causes.indices)).append_column("account_id", accounts)
    keys = ("day", "document_key", "account_id", "place", "detail", "posting_key", "record_key", "qbo_id", "cents")
    return table.sort_by([(key, "ascending") for key in keys]).combine_chunks()


def differences(entries: Any, books: CodedInput) -> pd.DataFrame:
    """The frame `differences` (`result.DIFFERENCES`) of the joined entries: a row a cause of a document on an
    account, with words, remedy, age in days and amount in the home currency; difference = ledger - stock."""
    keys = pa.array(difference_keys(entries), TEXT)
    day = entries["day"].cast(pa.int32()).cast(DAY)
    meanings = entries["cause"].combine_chunks().dictionary_encode()
    known = [CAUSES[Cause(name)] for name in meanings.dictionary.to_pylist()]

    def text(name: str) -> Any:
        return pa.array([getattr(meaning, name) for meaning in known], TEXT).take(meanings.indices)

    unchecked = pc.fill_null(pc.equal(entries["detail"], NOT_CHECKED), False)
    aside = pc.fill_null(pc.equal(entries["detail"], SET_ASIDE), False)
    explained = pc.if_else(unchecked, _NOT_CHECKED_EXPLANATION, text("explanation"))
    explained = pc.if_else(aside, _ASIDE_EXPLANATION, explained)
    remedy = pc.if_else(aside, _ASIDE_REMEDY, pc.if_else(unchecked, _NOT_CHECKED_REMEDY, text("remedy")))
    sentences = (explained, entries["note"], _reason(entries), _by_whom(entries, books.input.time_zone))
    explanation = pc.binary_join_element_wise(*sentences, " ", null_handling="skip")
    data = {name: entries[name] for name in ENTRY_SCHEMA.names if name not in ("account", "day", "cents", "note")}
    data |= {
        "difference_key": keys,
        "business_date": day,
        "account_id": entries["account_id"],
        "amount": money(whole(entries["cents"])),
        "first_seen": _first_seen(keys, books),
        "age_days": pa.array(books.as_at - whole(entries["day"])),
        "explanation": pc.utf8_rtrim_whitespace(explanation),
        "remedy": remedy,
        "who": text("who"),
    }
    return make(data, DIFFERENCES)


def _reason(entries: Any) -> Any:
    """Why it is not posted, as recorded; null where that does not matter."""
    asked = pc.is_in(entries["cause"], pa.array(_WITH_REASON, TEXT))
    sentence = pc.binary_join_element_wise("Reason: ", entries["reason"], ".", "")
    return pc.if_else(asked, sentence, pa.scalar(None, TEXT))


def _by_whom(entries: Any, time_zone: str) -> Any:
    """Who entered or changed it in QBO and when, as far as QBO tells."""
    coded = flat(entries["changed_at"]).dictionary_encode()
    shown = [show_instant(instant, time_zone) for instant in coded.dictionary.to_pylist()]
    when = pa.array(shown, TEXT).take(coded.indices)
    by = pc.binary_join_element_wise("by ", entries["changed_by"], "")
    known = pc.or_(pc.is_valid(when), pc.is_valid(by))
    sentence = pc.binary_join_element_wise("Last touched in QuickBooks", by, when, " ", null_handling="skip")
    return pc.if_else(known, pc.binary_join_element_wise(sentence, ".", ""), pa.scalar(None, TEXT))


def difference_keys(entries: Any) -> list[str]:
    """A short, stable name for each entry; the n-th of the same kind in one document has its number in it."""
    names = ("scope", "document_key", "account_id", "cause", "detail", "posting_key", "record_key", "qbo_id", "day")
    seen: dict[str, int] = {}
    keys = []
    for row in zip(*(entries[name].to_pylist() for name in names), strict=True):
        key = hashlib.blake2b(repr(row).encode(), digest_size=16).hexdigest()
        again = seen[key] = seen.get(key, 0) + 1
        keys.append(key if again == 1 else f"{key}.{again}")
    return keys


def _first_seen(keys: Any, books: CodedInput) -> Any:
    if books.input.earlier is None:
        return pa.nulls(len(keys), INSTANT)
    earlier = to_table("earlier", books.input.earlier, inputs.EARLIER)
    place = pc.index_in(keys, earlier["difference_key"].combine_chunks())
    return earlier["first_seen"].combine_chunks().take(place)


def changes_frame(changes: list[ChangedAfterPosting]) -> pd.DataFrame:
    """The frame `changed_after_posting`: a row for each field of a posted object that is not as it was sent, in the
    order of documents; `effect` is what the change does to the inventory account, in the home currency."""
    ordered = sorted(
        changes, key=lambda c: (c.document_key, c.posting_key or "", c.side, c.field, c.qbo_id or "", c.sent, c.now)
    )
    data = {
        name: [getattr(change, name) for change in ordered] for name in ChangedAfterPosting._fields if name != "cents"
    }
    data["effect"] = money(np.array([change.cents for change in ordered], dtype=np.int64))
    return make(data, CHANGED_AFTER_POSTING)
