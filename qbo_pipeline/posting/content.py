"""What a payload says to the books, as a fingerprint: to tell an object of ours from one that a person changed.

What belongs here: which fields of an object count (date, party, each line's amount with its account or item), in a
form that is the same for the payload that we send and for the object as QBO answers it, with its defaults,
computed totals and subtotal lines added.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

JsonObject = dict[str, Any]

# Lines that QBO computes or that carry no amount to the books.
_COMPUTED = frozenset({"SubTotalLineDetail", "DescriptionOnly"})
_PARTIES = ("CustomerRef", "VendorRef", "EntityRef")
_HEADER_ACCOUNTS = ("DepositToAccountRef", "AccountRef", "FromAccountRef", "ToAccountRef", "AdjustAccountRef")
_LINE_TARGETS = ("AccountRef", "ItemRef")
# Lists have a name and nothing that posts; a change of it is what would matter.
_NAMES = ("DisplayName", "Name")


def fingerprint(entity: str, thing: JsonObject) -> str:
    """SHA-256 (hex) of what an object or a payload does in the books.

    Lines are compared without their order: QBO may give them back in another one.
    """
    parts = [entity]
    if "TxnDate" in thing or "Line" in thing:
        parts.append(f"date={thing.get('TxnDate', '')}")
        parts += [f"{name}={_ref(thing[name])}" for name in _PARTIES if name in thing]
        parts += sorted(_lines(thing))
        if "Line" not in thing or not thing["Line"]:
            parts += [f"{name}={amount(thing[name])}" for name in ("TotalAmt", "Amount") if name in thing]
            parts += [f"{name}={_ref(thing[name])}" for name in _HEADER_ACCOUNTS if name in thing]
    else:
        parts += [f"{name}={thing[name]}" for name in _NAMES if name in thing]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def amount(value: Any) -> str:
    """An amount as text of two decimal places; QBO answers 5, 5.0 and 5.00 for the same amount."""
    return format(Decimal(str(value)).quantize(Decimal("0.01")), "f")


def is_voided(thing: JsonObject) -> bool:
    """Whether an object was voided: QBO sets its amounts to nil and says so in its note."""
    note = str(thing.get("PrivateNote") or "")
    nil = all(Decimal(str(thing.get(name, 0))) == 0 for name in ("TotalAmt", "Balance"))
    return nil and note.startswith("Voided")


def _lines(thing: JsonObject) -> Iterator[str]:
    for line in thing.get("Line") or ():
        detail_type = line.get("DetailType")
        if detail_type in _COMPUTED:
            continue
        detail = line.get(detail_type) or {} if detail_type else {}
        target = next((f"{name}:{_ref(detail[name])}" for name in _LINE_TARGETS if name in detail), "")
        links = ",".join(sorted(f"{link.get('TxnType')}:{link.get('TxnId')}" for link in line.get("LinkedTxn") or ()))
        side = detail.get("PostingType", "")
        quantity = f" x{Decimal(str(detail['QtyDiff'])).normalize():f}" if "QtyDiff" in detail else ""
        yield f"line={side} {target} {amount(line.get('Amount', 0))}{quantity} {links}".rstrip()


def _ref(value: Any) -> str:
    return str(value.get("value", "")) if isinstance(value, dict) else str(value)
