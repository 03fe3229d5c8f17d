"""Payment terms, tax number and tax status go to QuickBooks with their party, once."""

from __future__ import annotations

from pathlib import Path

from qbo_pipeline.quickbooks.query import select
from qbo_pipeline_tests.emulator.server import running_emulator
from qbo_pipeline_tests.pipeline.connections import carry, point_to, rows
from qbo_pipeline_tests.pipeline.shop import FIRST_DAY, LAST_DAY, open_shop, shop_rows


def test_terms_that_quickbooks_has_and_terms_that_are_made(tmp_path: Path) -> None:
    source = shop_rows()
    source["parties"][0] |= {"payment_terms": "Net 30", "tax_number": "GB123456789", "tax_exempt": "yes"}
    source["parties"][1] |= {"payment_terms": "45 days", "payment_days": "45", "tax_number": "12-3456789"}
    source["documents"][1] |= {"payment_terms": "45 DAYS", "payment_days": "45"}
    with running_emulator("--limits", "off") as emulator:
        shop = open_shop(tmp_path, emulator, source)
        with shop.run() as run:
            carried = carry(run, FIRST_DAY, LAST_DAY)
            assert carried.transformed.outcomes["bill", "drafted", ""] == 1
            waiting = rows(run, "SELECT key, message FROM postings WHERE reason = 'unknown_terms'")
            assert "45 days" in {row["key"]: row["message"] for row in waiting}["party/supplier:s1"]
        point_to(shop.settings, 'unknown_terms = "refuse"', 'unknown_terms = "make"')
        with shop.run() as run:
            carried = carry(run, FIRST_DAY, LAST_DAY)
            assert (carried.result.difference, carried.result.unexplained) == (0, 0)
            quickbooks = run.quickbooks()
            terms = {item["Name"]: item for item in quickbooks.query(select("Term"))}
            (made,) = (name for name in terms if name.casefold() == "45 days")  # however it is written
            assert terms[made]["DueDays"] == 45
            customer = next(one for one in quickbooks.query(select("Customer")) if one["DisplayName"] == "Café Sol")
            assert (customer["SalesTermRef"]["name"], customer["Taxable"]) == ("Net 30", False)
            assert customer["PrimaryTaxIdentifier"] == "XXXXXX56789"
            (vendor,) = quickbooks.query(select("Vendor").where("DisplayName", "=", source["parties"][1]["name"]))
            assert (vendor["TermRef"]["value"], vendor["TaxIdentifier"]) == (terms[made]["Id"], "XXXXXX6789")
            (link,) = rows(run, "SELECT qbo_id FROM posting_links WHERE key = 'document/i1'")
            assert quickbooks.read("Invoice", link["qbo_id"])["SalesTermRef"]["name"] == made
        with shop.run() as run:
            assert not any(carry(run, FIRST_DAY, LAST_DAY).touched.values())
