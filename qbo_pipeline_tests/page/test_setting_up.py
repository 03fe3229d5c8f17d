"""The set-up on the page: the file stays whole and true, each change has its who and why, connecting is safe."""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import text

from qbo_pipeline.commands.settings_reference import settings_names
from qbo_pipeline.commands.template import settings_text
from qbo_pipeline.page.companies import Companies
from qbo_pipeline.page.setting_up import saving
from qbo_pipeline.page.setting_up.fields import OTHER_SECTIONS, RULE_SECTIONS, fields_of
from qbo_pipeline.page.setting_up.toml_file import Edit, edited
from qbo_pipeline.pipeline.verify import verify_attempts
from qbo_pipeline.settings import settings_of
from qbo_pipeline_tests.emulator.server import RunningEmulator, running_emulator
from qbo_pipeline_tests.page.site import Visitor, grant, opened, served, signed_in
from qbo_pipeline_tests.pipeline.connections import point_to, rows
from qbo_pipeline_tests.pipeline.shop import Shop, open_shop

WHY = "the auditor asked for it"
EXAMPLE = {
    "name": "acme", "currency": "USD", "time_zone": "America/New_York", "first_day": "2026-01-01",
    "environment": "sandbox", "realm": "1234567890",
}  # fmt: skip
MAP = "/c/shop/set-up/accounts"


@pytest.fixture
def url(companies: Companies) -> Iterator[str]:
    for name, *roles in (("ann", "preparer"), ("bob", "reviewer"), ("oz", "operator")):
        grant(companies, name, *roles)
    with served(companies) as url:
        yield url


def seen(page: str) -> str:
    found = re.search(r'name="seen" value="([0-9a-f]+)"', page)
    assert found is not None
    return found.group(1)


def proposed(visitor: Visitor, form: str, action: str, **fields: Any) -> httpx.Response:
    """A change as it is shown before it is saved."""
    return visitor.post(action, {"seen": seen(visitor.get(form).text), **fields})


def test_the_file_keeps_its_remarks_and_its_order() -> None:
    before = settings_text(EXAMPLE)
    after = edited(
        before,
        [
            Edit(("posting", "approval"), False, True),
            Edit(("accounts", "hints", '4000 "x"'), None, "Sales"),
            Edit(("schedule", "look_back_days"), 3, None),
            Edit(("posting", "summarise"), [], ["shipment"]),
            Edit(("alerts", "digest_at"), None, "07:30"),
        ],
    )
    old, new = before.splitlines(), after.splitlines()
    assert [line for line in new if line not in old] == [
        '"4000 \\"x\\"" = "Sales"',
        "approval = true                         # true: every posting waits for `qbo-pipeline approve`",
        (
            'summarise = ["shipment"]                           # kinds posted as one object a day: "shipment", '
            '"receipt", ..., "sales_invoice"'
        ),
        "# look_back_days = 3                       # days that are read again for what was back-dated",
        'digest_at = "07:30"',
    ]
    assert len(old) + 2 == len(new)
    settings = settings_of(after, Path("acme.toml"))
    assert settings.posting.approval
    assert settings.accounts.hints == {'4000 "x"': "Sales"}
    assert settings.schedule.look_back_days == 3  # what counts without it


def test_each_setting_that_is_offered_is_one_and_none_of_them_names_a_secret() -> None:
    settings = settings_of(settings_text(EXAMPLE), Path("acme.toml"))
    offered = {(one.section, one.name) for part in (RULE_SECTIONS, OTHER_SECTIONS) for one in fields_of(settings, part)}
    assert offered < set(settings_names())
    forbidden = {"url", "base_url", "url_variable", "urls_variable", "tokens_url_variable", "realm", "allowed_hosts"}
    assert not {name for _, name in offered} & forbidden


def test_a_policy_is_proposed_with_its_effect_and_saved_once(url: str, companies: Companies, shop: Shop) -> None:
    bob, form = signed_in(url, "bob"), "/c/shop/set-up/settings"
    assert "Yes: every posting waits for qbo-pipeline approve." in bob.get(form).text
    shown = proposed(bob, form, "/c/shop/set-up/policies", **{"posting.zero_cost": "post"})
    assert "Nothing is saved yet" in shown.text
    assert "<bdi>[posting] zero_cost</bdi>" in shown.text
    before = shop.settings.read_text()
    done = bob.post(f"{shown.url.path}/carry-out", {"why": WHY})
    assert "Saved as change 1" in done.text
    assert shop.settings.read_text() == before.replace('zero_cost = "hold"', 'zero_cost = "post"')
    assert companies.present("shop").settings.posting.zero_cost == "post"  # type: ignore[union-attr]
    bob.post(f"{shown.url.path}/carry-out", {"why": "a second time"})
    run = companies.by_name["shop"].run
    assert len(rows(run, "SELECT number FROM setup_changes")) == 1
    assert WHY in bob.get("/c/shop/set-up").text
    said = rows(run, "SELECT who, why FROM attempts WHERE event = 'set_up'")
    assert said == [{"who": "bob", "why": WHY}]
    assert verify_attempts(run).intact
    with run.database.transaction() as connection:
        connection.execute(text("UPDATE setup_changes SET who = 'nobody'"))
    assert any("change 1 of the settings does not read" in said for said in verify_attempts(run).findings)


