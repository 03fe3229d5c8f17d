"""Invoices of Zuper with their goods and payments, its estimates and credit notes, as rows of the contract.

What belongs here: one object that is a paper of the books. It says all that its rows need.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from zoneinfo import ZoneInfo

from qbo_pipeline.inventory.records import decimal_text
from qbo_pipeline.sources.landed.anchor import number
from qbo_pipeline.sources.landed.goods import Sold, goods_rows
from qbo_pipeline.sources.landed.projection import Row, Rows
from qbo_pipeline.sources.landed.values import MAIN, Object, amount, day, exact, objects, part, terms, text
from qbo_pipeline.sources.zuper.values import behind, line_net, money, numbered, uid

DRAFTS = frozenset({"DRAFT", "READY_TO_INVOICE"})
CANCELED = "CANCELED"
OWN_CREDIT = "Customer Credit"
"""The mode of a payment that is no money: a credit of the customer's own was used."""
UNTAXED = "NON"


@dataclass(frozen=True, slots=True)
class Paper:
    """A paper as it was answered, with its uid, in a company's zone and currency."""

    zone: ZoneInfo
    currency: str
    uid: str
    source: Object

    def day(self, *names: str) -> str | None:
        return day(self.source, self.zone, *names)

    @property
    def customer(self) -> str | None:
        return behind(self.source, "customer", "customer_uid")


def invoice_rows(paper: Paper, is_stocked: Callable[[str | None], bool]) -> Rows:
    """An invoice, its goods, which leave with it, and the money that was received for it."""
    source = paper.source
    shown = numbered(source, "invoice_no") or text(source, "reference_no") or paper.uid
    dated, status = paper.day("invoice_date"), _status(text(source, "invoice_status"))
    rows = _sale(paper, "sales_invoice", shown, dated, paper.day("due_date"), status)
    sold = []
    for mark, position, line in _lines(source):
        quantity, product_id = exact(line, "quantity"), uid(line, "product_uid")
        if quantity and product_id is not None and is_stocked(product_id):
            place = uid(line, "location_uid") or MAIN
            sold.append(Sold(mark, position, product_id, place, quantity, exact(line, "purchase_price")))
    moved = goods_rows(paper.uid, shown, dated, paper.customer, paper.currency, sold, status)
    return {**rows, **moved, **_received(paper, paper.customer)}


def quote_rows(paper: Paper) -> Rows:
    """An estimate: it moves nothing."""
    source = paper.source
    shown = numbered(source, "estimate_no") or text(source, "reference_no") or paper.uid
    status = _status(text(source, "estimate_status"))
    return _sale(paper, "quote", shown, paper.day("estimate_date"), paper.day("expiry_date"), status)


def _sale(paper: Paper, kind: str, shown: str, dated: str | None, due: str | None, status: str) -> Rows:
    """A document with its lines; its taxes stand beside them, and each line says whether it is taxed."""
    source = paper.source
    taxes = objects(source, "tax")
    names = " + ".join(name for tax in taxes if (name := text(tax, "tax_name")))
    document: Row = {
        "document_id": paper.uid,
        "kind": kind,
        "number": shown,
        "business_date": dated,
        "due_date": due,
        "party_id": paper.customer,
        "currency": paper.currency,
        "net_amount": money(source, "sub_total"),
        "tax_amount": decimal_text(sum((number(money(tax, "tax_amount")) for tax in taxes), Decimal(0))),
        "total_amount": money(source, "total"),
        "status": status,
        "reference": text(source, "reference_no"),
        "memo": text(source, "description"),
        "source_status": text(source, "invoice_status", "estimate_status"),
        **(terms(source, "payment_term") if isinstance(source.get("payment_term"), str) else {}),
    }
    lines: list[Row] = [
        {
            "document_id": paper.uid,
            "business_date": dated,
            "line_id": f"{paper.uid}:{mark}",
            "line_number": position,
            "product_id": uid(line, "product_uid"),
            "description": text(line, "name", "description"),
            "quantity": amount(line, "quantity"),
            "unit_price": _six(line, "unit_price"),
            "net_amount": line_net(line),
            "tax_code": names if names and part(line, "tax").get("tax_exempt") is not True else UNTAXED,
        }
        for mark, position, line in _lines(source)
    ]
    return {"documents": [document], "document_lines": lines}


