"""Planting a seed: a new company's accounts, lists and first documents, the same at every time."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Final

from qbo_pipeline.emulator.company import documents, entries, filling, rates, taxservice
from qbo_pipeline.emulator.company.book import Body, Book, Entry
from qbo_pipeline.emulator.company.item_rules import INVENTORY_PLANS
from qbo_pipeline.emulator.company.references import US_TAX_CODES
from qbo_pipeline.emulator.company.schema.entities import entity
from qbo_pipeline.emulator.company.seeds.companies import PAYMENT_METHODS, SEEDS, TERMS, Seed
from qbo_pipeline.emulator.company.seeds.first_documents import FIRST_DOCUMENTS
from qbo_pipeline.emulator.company.seeds.first_preferences import preferences

_SPECIAL: Final = "REVERSE_CHARGE"


def plant(book: Book, name: str) -> None:
    """Fill an empty book from the seed of a name. Raises `ValueError` for an unknown one."""
    seed = SEEDS.get(name)
    if seed is None:
        raise ValueError(f"there is no seed {name!r}: choose one of {', '.join(SEEDS)}")
    _singles(book, seed)
    upgrade(book)
    _chart(book, seed)
    for term in TERMS:
        _create(book, "Term", dict(term))
    for method, kind in PAYMENT_METHODS:
        _create(book, "PaymentMethod", {"Name": method, "Type": kind})
    _taxes(book, seed)
    for code, rate in seed.currencies:
        if not any(e.body["Code"] == code for e in book.entries["CompanyCurrency"].values()):
            _create(book, "CompanyCurrency", {"Code": code})
        rates.put(book, {"SourceCurrencyCode": code, "Rate": rate, "AsOfDate": "2015-01-01"})
    for name in seed.customer_types:
        _create(book, "CustomerType", {"Name": name})
    _people(book, seed)
    _items(book, seed)
    if seed.documents and book.settings.plan in INVENTORY_PLANS:
        _documents(book)


def upgrade(book: Book) -> None:
    """Enter what every company has now and one begun with an earlier version lacks; nothing where it is all there."""
    _reverse_charge(book)
    if book.country != "US":
        return
    now = book.now()
    for id, is_taxable in zip(US_TAX_CODES, (True, False), strict=True):
        if id not in book.entries["TaxCode"]:
            body: Body = {"Name": id, "Description": id, "Taxable": is_taxable, "TaxGroup": False, "Hidden": False}
            book.save_entry("TaxCode", Entry(id, True, 0, now, now, body), is_new=True)


def _reverse_charge(book: Book) -> None:
    """Codes with which the buyer accounts for the tax: owed at one rate and got back at the opposite one."""
    agency = next(iter(book.entries["TaxAgency"]), None)
    if agency is None:
        return
    for seed in SEEDS.values():
        for code, value in seed.reverse_charge if seed.country == book.country else ():
            if code.casefold() in book.names["TaxCode"]:
                continue
            percent = Decimal(value)
            sale = taxservice.make_rate(book, f"{code} (Sales)", Decimal(0), agency, _SPECIAL)
            back = taxservice.make_rate(book, f"{code} (Purchases)", percent, agency)
            owed = taxservice.make_rate(book, f"{code} (Purchases, owed)", -percent, agency, _SPECIAL)
            sides = [
                [{"TaxRateRef": {"value": id}, "TaxTypeApplicable": "TaxOnAmount", "TaxOrder": 0} for id in rates]
                for rates in ([sale], [back, owed])
            ]
            taxservice.make_code(book, code, sides[0], sides[1])


def _create(book: Book, kind: str, body: Body) -> str:
    entry, follow_ups = entries.create(book, entity(kind), body)
    for document, content in follow_ups:
        documents.create(book, document, content, frozenset())
    return entry.id


def _singles(book: Book, seed: Seed) -> None:
    now = book.now()
    address = {"Line1": "1 Main Street", "City": seed.city, "PostalCode": seed.postal_code, "Country": seed.country}
    if seed.state:
        address["CountrySubDivisionCode"] = seed.state
    company: Body = {
        "CompanyName": seed.name,
        "LegalName": seed.name,
        **{name: dict(address) for name in filling.COMPANY_ADDRESSES},
        "PrimaryPhone": {"FreeFormNumber": "555 0100"},
        "Email": {"Address": "books@example.com"},
        "CompanyStartDate": "2015-01-01",
        "FiscalYearStartMonth": "January",
        "Country": seed.country,
        "SupportedLanguages": "en",
        "DefaultTimeZone": book.settings.time_zone,
        "NameValue": [
            {"Name": "SubscriptionStatus", "Value": "PAID"},
            {"Name": "OfferingSku", "Value": f"QuickBooks Online {book.settings.plan}"},
            {"Name": "CompanyType", "Value": "Other"},
        ],
    }
    filling.addresses(book, company, filling.COMPANY_ADDRESSES)
    book.save_entry("CompanyInfo", Entry("1", True, 0, now, now, company), is_new=True)
    book.save_entry("Preferences", Entry("1", True, 0, now, now, preferences(seed)), is_new=True)


def _chart(book: Book, seed: Seed) -> None:
    ids: dict[str, str] = {}
    for name, kind, subtype, parent in seed.chart:
        body: Body = {"Name": name, "AccountType": kind, "AccountSubType": subtype}
        if parent:
            body |= {"SubAccount": True, "ParentRef": {"value": ids[parent]}}
        ids[name] = _create(book, "Account", body)
    for currency in seed.foreign_banks:
        body = {"Name": f"{currency} Account", "AccountType": "Bank", "AccountSubType": "Checking"}
        _create(book, "Account", body | {"CurrencyRef": {"value": currency}})


def _taxes(book: Book, seed: Seed) -> None:
    if seed.agency is None:
        return
    agency = _create(book, "TaxAgency", {"DisplayName": seed.agency})
    if seed.country == "US":
        percent = book.settings.us_sales_tax_percent
        rate = taxservice.make_rate(book, "California", percent, agency)
        taxservice.make_code(book, "California", [{"TaxRateRef": {"value": rate}}], [])
        return
    for code, value in seed.tax_codes:
        sides: list[list[Body]] = []
        for side in ("Sales", "Purchases"):
            if value is None:
                sides.append([])
                continue
            rate = taxservice.make_rate(book, f"{code} ({side})", Decimal(value), agency)
            sides.append([{"TaxRateRef": {"value": rate}, "TaxTypeApplicable": "TaxOnAmount", "TaxOrder": 0}])
        taxservice.make_code(book, code, sides[0], sides[1])
    _reverse_charge(book)


def _people(book: Book, seed: Seed) -> None:
    ids: dict[str, str] = {}
    for name, second in seed.customers:
        body: Body = {"DisplayName": name, "CompanyName": name, "PrimaryEmailAddr": {"Address": "customer@example.com"}}
        if second in ids:
            body |= {"ParentRef": {"value": ids[second or ""]}, "Job": True}
        elif second:
            body["CurrencyRef"] = {"value": second}
        ids[name] = _create(book, "Customer", body)
    for name, currency in seed.vendors:
        taken = ("Customer", ids[name]) in book.names["Names"].values() if name in ids else False
        body = {"DisplayName": f"{name} (vendor)" if taken else name, "CompanyName": name}
        if currency:
            body["CurrencyRef"] = {"value": currency}
        _create(book, "Vendor", body)
    for given, family in seed.employees:
        _create(book, "Employee", {"GivenName": given, "FamilyName": family})


def _items(book: Book, seed: Seed) -> None:
    accounts = {e.body["Name"]: {"value": e.id} for e in book.entries["Account"].values()}
    start = (book.today() - timedelta(days=365 * 5)).replace(month=1, day=1).isoformat()
    for name, kind, price, cost in seed.items:
        if kind == "Inventory" and book.settings.plan not in INVENTORY_PLANS:
            continue
        body: Body = {"Name": name, "Type": kind, "UnitPrice": price, "Taxable": kind != "Service"}
        income = "Services" if kind == "Service" else "Sales of Product Income"
        body["IncomeAccountRef"] = accounts[income]
        if Decimal(cost) or kind == "Inventory":
            body["PurchaseCost"] = cost
            body["ExpenseAccountRef"] = accounts["Cost of Goods Sold"]
        if kind == "Inventory":
            body |= {"TrackQtyOnHand": True, "QtyOnHand": 0, "InvStartDate": start}
            body["AssetAccountRef"] = accounts["Inventory Asset"]
        _create(book, "Item", body)


def _documents(book: Book) -> None:
    """A few documents of each kind, in the three months before today, so that lists and reports are not empty."""
    ids = {
        kind: {
            str(e.body.get("Name") or e.body.get("DisplayName")): {"value": e.id} for e in book.entries[kind].values()
        }
        for kind in ("Account", "Customer", "Vendor", "Item", "Term", "PaymentMethod")
    }
    made: dict[str, int] = {}
    for key, kind, days_ago, build in FIRST_DOCUMENTS:
        body = build(ids, made)
        body["TxnDate"] = (book.today() - timedelta(days=days_ago)).isoformat()
        made[key] = documents.create(book, kind, body, frozenset())[0]
