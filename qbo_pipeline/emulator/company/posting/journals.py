"""Journal entries, stock adjustments, and the starting value of stock."""

from __future__ import annotations

from decimal import Decimal

from qbo_pipeline.emulator.company.account_rules import opening_balance_equity
from qbo_pipeline.emulator.company.book import Body
from qbo_pipeline.emulator.company.draft import Draft, Move, Party
from qbo_pipeline.emulator.company.faults import error
from qbo_pipeline.emulator.company.money import major, minor, quantity, round_money, scaled
from qbo_pipeline.emulator.company.posting import lines as rules
from qbo_pipeline.emulator.company.posting.banking import CONTROL_PARTY, check_currency
from qbo_pipeline.emulator.company.tax import agency_account, code_rates


def journal_entry(draft: Draft) -> None:
    """The lines as given, debits equal to credits in the entry's currency; cents of conversion go to the last line."""
    rows = [line for line in draft.body["Line"] if line["DetailType"] == "JournalEntryLineDetail"]
    sums = {"Debit": 0, "Credit": 0}
    controls = 0
    for line in rows:
        detail = line.setdefault("JournalEntryLineDetail", {})
        amount = _amount(draft, line, detail)
        side = detail.get("PostingType")
        if side is None or "AccountRef" not in detail:
            continue
        party, is_control = _party(draft, detail)
        controls += is_control
        in_home = check_currency(draft, detail["AccountRef"]["value"])
        sums[side] += amount
        signed = amount if side == "Debit" else -amount
        line_class, department = rules.ref_id(detail, "ClassRef"), rules.ref_id(detail, "DepartmentRef")
        account, memo = detail["AccountRef"]["value"], line.get("Description")
        if account in draft.book.entries["Account"]:
            draft.post(
                account, signed, party=party, memo=memo, class_id=line_class, department=department, in_home=in_home
            )
        _tax(draft, detail, signed, sums, side)
    _check_balance(draft, sums, len(rows))
    if controls > 1 and draft.book.settings.one_control_line_per_journal:
        draft.errors.append(
            error("6000", "Line", what="You can only use one A/R or A/P account line in a journal entry.")
        )
    if draft.lines and not draft.errors:
        draft.balance_home(len(draft.lines) - 1)
    draft.total = sums["Debit"]


def _amount(draft: Draft, line: Body, detail: Body) -> int:
    if detail.get("PostingType") is None:
        draft.errors.append(error("2260", "PostingType"))
    amount = line.get("Amount")
    if amount is None:
        draft.errors.append(error("2020", "Amount", what="Required parameter Amount is missing in the request"))
        return 0
    if amount < 0:
        draft.errors.append(error("2290", "Amount"))
    return minor(amount)


def _party(draft: Draft, detail: Body) -> tuple[Party | None, bool]:
    entity = detail.get("Entity") or {}
    reference = entity.get("EntityRef")
    party: Party | None = None
    if reference:
        kind = str(entity.get("Type") or reference.get("type") or "Customer")
        if reference["value"] not in draft.book.entries.get(kind, {}):
            draft.errors.append(error("2500", "EntityRef", what=f"Names element id {reference['value']} not found"))
        else:
            party = (kind, int(reference["value"]))
            entity["Type"] = kind
    account = draft.book.entries["Account"].get(detail["AccountRef"]["value"])
    needed = CONTROL_PARTY.get(account.body["AccountType"]) if account else None
    if needed is None:
        return party, False
    if needed[0] == "Vendor" and not draft.book.settings.vendor_required_on_payables and party is None:
        return party, True
    if party is None or party[0] != needed[0]:
        draft.errors.append(error("6000", "Entity", what=needed[1]))
    return party, True


def _tax(draft: Draft, detail: Body, signed: int, sums: dict[str, int], side: str) -> None:
    code = rules.ref_id(detail, "TaxCodeRef")
    if code is None or draft.book.country == "US":
        return
    if detail.get("TaxApplicableOn") is None:
        draft.errors.append(error("2270", "TaxApplicableOn"))
        return
    if detail.get("TaxAmount") is None:
        draft.errors.append(error("2280", "TaxAmount"))
        return
    amount = minor(detail["TaxAmount"])
    rates = code_rates(draft.book, code, detail["TaxApplicableOn"])
    if not amount or not rates:
        return
    account = agency_account(draft.book, draft.book.entries["TaxRate"][rates[0][0]].body)
    draft.post(account, amount if signed >= 0 else -amount)
    sums[side] += amount


def _check_balance(draft: Draft, sums: dict[str, int], count: int) -> None:
    if count < 2:
        draft.errors.append(error("6000", "Line", what="Fill out at least two detail lines to continue."))
    elif sums["Debit"] != sums["Credit"]:
        if draft.book.settings.journal_imbalance_code == "2300":
            draft.errors.append(error("2300", "Line", debits=major(sums["Debit"]), credits=major(sums["Credit"])))
        else:
            draft.errors.append(error("6000", "Line", what="Please balance debits and credits."))


def inventory_adjustment(draft: Draft) -> None:
    """Stock up or down against the adjustment account, at FIFO cost; only quantities are given."""
    book = draft.book
    for line in draft.body["Line"]:
        if line["DetailType"] != "ItemAdjustmentLineDetail":
            continue
        detail = line.get("ItemAdjustmentLineDetail") or {}
        item = rules.item_of(draft, detail)
        if item is None:
            continue
        if not rules.is_tracked(item):
            draft.errors.append(error("6000", "ItemRef", what=f"{item[1]['Name']} is not an inventory item."))
            continue
        rules.check_start(draft, item[1])
        if detail.get("QtyDiff") is None and detail.get("NewQty") is not None:
            detail["QtyDiff"] = Decimal(detail["NewQty"]) - quantity(book.balances.quantity[int(item[0])])
        if detail.get("QtyDiff") is None:
            draft.errors.append(error("2020", "QtyDiff", what="Required parameter QtyDiff is missing in the request"))
            continue
        moved = scaled(Decimal(detail["QtyDiff"]))
        id = int(item[0])
        class_id = rules.ref_id(detail, "ClassRef")
        counter = draft.post(
            draft.body["AdjustAccountRef"]["value"], 0, home=0, item=id, class_id=class_id, in_home=True
        )
        asset = draft.post(item[1]["AssetAccountRef"]["value"], 0, home=0, item=id, qty=moved, in_home=True)
        if moved:
            draft.moves.append(Move(asset, id, moved, "issue" if moved < 0 else "restore", 0, counter))


def starting_value(draft: Draft) -> None:
    """Dr the item's asset account / Cr opening balance equity: the quantity at purchase cost; zero rows for nothing."""
    body = draft.body
    entry = draft.book.entries["Item"][body["ItemRef"]["value"]]
    value = minor(round_money(body["Qty"] * body["UnitPrice"]))
    moved, id = scaled(body["Qty"]), int(entry.id)
    asset = draft.post(entry.body["AssetAccountRef"]["value"], value, item=id, qty=moved)
    counter = draft.post(opening_balance_equity(draft.book), -value, item=id)
    if moved >= 0:
        draft.moves.append(Move(asset, id, moved, "fixed", 0, -1))
    else:
        draft.moves.append(Move(asset, id, moved, "issue", 0, counter))
    draft.total = value
