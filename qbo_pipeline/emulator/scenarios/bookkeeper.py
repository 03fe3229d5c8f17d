"""A bookkeeper who works after others: changes what was posted, by the window, without telling anybody."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from typing import Final

from qbo_pipeline.emulator.company.company import Body, Company
from qbo_pipeline.emulator.scenarios.choosing import one_of

_POSTED: Final = ("Invoice", "Bill", "JournalEntry", "Payment", "CreditMemo", "VendorCredit", "Purchase")


def bookkeeper(company: Company, chance: random.Random, step: int) -> str:
    """Notes, numbers, dates and amounts are changed, documents voided and deleted, names and accounts renamed."""
    return chance.choice(_EDITS)(company, chance)


def _document(company: Company, chance: random.Random, kinds: tuple[str, ...] = _POSTED) -> tuple[str, Body] | None:
    kind = chance.choice(kinds)
    found = one_of(company, chance, kind)
    return None if found is None else (kind, found)


def _token(found: Body) -> Body:
    return {"Id": found["Id"], "SyncToken": found["SyncToken"], "sparse": True}


_NONE: Final = "nothing to do: there is no such document"


def _note(company: Company, chance: random.Random) -> str:
    chosen = _document(company, chance)
    if chosen is None:
        return _NONE
    kind, found = chosen
    company.update(kind, _token(found) | {"PrivateNote": f"checked {chance.randint(1, 99)}"})
    return f"{kind} {found['Id']} got another note"


def _date(company: Company, chance: random.Random) -> str:
    chosen = _document(company, chance)
    if chosen is None:
        return _NONE
    kind, found = chosen
    day = (date.fromisoformat(found["TxnDate"]) - timedelta(days=chance.randint(1, 20))).isoformat()
    company.update(kind, _token(found) | {"TxnDate": day})
    return f"{kind} {found['Id']} was dated {day}"


def _amount(company: Company, chance: random.Random) -> str:
    """The first line that says nothing but an amount gets another one."""
    chosen = _document(company, chance, ("Bill", "Purchase", "Invoice"))
    if chosen is None:
        return _NONE
    kind, found = chosen
    lines = [line for line in found["Line"] if line["DetailType"] != "SubTotalLineDetail"]
    line = lines[0]
    detail = line.get(line["DetailType"], {})
    if detail.get("Qty"):
        detail["UnitPrice"] = Decimal(detail["UnitPrice"]) + 1
        line["Amount"] = (Decimal(detail["Qty"]) * detail["UnitPrice"]).quantize(Decimal("0.01"))
    else:
        line["Amount"] = Decimal(line["Amount"]) + chance.randint(1, 9)
    company.update(kind, found | {"Line": lines})
    return f"{kind} {found['Id']} got another amount"


def _void(company: Company, chance: random.Random) -> str:
    chosen = _document(company, chance, ("Invoice", "Payment"))
    if chosen is None:
        return _NONE
    kind, found = chosen
    company.void(kind, _token(found))
    return f"{kind} {found['Id']} was voided"


def _delete(company: Company, chance: random.Random) -> str:
    chosen = _document(company, chance)
    if chosen is None:
        return _NONE
    kind, found = chosen
    company.delete(kind, _token(found))
    return f"{kind} {found['Id']} was deleted"


def _rename(company: Company, chance: random.Random) -> str:
    kind, field = chance.choice((("Customer", "DisplayName"), ("Vendor", "DisplayName"), ("Account", "Name")))
    found = one_of(company, chance, kind)
    if found is None:
        return _NONE
    name = f"{found[field][:80]} {chance.randint(1, 999)}"
    company.update(kind, _token(found) | {field: name})
    return f"{kind} {found['Id']} was renamed {name!r}"


_EDITS: Final[tuple[Callable[[Company, random.Random], str], ...]] = (
    *(_note, _note, _date, _amount, _amount, _void, _delete, _rename),
)
