"""What people and other tools do to QuickBooks behind the pipeline's back, each with what must be found.

What belongs here: interventions through the API. A change of what we posted goes by what it does to the ledger: away
from the cell (account, day) that it leaves, on to the one that it enters.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal

from qbo_pipeline_tests.reconciliation.tampering import HOSTILE, Doc
from qbo_pipeline_tests.tampering.office import COST_OF_TRACKED_ITEM, COUNTER, PREPAID, Office
from qbo_pipeline_tests.tampering.people import (
    Thing,
    account_of,
    effect,
    expense_line,
    journal_line,
    money,
    ref,
    sale_line,
    signed_cents,
)


def _ours(doc: Doc) -> bool:
    """A journal of ours that stands."""
    return doc.in_qbo == "live" and bool(doc.sent)


def _on_inventory(doc: Doc) -> bool:
    return _ours(doc) and any(doc.ledger.values())


def _untouched(doc: Doc) -> bool:
    return _ours(doc) and not doc.touched & {"amount", "date", "account"}


def _save_journal(office: Office, doc: Doc, journal: Thing) -> None:
    """Save it, balanced, and expect what that does to the ledger."""
    surplus = sum(signed_cents(line) for line in journal["Line"])
    if surplus:
        journal["Line"].append(journal_line(office.others[COUNTER], -surplus))
    office.people.save("JournalEntry", journal)
    day = date.fromisoformat(journal["TxnDate"])
    after = effect(journal, office.accounts)
    for sign, when, cells in ((-1, doc.ledger_day, doc.ledger), (1, day, after)):
        for account, cents in cells.items():
            office.world.expect(doc.key, "changed_in_qbo", account, when, sign * cents)
    doc.ledger_day = day
    doc.ledger.clear()
    doc.ledger.update(after)


def edit_amount(office: Office) -> None:
    doc = office.pick(_on_inventory)
    journal = office.people.get(doc.entity, doc.qbo_id)
    line = office.chance.choice([line for line in journal["Line"] if account_of(line) in office.accounts])
    line["Amount"] = money(office.cents() + int(Decimal(line["Amount"]).scaleb(2)))
    _save_journal(office, doc, journal)
    doc.touched.add("amount")


def edit_date(office: Office) -> None:
    doc = office.pick(_ours)
    journal = office.people.get(doc.entity, doc.qbo_id)
    journal["TxnDate"] = office.other_day(doc.ledger_day).isoformat()
    _save_journal(office, doc, journal)
    doc.touched.add("date")


def edit_account(office: Office) -> None:
    """To another inventory account, another asset, or an expense."""
    doc = office.pick(_on_inventory)
    journal = office.people.get(doc.entity, doc.qbo_id)
    line = office.chance.choice([line for line in journal["Line"] if account_of(line) in office.accounts])
    elsewhere = [account for account in office.accounts if account != account_of(line)]
    elsewhere += [office.others[COUNTER], office.others[PREPAID]]
    line["JournalEntryLineDetail"]["AccountRef"] = ref(office.chance.choice(elsewhere))
    _save_journal(office, doc, journal)
    doc.touched.add("account")


def delete(office: Office) -> None:
    doc = office.pick(_ours)
    office.people.delete(doc.entity, office.people.get(doc.entity, doc.qbo_id))
    _gone(office, doc, "deleted")


def void(office: Office) -> None:
    """QuickBooks has no void for a journal: people set its amounts to nil and say so."""
    doc = office.pick(_ours)
    journal = office.people.get(doc.entity, doc.qbo_id)
    for line in journal["Line"]:
        line["Amount"] = money(0)
    journal["PrivateNote"] = f"Voided - {journal['PrivateNote']}"
    office.people.save(doc.entity, journal)
    _gone(office, doc, "voided")


def _gone(office: Office, doc: Doc, how: str) -> None:
    doc.in_qbo = how
    office.world.forget(doc.key, "changed_in_qbo")
    for account, cents in doc.sent.items():
        office.world.expect(doc.key, "deleted_in_qbo", account, doc.day, -cents)
    doc.touched.add(how)


def duplicate_with_marker(office: Office) -> None:
    """Copied in QuickBooks, memo and all, then given another date and amount."""
    journal = _copy(office, office.pick(_on_inventory), "DocNumber")
    journal["TxnDate"] = office.some_day().isoformat()
    line = office.chance.choice(journal["Line"])
    line["Amount"] = money(office.cents() + int(Decimal(line["Amount"]).scaleb(2)))
    _enter(office, "JournalEntry", _balanced(office, journal), "duplicate_in_qbo")


def duplicate_with_number(office: Office) -> None:
    """Typed again from a print-out: the same number, other words, another day."""
    journal = _copy(office, office.pick(_on_inventory), "PrivateNote")
    journal["TxnDate"] = office.some_day().isoformat()
    for line in journal["Line"]:
        line["Description"] = "typed again"
    _enter(office, "JournalEntry", journal, "duplicate_in_qbo", include="allowduplicatedocnum")


def duplicate_of_content(office: Office) -> None:
    """Sent again by another tool, under a number of its own and without our marker."""
    doc = office.pick(lambda doc: _on_inventory(doc) and _untouched(doc) and "words" not in doc.touched)
    doc.touched.add("copied")
    _enter(office, "JournalEntry", _copy(office, doc, "DocNumber", "PrivateNote"), "duplicate_in_qbo")


def _copy(office: Office, doc: Doc, *without: str) -> Thing:
    journal = office.people.get(doc.entity, doc.qbo_id)
    doc.touched.add("duplicated")
    return {name: value for name, value in journal.items() if name not in ("Id", "SyncToken", "MetaData", *without)}


def _balanced(office: Office, journal: Thing) -> Thing:
    surplus = sum(signed_cents(line) for line in journal["Line"])
    if surplus:
        journal["Line"].append(journal_line(office.others[COUNTER], -surplus))
    return journal


def manual_journal(office: Office) -> None:
    accounts = office.chance.sample(office.accounts, min(len(office.accounts), office.chance.choice((1, 1, 2))))
    lines = [journal_line(account, office.cents(), office.chance.choice(HOSTILE)) for account in accounts]
    _enter(office, "JournalEntry", _balanced(office, _dated(office, {"Line": lines})), "qbo_only")


def bill(office: Office) -> None:
    lines = [expense_line(office.chance.choice(office.accounts), office.cents())]
    _enter(office, "Bill", _dated(office, {"VendorRef": ref(office.vendor), "Line": lines}), "qbo_only")


def expense(office: Office) -> None:
    """Paid at a shop and coded to inventory, beside something that belongs there."""
    lines = [
        expense_line(office.chance.choice(office.accounts), office.cents()),
        expense_line(office.others[COUNTER], office.cents()),
    ]
    paid = {"PaymentType": "Cash", "AccountRef": ref(office.others["Checking"]), "Line": lines}
    _enter(office, "Purchase", _dated(office, paid), "qbo_only")


def transfer(office: Office) -> None:
    account, cents = office.chance.choice(office.accounts), office.cents()
    refs = {"FromAccountRef": ref(account), "ToAccountRef": ref(office.others[PREPAID])}
    made = office.people.save("Transfer", _dated(office, {**refs, "Amount": money(cents)}))
    _expect_entry(office, "Transfer", made, {account: -cents}, "moved_account")


def journal_to_other_asset(office: Office) -> None:
    """To prepaid expenses; or, where the company has several inventory accounts, from one to another."""
    elsewhere = [*office.accounts, office.others[PREPAID]]
    one = office.chance.choice(office.accounts)
    other = office.chance.choice([account for account in elsewhere if account != one])
    cents = office.cents()
    lines = [journal_line(one, -cents, "moved"), journal_line(other, cents, "moved")]
    _enter(office, "JournalEntry", _dated(office, {"Line": lines}), "moved_account")


def sale_of_tracked_item(office: Office) -> None:
    """An invoice by hand: QuickBooks posts its cost by itself."""
    account, pieces = office.chance.choice(office.accounts), office.chance.randint(1, 9)
    lines = [sale_line(office.tracked_item(account), pieces, Decimal("20.00"))]
    made = office.people.save("Invoice", _dated(office, {"CustomerRef": ref(office.customer), "Line": lines}))
    _expect_entry(office, "Invoice", made, {account: -pieces * COST_OF_TRACKED_ITEM}, "doubled_cogs")


def tracked_item_on_ours(office: Office) -> None:
    """A tracked item added to an invoice of ours."""
    doc = office.pick(lambda doc: doc.entity == "Invoice")
    account, pieces = office.chance.choice(office.accounts), office.chance.randint(1, 9)
    line = sale_line(office.tracked_item(account), pieces, Decimal("20.00"))
    _add_line(office, doc, line)
    office.world.expect(doc.key, "doubled_cogs", account, doc.day, -pieces * COST_OF_TRACKED_ITEM)
    doc.ledger[account] -= pieces * COST_OF_TRACKED_ITEM
    doc.touched.add("tracked")


def bill_of_ours_coded(office: Office) -> None:
    """A line on an inventory account added to a bill of ours."""
    doc = office.pick(lambda doc: doc.entity == "Bill")
    account, cents = office.chance.choice(office.accounts), office.cents()
    _add_line(office, doc, expense_line(account, cents))
    office.world.expect(doc.key, "changed_in_qbo", account, doc.day, cents)
    doc.ledger[account] += cents
    doc.touched.add("coded")


def _add_line(office: Office, doc: Doc, line: Thing) -> None:
    thing = office.people.get(doc.entity, doc.qbo_id)
    thing["Line"] = [one for one in thing["Line"] if one["DetailType"] != "SubTotalLineDetail"] + [line]
    for computed in ("TotalAmt", "Balance"):
        thing.pop(computed, None)
    office.people.save(doc.entity, thing)


def harmless(office: Office) -> None:
    """Other words on a journal of ours, and a bill that has nothing to do with stock: nothing is to be found."""
    doc = office.pick(lambda doc: _ours(doc) and "copied" not in doc.touched)  # its words are how the copy is known
    journal = office.people.get(doc.entity, doc.qbo_id)
    journal["PrivateNote"] = f"{journal['PrivateNote']} checked"
    for line in journal["Line"]:
        line["Description"] = office.chance.choice(HOSTILE)
    office.people.save(doc.entity, journal)
    lines = [expense_line(office.others[COUNTER], office.cents())]
    office.people.save("Bill", _dated(office, {"VendorRef": ref(office.vendor), "Line": lines}))
    doc.touched.add("words")


def _dated(office: Office, body: Thing) -> Thing:
    return {"TxnDate": office.some_day().isoformat(), "PrivateNote": office.chance.choice(HOSTILE), **body}


def _enter(office: Office, entity: str, body: Thing, cause: str, **options: str) -> None:
    """Enter it, and expect all that it does to inventory accounts."""
    made = office.people.save(entity, body, **options)
    if entity == "JournalEntry":
        cells = effect(body, office.accounts)
    else:
        cells = {}
        for line in body["Line"]:
            account = line["AccountBasedExpenseLineDetail"]["AccountRef"]["value"]
            if account in office.accounts:
                cells[account] = cells.get(account, 0) + int(line["Amount"].scaleb(2))
    _expect_entry(office, entity, made, cells, cause)


def _expect_entry(office: Office, entity: str, made: Thing, cells: dict[str, int], cause: str) -> None:
    day = date.fromisoformat(made["TxnDate"])
    for account, cents in cells.items():
        office.world.expect(f"qbo/{entity}/{made['Id']}", cause, account, day, cents)
        line = {"account_id": account, "business_date": day, "qbo_type": entity, "qbo_id": made["Id"]}
        office.world.others.append(line | {"amount": money(cents)})


IN_QUICKBOOKS: tuple[Callable[[Office], None], ...] = (
    edit_amount, edit_date, edit_account, delete, void, duplicate_with_marker, duplicate_with_number,
    duplicate_of_content, manual_journal, bill, expense, transfer, journal_to_other_asset, sale_of_tracked_item,
    tracked_item_on_ours, bill_of_ours_coded, harmless,
)  # fmt: skip