def test_an_account_is_chosen_from_the_chart_and_its_effect_is_shown(url: str, shop: Shop) -> None:
    bob = signed_in(url, "bob")
    page = bob.get(MAP).text
    assert re.search(r'<option value="[^"]+" selected>Inventory Asset \([A-Za-z ]+\)', page)
    role, other = "accounts\x1froles\x1finventory", "Inventory in Transit"
    shown = proposed(bob, MAP, MAP, **{role: other, "accounts\x1froles\x1fsales": "Sales of Product Income"})
    assert "1 change of the settings" in shown.text
    assert re.search(r"[1-9]\d* documents? not in QuickBooks yet would be posted otherwise", shown.text)
    assert f'<th scope="row"><bdi>{other}</bdi></th><td class="num">' in shown.text  # what it would have
    assert "movement/r1" in shown.text
    wrong = proposed(bob, MAP, MAP, **{"accounts\x1froles\x1fsales": "No such account"})
    assert "QuickBooks does not have what this names" in wrong.text
    assert 'sales = "Sales of Product Income"' in shop.settings.read_text()


def test_a_new_code_and_what_no_form_may_say(url: str, shop: Shop) -> None:
    bob = signed_in(url, "bob")
    shown = proposed(bob, MAP, MAP, new_code="FREIGHT", new_code_is="Sales of Product Income")
    bob.post(f"{shown.url.path}/carry-out", {"why": WHY})
    assert tomllib.loads(shop.settings.read_text())["accounts"]["hints"]["FREIGHT"] == "Sales of Product Income"
    assert "FREIGHT" in bob.get(MAP).text
    for fields, said in (
        ({"new_code": "HALF"}, "A new code needs both"),
        ({"quickbooks\x1frealm": "1"}, "Nothing is changed by this"),
        ({"accounts\x1froles\x1fno_role": "Sales"}, None),
    ):
        answer = proposed(bob, MAP, MAP, **fields)
        assert answer.status_code in (400, 409, 500 if said is None else 400), fields
        assert said is None or said in answer.text
    form = "/c/shop/set-up/settings"
    assert "is no value of it" in proposed(bob, form, "/c/shop/set-up/policies", **{"posting.approval": "maybe"}).text
    wrong = proposed(signed_in(url, "oz"), form, form, **{"schedule.at": "25:00"})
    assert (wrong.status_code, "must be a time of day" in wrong.text) == (409, True)


def test_what_somebody_changed_meanwhile_is_not_overwritten(url: str, shop: Shop, companies: Companies) -> None:
    bob, form = signed_in(url, "bob"), "/c/shop/set-up/settings"
    before = seen(bob.get(form).text)
    shown = proposed(bob, form, "/c/shop/set-up/policies", **{"posting.quotes": "true"})
    point_to(shop.settings, "tolerance", "# by hand\ntolerance")
    refused = bob.post(f"{shown.url.path}/carry-out", {"why": WHY})
    assert "was changed since it was shown" in refused.text
    late = bob.post("/c/shop/set-up/policies", {"seen": before, "posting.quotes": "true"})
    assert (late.status_code, "was changed since this form was shown" in late.text) == (400, True)
    point_to(shop.settings, 'zero_cost = "hold"', 'zero_cost = "sometimes"')
    page = bob.get("/c/shop/set-up").text
    assert "has mistakes" in page
    assert "zero_cost" in page
    assert companies.by_name["shop"].settings.posting.zero_cost == "hold"
    assert "quotes = true" not in shop.settings.read_text()


def test_what_fails_leaves_the_file_and_the_journal_as_they_are(
    url: str, shop: Shop, companies: Companies, monkeypatch: pytest.MonkeyPatch
) -> None:
    bob, form = signed_in(url, "bob"), "/c/shop/set-up/settings"
    shown = proposed(bob, form, "/c/shop/set-up/policies", **{"posting.quotes": "true"})
    before = shop.settings.read_bytes()

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(saving, "replace_file", full)
    answer = bob.post(f"{shown.url.path}/carry-out", {"why": WHY})
    assert (answer.status_code, "No space left on device" in answer.text) == (409, True)
    assert shop.settings.read_bytes() == before
    assert rows(companies.by_name["shop"].run, "SELECT number FROM setup_changes") == []
    assert [file for file in os.listdir(shop.folder) if file.endswith(".new")] == []


