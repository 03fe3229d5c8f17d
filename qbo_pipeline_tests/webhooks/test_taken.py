"""What the receiver takes, over HTTP and on both kinds of store: each event once, for the right companies alone, and
acknowledged only when it is kept."""

from __future__ import annotations

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest
from sqlalchemy import text

from qbo_pipeline.quickbooks.secret import Secret
from qbo_pipeline.store.database import open_database
from qbo_pipeline.webhooks.intake import HintIntake, Member
from qbo_pipeline_tests.emulator.server import RunningEmulator, running_emulator
from qbo_pipeline_tests.webhooks.receiving import (
    FOREIGN_REALM,
    OTHER_TOKEN,
    REALM,
    SECOND_REALM,
    TOKEN,
    event,
    hints,
    made,
    receiving,
    signature,
    tie,
)


@pytest.fixture(scope="module")
def emulator() -> Iterator[RunningEmulator]:
    """Its time stands still: what Intuit tries again comes when a test says so."""
    with running_emulator("--limits", "off", "--realm", REALM) as emulator:
        emulator.control("clock", {"running": False})
        yield emulator


def run_sql(store_url: str, statement: str) -> None:
    database = open_database(store_url)
    with database.transaction() as connection:
        connection.execute(text(statement))
    database.close()


BREAK = "ALTER TABLE webhook_hints RENAME TO webhook_hints_away"
MEND = "ALTER TABLE webhook_hints_away RENAME TO webhook_hints"


def test_several_companies_in_one_array(store_url: str, tmp_path: Path) -> None:
    """Each event goes to the connections of its company; one of a company that nobody has is counted."""
    second_store = f"sqlite:///{tmp_path / 'second.sqlite'}"  # a company has one connection in a store
    members = [
        made(store_url, "shop"),
        made(second_store, "same_company"),
        made(store_url, "second", SECOND_REALM),
    ]
    told = [event(id="e1"), event(SECOND_REALM, id="e2"), event(FOREIGN_REALM, id="e3"), event(id="e4")]
    with receiving(*members) as running:
        assert running.deliver(told) == 200
        assert running.counts() == {"taken": 1, "stored": 5, "unknown": 1}
    assert hints(store_url) == [("second", "e2"), ("shop", "e1"), ("shop", "e4")]
    assert hints(second_store) == [("same_company", "e1"), ("same_company", "e4")]


def test_another_apps_token_opens_no_other_company(store_url: str) -> None:
    ours, theirs = made(store_url, "shop"), made(store_url, "theirs", SECOND_REALM, OTHER_TOKEN)
    both = [event(id="e1"), event(SECOND_REALM, id="e2")]
    with receiving(ours, theirs) as running:
        assert running.deliver(both, OTHER_TOKEN) == 200
        assert hints(store_url) == [("theirs", "e2")]
        assert running.deliver(both, TOKEN) == 200
        assert hints(store_url) == [("shop", "e1"), ("theirs", "e2")]
        assert running.deliver(both, "a-third-app's-token") == 401
        assert running.counts() == {"taken": 2, "stored": 2, "unknown": 2, "not_signed": 1}


@pytest.mark.parametrize(("realm", "environment"), [(SECOND_REALM, "sandbox"), (REALM, "production")])
def test_a_connection_that_its_store_ties_to_another_company_takes_nothing(
    store_url: str, realm: str, environment: str
) -> None:
    tie(store_url, "shop", realm, environment)
    member = Member("shop", ("sandbox", REALM), store_url, Secret(TOKEN))
    with receiving(member) as running:
        (remark,) = running.receiver.intake.look()
        assert f"ties it to {environment} {realm}" in remark
        assert running.deliver([event(), event(SECOND_REALM)]) == 200
        assert running.counts() == {"taken": 1, "unknown": 2}
    assert hints(store_url) == []


def test_a_connection_that_has_not_run_yet_is_told_about_and_takes_nothing(store_url: str) -> None:
    with receiving(Member("shop", ("sandbox", REALM), store_url, Secret(TOKEN))) as running:
        (remark,) = running.receiver.intake.look()
        assert "shop has not run yet" in remark
        assert running.deliver([event()]) == 200
        tie(store_url, "shop")
        assert list(running.receiver.intake.look()) == []
        assert running.deliver([event()]) == 200
    assert len(hints(store_url)) == 1


def test_an_event_that_comes_again_is_kept_once(store_url: str) -> None:
    one, two = event(id="e1"), event(id="e2")
    with receiving(made(store_url)) as running:
        for told in ([one], [one], [one, one, two], [event(id="e1", type="qbo.bill.deleted.v1")]):
            assert running.deliver(told) == 200
        assert running.counts() == {"taken": 4, "stored": 2, "repeated": 4}
    assert hints(store_url) == [("shop", "e1"), ("shop", "e2")]


