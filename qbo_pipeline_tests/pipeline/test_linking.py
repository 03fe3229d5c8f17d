"""What QuickBooks has already is linked by the stated policy before anything is made; what is in doubt waits."""

from __future__ import annotations

from pathlib import Path

import httpx
import pytest

from qbo_pipeline.pipeline.decide import decide
from qbo_pipeline.quickbooks.query import select
from qbo_pipeline.settings import SettingsError, load_settings
from qbo_pipeline_tests.commands.command_line import CommandLine
from qbo_pipeline_tests.emulator.server import RunningEmulator, running_emulator
from qbo_pipeline_tests.pipeline.connections import carry, point_to, rows
from qbo_pipeline_tests.pipeline.shop import FIRST_DAY, LAST_DAY, Shop, open_shop, shop_rows

BY_NUMBER = 'link_existing = [["number"], ["email", "name"]]'


def shop_with_likenesses(tmp_path: Path, emulator: RunningEmulator) -> tuple[Shop, dict[str, str]]:
    """The shop, and the Ids of what QuickBooks has: the supplier by its number, a customer of one e-mail."""
    source = shop_rows()
    customer = next(row for row in source["parties"] if row["kind"] == "customer")
    supplier = next(row for row in source["parties"] if row["kind"] == "supplier")
    customer |= {"email": "sol@example.com"}
    supplier |= {"number": "L-17"}
    with httpx.Client(base_url=emulator.api(""), headers=emulator.bearer()) as http:
        vendor = http.post("vendor", json={"DisplayName": "Their supplier", "AcctNum": "l-17"}).json()["Vendor"]
        one = {"DisplayName": "Sol, bar", "PrimaryEmailAddr": {"Address": "SOL@example.com"}}
        alike = http.post("customer", json=one).json()["Customer"]
    shop = open_shop(tmp_path, emulator, source)
    point_to(shop.settings, 'link_existing = "never"', BY_NUMBER)
    return shop, {"vendor": vendor["Id"], "customer": alike["Id"]}


def test_a_match_is_linked_and_a_doubt_waits_for_a_person(tmp_path: Path) -> None:
    with running_emulator("--limits", "off") as emulator:
        shop, ids = shop_with_likenesses(tmp_path, emulator)
        with shop.run() as run:
            carry(run, FIRST_DAY, LAST_DAY)
            (link,) = rows(run, "SELECT qbo_id FROM posting_links WHERE key = 'party/supplier:s1'")
            assert link["qbo_id"] == ids["vendor"]
            (line,) = rows(run, "SELECT who, why FROM attempts WHERE key = 'party/supplier:s1' AND event = 'relink'")
            assert (line["who"], line["why"]) == ("[posting] link_existing", "number agree")
            (doubt,) = rows(run, "SELECT key, message FROM postings WHERE reason = 'doubtful_match'")
            assert doubt["key"] == "party/customer:c1"
            assert "'Sol, bar'" in doubt["message"]
            assert "no more than the email agrees" in doubt["message"]
            assert "relink party/customer:c1 ID" in doubt["message"]
            assert not rows(run, "SELECT key FROM posting_links WHERE key = 'document/i1'")
        with shop.run() as run:  # it goes on waiting
            carry(run, FIRST_DAY, LAST_DAY)
            assert len(rows(run, "SELECT key FROM postings WHERE reason = 'doubtful_match'")) == 1
            decide(run, "retry", "party/customer:c1", "Ann", "another bar")
            carried = carry(run, FIRST_DAY, LAST_DAY)
            assert (carried.result.difference, carried.result.unexplained) == (0, 0)
            (link,) = rows(run, "SELECT qbo_id FROM posting_links WHERE key = 'party/customer:c1'")
            assert link["qbo_id"] != ids["customer"]


@pytest.fixture
def qbo(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> CommandLine:
    return CommandLine(monkeypatch, capsys)


def test_links_are_shown_first_and_made_by_order_and_lists_are_exported(tmp_path: Path, qbo: CommandLine) -> None:
    with running_emulator("--limits", "off") as emulator:
        shop, ids = shop_with_likenesses(tmp_path, emulator)
        settings = ("--settings", str(shop.settings))
        shown = qbo("link-parties", *settings, "--json")
        assert (shown.status, shown.json["matches"], shown.json["doubts"]) == (1, 1, 1)
        match = next(row for row in shown.json["pairs"] if row["answer"] == "match")
        assert (match["qbo_id"], match["number_here"], match["number_in_quickbooks"]) == (ids["vendor"], "L-17", "l-17")
        with shop.run() as run:
            assert not rows(run, "SELECT key FROM postings")
        ordered = qbo("link-parties", *settings, "--who", "Ann", "--why", "set-up")
        assert ordered.status == 1
        assert "The matches are linked." in ordered.out
        with shop.run() as run:
            assert [row["key"] for row in rows(run, "SELECT key FROM posting_links")] == ["party/supplier:s1"]
            before = {item["DisplayName"] for item in run.quickbooks().query(select("Vendor"))}
        preview = qbo("export", "suppliers", "products", *settings, "--preview", "--json")
        assert preview.json["postings_new"] == len(shop_rows()["products"])
        exported = qbo("export", "products", *settings, "--json")
        assert (exported.status, exported.json["posted"]) == (0, len(shop_rows()["products"]))
        with shop.run() as run:
            assert {item["DisplayName"] for item in run.quickbooks().query(select("Vendor"))} == before
            linked = rows(run, "SELECT key FROM posting_links WHERE key LIKE 'product/%'")
            assert len(linked) == len(shop_rows()["products"])
        again = qbo("export", "products", *settings, "--json")
        assert (again.status, again.json["posted"]) == (0, 0)


def test_preflight_tells_matches_and_doubts_and_whether_there_are_categories(tmp_path: Path, qbo: CommandLine) -> None:
    with running_emulator("--limits", "off") as emulator:
        shop, _ = shop_with_likenesses(tmp_path, emulator)
        point_to(shop.settings, 'categories = "off"', 'categories = "kept"')
        found = qbo("preflight", "--settings", str(shop.settings), "--json").json
        names = [row for row in found if row["check"] == "names"]
        assert [row["ok"] for row in names] == [True, False]
        assert names[0]["finding"].startswith("1 entries of QuickBooks will be linked")
        assert "no more than the email agrees" in names[1]["finding"]
        assert "link-parties" in names[1]["remedy"]
        (categories,) = (row for row in found if row["check"] == "categories")
        assert not categories["ok"]


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ("[]", "name at least one sign"),
        ('["number", "phone"]', "'phone' is no sign"),
        ("[[]]", "name at least one sign"),
    ],
)
def test_a_list_of_signs_that_says_nothing_is_refused(tmp_path: Path, said: str, words: str) -> None:
    shop = open_shop(tmp_path, None)
    point_to(shop.settings, 'link_existing = "never"', f"link_existing = {said}")
    with pytest.raises(SettingsError, match=words):
        load_settings(shop.settings)


@pytest.mark.parametrize(
    ("said", "signs"),
    [
        ('"never"', ()), ('"same_name"', ()), ('["number", "name"]', (("number", "name"),)),
        ('[["number"], ["email", "name"]]', (("number",), ("email", "name"))),
    ],
)  # fmt: skip
def test_a_list_is_one_combination_and_a_list_of_lists_several(tmp_path: Path, said: str, signs: object) -> None:
    shop = open_shop(tmp_path, None)
    point_to(shop.settings, 'link_existing = "never"', f"link_existing = {said}")
    assert load_settings(shop.settings).posting.link_signs() == signs