def _lines(source: Object) -> Iterator[tuple[str, int, Object]]:
    """The lines that are worth something, each with its mark and its place; not those that stand over others."""
    for position, line in enumerate(objects(source, "line_items"), start=1):
        if text(line, "line_item_type") not in ("HEADER", "GROUP"):
            yield text(line, "line_item_uid") or str(position), position, line


def _status(found: str | None) -> str:
    return "draft" if found in DRAFTS else "voided" if found == CANCELED else "completed"


def _received(paper: Paper, customer: str | None) -> Rows:
    payments: list[Row] = []
    allocations: list[Row] = []
    for position, entry in enumerate(objects(paper.source, "payment_history"), start=1):
        mode = text(part(entry, "payment_mode"), "payment_mode_name")
        if mode == OWN_CREDIT:
            continue
        own = uid(part(entry, "payment_transaction"), "payment_transaction_uid") or text(entry, "_id")
        # One transaction may pay several invoices, and is in the history of each.
        payment_id = f"{paper.uid}:{own or position}"
        paid = day(entry, paper.zone, "payment_date", "created_at")
        payments.append(
            _payment(paper, payment_id, paid, customer, money(entry, "amount"), mode)
            | {"status": "voided" if entry.get("is_void") is True else "completed",
               "reference": text(entry, "reference_no"),
               "number": text(entry, "reference_no") or own or payment_id, "memo": text(entry, "remarks")}
        )  # fmt: skip
        allocations.append(
            {
                "payment_id": payment_id,
                "business_date": paid,
                "document_id": paper.uid,
                "allocation_id": f"{payment_id}:1",
                "amount": money(entry, "amount"),
            }
        )
    return {"payments": payments, "payment_allocations": allocations}


def credit_rows(paper: Paper) -> Rows:
    """A credit note, of which its total alone is told; or money on account, where it says how the customer paid it."""
    source, customer = paper.source, paper.customer
    dated, total = paper.day("credit_note_date"), money(source, "total_amount")
    shown = text(source, "credit_note_number") or paper.uid
    mode = text(part(source, "payment_method"), "payment_mode_name")
    if mode not in (None, OWN_CREDIT):
        payment = _payment(paper, paper.uid, dated, customer, total, mode)
        return {"payments": [payment | {"number": shown, "memo": text(source, "remarks")}]}
    document: Row = {
        "document_id": paper.uid,
        "kind": "sales_credit",
        "number": shown,
        "business_date": dated,
        "party_id": customer,
        "currency": paper.currency,
        "net_amount": total,
        "tax_amount": "0",
        "total_amount": total,
        "status": "completed",
        "reference": text(part(source, "module_data"), "invoice_no"),
        "memo": text(source, "remarks"),
    }
    line: Row = {
        "document_id": paper.uid,
        "business_date": dated,
        "line_id": f"{paper.uid}:1",
        "line_number": 1,
        "description": text(source, "remarks") or "Credit",
        "net_amount": total,
        "tax_code": UNTAXED,
    }
    return {"documents": [document], "document_lines": [line]}


def _payment(
    paper: Paper, payment_id: str, dated: str | None, customer: str | None, value: str | None, mode: str | None
) -> Row:
    return {
        "payment_id": payment_id,
        "kind": "payment_received",
        "business_date": dated,
        "party_id": customer,
        "currency": paper.currency,
        "amount": value,
        "status": "completed",
        "account": mode,
        "method": mode,
    }


def _six(line: Object, name: str) -> str | None:
    found = exact(line, name)
    return amount(line, name) if found is None else decimal_text(round(found, 6))
