"""Reimbursable charges: what QBO makes of each billable line of a bill or an expense, until a customer is invoiced.

They post nothing. QBO makes and changes them by itself; only in its window are they put on an invoice, which is
`invoice` here. A charge on an invoice has its line say HasBeenBilled; voiding or deleting the invoice frees it.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any, Final

from qbo_pipeline.emulator.company import entries, jsontext
from qbo_pipeline.emulator.company.book import Body, Book
from qbo_pipeline.emulator.company.draft import Draft
from qbo_pipeline.emulator.company.faults import QboError, error
from qbo_pipeline.emulator.company.money import major, minor, round_money, scaled, share
from qbo_pipeline.emulator.company.schema.entities import entity

NAME: Final = "ReimburseCharge"
SOURCES: Final = ("Bill", "Purchase")
_INCOME: Final = "Billable Expense Income"
_NO_CUSTOMER: Final = "Select a customer for each billable line."
_INSERT: Final = "INSERT OR REPLACE INTO txns VALUES (?, ?, NULL, ?, 'Customer', ?, ?, ?, NULL, ?, ?, ?, ?)"
_HUNDRED: Final = 10**9
"""A hundred percent in ten-millionths."""


def _details(body: Body) -> dict[str, Body]:
    """The details of a document's lines by the line's id, of those lines that may be billable."""
    found = {}
    for line in body.get("Line") or []:
        detail = line.get(line.get("DetailType", ""))
        if detail and "BillableStatus" in detail:
            found[str(line.get("Id") or "")] = detail
    return found


def check(book: Book, body: Body, old: Body | None, errors: list[QboError]) -> None:
    """Append 2170 for a line that says of itself that it has been billed, 6000 for a billable one without customer."""
    billed = {id for id, detail in _details(old or {}).items() if detail["BillableStatus"] == "HasBeenBilled"}
    for id, detail in _details(body).items():
        if detail["BillableStatus"] == "HasBeenBilled" and id not in billed:
            errors.append(error("2170", "BillableStatus", what="HAS_BEEN_BILLED"))
        is_nobodys = detail["BillableStatus"] == "Billable" and not detail.get("CustomerRef")
        if is_nobodys and book.holds("billable_customer"):
            errors.append(error("6000", "CustomerRef", what=_NO_CUSTOMER))


def follow(book: Book, draft: Draft) -> None:
    """Bring the charges of a bill or an expense in line with its billable lines; one of no customer has none."""
    if draft.entity.name not in SOURCES:
        return
    wanted = {
        id
        for id, detail in _details(draft.body).items()
        if detail["BillableStatus"] == "Billable" and detail.get("CustomerRef")
    }
    known = _of_source(book, draft.id) if wanted or book.counters.get("charges") else {}
    for id, charge in known.items():
        if id not in wanted and not _is_invoiced(book, charge):
            _remove(book, charge)
    for line in draft.body.get("Line") or []:
        if line["Id"] in wanted:
            _write(book, draft, line, known.get(line["Id"]))


def _of_source(book: Book, source: int) -> dict[str, int]:
    sql = "SELECT target_line, source FROM links WHERE target = ? AND kind = 'charge'"
    return dict(book.store.rows(sql, (source,)))


def _is_invoiced(book: Book, charge: int) -> bool:
    return book.store.row("SELECT 1 FROM links WHERE target = ? AND kind = 'billed'", (charge,)) is not None


def _remove(book: Book, charge: int) -> None:
    book.touched = True
    book.store.execute("DELETE FROM txns WHERE id = ?", (charge,))
    book.store.execute("DELETE FROM links WHERE source = ? OR target = ?", (charge, charge))
    book.store.execute("INSERT OR REPLACE INTO deleted VALUES (?, ?, ?)", (NAME, charge, book.now()))
    book.record(NAME, charge, "Delete")


def _write(book: Book, draft: Draft, line: Body, known: int | None) -> None:
    detail = line[line["DetailType"]]
    lines = _lines(book, line, detail)
    total = sum(minor(each["Amount"]) for each in lines)
    body: Body = {"CustomerRef": {"value": detail["CustomerRef"]["value"]}, "HasBeenInvoiced": False, "Line": lines}
    body["CurrencyRef"] = {"value": draft.currency}
    if draft.currency != book.home_currency:
        body["ExchangeRate"] = draft.rate
    if draft.memo:
        body["PrivateNote"] = draft.memo
    customer, now = int(detail["CustomerRef"]["value"]), book.now()
    created, sync = now, 0
    if known is not None:
        sql = "SELECT created, sync, body, party, total FROM txns WHERE id = ?"
        row = book.store.row(sql, (known,))
        assert row is not None
        if (jsontext.loads(row[2]), *row[3:]) == (jsontext.loads(jsontext.dumps(body)), customer, total):
            return
        created, sync = row[0], row[1] + 1
    id = known or book.next_id("Transaction")
    book.counters["charges"] = book.counters.get("charges", 0) + (known is None)
    row = (id, NAME, draft.date, customer, draft.currency, total, sync, created, now, jsontext.dumps(body))
    book.store.execute(_INSERT, row)
    link = (id, 0, draft.id, line["Id"], "charge", total)
    book.store.execute("INSERT OR REPLACE INTO links VALUES (?, ?, ?, ?, ?, ?)", link)
    book.record(NAME, id, "Update" if known else "Create")


def _lines(book: Book, line: Body, detail: Body) -> list[Body]:
    """The charge's lines: what was spent, and the markup where there is one."""
    markup = detail.get("MarkupInfo") or {}
    percent = Decimal(markup.get("Percent") or (markup.get("Value") if markup.get("PercentBased") else 0) or 0)
    spent = line.get("Amount") or Decimal(0)
    own: Body = {"TaxCodeRef": dict(detail["TaxCodeRef"])} if detail.get("TaxCodeRef") else {}
    if percent:
        own["MarkupInfo"] = {"Percent": percent}
    item = book.entries["Item"].get((detail.get("ItemRef") or {}).get("value", ""))
    income = (item.body.get("IncomeAccountRef") if item else None) or {"value": _income(book)}
    first = own | {"ItemAccountRef": dict(income)}
    if item is not None:
        first |= {"ItemRef": {"value": item.id}} | {k: detail[k] for k in ("Qty", "UnitPrice") if detail.get(k)}
    lines = [_line(1, spent, line.get("Description"), first)]
    if percent:
        added = major(share(minor(spent), scaled(percent), _HUNDRED))
        account = markup.get("MarkUpIncomeAccountRef") or income
        account = account if isinstance(account, dict) and account.get("value") in book.entries["Account"] else income
        text = f"{round_money(percent).normalize():f}% markup"
        lines.append(_line(2, added, text, own | {"ItemAccountRef": {"value": account["value"]}}))
    return lines