def test_a_delivery_of_the_older_format_that_comes_again_is_kept_once(store_url: str) -> None:
    entity = {"name": "Bill", "id": "7", "operation": "Update", "lastUpdated": "2026-03-04T12:00:00.000Z"}
    told = {"eventNotifications": [{"realmId": REALM, "dataChangeEvent": {"entities": [entity]}}]}
    with receiving(made(store_url)) as running:
        assert [running.deliver(told), running.deliver(told)] == [200, 200]
        assert running.counts() == {"taken": 2, "stored": 1, "repeated": 1}


def test_the_same_delivery_many_times_at_once_is_kept_once(store_url: str) -> None:
    told = [event(id=f"e{number}") for number in range(20)]
    orders = [told, told[::-1]] * 6
    with receiving(made(store_url)) as running, ThreadPoolExecutor(len(orders)) as threads:
        assert set(threads.map(running.deliver, orders)) == {200}
        assert running.counts() == {"taken": 12, "stored": 20, "repeated": 11 * 20}
    assert len(hints(store_url)) == 20


def test_while_the_store_cannot_take_it_nothing_is_acknowledged(store_url: str) -> None:
    told = [event(id="e1"), event(FOREIGN_REALM)]
    with receiving(made(store_url)) as running:
        run_sql(store_url, BREAK)
        assert running.deliver(told) == 503
        run_sql(store_url, MEND)
        assert [running.deliver(told), running.deliver(told)] == [200, 200]
        assert running.counts() == {"not_stored": 1, "taken": 2, "stored": 1, "repeated": 1, "unknown": 2}
    assert hints(store_url) == [("shop", "e1")]


def test_a_store_that_fails_does_not_take_the_others_with_it(store_url: str, tmp_path: Path) -> None:
    other_url = f"sqlite:///{tmp_path / 'other.sqlite'}"
    members = [made(other_url, "other", SECOND_REALM), made(store_url)]
    told = [event(id="e1"), event(SECOND_REALM, id="e2")]
    run_sql(other_url, BREAK)
    with receiving(*members) as running:
        assert running.deliver(told) == 503
        assert hints(store_url) == [("shop", "e1")]
        assert running.deliver([told[0]]) == 200  # nothing in it is the failing store's
        run_sql(other_url, MEND)
        assert running.deliver(told) == 200
    assert (hints(store_url), hints(other_url)) == ([("shop", "e1")], [("other", "e2")])


def test_a_store_that_is_not_there_when_the_receiver_starts(tmp_path: Path) -> None:
    file = tmp_path / "stores" / "store.sqlite"
    url = f"sqlite:///{file}"
    member = made(url)
    file.rename(tmp_path / "away")
    file.mkdir()
    with receiving(member) as running:
        (remark,) = running.receiver.intake.look()
        assert remark.startswith("the store of shop cannot be used now")
        assert running.deliver([event()]) == 503
        file.rmdir()
        (tmp_path / "away").rename(file)
        assert running.deliver([event()]) == 200
    assert len(hints(url)) == 1


def test_what_failed_is_logged_without_what_was_told(store_url: str, caplog: pytest.LogCaptureFixture) -> None:
    member = made(store_url)
    run_sql(store_url, BREAK)
    body = json.dumps([event(id="canary-event", intuitentityid="canary-object")]).encode()
    intake = HintIntake([member])
    taken = intake.take(body, intake.signers(body, signature(body)))
    intake.close()
    assert not taken.complete
    assert "the store of shop failed" in caplog.text
    assert "webhook_hints" in caplog.text
    assert "canary" not in caplog.text


@pytest.mark.parametrize("style", ["cloudevents", "legacy"])
def test_what_the_emulator_sends_is_taken_once_through_a_failing_store(
    tmp_path: Path, emulator: RunningEmulator, style: str
) -> None:
    store_url = f"sqlite:///{tmp_path / 'store.sqlite'}"
    with receiving(made(store_url)) as running:
        run_sql(store_url, BREAK)
        emulator.control("webhooks", {"url": running.url, "verifier_token": TOKEN, "format": style})
        emulator.control("webhooks", {"url": running.url, "verifier_token": "another-token"})
        write(emulator, "customer", {"DisplayName": f"Acme {style}"})
        assert sorted(running.answered.get(timeout=30) for _ in range(2)) == [401, 503]
        run_sql(store_url, MEND)
        emulator.advance(10)
        assert sorted(running.answered.get(timeout=30) for _ in range(2)) == [200, 401]
        emulator.control("webhooks", method="DELETE")
    assert len(hints(store_url)) == 1


def write(emulator: RunningEmulator, path: str, body: dict[str, object]) -> None:
    httpx.post(emulator.api(path), json=body, headers=emulator.bearer(), timeout=30).raise_for_status()
