"""Sales documents whose outcome is written down whole: by name, the record and the books."""

from __future__ import annotations

from qbo_pipeline.accounting.books import Books
from qbo_pipeline.inventory.records import Record
from qbo_pipeline_tests.accounting.company import (
    ROLES,
    document,
    item,
)
from qbo_pipeline_tests.accounting.outcomes.company import (
    DIMENSIONS,
    DUE,
    EURO,
    GLOBAL,
    LONG,
    MANY,
    NAMED,
    D,
    stored,
)

SALES: dict[str, tuple[Record, Books]] = {
    "an invoice with all it can have": (
        document(
            "sales_invoice",
            item("tea", 4, "2.50", "10", tax_amount=D("0.80"), description="Loose", location_id="east"),
            item("cup", 3, "3.333", "10.01"), item("set", "0.5", "1", "7", account="online"),
            item("fit", None, None, "1"),
            item("bag", 300000000, None, "100"), item(None, None, None, "0", description="Thank you"),
            item(None, -1, "0.01", "-0.01"),
            due_date=DUE, reference="PO 9", memo="gift", location_id="east", total_amount=D("128.82"),
        ),
        stored(overrides=DIMENSIONS, policies={"numbered_by_quickbooks": ("Invoice",)}),
    ),
    "an invoice of long texts": (
        document("sales_invoice", item("tea", 1, "1", "1", description=LONG), number="N" * 30, memo=LONG,
                 reference=LONG),
        stored(),
    ),
    "an invoice of a very long number that is printed": (
        document("sales_invoice", item("tea", 1, "1", "1"), number="9" * 1200),
        stored(policies={"numbered_by_quickbooks": ("Invoice",)}),
    ),
    "class and department by name": (
        document(
            "sales_invoice", item("tea", 1, "9", "9", class_="of lines", department="Shop"),
            item("cup", 1, "1", "1", department="shop "), class_="East", department="web",
        ),
        stored(dimensions=NAMED, overrides=DIMENSIONS),
    ),
    "departments of lines that differ": (
        document(
            "sales_invoice", item("tea", 1, "9", "9", department="Shop"), item("cup", 1, "1", "1", department="web"),
        ),
        stored(dimensions=NAMED),
    ),
    "departments of lines that differ, and the document's": (
        document(
            "sales_invoice", item("tea", 1, "9", "9", department="Shop"), item("cup", 1, "1", "1", department="web"),
            department="web",
        ),
        stored(dimensions=NAMED),
    ),
    "a class that QBO has not": (
        document("sales_invoice", item("tea", 1, "9", "9", class_="moon")), stored(dimensions=NAMED),
    ),
    "a department that QBO has not": (
        document("sales_invoice", item("tea", 1, "9", "9"), department="moon"), stored(dimensions=NAMED),
    ),
    "manual sales tax": (
        document("sales_invoice", item("tea", 1, "10", "10", tax_code="S", tax_amount=D(2)), item("cup", 1, "1", "1")),
        stored(policies={"tax_regime": "us_manual"}, tax_codes={"S": "7", "": "NON"}),
    ),
    "manual sales tax by words": (
        document(
            "sales_invoice", item("tea", 1, "10", "10", tax_code="S", tax_amount=D(2)),
            item("tea", 1, "10", "10", tax_code="N", tax_amount=D(2)),
        ),
        stored(policies={"tax_regime": "us_manual"}, tax_codes={"S": "TAX", "N": "NON"}),
    ),
    "manual sales tax of two codes": (
        document(
            "sales_invoice", item("tea", 1, "10", "10", tax_code="S", tax_amount=D(2)),
            item("tea", 1, "10", "10", tax_code="R", tax_amount=D(1)),
        ),
        stored(policies={"tax_regime": "us_manual"}, tax_codes={"S": "7", "R": "8"}),
    ),
    "tax where it is switched off": (
        document("sales_invoice", item("tea", 1, "10", "10", tax_amount=D(2))),
        stored(policies={"tax_regime": "us_none"}),
    ),
    "no tax where it is switched off": (
        document("sales_invoice", item("tea", 1, "10", "10")), stored(policies={"tax_regime": "us_none"}),
    ),
    "home currency in a company of several": (
        document("sales_invoice", item("tea", 1, "10", "10")), stored(policies=MANY),
    ),
    "a negative invoice": (
        document("sales_invoice", item("tea", -4, "2.5", "-10"), item("cup", 1, "2", "2"), due_date=DUE), stored(),
    ),
    "a credit": (document("sales_credit", item("tea", 4, "2.5", "10"), memo="broken"), stored()),
    "tax on the header": (
        document("sales_invoice", item("tea", 1, "10", "10"), tax_amount=D(1), total_amount=D(11)), stored(),
    ),
    "tax elsewhere, with cents left over": (
        document(
            "sales_invoice", item("tea", 1, "10", "10", tax_code="S", tax_amount=D(2)), item("cup", 1, "1", "1"),
            total_amount=D("13.02"),
        ),
        stored(**GLOBAL),
    ),
    "no tax elsewhere": (document("sales_invoice", item("tea", 1, "10", "10")), stored(**GLOBAL)),
    "an invoice in another currency": (
        document("sales_invoice", item("tea", 1, "10", "10"), party_id="5", **EURO), stored(policies=MANY),
    ),
    "a quote": (document("quote", item("tea", 1, "9", "9"), due_date=DUE), stored(policies={"quotes": True})),
    "a quote without a last day": (document("quote", item("tea", 1, "9", "9")), stored(policies={"quotes": True})),
    "a quote that is not sent": (document("quote", item("tea", 1, "9", "9")), stored()),
    "an account that no item sells to": (
        document("sales_invoice", item("tea", 1, "9", "9", account="freight")), stored(),
    ),
    "no tax code": (
        document("sales_invoice", item("tea", 1, "9", "9"), item("tea", 1, "9", "9", tax_code="S", tax_amount=D(1))),
        stored(policies={"tax_regime": "global"}, tax_codes={"S": "7"}),
    ),
    "a tax code that is not mapped": (
        document("sales_invoice", item("tea", 1, "9", "9", tax_code="Z")), stored(**GLOBAL),
    ),
    "no tax code for the cents left over": (
        document("sales_invoice", item("tea", 1, "9", "9", tax_code="S"), total_amount=D("9.01")),
        stored(policies={"tax_regime": "global"}, tax_codes={"S": "7"}),
    ),
    "no rounding account": (
        document("sales_invoice", item("tea", 1, "9", "9"), total_amount=D("9.01")),
        stored(roles={k: v for k, v in ROLES.items() if k != "rounding"}),
    ),
    "header and lines that do not agree": (
        document("sales_invoice", item("tea", 1, "9", "9", tax_amount=D(1)), total_amount=D(12)), stored(),
    ),
    "a negative one that does not agree": (
        document("sales_invoice", item("tea", -1, "9", "-9", tax_amount=D(-1)), total_amount=D(-12)), stored(),
    ),
    "a negative tax alone": (
        document("sales_invoice", item("tea", 1, "0", "0"), tax_amount=D(-1), total_amount=D(0), net_amount=D(0)),
        stored(),
    ),
    "a number with an X": (document("sales_invoice", item("tea", 1, "9", "9"), number="X1"), stored()),
    "settings that QBO would refuse": (
        document("sales_invoice", item("tea", 1, "9", "9")), stored(overrides={("class", "product", "tea"): "c1"}),
    ),
    "voided": (document("sales_invoice", item("tea", 1, "9", "9"), status="voided"), stored()),
    "nothing on it": (document("sales_invoice"), stored()),
    "an unknown customer": (document("sales_invoice", item("tea", 1, "9", "9"), party_id="404"), stored()),
    "an unknown product": (document("sales_invoice", item("nil", 1, "9", "9")), stored()),
    "a foreign sale in a company of one currency": (
        document("sales_invoice", item("tea", 1, "9", "9"), **EURO), stored(),
    ),
    "a customer of another currency": (
        document("sales_invoice", item("tea", 1, "9", "9"), **EURO), stored(policies=MANY),
    ),
    "no rate": (
        document("sales_invoice", item("tea", 1, "9", "9"), party_id="5", currency="EUR"), stored(policies=MANY),
    ),
    "a rate of nothing": (
        document("sales_invoice", item("tea", 1, "9", "9"), party_id="5", currency="EUR", exchange_rate=D(0)),
        stored(policies=MANY),
    ),
}  # fmt: skip
