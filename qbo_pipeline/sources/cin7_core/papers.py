"""Sales and purchases of Cin7 Core as rows: documents with lines, payments, and what movements of stock refer to.

What belongs here: one paper of Cin7 Core is an order with all that follows from it; each part becomes a row of its own.
Quantity and cost of what moved are not here: they stand with the products (`stock.py`).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from zoneinfo import ZoneInfo

from qbo_pipeline.inventory.records import decimal_text
from qbo_pipeline.sources.cin7_core.fields import day, lines
from qbo_pipeline.sources.landed.projection import Row
from qbo_pipeline.sources.landed.values import Object, amount, exact, key, objects, terms, text
from qbo_pipeline.sources.landed.values import part as within

STATUSES = {"DRAFT": "draft", "AUTHORISED": "completed", "PAID": "completed", "VOIDED": "voided"}
REFUND = "refund"  # no kind of the contract: it is set aside, so that a person sees it
NOTHING = (None, "NOT AVAILABLE")  # statuses of a part that was never begun


@dataclass(slots=True)
class Paper:
    """One sale or purchase while it becomes rows. `code` is the currency of the paper, `rate` base units for one of
    it."""

    zone: ZoneInfo
    source: Object
    paper_id: str
    party_id: str | None
    code: str | None
    rate: str | None
    location_id: str | None = None
    rows: dict[str, list[Row]] = field(default_factory=dict)

    def add(self, table: str, **row: str | int | None) -> None:
        self.rows.setdefault(table, []).append(row)

    def document(self, part: Object, kind: str, document_id: str, **row: str | None) -> bool:
        """A document of the paper with its lines and charges; `False` where that part was never begun."""
        status = text(part, "Status")
        if status in NOTHING:
            return False
        self.add(
            "documents", document_id=document_id, kind=kind, party_id=self.party_id, currency=self.code,
            exchange_rate=self._rate(part), net_amount=amount(part, "TotalBeforeTax"), tax_amount=amount(part, "Tax"),
            total_amount=amount(part, "Total"), status=STATUSES.get(str(status), str(status)),
            memo=text(part, "Memo"), tax_inclusive="yes" if self._is_inclusive else None, source_status=status,
            channel=text(self.source, "SourceChannel"), location_id=self.location_id, **terms(self.source, "Terms"),
            **row,
        )  # fmt: skip
        numbered = [
            *((f"{n}", line, None) for n, line in enumerate(lines(part), start=1)),
            *((f"c{n}", line, "charge") for n, line in enumerate(objects(part, "AdditionalCharges"), start=1)),
        ]
        for position, (mark, line, role) in enumerate(numbered, start=1):
            self.add(
                "document_lines", document_id=document_id, business_date=row["business_date"],
                line_id=f"{document_id}:{mark}", line_number=position, product_id=key(line, "ProductID"),
                description=text(line, "Name", "Description"),
                quantity=amount(line, "Quantity"), unit_price=amount(line, "Price"), net_amount=self._net(line),
                tax_amount=amount(line, "Tax"), tax_code=text(line, "TaxRule"), account=text(line, "Account"),
                role=role, **(self._ordered(line) if kind == "bill" else {}),
            )  # fmt: skip
        return True

    def billed(self, part: Object, kind: str, task_id: str, document_id: str, business_date: str | None) -> None:
        """For each line with goods: which task's movements it pays for."""
        for n, line in enumerate(lines(part), start=1):
            self.add(
                "billed", task_id=task_id, kind=kind, document_id=document_id, business_date=business_date,
                line_id=f"{document_id}:{n}", product_id=key(line, "ProductID"), quantity=amount(line, "Quantity"),
            )  # fmt: skip

    def payments(self, part: Object, name: str, kind: str, document_id: str | None) -> None:
        """The payments of a document; one of nothing but zero is none."""
        for item in objects(part, name):
            payment_id, value = key(item, "ID"), amount(item, "Amount")
            if payment_id is None or not exact(item, "Amount"):
                continue
            paid = day(item, "DatePaid", self.zone)
            self.add(
                "payments", payment_id=payment_id, kind=kind, number=text(item, "Reference") or payment_id[:8],
                business_date=paid, party_id=self.party_id, currency=self.code,
                exchange_rate=amount(item, "CurrencyRate") if self.rate else None, amount=value,
                account=text(item, "Account"), reference=text(item, "Reference"),
            )  # fmt: skip
            if document_id:
                self.add(
                    "payment_allocations", payment_id=payment_id, business_date=paid, allocation_id=payment_id,
                    document_id=document_id, amount=value,
                )  # fmt: skip

    def task(self, task_id: str | None, number: str | None, status: str | None, memo: str | None = None) -> None:
        """What the movements of a task refer to: number, party, whether it was voided."""
        if task_id is not None:
            self.add("tasks", task_id=task_id, number=number, party_id=self.party_id, status=status, memo=memo)

    def _rate(self, part: Object) -> str | None:
        return amount(part, "CurrencyConversionRate") or self.rate if self.rate else None

    @property
    def _is_inclusive(self) -> bool:
        return self.source.get("TaxCalculation") == "Inclusive"

    def _ordered(self, line: Object) -> dict[str, str]:
        """The order that a bill's line is for, and the first line of it with the same product."""
        order, product_id = within(self.source, "Order"), key(line, "ProductID")
        if product_id is None or text(order, "Status") in NOTHING:
            return {}
        order_id = f"{self.paper_id}:order"
        for n, ordered in enumerate(lines(order), start=1):
            if key(ordered, "ProductID") == product_id:
                return {"order_id": order_id, "order_line_id": f"{order_id}:{n}"}
        return {}

    def _net(self, line: Object) -> str | None:
        """A line before tax: with prices that include it, `Total` does too."""
        total, tax = exact(line, "Total"), exact(line, "Tax")
        if not self._is_inclusive or total is None:
            return amount(line, "Total")
        return decimal_text(total - (tax or Decimal(0)))