def test_settings_may_be_kept_read_only(shop: Shop, companies: Companies) -> None:
    grant(companies, "bob", "reviewer", "operator")
    with served(companies, keeps_settings=True) as url:
        bob, form = signed_in(url, "bob"), "/c/shop/set-up/settings"
        page = bob.get(form).text
        assert "kept read-only here" in page
        assert "<button>Show" not in page
        answer = bob.post(form, {"seen": seen(page), "schedule.at": "03:00"})
        assert (answer.status_code, "kept read-only here" in answer.text) == (400, True)


@pytest.fixture
def emulator() -> Iterator[RunningEmulator]:
    with running_emulator("--limits", "off") as emulator:
        yield emulator


@pytest.fixture
def unconnected(tmp_path: Path, emulator: RunningEmulator) -> Iterator[Companies]:
    """The shop with an emulator, before anybody connected it."""
    shop = open_shop(tmp_path / "unconnected", emulator)
    file = shop.folder / ".env"
    file.write_text("\n".join(line for line in file.read_text().splitlines() if "REFRESH_TOKEN" not in line))
    with opened(shop.settings) as companies:
        grant(companies, "oz", "operator")
        grant(companies, "eve", "operator")
        grant(companies, "bob", "reviewer", "preparer")
        yield companies


def at_intuit(visitor: Visitor, decision: str = "connect") -> str:
    """The address to which Intuit sends the person back, once they have chosen the company."""
    begun = visitor.post("/c/shop/set-up/connect", {"why": WHY})
    address = re.search(r'<a class="button" href="([^"]+)"', begun.text)
    assert address is not None, begun.text
    with httpx.Client(timeout=60) as client:
        page = client.get(address[1].replace("&amp;", "&"))
        ticket = re.search(r'name="ticket" value="([^"]+)"', page.text)
        assert ticket is not None
        answer = client.post(str(page.url).partition("?")[0], data={"ticket": ticket[1], "decision": decision})
    return answer.headers["location"]


def test_a_company_is_connected_and_checked_on_the_page(unconnected: Companies) -> None:
    with served(unconnected) as url:
        oz, eve = signed_in(url, "oz"), signed_in(url, "eve")
        back = at_intuit(oz)
        assert back.startswith(f"{url}/connected?")
        for visitor in (Visitor(url), eve):  # nobody's, and another one's who may connect it too
            assert "lasts until" not in visitor.client.get(back).text
        assert "lasts until" in oz.client.get(back).text
        again = oz.client.get(back)
        assert (again.status_code, "not the answer to a connection that you began" in again.text) == (409, True)
        assert oz.client.get(f"{url}/connected?state=&code=x&realmId=1").status_code == 409
        run = unconnected.by_name["shop"].run
        said = rows(run, "SELECT who, why, what, changes FROM setup_changes")
        assert [(row["who"], row["why"], row["what"]) for row in said] == [("oz", WHY, "connected")]
        assert "code" not in str(said)
        checked = oz.post("/c/shop/set-up/preflight")
        assert "account of inventory" in checked.text
        assert "read the chart" not in oz.post("/c/shop/set-up/chart").text
        assert "Sales of Product Income" in oz.get(MAP).text


@pytest.mark.torture
@pytest.mark.parametrize("changed", ["realmId=1", "error=access_denied", "code=stolen"])
def test_an_answer_that_is_not_right_connects_nothing(unconnected: Companies, changed: str) -> None:
    with served(unconnected) as url:
        oz = signed_in(url, "oz")
        name, _, value = changed.partition("=")
        back = httpx.URL(at_intuit(oz)).copy_set_param(name, value)
        answer = oz.client.get(str(back))
        assert answer.status_code in (409, 503), answer.text
        assert "lasts until" not in oz.get("/c/shop/set-up").text
        assert rows(unconnected.by_name["shop"].run, "SELECT number FROM setup_changes") == []


@pytest.mark.torture
def test_names_that_are_taken_are_linked_together(unconnected: Companies, emulator: RunningEmulator) -> None:
    from qbo_pipeline_tests.pipeline.without_qbo import build, read

    with served(unconnected) as url:
        oz, bob = signed_in(url, "oz"), signed_in(url, "bob")
        oz.client.get(at_intuit(oz))
        oz.post("/c/shop/set-up/chart")
        company = unconnected.by_name["shop"]
        with company.own_run() as run:
            read(run)
            build(run)
        httpx.post(
            emulator.api("customer"), json={"DisplayName": "Café Sol"}, headers=emulator.bearer(), timeout=60
        ).raise_for_status()
        assert "Look their names up" in bob.get("/c/shop/set-up/links").text
        shown = bob.post("/c/shop/set-up/links")
        assert "Customer &#39;Café Sol&#39;" in shown.text
        key = shown.text.split('name="key" value="')[1].split('"')[0]
        done = bob.post(f"{shown.url.path}/carry-out", {"why": WHY, "mark": "each", "key": key})
        assert "1 of 1 document decided" in done.text
        assert "linked by a person" in bob.get("/c/shop/set-up/links").text
        assert oz.post("/c/shop/set-up/links").status_code == 403
