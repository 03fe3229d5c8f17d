"""Purchase forms: bill, vendor credit, expense (cash, check, credit card), purchase order."""

from __future__ import annotations

from decimal import Decimal

from qbo_pipeline.emulator.company import filling, jsontext, tax
from qbo_pipeline.emulator.company.account_rules import control_account, system_account
from qbo_pipeline.emulator.company.book import Body
from qbo_pipeline.emulator.company.draft import Draft, Link, Move
from qbo_pipeline.emulator.company.faults import error
from qbo_pipeline.emulator.company.money import major, minor, scaled
from qbo_pipeline.emulator.company.posting import lines as rules
from qbo_pipeline.emulator.company.posting.banking import CONTROL_PARTY, MIXED_CURRENCIES, bank_line, check_currency
from qbo_pipeline.emulator.company.posting.sales import due_date
from qbo_pipeline.emulator.company.store import row_id

_Row = tuple[tax.TaxedLine, Body, tuple[str, Body] | None]


def bill(draft: Draft) -> None:
    """Dr expense, asset or stock and input tax / Cr accounts payable."""
    body = draft.body
    if not body.get("DueDate"):
        term = draft.book.entries["Term"].get(rules.ref_id(body, "SalesTermRef") or "")
        body["DueDate"] = due_date(draft.date, term.body if term else None, 0)
    _form(draft, 1, _payable(draft))
    _link_orders(draft)
    draft.balance = draft.total


def vendor_credit(draft: Draft) -> None:
    """The reverse of a bill; its total stays open."""
    _form(draft, -1, _payable(draft))
    draft.balance = draft.total


def purchase(draft: Draft) -> None:
    """Dr expense, asset or stock / Cr bank or credit card; a credit card credit is the reverse."""
    body = draft.body
    account = draft.book.entries["Account"].get(body["AccountRef"]["value"])
    wanted = ("Credit Card",) if body["PaymentType"] == "CreditCard" else ("Bank", "Other Current Asset")
    if account is not None and account.body["AccountType"] not in (*wanted, "Other Current Liability"):
        draft.errors.append(error("6430", "AccountRef", what=f"{account.name} can't pay by {body['PaymentType']}"))
    if body.get("Credit") and body["PaymentType"] != "CreditCard" and draft.book.holds("card_credit"):
        draft.errors.append(error("6000", "Credit", what="Only a credit card purchase can be a credit."))
    _form(draft, -1 if body.get("Credit") else 1, body["AccountRef"]["value"])


def purchase_order(draft: Draft) -> None:
    """Posts nothing: totals, and Open until it is billed."""
    draft.body.setdefault("POStatus", "Open")
    filling.purchase_form(draft)
    if not draft.body.get("APAccountRef"):
        account = control_account(draft.book, "Accounts Payable", draft.currency)
        draft.body["APAccountRef"] = {"value": account}
    rows = _rows(draft)
    taxes = tax.compute(draft, [row for row, _, _ in rows], "Purchase")
    _finish(rows)
    draft.total = sum(row.net for row, _, _ in rows) + taxes.total


def _payable(draft: Draft) -> str:
    given = rules.ref_id(draft.body, "APAccountRef")
    account = given or control_account(draft.book, "Accounts Payable", draft.currency)
    entry = draft.book.entries["Account"].get(account)
    if entry is not None and entry.body["AccountType"] != "Accounts Payable":
        draft.errors.append(error("6430", "APAccountRef", what=f"{entry.name} is not an accounts payable account"))
    elif entry is not None and draft.book.currency_of(entry.body) != draft.currency:
        draft.errors.append(error("6000", "APAccountRef", what=MIXED_CURRENCIES))
    draft.body["APAccountRef"] = {"value": account}
    return account


def _rows(draft: Draft) -> list[_Row]:
    rows: list[_Row] = []
    for line in draft.body["Line"]:
        kind = line["DetailType"]
        if kind == "DescriptionOnly":
            continue
        detail = line.setdefault(kind, {})
        item = rules.item_of(draft, detail) if kind == "ItemBasedExpenseLineDetail" else None
        if kind == "ItemBasedExpenseLineDetail" and item is None:
            if not detail.get("ItemRef"):
                draft.errors.append(
                    error("2020", "ItemRef", what="Required parameter ItemRef is missing in the request")
                )
            continue
        amount = rules.check_amount(draft, line, detail)
        if kind == "AccountBasedExpenseLineDetail":
            _check_account(draft, detail)
        rows.append((tax.TaxedLine(amount, rules.ref_id(detail, "TaxCodeRef"), detail), line, item))
    return rows