def _line(number: int, amount: Decimal, description: str | None, detail: Body) -> Body:
    line: Body = {"Id": str(number), "LineNum": number, "Amount": amount, "DetailType": "ReimburseLineDetail"}
    return line | ({"Description": description} if description else {}) | {"ReimburseLineDetail": detail}


def _income(book: Book) -> str:
    found = book.names["Account"].get(_INCOME.casefold())
    if found is not None:
        return found[1]
    body = {"Name": _INCOME, "AccountType": "Income", "AccountSubType": "ServiceFeeIncome"}
    return entries.create(book, entity("Account"), body)[0].id


def waiting(book: Book, customer: str) -> list[tuple[int, Body]]:
    """The charges of a customer that are on no invoice yet: id and body."""
    sql = "SELECT id, body FROM txns WHERE entity = ? AND party = ? ORDER BY id"
    found = [(id, jsontext.loads(body)) for id, body in book.store.rows(sql, (NAME, int(customer)))]
    return [(id, body) for id, body in found if not body["HasBeenInvoiced"]]


def invoice(book: Book, customer: str, charges: list[tuple[int, Body]], day: str) -> Body:
    """The body of an invoice of a customer for these charges, in the customer's currency at the rates of the day."""
    lines: list[Body] = []
    codes: list[Any] = []
    own = book.entries["Customer"][customer].body["CurrencyRef"]["value"]
    for _, charge in charges:
        factor = Decimal(1)
        if charge["CurrencyRef"]["value"] != own:
            factor = Decimal(charge.get("ExchangeRate", 1)) / book.rate(own, day)
        for line in charge["Line"]:
            detail = {k: v for k, v in line["ReimburseLineDetail"].items() if k not in ("MarkupInfo", "UnitPrice")}
            codes.append(detail.get("TaxCodeRef"))
            kept = {"Description": line["Description"]} if "Description" in line else {}
            amount = round_money(Decimal(line["Amount"]) * factor)
            lines.append(kept | {"Amount": amount, "DetailType": "SalesItemLineDetail", "SalesItemLineDetail": detail})
    body: Body = {"CustomerRef": {"value": customer}, "TxnDate": day, "Line": lines}
    if book.country != "US":
        body["GlobalTaxCalculation"] = "TaxExcluded" if all(codes) else "NotApplicable"
    return body


def bill(book: Book, invoice: int, charges: list[int]) -> None:
    """Enter that an invoice holds these charges."""
    rows = [(invoice, -1000 - n, charge, "", "billed", 0) for n, charge in enumerate(charges)]
    book.store.executemany("INSERT INTO links VALUES (?, ?, ?, ?, ?, ?)", rows)
    for charge in charges:
        _mark(book, charge, is_invoiced=True)


def release(book: Book, kind: str, id: int) -> None:
    """Free the charges of an invoice that goes, or take away those of a bill or an expense that goes."""
    if not book.counters.get("charges"):
        return
    if kind in SOURCES:
        for charge in _of_source(book, id).values():
            if not _is_invoiced(book, charge):
                _remove(book, charge)
    elif kind == "Invoice":
        sql = "SELECT target FROM links WHERE source = ? AND kind = 'billed'"
        charges = [row[0] for row in book.store.rows(sql, (id,))]
        book.store.execute("DELETE FROM links WHERE source = ? AND kind = 'billed'", (id,))
        for charge in charges:
            _mark(book, charge, is_invoiced=False)


def _mark(book: Book, charge: int, *, is_invoiced: bool) -> None:
    """Say on a charge, and on the line it came from, whether it has been invoiced."""
    book.touched = True
    body = _body(book, charge)
    _save(book, NAME, charge, body | {"HasBeenInvoiced": is_invoiced})
    sql = """SELECT l.target, l.target_line, t.entity FROM links l JOIN txns t ON t.id = l.target
             WHERE l.source = ? AND l.kind = 'charge'"""
    for source, line_id, kind in book.store.rows(sql, (charge,)):
        document = _body(book, source)
        detail = _details(document).get(line_id)
        if detail is not None:
            detail["BillableStatus"] = "HasBeenBilled" if is_invoiced else "Billable"
            _save(book, kind, source, document)


def _body(book: Book, id: int) -> Body:
    found: Body = jsontext.loads(book.store.value("SELECT body FROM txns WHERE id = ?", (id,)))
    return found


def _save(book: Book, kind: str, id: int, body: Body) -> None:
    sql = "UPDATE txns SET body = ?, updated = ? WHERE id = ?"
    book.store.execute(sql, (jsontext.dumps(body), book.now(), id))
    book.record(kind, id, "Update")
