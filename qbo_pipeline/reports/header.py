"""What every report says about itself, and the frames that only the caller can give.

What belongs here: `ReportHeader` (whose books, as at when, read when, made when), `ReportExtras` (posting journal,
attempts, exceptions, sign-offs, names) with the columns of its frames, and links into QuickBooks.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from urllib.parse import quote
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from qbo_pipeline.instants import in_zone
from qbo_pipeline.reconciliation.frames import (
    DAY,
    EXACT,
    INSTANT,
    MONEY,
    TEXT,
    WHOLE,
    YES_NO,
    FrameColumn,
    FrameColumns,
    empty,
)
from qbo_pipeline.reconciliation.result import Reconciliation

POSTING_JOURNAL: FrameColumns = (
    FrameColumn("posted_at", INSTANT, "when QBO confirmed it", required=False),
    FrameColumn("posting_key", TEXT, "the posting"),
    FrameColumn("requestid", TEXT, "the request id under which it was sent", required=False),
    FrameColumn("payload_hash", TEXT, "SHA-256 (hex) of what was sent", required=False),
    FrameColumn("qbo_type", TEXT, "QBO entity"),
    FrameColumn("qbo_id", TEXT, "Id of the QBO object", required=False),
    FrameColumn("sync_token", TEXT, "its version as the pipeline left it", required=False),
    FrameColumn("recovered", YES_NO, "found by its marker after an unknown outcome", required=False),
    FrameColumn("chain_hash", TEXT, "hash of the attempt in the chain of attempts", required=False),
)  # in the order of posting

ATTEMPTS: FrameColumns = (
    FrameColumn("posting_key", TEXT, "the posting"),
    FrameColumn("at", INSTANT, "when"),
    FrameColumn("event", TEXT, "what happened: sent, answered, retried, …"),
    FrameColumn("state", TEXT, "state of the posting after it"),
    FrameColumn("code", TEXT, "QBO's or HTTP's code", required=False),
    FrameColumn("message", TEXT, "QBO's message", required=False),
    FrameColumn("intuit_tid", TEXT, "Intuit's trace id", required=False),
)  # in the order of time; only postings of documents with a difference are looked at

LINES: FrameColumns = (
    FrameColumn("document_key", TEXT, "as in `documents` of the reconciliation"),
    FrameColumn("side", TEXT, "source, posted or ledger: who says it"),
    FrameColumn("product_id", TEXT, "product", required=False),
    FrameColumn("location_id", TEXT, "location", required=False),
    FrameColumn("account_id", TEXT, "inventory account", required=False),
    FrameColumn("quantity", EXACT, "signed quantity, in is positive", required=False),
    FrameColumn("amount", MONEY, "home currency, in (debit) is positive"),
    FrameColumn("memo", TEXT, "memo or description", required=False),
)  # in the order of the lines; only documents with a difference are looked at

EXCEPTIONS: FrameColumns = (
    FrameColumn("severity", TEXT, "high, medium or low"),
    FrameColumn("what", TEXT, "what happened, in plain words"),
    FrameColumn("to_do", TEXT, "what to do"),
    FrameColumn("who", TEXT, "who does it", required=False),
    FrameColumn("document_key", TEXT, "the record, as in `documents` of the reconciliation", required=False),
    FrameColumn("document", TEXT, "its number", required=False),
    FrameColumn("amount", MONEY, "home currency", required=False),
    FrameColumn("qbo_message", TEXT, "QBO's message", required=False),
    FrameColumn("intuit_tid", TEXT, "Intuit's trace id", required=False),
    FrameColumn("attempts", WHOLE, "how often it was tried", required=False),
    FrameColumn("since", INSTANT, "since when", required=False),
)

SIGN_OFFS: FrameColumns = (
    FrameColumn("period", DAY, "the period's last day"),
    FrameColumn("content_hash", TEXT, "hash of what was signed"),
    FrameColumn("preparer", TEXT, "who prepared it"),
    FrameColumn("reviewer", TEXT, "who reviewed it", required=False),
    FrameColumn("signed_at", INSTANT, "when"),
    FrameColumn("status", TEXT, "valid or invalidated"),
    FrameColumn("why", TEXT, "why it was invalidated, or the rule by which it was certified", required=False),
)

NAMES: FrameColumns = (
    FrameColumn("id", TEXT, "the source's id"),
    FrameColumn("number", TEXT, "its number", required=False),
    FrameColumn("name", TEXT, "its name", required=False),
)

WAY_BACK: FrameColumns = (
    FrameColumn("kind", TEXT, "kind of record"),
    FrameColumn("state", TEXT, "what became of it: taken, waiting, excluded, …"),
    FrameColumn("reason", TEXT, "the rule or the reason, where there is one", required=False),
    FrameColumn("count", WHOLE, "how many"),
)  # what came back from QuickBooks; empty where nothing does

TWO_WAY: FrameColumns = (
    FrameColumn("kind", TEXT, "what is compared, as [ownership] calls it"),
    FrameColumn("agree", WHOLE, "how many say the same on both sides"),
    FrameColumn("differ", WHOLE, "how many do not"),
    FrameColumn("compared_at", INSTANT, "when"),
)

TWO_WAY_DIFFERENCES: FrameColumns = (
    FrameColumn("kind", TEXT, "what is compared"),
    FrameColumn("key", TEXT, "the record, or the object that QuickBooks alone has"),
    FrameColumn("here", EXACT, "amount or quantity in the inventory system", required=False),
    FrameColumn("there", EXACT, "amount or quantity in QuickBooks", required=False),
    FrameColumn("why", TEXT, "the cause"),
)

EXTRAS: dict[str, FrameColumns] = {
    "posting_journal": POSTING_JOURNAL,
    "attempts": ATTEMPTS,
    "lines": LINES,
    "exceptions": EXCEPTIONS,
    "sign_offs": SIGN_OFFS,
    "product_names": NAMES,
    "location_names": NAMES,
    "way_back": WAY_BACK,
    "two_way": TWO_WAY,
    "two_way_differences": TWO_WAY_DIFFERENCES,
}

# QBO's own pages, by the entity or the report's label without spaces, in small letters.
_PAGES = {
    "invoice": "invoice", "creditmemo": "creditmemo", "salesreceipt": "salesreceipt", "refund": "refundreceipt",
    "refundreceipt": "refundreceipt", "bill": "bill", "vendorcredit": "vendorcredit", "suppliercredit": "vendorcredit",
    "journalentry": "journal", "purchase": "expense", "expense": "expense", "check": "check", "cheque": "check",
    "deposit": "deposit", "transfer": "transfer", "payment": "recvpayment", "billpayment": "billpayment",
    "estimate": "estimate", "purchaseorder": "purchaseorder",
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ReportExtras:
    """What the reports show beside a reconciliation; pandas frames or Arrow tables with the columns of `EXTRAS`."""

    posting_journal: pd.DataFrame = field(default_factory=lambda: empty(POSTING_JOURNAL))
    attempts: pd.DataFrame = field(default_factory=lambda: empty(ATTEMPTS))
    lines: pd.DataFrame = field(default_factory=lambda: empty(LINES))
    exceptions: pd.DataFrame = field(default_factory=lambda: empty(EXCEPTIONS))
    sign_offs: pd.DataFrame = field(default_factory=lambda: empty(SIGN_OFFS))
    product_names: pd.DataFrame = field(default_factory=lambda: empty(NAMES))
    location_names: pd.DataFrame = field(default_factory=lambda: empty(NAMES))
    way_back: pd.DataFrame = field(default_factory=lambda: empty(WAY_BACK))
    two_way: pd.DataFrame = field(default_factory=lambda: empty(TWO_WAY))
    two_way_differences: pd.DataFrame = field(default_factory=lambda: empty(TWO_WAY_DIFFERENCES))


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportHeader:
    """Whose books these are and where the numbers come from; stands on every sheet and on the page.

    `realm` is at most the last four digits of the realm. Instants are aware; they are shown in `time_zone` (IANA).
    `qbo_url` is what links into QBO begin with, for example `https://app.qbo.intuit.com/app`; without it there are
    no links. `journal` is the last line of the journal of attempts and its hash, by which `verify` tells whether the
    journal is still the one of this report. `made_at` and `journal` are the only things in a report that are not the
    same for the same data.

    Raises `ValueError` for a whole realm, an unknown time zone, an instant without zone, a link that is not http(s),
    or a reviewer who is the preparer.
    """

    company: str
    connection: str
    realm: str
    as_at: date
    time_zone: str
    currency: str
    run_id: str
    made_at: datetime
    content_hash: str
    journal: tuple[int, str] | None = None
    source_cut_off: datetime | None = None
    qbo_read_at: datetime | None = None
    qbo_url: str | None = None
    prepared_by: str | None = None
    prepared_at: datetime | None = None
    reviewed_by: str | None = None
    reviewed_at: datetime | None = None
    comment: str | None = None

    def __post_init__(self) -> None:
        if len(self.realm) > 4:
            raise ValueError("realm: a report shows the last four digits only; pass realm_id[-4:]")
        try:
            ZoneInfo(self.time_zone)
        except (ZoneInfoNotFoundError, ValueError) as error:
            raise ValueError(f"time_zone: {self.time_zone!r} is not an IANA name such as America/New_York") from error
        for name in ("made_at", "source_cut_off", "qbo_read_at", "prepared_at", "reviewed_at"):
            instant = getattr(self, name)
            if instant is not None and instant.tzinfo is None:
                raise ValueError(f"{name}: {instant} has no time zone; pass an aware instant")
        if self.qbo_url is not None and not self.qbo_url.startswith(("https://", "http://")):
            raise ValueError(f"qbo_url: {self.qbo_url!r} is no web address")
        if self.prepared_by and self.prepared_by == self.reviewed_by:
            raise ValueError(f"reviewed_by: {self.reviewed_by} prepared it too; the reviewer must be another person")

    def check(self, reconciliation: Reconciliation) -> None:
        """Raise `ValueError` where this header belongs to another reconciliation."""
        for name in ("as_at", "currency", "content_hash"):
            mine, its = getattr(self, name), getattr(reconciliation, name)
            if mine != its:
                raise ValueError(f"{name}: the header says {mine}, the reconciliation {its}")

    def local(self, instant: datetime) -> datetime:
        """The instant as the company's clock shows it."""
        return in_zone(instant, self.time_zone)

    def links(self, qbo_types: Any, qbo_ids: Any) -> Any:
        """Where QBO shows each of these objects, as Arrow texts; null where that is not known."""
        types = qbo_types.dictionary_encode()
        begins = [qbo_link(self.qbo_url, name, "-") for name in types.dictionary.to_pylist()]
        pages = pa.array([begin and begin[:-1] for begin in begins], pa.string()).take(types.indices)
        ids = pc.if_else(pc.equal(qbo_ids, ""), pa.scalar(None, pa.string()), qbo_ids)
        if not pc.all(pc.match_substring_regex(ids, "^[0-9A-Za-z]+$")).as_py():
            ids = pa.array([None if one is None else quote(one, safe="") for one in ids.to_pylist()], pa.string())
        return pc.binary_join_element_wise(pages, ids, "")


def qbo_link(base: str | None, qbo_type: str | None, qbo_id: str | None) -> str | None:
    """Where QBO shows an object; None where that is not known."""
    page = _PAGES.get((qbo_type or "").replace(" ", "").lower())
    if base is None or page is None or not qbo_id:
        return None
    return f"{base.rstrip('/')}/{page}?txnId={quote(qbo_id, safe='')}"