def _check_account(draft: Draft, detail: Body) -> None:
    account = rules.ref_id(detail, "AccountRef")
    entry = draft.book.entries["Account"].get(account or "")
    if account is None or entry is None:
        return
    check_currency(draft, account)
    needed = CONTROL_PARTY.get(entry.body["AccountType"])
    party = ("Customer",) if detail.get("CustomerRef") else draft.party
    if needed is not None and (party is None or party[0] != needed[0]):
        draft.errors.append(error("6000", "AccountRef", what=needed[1]))


def _form(draft: Draft, sign: int, account: str) -> None:
    filling.purchase_form(draft)
    rows = _rows(draft)
    taxes = tax.compute(draft, [row for row, _, _ in rows], "Purchase")
    draft.total = sum(row.net for row, _, _ in rows) + taxes.total
    if draft.total < 0:
        draft.errors.append(error("6000", what="You must set a transaction amount that is not negative."))
    control = bank_line(draft, account, -sign * draft.total)
    for row, line, item in rows:
        detail = line[line["DetailType"]]
        memo, class_id = line.get("Description"), rules.ref_id(detail, "ClassRef")
        if item is not None and rules.is_tracked(item):
            _stock(draft, sign, row.net, line, item)
            continue
        if item is None:
            target = rules.ref_id(detail, "AccountRef") or ""
        else:
            target = rules.ref_id(item[1], "ExpenseAccountRef") or system_account(
                draft.book, "Expense", "OtherMiscellaneousServiceCost"
            )
        customer = rules.ref_id(detail, "CustomerRef")
        entry = draft.book.entries["Account"].get(target)
        is_receivable = entry is not None and entry.body["AccountType"] == "Accounts Receivable"
        if entry is None:
            continue
        draft.post(
            target,
            sign * row.net,
            party=("Customer", int(customer)) if customer and is_receivable else None,
            item=int(item[0]) if item else None,
            memo=memo,
            class_id=class_id,
            customer=customer,
        )
    tax.post(draft, taxes, sign)
    draft.balance_home(control)
    _finish(rows)


def _stock(draft: Draft, sign: int, net: int, line: Body, item: tuple[str, Body]) -> None:
    detail = line["ItemBasedExpenseLineDetail"]
    moved = sign * scaled(rules.moved_quantity(draft, item, detail))
    id, memo = int(item[0]), line.get("Description")
    asset, cogs = item[1]["AssetAccountRef"]["value"], item[1]["ExpenseAccountRef"]["value"]
    home = draft.home(sign * net)
    if moved >= 0 and home >= 0:
        index = draft.post(asset, sign * net, item=id, qty=moved, memo=memo)
        if moved:
            draft.moves.append(Move(index, id, moved, "fixed", 0, -1))
        return
    index = draft.post(asset, 0, home=0, item=id, qty=moved, memo=memo, in_home=True)
    counter = draft.post(cogs, home, home=home, item=id, memo=memo, in_home=True)
    draft.moves.append(Move(index, id, moved, "issue" if moved < 0 else "restore", home, counter))


def _finish(rows: list[_Row]) -> None:
    for row, line, _ in rows:
        if row.net != row.amount:
            line["Amount"] = major(row.net)


def _link_orders(draft: Draft) -> None:
    """Links from bill lines to purchase order lines. Appends 620 for what is not an open order of the vendor."""
    for n, line in enumerate(draft.body["Line"]):
        for linked in line.get("LinkedTxn", []):
            id, order_line = str(linked.get("TxnId") or ""), str(linked.get("TxnLineId") or "")
            if linked.get("TxnType") != "PurchaseOrder" or id in ("", "0"):
                continue
            sql = "SELECT body, party, currency FROM txns WHERE id = ? AND entity = 'PurchaseOrder'"
            found = draft.book.store.row(sql, (row_id(id),))
            if not order_line:
                draft.errors.append(
                    error("2020", "TxnLineId", what="Required parameter TxnLineId is missing in the request")
                )
            elif found is None or draft.party is None or found[1] != draft.party[1]:
                draft.errors.append(error("620", "LinkedTxn", what=f"purchase order {id} is not one of this vendor"))
            elif order_line not in {x["Id"] for x in jsontext.loads(found[0])["Line"]}:
                draft.errors.append(error("620", "LinkedTxn", what=f"purchase order {id} has no line {order_line}"))
            else:
                amount = minor(line.get("Amount") or Decimal(0))
                draft.links.append(Link(n, int(id), order_line, "order", amount))
