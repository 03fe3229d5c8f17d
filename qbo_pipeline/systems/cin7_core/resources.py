"""What each address of Cin7 Core's API answers from the company: lists in pages, and objects one by one."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any, Final

from qbo_pipeline.systems.cin7_core.chart import ACCOUNTS
from qbo_pipeline.systems.cin7_core.papers import Paper
from qbo_pipeline.systems.cin7_core.world import World

LARGEST_PAGE = 1000
_WITHOUT_TOTAL = ("CustomerCredits", "SupplierDeposits")
Params = Mapping[str, str]


class BadRequest(ValueError):
    """The request makes no sense; the text is the answer."""


def _page(name: str, items: Iterable[Paper], params: Params) -> Paper:
    try:
        page, limit = int(params.get("Page", "1")), int(params.get("Limit", "100"))
    except ValueError:
        raise BadRequest("Page and Limit must be numbers") from None
    if page < 1 or not 1 <= limit <= LARGEST_PAGE:
        raise BadRequest(f"Page must be 1 or more, Limit between 1 and {LARGEST_PAGE}")
    found = list(items)
    total = {} if name in _WITHOUT_TOTAL else {"Total": len(found)}
    return {name: found[(page - 1) * limit : page * limit], "Page": page, **total}


def _instant(text: str) -> datetime:
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise BadRequest(f"{text} is not a date") from None
    if found.tzinfo is None:
        raise BadRequest(f"{text} is not a UTC date")
    return found


def _listed(
    kind: str, name: str, since: str | None, entry: Callable[[World, str, Paper], Paper]
) -> Callable[[World, Params], Paper]:
    """A list of all objects of a kind, or of those that changed since."""

    def resource(world: World, params: Params) -> Paper:
        after = _instant(params[since]) if since and params.get(since) else None
        wanted, named = params.get("ID", "").lower(), params.get("Name", "").lower()
        found = (
            entry(world, object_id, content)
            for object_id, content in world.objects[kind].items()
            if (after is None or world.changed_at(kind, object_id) >= after)
            and wanted in ("", object_id)
            and str(content.get("Name", "")).lower().startswith(named)
        )
        return _page(name, found, params)

    return resource


def _one(kind: str, parameter: str, only: Callable[[Paper], bool] = lambda _: True) -> Callable[[World, Params], Any]:
    def resource(world: World, params: Params) -> Paper | None:
        found = world.objects[kind].get(params.get(parameter, "").lower())
        return found if found is not None and only(found) else None

    return resource


def _whole(kind: str) -> Callable[[World, str, Paper], Paper]:
    """An entry that is the object itself, with when it changed."""

    def entry(world: World, object_id: str, content: Paper) -> Paper:
        return {**content, "LastModifiedOn": _instant_text(world.changed_at(kind, object_id))}

    return entry


def _credit(world: World, object_id: str, content: Paper) -> Paper:
    return content


def _product(world: World, params: Params) -> Paper:
    wanted, number = params.get("ID", "").lower(), params.get("Sku", "").lower()
    movements = params.get("IncludeMovements", "").lower() == "true"
    after = _instant(params["ModifiedSince"]) if params.get("ModifiedSince") else None
    found = [
        {**content, "Movements": content["Movements"] if movements else [],
         "LastModifiedOn": _instant_text(world.changed_at("product", object_id))}
        for object_id, content in world.objects["product"].items()
        if wanted in ("", object_id) and content["SKU"].lower().startswith(number)
        and (after is None or world.changed_at("product", object_id) >= after)
    ]  # fmt: skip
    return _page("Products", found, params)


def _sale(world: World, object_id: str, content: Paper) -> Paper:
    invoices = content["Invoices"]
    first: Paper = invoices[0] if invoices else {}
    return {
        "SaleID": object_id.upper(), "OrderNumber": content["Order"]["SaleOrderNumber"], "Status": content["Status"],
        "OrderDate": content["SaleOrderDate"], "InvoiceDate": first.get("InvoiceDate"), "Type": content["Type"],
        "InvoiceNumber": first.get("InvoiceNumber"), "Customer": content["Customer"],
        "CustomerID": content["CustomerID"].upper(), "CustomerCurrency": "USD", "BaseCurrency": "USD",
        "CustomerReference": content["CustomerReference"],
        "Updated": _instant_text(world.changed_at("sale", object_id)),
    }  # fmt: skip


def _purchase(world: World, object_id: str, content: Paper) -> Paper:
    return {
        "ID": object_id.upper(), "OrderNumber": content["OrderNumber"], "Status": content["Status"],
        "OrderDate": content["OrderDate"], "Supplier": content["Supplier"],
        "Type": content.get("Type", "Simple Purchase"),
        "SupplierID": content["SupplierID"].upper(), "SupplierCurrency": "USD", "BaseCurrency": "USD",
        "LastUpdatedDate": _instant_text(world.changed_at("purchase", object_id)),
    }  # fmt: skip


def _task(*fields: str, date: str | None = None) -> Callable[[World, str, Paper], Paper]:
    def entry(world: World, object_id: str, content: Paper) -> Paper:
        found = {name: content[name] for name in fields}
        if date is not None:
            found["Date"] = content[date]
        return {"TaskID": object_id.upper(), "Status": content["Status"], **found}

    return entry


def _availability(world: World, params: Params) -> Paper:
    wanted = params.get("ID", "").lower()
    return _page("ProductAvailabilityList", (row for row in world.availability if wanted in ("", row["ID"])), params)


def _transactions(world: World, params: Params) -> Paper:
    first, last, account = params.get("FromDate", "")[:10], params.get("ToDate", "9999")[:10], params.get("Account")
    found = [
        line for line in world.ledger
        if first <= line["EffectiveDate"][:10] <= last
        and account in (None, "", line["DebitAccountCode"], line["CreditAccountCode"])
    ]  # fmt: skip
    return _page("Transactions", found, params)


def _accounts(world: World, params: Params) -> Paper:
    found = [
        {"Code": code, "Name": name, "DisplayName": f"{code}: {name}", "Class": sort, "Type": kind, "Status": "ACTIVE"}
        for code, name, sort, kind in ACCOUNTS
    ]
    return _page("AccountsList", found, params)


def _nothing(name: str) -> Callable[[World, Params], Paper]:
    """A list in which this company has nothing of its own: its credit notes stand with their sales and purchases."""
    return lambda world, params: _page(name, [], params)


def _instant_text(instant: datetime) -> str:
    return f"{instant:%Y-%m-%dT%H:%M:%S}.{instant.microsecond // 1000:03d}Z"


RESOURCES: Final[dict[str, Callable[[World, Params], Any]]] = {
    "me": lambda world, params: world.me(),
    "ref/account": _accounts,
    "ref/location": _listed("location", "LocationList", None, lambda world, object_id, content: content),
    "customer": _listed("customer", "CustomerList", "ModifiedSince", _whole("customer")),
    "supplier": _listed("supplier", "SupplierList", "ModifiedSince", _whole("supplier")),
    "product": _product,
    "saleList": _listed("sale", "SaleList", "UpdatedSince", _sale),
    "saleCreditNoteList": _nothing("SaleList"),
    "sale": _one("sale", "ID"),
    "purchaseList": _listed("purchase", "PurchaseList", "UpdatedSince", _purchase),
    "purchaseCreditNoteList": _nothing("PurchaseList"),
    "purchase": _one("purchase", "ID", lambda paper: "Type" not in paper),
    "advanced-purchase": _one("purchase", "ID", lambda paper: "Type" in paper),
    "stockadjustmentList": _listed(
        "stockadjustment",
        "StockAdjustmentList",
        None,
        _task("StocktakeNumber", "EffectiveDate", "Account", "Reference"),
    ),
    "stockadjustment": _one("stockadjustment", "TaskID"),
    "stockTakeList": _listed(
        "stocktake", "StockAdjustmentList", None, _task("StocktakeNumber", "EffectiveDate", "Account", "Reference")
    ),
    "stocktake": _one("stocktake", "TaskID"),
    "inventoryWriteOffList": _listed(
        "inventoryWriteOff", "InventoryWriteOffs", None, _task("InventoryWriteOffNumber", "Notes", date="EffectiveDate")
    ),
    "inventoryWriteOff": _one("inventoryWriteOff", "TaskID"),
    "finishedGoodsList": _listed(
        "finishedGoods", "FinishedGoods", None, _task("AssemblyNumber", "ProductID", "Quantity", date="CompletionDate")
    ),
    "finishedGoods": _one("finishedGoods", "TaskID"),
    "disassemblyList": _listed(
        "disassembly", "Disassemblies", None, _task("DisassemblyNumber", "ProductID", "Quantity", date="CompletionDate")
    ),
    "disassembly": _one("disassembly", "TaskID"),
    "stockTransferList": _listed(
        "stockTransfer", "StockTransferList", None, _task("Number", "From", "To", "CompletionDate", "InTransitAccount")
    ),
    "stockTransfer": _one("stockTransfer", "TaskID"),
    "ref/customer/credits": _listed("customer_credit", "CustomerCredits", None, _credit),
    "ref/supplier/deposits": _listed("supplier_deposit", "SupplierDeposits", None, _credit),
    "ref/productavailability": _availability,
    "transactions": _transactions,
}
"""By path: None where there is no such object; BadRequest where the parameters make no sense."""
