"""Names in the settings are bound to Ids by the first posting: another object of the same name gets nothing unasked."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from qbo_pipeline.pipeline.looking import looking
from qbo_pipeline.pipeline.names_in_settings import NameMeansAnother, check_names, rebind_name
from qbo_pipeline.pipeline.preflight import preflight
from qbo_pipeline.pipeline.reference import read_reference_data
from qbo_pipeline.pipeline.resolving import resolve_rules
from qbo_pipeline.pipeline.run import Run
from qbo_pipeline.posting.persons import NotPossible, Person
from qbo_pipeline_tests.commands.command_line import CommandLine
from qbo_pipeline_tests.emulator.server import running_emulator
from qbo_pipeline_tests.pipeline.connections import carry, point_to, rows
from qbo_pipeline_tests.pipeline.shop import DAYS, FIRST_DAY, LAST_DAY, Shop, draft, open_shop
from qbo_pipeline_tests.tampering.people import Bookkeeper, Thing

STOCK = "Inventory Asset"
SOMEBODY = Person("Dana", "the new account is the right one")


@pytest.fixture
def store(store_url: str, tmp_path: Path) -> Iterator[tuple[Shop, Bookkeeper]]:
    with running_emulator("--limits", "off") as emulator:
        people = Bookkeeper(emulator)
        shop = open_shop(tmp_path / "shop", emulator, store_url=store_url)
        yield shop, people
        people.close()


def swap(people: Bookkeeper, name: str = STOCK) -> tuple[str, str]:
    """Rename an account and give its name to a new one; answers both Ids."""
    old = next(account for account in people.all("Account") if account["Name"] == name)
    people.save("Account", old | {"Name": f"{name} of before"})
    kind = {field: old[field] for field in ("AccountType", "AccountSubType")}
    new: Thing = people.save("Account", {"Name": name, **kind})
    return old["Id"], new["Id"]


def stock_account(run: Run) -> str:
    with run.database.reading() as connection:
        return resolve_rules(connection, run.settings).by_date[0].roles["inventory"]


def test_a_new_account_of_the_former_name_stops_the_run_before_it_sends(store: tuple[Shop, Bookkeeper]) -> None:
    shop, people = store
    with shop.run() as run:
        first = carry(run, FIRST_DAY, LAST_DAY)
        old, new = swap(people)
        shop.change("UPDATE documents SET business_date = '2024-03-06' WHERE document_id = 'i1'")
        with pytest.raises(NameMeansAnother) as stopped:
            carry(run, FIRST_DAY, LAST_DAY)
        told = str(stopped.value)
        assert f"'Inventory Asset' of the settings was Id {old}" in told
        assert "is called 'Inventory Asset of before' now" in told
        assert f"Id {new} has the name 'Inventory Asset'" in told
        assert f'Write "id:{old}"' in told
        assert 'rebind --name "Inventory Asset"' in told
        assert stock_account(run) == old, "what is compared and shown goes on with the account of before"
        assert [item.name for item in preflight(run) if not item.ok and item.finding in told] == [
            "names in the settings"
        ]
        (bound,) = rows(run, "SELECT qbo_id, turn FROM bound_names WHERE name = :name", name=STOCK)
        assert bound == {"qbo_id": old, "turn": 1}
    point_to(shop.settings, f'"{STOCK}"', f'"id:{old}"')
    with shop.run() as run:
        result = carry(run, FIRST_DAY, LAST_DAY).result
    assert (result.status, result.ledger_balance) == ("balanced", first.result.ledger_balance)


def test_a_person_says_that_the_new_account_is_meant(store: tuple[Shop, Bookkeeper]) -> None:
    shop, people = store
    with shop.run() as run:
        carry(run, FIRST_DAY, LAST_DAY)
        old, new = swap(people)
        with pytest.raises(NotPossible, match="nothing to do"):
            rebind_name(run, "Checking", SOMEBODY)
        read_reference_data(run)
        with pytest.raises(NotPossible, match="somebody's name and a reason"):
            rebind_name(run, STOCK, Person("", ""))
        (changed,) = rebind_name(run, STOCK, SOMEBODY)
        assert (changed.before, changed.now) == (old, new)
        check_names(run)
        assert stock_account(run) == new
        kept = rows(run, "SELECT turn, qbo_id, who FROM bound_names WHERE name = :name ORDER BY turn", name=STOCK)
    assert kept == [
        {"turn": 1, "qbo_id": old, "who": None},
        {"turn": 2, "qbo_id": new, "who": "Dana"},
    ]


def test_the_commands_stop_and_confirm(
    store: tuple[Shop, Bookkeeper], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    shop, people = store
    command = CommandLine(monkeypatch, capsys)
    assert command("run", *DAYS, "--settings", shop.settings).status == 0
    _, new = swap(people)
    stopped = command("run", *DAYS, "--settings", shop.settings)
    assert (stopped.status, "nothing was sent" in stopped.plain) == (2, True)
    told = command("rebind", "--name", STOCK, "--who", "Dana", "--why", "new chart", "--settings", shop.settings)
    assert (told.status, f"account with the Id {new} from now on" in told.plain) == (0, True)
    again = command("rebind", "--name", STOCK, "--who", "Dana", "--why", "new chart", "--settings", shop.settings)
    assert again.status == 1
    assert command("run", *DAYS, "--settings", shop.settings).status in (1, 4), "what is posted stands on the old one"


def test_before_the_first_posting_a_name_may_come_to_mean_another(store: tuple[Shop, Bookkeeper]) -> None:
    shop, people = store
    with shop.run() as run:
        draft(run)
        _, new = swap(people)
        assert carry(run, FIRST_DAY, LAST_DAY).result.status == "balanced"
        assert stock_account(run) == new


def test_a_renamed_account_is_followed_in_a_dry_run_as_well(store: tuple[Shop, Bookkeeper]) -> None:
    shop, people = store
    with shop.run() as run:
        carry(run, FIRST_DAY, LAST_DAY)
        account = next(account for account in people.all("Account") if account["Name"] == STOCK)
        people.save("Account", account | {"Name": "Stock on hand"})
        with looking(run) as elsewhere:
            read_reference_data(elsewhere)
            assert stock_account(elsewhere) == account["Id"]


def test_a_class_is_bound_as_accounts_are(tmp_path: Path) -> None:
    with running_emulator("--limits", "off") as emulator:
        people = Bookkeeper(emulator)
        preferences = people.all("Preferences")[0]
        tracking = preferences["AccountingInfoPrefs"] | {"ClassTrackingPerTxnLine": True}
        people.save("Preferences", preferences | {"AccountingInfoPrefs": tracking})
        east = people.save("Class", {"Name": "East"})
        shop = open_shop(tmp_path, emulator, particular=[("product", "p1", {"class": "East"})])
        with shop.run() as run:
            carry(run, FIRST_DAY, LAST_DAY)
            east = people.save("Class", east | {"Name": "Eastern"})
            result = carry(run, FIRST_DAY, LAST_DAY).result
            assert any("The class 'East' of the settings is called 'Eastern'" in note for note in result.notes)
            people.save("Class", {"Name": "East"})
            with pytest.raises(NameMeansAnother, match="the class 'East' of the settings was Id"):
                carry(run, FIRST_DAY, LAST_DAY)
        people.close()
