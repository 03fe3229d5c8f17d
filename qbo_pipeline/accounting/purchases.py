"""Purchase documents: bills, supplier credits and purchase orders with account lines at net amounts.

What belongs here: the lines of purchase forms. They are account-based, for item lines would have QBO keep stock.
Stock lines go through `matching.py`; the others to the expense account of their hint, category or the default.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from decimal import Decimal

from qbo_pipeline.accounting.accounts import Place, account_for, dimension_for, money_account_for, product_of, role_or
from qbo_pipeline.accounting.books import Books
from qbo_pipeline.accounting.documents import (
    Subject,
    due_field,
    header,
    residue_of,
    subject_of,
)
from qbo_pipeline.accounting.drafts import Draft, Effect, Excluded, Payload, exclude, refuse
from qbo_pipeline.accounting.matching import Clearing, Part
from qbo_pipeline.accounting.money import ZERO, apportion, cents
from qbo_pipeline.accounting.orders import bill_key, bill_of, lines_to_link, makes_its_bill, order_link
from qbo_pipeline.accounting.own_tax import amounts_of, rounding_text
from qbo_pipeline.accounting.payloads import DESCRIPTION_LENGTH, finish, ref
from qbo_pipeline.accounting.tax import purchase_form as purchase_tax
from qbo_pipeline.accounting.tax import purchase_line, regime_of
from qbo_pipeline.inventory.records import Document, DocumentLine, Product, record_key

# The role of a line's account by the line's own role; without an account of that role, `purchases`.
_EXPENSES = {"discount": "purchase_discounts", "freight": "freight_in", "drop_shipment": "cost_of_goods_sold"}
PurchaseLine = tuple[Part, Payload]
# A line of a document, with its amount in the entity's direction, as lines of its form and what they post.
PurchaseLines = Callable[[Clearing, DocumentLine, Decimal], Iterator[PurchaseLine]]


def build_purchase_document(document: Document, books: Books) -> Draft | Excluded:
    """The Bill or VendorCredit of a purchase document, by the sign of its total.

    Numbered with the supplier's own number (`reference`) where the source has it, as payables are looked up by it.
    """
    return purchase_form(document, books, _lines)


def build_order(document: Document, books: Books) -> Draft | list[Draft] | Excluded:
    """The PurchaseOrder of an order, where the policy `purchase_orders` asks for it, which posts to no account; and
    once it is finished its Bill, where orders make their bills.

    An order's stock lines name the account that their bill will take off, the others their expense account.
    """
    return order_form(document, books, _order_lines, _lines)


def order_form(
    document: Document, books: Books, lines_of: PurchaseLines, lines_of_bill: PurchaseLines
) -> Draft | list[Draft] | Excluded:
    """What a purchase order makes, with what these make of each of its lines on the order and on its bill."""
    if document.status in ("voided", "not_posted") or not makes_its_bill(document, books):
        return purchase_order_form(document, books, lines_of)
    assert document.finished_on is not None
    its_books = books.on(document.finished_on)
    bill = purchase_form(bill_of(document, books), its_books, lines_of_bill, key=bill_key(document))
    order = [purchase_order_form(document, books, lines_of)] if books.policies.purchase_orders else []
    return [*order, bill] if isinstance(bill, Draft) else order or bill


def purchase_form(
    document: Document, books: Books, lines_of: PurchaseLines, *, key: str | None = None
) -> Draft | Excluded:
    """The Bill or VendorCredit of a purchase document, with what `lines_of` makes of each of its lines."""
    subject = subject_of(document, books)
    clearing = Clearing(subject=subject, books=books)
    amounts = amounts_of(subject, books)
    lines: list[PurchaseLine] = []
    for line, amount in zip(document.lines, amounts.nets, strict=True):
        lines += lines_of(clearing, line, amount)
    subject = amounts.subject
    lines += _tax_line(subject, books)
    if residue := residue_of(subject, sum(amounts.nets, ZERO)):
        lines.append(_rounding_line(subject, books, residue, rounding_text(amounts)))
    if not lines:
        return Excluded(rule="nil_effect", message=f"{subject.label} has no amount on any line: nothing to post")
    payload = {
        **header(subject, books, document.reference or document.number),
        **due_field(subject, books),
        **payable_field(subject, books),
        **purchase_tax(subject, books),
        "Line": _numbered([line for _, line in lines]),
    }
    return finish(
        key=key or record_key(document),
        entity=subject.entity,
        payload=payload,
        business_date=document.business_date,
        amount=subject.amount(document.total_amount),
        currency=document.currency,
        effects=_effects(subject, books, (part for part, _ in lines)),
    )


def _lines(clearing: Clearing, line: DocumentLine, amount: Decimal) -> Iterator[PurchaseLine]:
    for part in _parts(clearing, line, amount):
        if part.amount:
            yield part, expense_line(clearing.subject, clearing.books, line, part)


def _order_lines(clearing: Clearing, line: DocumentLine, amount: Decimal) -> Iterator[PurchaseLine]:
    for part in _parts(clearing, line, amount):
        yield part, expense_line(clearing.subject, clearing.books, line, part)


def purchase_order_form(document: Document, books: Books, lines_of: PurchaseLines) -> Draft:
    """The PurchaseOrder of an order, with what `lines_of` makes of each of its lines."""
    if not books.policies.purchase_orders:
        exclude(
            "purchase_order_not_posted",
            f"Purchase order {document.number}: purchase orders are not sent ([posting] purchase_orders is off)",
        )
    subject = subject_of(document, books)
    clearing = Clearing(subject=subject, books=books)
    amounts = apportion(line.net_amount * subject.sign for line in document.lines)
    made = [
        [form_line for _, form_line in lines_of(clearing, line, amount)]
        for line, amount in zip(document.lines, amounts, strict=True)
    ]
    lines = lines_to_link(made) if books.policies.link_orders else [line for own in made for line in own]
    payload = {
        **header(subject, books, document.number),
        **due_field(subject, books),
        **payable_field(subject, books),
        **purchase_tax(subject, books),
        **({"POStatus": "Closed"} if document.finished_on is not None else {}),
        "Line": [{"LineNum": number, **line} for number, line in enumerate(lines, start=1)],
    }
    return finish(
        key=record_key(document),
        entity=subject.entity,
        payload=payload,
        business_date=document.business_date,
        amount=subject.amount(document.total_amount),
        currency=document.currency,
    )


def payable_field(subject: Subject, books: Books) -> Payload:
    """`APAccountRef`, for home currency only: QBO keeps a payable account for each foreign currency by itself."""
    if subject.document.currency != books.home_currency or not books.accounts_of("accounts_payable"):
        return {}
    place = Place(field=subject.label, location_id=subject.document.location_id, party=subject.party.record_id)
    return {"APAccountRef": ref(account_for(books, "accounts_payable", place).id)}


def _parts(clearing: Clearing, line: DocumentLine, amount: Decimal) -> Iterator[Part]:
    """A line's account parts: a stock line's by its matches, another line's on its expense account.

    A line without a product is a stock line where it is matched to a movement; one of a service, where that movement
    accrued it (freight of a landed cost, a supplier's work in an assembly).
    """
    subject, books = clearing.subject, clearing.books
    product = product_of(books, line.product_id, f"lines[{line.line_number}].product_id")
    place = purchase_place(subject, line, product)
    is_stock = (product.kind == "stocked" or clearing.clears(line)) if product else line.line_id in clearing.matches
    if is_stock and line.role != "drop_shipment":
        return clearing.parts(line, amount, place)
    return iter([expense_part(books, line, amount, place)])


def purchase_place(subject: Subject, line: DocumentLine, product: Product | None) -> Place:
    """Where a line of a purchase form stands; an account that it names is not looked at, for stock does not follow
    it."""
    return Place(
        field=f"line {line.line_number} of {subject.label}",
        product=product,
        location_id=line.location_id or subject.document.location_id,
        party=subject.party.record_id,
        line=line,
        document=subject.document,
    )


def expense_part(books: Books, line: DocumentLine, amount: Decimal, place: Place) -> Part:
    """A line without stock, on the expense account that it names or that its place has."""
    hinted = Place(
        field=place.field,
        line_hint=line.account,
        product=place.product,
        location_id=place.location_id,
        party=place.party,
    )
    role = _EXPENSES.get(line.role or "", "purchases")
    account = account_for(books, role_or(books, role, "purchases", hinted), hinted)
    if line.role == "drop_shipment" and account.id in books.stock_accounts:
        refuse(
            "account_is_stock",
            f"{place.field} is a drop shipment and would post to the stock account '{account.name}': give the role "
            "'cost_of_goods_sold', or the line, another account",
            "role:cost_of_goods_sold",
        )
    return Part(account=account, amount=amount, place=place)


def expense_line(subject: Subject, books: Books, line: DocumentLine, part: Part) -> Payload:
    """The line of a purchase form that posts a part to its account."""
    product = part.place.product
    named = line.description or (product.name if product else "")
    text = f"{named} ({part.why})".strip() if part.why else named
    made = _account_line(books, part, text, purchase_line(subject, books, line))
    return made | order_link(subject, books, line)


def _numbered(lines: list[Payload]) -> list[Payload]:
    """The lines with their positions, which QBO wants to give itself where a line is linked to an order's."""
    if any("LinkedTxn" in line for line in lines):
        return lines
    return [{"LineNum": number, **line} for number, line in enumerate(lines, start=1)]


def _tax_line(subject: Subject, books: Books) -> list[tuple[Part, Payload]]:
    """Where a bill has no tax of its own in QBO, what the supplier charged is a line on the input tax account."""
    if regime_of(books).taxes_purchases or not subject.tax:
        return []
    place = Place(field=f"the tax of {subject.label}", party=subject.party.record_id, document=subject.document)
    part = Part(account=account_for(books, "input_tax", place), amount=subject.tax, place=place)
    return [(part, _account_line(books, part, "Tax", {}))]


def _rounding_line(subject: Subject, books: Books, residue: Decimal, text: str) -> tuple[Part, Payload]:
    place = Place(field=f"the cents left from rounding {subject.label}")
    part = Part(account=money_account_for(books, "rounding", place), amount=residue, place=place)
    return part, _account_line(books, part, text, purchase_line(subject, books, None))


def _account_line(books: Books, part: Part, text: str, code: Payload) -> Payload:
    detail: Payload = {"AccountRef": ref(part.account.id), **code}
    if (class_id := dimension_for(books, "class", part.place)) is not None:
        detail["ClassRef"] = ref(class_id)
    described: Payload = {"Description": text[:DESCRIPTION_LENGTH]} if text else {}
    return {
        "Amount": part.amount,
        **described,
        "DetailType": "AccountBasedExpenseLineDetail",
        "AccountBasedExpenseLineDetail": detail,
    }


def _effects(subject: Subject, books: Books, parts: Iterable[Part]) -> Iterator[Effect]:
    """What the lines do to stock accounts, in home currency: each line at the document's rate, as QBO converts it."""
    direction = 1 if subject.entity == "Bill" else -1
    for part in parts:
        if part.account.id in books.stock_accounts and part.known:
            yield Effect(
                account_id=part.account.id,
                amount=direction * cents(part.amount * subject.rate),
                product_id=part.place.product.product_id if part.place.product else None,
                location_id=part.place.location_id,
            )
