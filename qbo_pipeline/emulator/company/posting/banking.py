"""Money between accounts: bank legs of any document, deposits and transfers."""

from __future__ import annotations

from decimal import Decimal

from qbo_pipeline.emulator.company.account_rules import exchange_account, undeposited_funds
from qbo_pipeline.emulator.company.book import Body
from qbo_pipeline.emulator.company.draft import Draft, Link, Party
from qbo_pipeline.emulator.company.faults import error
from qbo_pipeline.emulator.company.money import major, minor
from qbo_pipeline.emulator.company.store import row_id

MIXED_CURRENCIES = "The transaction needs to be in the same currency as the A/R and A/P accounts you use."
WRONG_ACCOUNT_CURRENCY = "The currency of the account must be the home currency or the currency of the transaction."


def check_currency(draft: Draft, account: str) -> bool:
    """Append 6000 where an account is in a third currency; True where it is kept in home currency instead."""
    entry = draft.book.entries["Account"].get(account)
    if entry is None:
        return False
    currency = draft.book.currency_of(entry.body)
    if currency == draft.currency:
        return False
    is_control = entry.body["AccountType"] in ("Accounts Receivable", "Accounts Payable")
    if is_control or currency != draft.book.home_currency:
        draft.errors.append(error("6000", what=MIXED_CURRENCIES if is_control else WRONG_ACCOUNT_CURRENCY))
    return entry.body["AccountType"] in ("Bank", "Credit Card") and currency == draft.book.home_currency


def bank_line(draft: Draft, account: str, amount: int, *, home: int | None = None, memo: str | None = None) -> int:
    """A line on a bank, card or clearing account: in its own currency where that is the home currency."""
    in_home = check_currency(draft, account)
    return draft.post(account, amount, home=home, memo=memo, in_home=in_home)


def deposit(draft: Draft) -> None:
    """Dr bank / Cr undeposited funds for payments put in the bank, and the accounts of other lines."""
    control = draft.post(draft.body["DepositToAccountRef"]["value"], 0)
    total = 0
    for n, line in enumerate(draft.body["Line"]):
        line.setdefault("DetailType", "DepositLineDetail")
        amount = minor(line.get("Amount") or Decimal(0))
        detail = line.get("DepositLineDetail") or {}
        linked = [x for x in line.get("LinkedTxn", []) if x.get("TxnId") not in (None, "", "0")]
        if linked:
            amount = _deposit_linked(draft, n, line, linked[0], amount)
        elif not detail.get("AccountRef"):
            draft.errors.append(error("6440", "Line"))
        else:
            _deposit_account(draft, line, detail, amount)
        total += amount
    back = draft.body.get("CashBack") or {}
    cash = minor(back.get("Amount") or Decimal(0))
    if cash:
        if not back.get("AccountRef"):
            draft.errors.append(
                error("2020", "AccountRef", what="Required parameter CashBack.AccountRef is missing in the request")
            )
        else:
            bank_line(draft, back["AccountRef"]["value"], cash, memo=back.get("Memo"))
    draft.total = total - cash
    in_home = check_currency(draft, draft.body["DepositToAccountRef"]["value"])
    bank = draft.lines[control]
    currency = draft.book.home_currency if in_home else draft.currency
    draft.lines[control] = bank._replace(amount=draft.total, home=draft.home(draft.total), currency=currency)
    exchange = -sum(line.home for line in draft.lines)
    if draft.currency == draft.book.home_currency or not linked_in(draft):
        draft.balance_home(control)
    elif exchange:
        draft.post(exchange_account(draft.book), 0, home=exchange, in_home=True)


def linked_in(draft: Draft) -> bool:
    """Whether the deposit takes in payments that were received earlier, perhaps at another rate."""
    return any(link.kind == "deposit" for link in draft.links)


