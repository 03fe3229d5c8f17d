"""Document numbers: who numbers what by itself, and which duplicates are refused (6140)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from qbo_pipeline.emulator.company.book import Book
from qbo_pipeline.emulator.company.faults import QboError, error
from qbo_pipeline.emulator.company.schema.entities import LABELS
from qbo_pipeline.emulator.company.store import row_id

AUTO_GENERATE: Final = "AUTO_GENERATE"


@dataclass(frozen=True, slots=True)
class Numbering:
    """`custom` is the preference that leaves numbers to the user (without it QBO counts); None: QBO never counts.

    `warn` is the preference that refuses duplicates; "" refuses always, None never. Documents of one `family` share
    one sequence; duplicates of `by_party` ones are looked for among those of the same vendor.
    """

    family: str
    custom: str | None = None
    warn: str | None = None
    always: bool = False
    by_party: bool = False


_SALES: Final = Numbering("sales", "SalesFormsPrefs.CustomTxnNumbers", "")
_PURCHASES: Final = "OtherPrefs.VendorAndPurchasesPrefs.UseCustomTxnNumbers"
_TABLE: Final[dict[str, Numbering]] = {
    "Invoice": _SALES,
    "Estimate": _SALES,
    "CreditMemo": _SALES,
    "SalesReceipt": _SALES,
    "RefundReceipt": _SALES,
    "Bill": Numbering("bill", None, "OtherPrefs.VendorAndPurchasesPrefs.WarnDuplicateBillNumber", by_party=True),
    "VendorCredit": Numbering("credit", _PURCHASES),
    "PurchaseOrder": Numbering("order", _PURCHASES, ""),
    "JournalEntry": Numbering("journal", None, "OtherPrefs.WarnDuplicateJournalNumber"),
    "InventoryAdjustment": Numbering("adjustment", None, None, always=True),
}
_NONE: Final = Numbering("")


def choose(
    book: Book,
    kind: str,
    id: int,
    given: str | None,
    old: str | None,
    options: frozenset[str],
    errors: list[QboError],
    party: str | None,
) -> str | None:
    """The number that a document gets. Appends 6140 where it is taken and duplicates are refused.

    A bill's number is taken where the same vendor has one of it (`party`), or anybody has (`bill_numbers_unique`).
    """
    rules = _TABLE.get(kind, _NONE)
    if given is None and id and old is not None:
        return old
    if given is None or given == AUTO_GENERATE:
        counts = rules.always or (rules.custom is not None and not book.preference(rules.custom)) or given is not None
        if not id and rules.family and (counts or "allowautodocnum" in options):
            return _next(book, kind, rules)
        return None
    if given != old and _refuses(book, rules) and "allowduplicatedocnum" not in options:
        within = party if rules.by_party and book.settings.bill_numbers_unique == "vendor" else None
        sql = "SELECT id FROM txns WHERE entity = ? AND number = ? AND id <> ? AND (? IS NULL OR party = ?)"
        taken = book.store.row(sql, (kind, given, id, within, within and row_id(within)))
        if taken is not None:
            errors.append(error("6140", "DocNumber", number=given, kind=LABELS[kind], id=taken[0]))
    if rules.family and given.isdecimal() and len(given) < 16:
        key = f"number:{rules.family}"
        book.counters[key] = max(book.counters.get(key, 1000), int(given))
    return given


def _refuses(book: Book, rules: Numbering) -> bool:
    return rules.warn is not None and (rules.warn == "" or bool(book.preference(rules.warn)))


def _next(book: Book, kind: str, rules: Numbering) -> str:
    key = f"number:{rules.family}"
    number = book.counters.get(key, 1000) + 1
    while book.store.row("SELECT 1 FROM txns WHERE entity = ? AND number = ?", (kind, str(number))):
        number += 1
    book.counters[key] = number
    return str(number)