def sale_rows(paper: Paper) -> None:
    """A sale: quote, invoices, credit notes, payments and refunds, and the tasks of what was picked and restocked."""
    sale, zone = paper.source, paper.zone
    number = text(sale.get("Order") or {}, "SaleOrderNumber") or text(sale, "OrderNumber") or paper.paper_id[:8]
    ordered = day(sale, "SaleOrderDate", zone) or day(sale, "OrderDate", zone)
    reference = text(sale, "CustomerReference")
    if quote := sale.get("Quote"):
        paper.document(quote, "quote", f"{paper.paper_id}:quote", number=number, business_date=ordered)
    for invoice in objects(sale, "Invoices"):
        document_id = key(invoice, "TaskID") or paper.paper_id
        paper.document(
            invoice, "sales_invoice", document_id, number=text(invoice, "InvoiceNumber") or number,
            business_date=day(invoice, "InvoiceDate", zone), due_date=day(invoice, "InvoiceDueDate", zone),
            reference=reference,
        )  # fmt: skip
        paper.payments(invoice, "Payments", "payment_received", document_id)
    for credit in objects(sale, "CreditNotes"):
        task_id = key(credit, "TaskID") or f"{paper.paper_id}:credit"
        credited = text(credit, "CreditNoteNumber") or number
        paper.document(
            credit, "sales_credit", task_id, number=credited, business_date=day(credit, "CreditNoteDate", zone),
        )  # fmt: skip
        paper.payments(credit, "Refunds", REFUND, None)
        paper.task(task_id, credited, text(credit, "Status"))
    paper.task(paper.paper_id, number, text(sale, "Status"))
    for fulfilment in objects(sale, "Fulfilments"):
        picked, part = key(fulfilment, "TaskID"), text(fulfilment, "FulfillmentNumber")
        if picked != paper.paper_id:
            paper.task(picked, f"{number}/{part}" if part else number, text(fulfilment, "FulFilmentStatus"))


def purchase_rows(paper: Paper) -> None:
    """A purchase: order, bills, credits, payments and refunds, and the tasks of what was received and sent back.

    A simple purchase has one of each, without task ids: its own id stands for theirs. Its bill's number comes under
    the name `InvocieNumber`.
    """
    purchase, zone = paper.source, paper.zone
    number = text(purchase, "OrderNumber") or paper.paper_id[:8]
    if order := purchase.get("Order"):
        ordered = day(purchase, "OrderDate", zone)
        paper.document(order, "purchase_order", f"{paper.paper_id}:order", number=number, business_date=ordered)
    for bill in objects(purchase, "Invoice"):
        task_id = key(bill, "TaskID") or paper.paper_id
        billed_on = day(bill, "InvoiceDate", zone)
        suppliers = text(bill, "InvoiceNumber", "InvocieNumber")
        begun = paper.document(
            bill, "bill", task_id, number=suppliers or number, business_date=billed_on, reference=suppliers,
            due_date=day(bill, "InvoiceDueDate", zone),
        )  # fmt: skip
        if begun:
            paper.billed(bill, "receipt", task_id, task_id, billed_on)
        paper.payments(bill, "Payments", "payment_made", task_id)
    for credit in objects(purchase, "CreditNote"):
        task_id = key(credit, "TaskID") or f"{paper.paper_id}:credit"
        credited, credited_on = text(credit, "CreditNoteNumber"), day(credit, "CreditNoteDate", zone)
        begun = paper.document(
            credit, "purchase_credit", task_id, number=credited or number, business_date=credited_on,
            reference=credited,
        )  # fmt: skip
        if begun:
            moved_by = key(credit, "TaskID") or paper.paper_id
            paper.billed(credit, "supplier_return", moved_by, task_id, credited_on)
        paper.payments(credit, "Refunds", REFUND, None)
        paper.task(key(credit, "TaskID"), credited, text(credit, "Status"))
    paper.task(paper.paper_id, number, text(purchase, "Status"))
    for received in objects(purchase, "StockReceived"):
        arrived, part = key(received, "TaskID"), text(received, "InvoicingAndReceivingNumber")
        if arrived != paper.paper_id:
            paper.task(arrived, f"{number}/{part}" if part else number, text(received, "Status"))