def _deposit_linked(draft: Draft, n: int, line: Body, linked: Body, amount: int) -> int:
    id = str(linked["TxnId"])
    sql = "SELECT entity, total, currency FROM txns WHERE id = ?"
    row = draft.book.store.row(sql, (row_id(id),))
    if row is None or row[0] not in ("Payment", "SalesReceipt", "RefundReceipt", "JournalEntry"):
        draft.errors.append(error("620", "LinkedTxn", what=f"transaction {id} can't be deposited"))
        return amount
    if draft.book.store.row(
        "SELECT 1 FROM links WHERE target = ? AND kind = 'deposit' AND source <> ?", (int(id), draft.id)
    ):
        draft.errors.append(error("6540", "LinkedTxn"))
        return amount
    funds = int(undeposited_funds(draft.book))
    sql = "SELECT SUM(home), SUM(amount) FROM lines WHERE txn = ? AND account = ?"
    home, held = draft.book.store.row(sql, (int(id), funds)) or (0, 0)
    if not held:
        draft.errors.append(error("620", "LinkedTxn", what=f"transaction {id} does not wait in Undeposited Funds"))
        return amount
    if line.get("Amount") is None or amount == 0:
        amount, line["Amount"] = held, major(held)
    if amount != held or row[2] != draft.currency:
        draft.errors.append(
            error("6000", "Amount", what="The amount and currency must be those of the deposited transaction.")
        )
    draft.post(str(funds), -amount, home=-home)
    draft.links.append(Link(n, int(id), str(linked.get("TxnLineId") or ""), "deposit", amount))
    return amount


def _deposit_account(draft: Draft, line: Body, detail: Body, amount: int) -> None:
    reference = detail.get("Entity")
    party: Party | None = None
    if reference:
        kind = reference.get("type") or next(
            (k for k in ("Customer", "Vendor", "Employee") if reference["value"] in draft.book.entries[k]), "Customer"
        )
        party = (kind.title(), int(reference["value"]))
    account = detail["AccountRef"]["value"]
    check_currency(draft, account)
    entry = draft.book.entries["Account"].get(account)
    needed = CONTROL_PARTY.get(entry.body["AccountType"]) if entry else None
    if needed is not None and (party is None or party[0] != needed[0]):
        draft.errors.append(error("6000", "Entity", what=needed[1]))
    class_id = detail.get("ClassRef")
    draft.post(
        account, -amount, party=party, memo=line.get("Description"), class_id=class_id["value"] if class_id else None
    )


CONTROL_PARTY = {
    "Accounts Receivable": (
        "Customer",
        "When you use Accounts Receivable, you must choose a customer in the Name field.",
    ),
    "Accounts Payable": ("Vendor", "When you use Accounts Payable, you must choose a vendor in the Name field."),
}


def transfer(draft: Draft) -> None:
    """Dr the account money goes to / Cr the one it comes from."""
    amount = minor(draft.body["Amount"])
    source, target = draft.body["FromAccountRef"]["value"], draft.body["ToAccountRef"]["value"]
    if source == target and draft.book.holds("transfer_to_itself"):
        draft.errors.append(
            error("6000", "ToAccountRef", what="You can't transfer from an account to the same account.")
        )
    for id in (source, target):
        entry = draft.book.entries["Account"].get(id)
        if entry is not None and entry.body["Classification"] in ("Revenue", "Expense"):
            draft.errors.append(error("6430", what=f"{entry.name} is not a balance sheet account"))
        if entry is not None and entry.body["AccountType"] in CONTROL_PARTY:
            draft.errors.append(error("6430", what=f"{entry.name} can't be used in a transfer"))
    bank_line(draft, target, amount)
    bank_line(draft, source, -amount)
    draft.total = amount
    draft.balance_home(1)


def credit_card_payment(draft: Draft) -> None:
    """Dr the credit card that is paid off / Cr the bank account that pays it."""
    amount = minor(draft.body["Amount"])
    card, bank = draft.body["CreditCardAccountRef"]["value"], draft.body["BankAccountRef"]["value"]
    for id, wanted, name in ((card, "Credit Card", "CreditCardAccountRef"), (bank, "Bank", "BankAccountRef")):
        entry = draft.book.entries["Account"].get(id)
        if entry is not None and entry.body["AccountType"] != wanted:
            draft.errors.append(error("6430", name, what=f"{entry.name} is not of type {wanted}"))
    memo = draft.body.get("Memo")
    bank_line(draft, card, amount, memo=memo)
    bank_line(draft, bank, -amount, memo=memo)
    draft.total = amount
    draft.balance_home(1)
