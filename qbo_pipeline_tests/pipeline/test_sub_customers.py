"""A customer that is a part of another stands below it in QuickBooks, and its invoice on it."""

from __future__ import annotations

from pathlib import Path

from qbo_pipeline.quickbooks.query import select
from qbo_pipeline_tests.emulator.server import running_emulator
from qbo_pipeline_tests.pipeline.connections import carry, rows
from qbo_pipeline_tests.pipeline.shop import FIRST_DAY, LAST_DAY, open_shop, shop_rows


def test_a_branch_and_its_head_office(tmp_path: Path) -> None:
    source = shop_rows()
    source["parties"][0] |= {"parent_id": "c9", "phone": "555 0100", "address": "1 Wharf Rd\nUnit 2", "city": "Bath"}
    source["parties"].append({"party_id": "c9", "kind": "customer", "name": "Grupo Sol"})
    with running_emulator("--limits", "off") as emulator:
        shop = open_shop(tmp_path, emulator, source)
        with shop.run() as run:
            result = carry(run, FIRST_DAY, LAST_DAY).result
            assert (result.difference, result.unexplained) == (0, 0)
            customers = {item["DisplayName"]: item for item in run.quickbooks().query(select("Customer"))}
            branch, head = customers["Café Sol"], customers["Grupo Sol"]
            assert (branch["Job"], branch["ParentRef"]["value"]) == (True, head["Id"])
            assert branch["FullyQualifiedName"] == "Grupo Sol:Café Sol"
            assert branch["PrimaryPhone"]["FreeFormNumber"] == "555 0100"
            assert [branch["BillAddr"][name] for name in ("Line1", "Line2", "City")] == ["1 Wharf Rd", "Unit 2", "Bath"]
            (link,) = rows(run, "SELECT qbo_id FROM posting_links WHERE key = 'document/i1'")
            assert run.quickbooks().read("Invoice", link["qbo_id"])["CustomerRef"]["value"] == branch["Id"]
        with shop.run() as run:
            assert not any(carry(run, FIRST_DAY, LAST_DAY).touched.values())
