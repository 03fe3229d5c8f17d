"""One company, one set of books: whatever a person does to names, stores and settings, nothing is posted twice.

The emulator ignores request ids here: whatever is sent a second time is made a second time.
"""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from qbo_pipeline.pipeline import load as load_stage
from qbo_pipeline.posting.policy import Policy
from qbo_pipeline.posting.shell import PosterSettings
from qbo_pipeline.quickbooks.query import Query, select
from qbo_pipeline.store.opening import make_store
from qbo_pipeline_tests.commands.command_line import Answer, CommandLine
from qbo_pipeline_tests.pipeline.connections import point_to, write_connection
from qbo_pipeline_tests.pipeline.shop import FIRST_DAY, LAST_DAY, NAME, Shop

WEEK = ("--from", FIRST_DAY, "--to", LAST_DAY)
SOMEBODY = ("--who", "an engineer", "--why", "the disk of the store failed")


@pytest.fixture
def posting(shop: Shop, qbo: CommandLine, monkeypatch: pytest.MonkeyPatch) -> Shop:
    """The shop after its first day, on a company that makes again whatever is sent again."""
    assert shop.emulator is not None
    shop.emulator.control("settings", {"request_id": "ignore"})
    hasty = PosterSettings(Policy(lag=0.01))
    monkeypatch.setattr(load_stage, "poster_settings", lambda _: hasty)
    assert run(qbo, shop.settings, FIRST_DAY).status == 0
    return shop


def run(qbo: CommandLine, settings: Path, last: Any = LAST_DAY) -> Answer:
    return qbo("run", "--from", FIRST_DAY, "--to", last, "--settings", settings)


def store_of(shop: Shop) -> Path:
    return shop.folder / "store.sqlite"


def put_back(copy: Path, store: Path) -> None:
    """Restore a store from its copy."""
    for file in store.parent.glob(f"{store.name}*"):
        file.unlink()
    shutil.copy(copy, store)


def objects(shop: Shop) -> Counter[str]:
    """How many objects of each kind the company holds, and how often each note with a marker stands there."""
    assert shop.emulator is not None
    found: Counter[str] = Counter()
    with shop.run() as opened:
        for entity in ("JournalEntry", "Invoice", "Bill", "Payment", "Customer", "Vendor", "Item"):
            for thing in opened.quickbooks().query(load_query(entity)):
                found[entity] += 1
                if note := thing.get("PrivateNote"):
                    found[note[-25:]] += 1
    return found


def load_query(entity: str) -> Query:
    return select(entity, with_inactive=True) if entity in ("Customer", "Vendor", "Item") else select(entity)


def writes(shop: Shop) -> int:
    assert shop.emulator is not None
    found: int = shop.emulator.meter()["core"]
    return found


def deleted(shop: Shop) -> None:
    put_back(shop.settings, store_of(shop))  # anything, so that the files beside it go as well
    store_of(shop).unlink()


def deleted_and_made_anew(shop: Shop) -> None:
    deleted(shop)
    make_store(f"sqlite:///{store_of(shop)}").close()


def misspelt_and_made(shop: Shop) -> None:
    point_to(shop.settings, "store.sqlite", "stor.sqlite")
    make_store(f"sqlite:///{shop.folder / 'stor.sqlite'}").close()


def cut_to_nothing(shop: Shop) -> None:
    deleted(shop)
    store_of(shop).touch()


def renamed(shop: Shop) -> None:
    point_to(shop.settings, f'name = "{NAME}"', 'name = "other"')
    secrets = shop.folder / ".env"
    secrets.write_text(secrets.read_text() + secrets.read_text().replace("QBO_SHOP_", "QBO_OTHER_"))


def renamed_with_a_store_of_its_own(shop: Shop) -> None:
    renamed(shop)
    misspelt_and_made(shop)


REFUSED: dict[str, tuple[Callable[[Shop], None], str]] = {
    "the store was deleted": (deleted, "is not there"),
    "the store was deleted and made anew": (deleted_and_made_anew, "has never sent anything"),
    "the store's URL is misspelt": (misspelt_and_made, "has never sent anything"),
    "the store was cut to nothing": (cut_to_nothing, "0 bytes"),
    "the connection has another name": (renamed, 'Write name = "shop" again'),
    "another name and another store": (renamed_with_a_store_of_its_own, "another connection has posted"),
}


@pytest.mark.parametrize(("change", "said"), REFUSED.values(), ids=REFUSED)
def test_a_company_that_is_posted_to_is_refused_before_the_first_send(
    posting: Shop, qbo: CommandLine, change: Callable[[Shop], None], said: str
) -> None:
    sent = writes(posting)
    change(posting)
    answer = run(qbo, posting.settings)
    assert answer.status == 2, answer.plain
    assert said in answer.plain
    assert "Traceback" not in answer.err
    assert writes(posting) == sent


def test_a_lost_store_is_made_anew_by_order_and_adopts_what_is_there(posting: Shop, qbo: CommandLine) -> None:
    assert run(qbo, posting.settings).status == 0
    there, sent = objects(posting), writes(posting)
    deleted_and_made_anew(posting)
    assert run(qbo, posting.settings).status == 2
    assert qbo("recover", *SOMEBODY, "--settings", posting.settings).status == 0
    assert run(qbo, posting.settings).status in (0, 1)
    assert objects(posting) == there
    assert writes(posting) == sent


def test_a_store_restored_from_a_copy_recovers_by_itself(posting: Shop, qbo: CommandLine, tmp_path: Path) -> None:
    copy = Path(shutil.copy(store_of(posting), tmp_path / "copy.sqlite"))
    assert run(qbo, posting.settings).status == 0
    there, sent = objects(posting), writes(posting)
    put_back(copy, store_of(posting))

    answer = run(qbo, posting.settings)
    assert "the store is behind QuickBooks" in answer.plain
    assert "qbo-pipeline recover --end" in answer.plain
    assert answer.status == 1
    assert objects(posting) == there
    assert writes(posting) == sent
    assert "recovers since" in qbo("status", "--settings", posting.settings).plain

    assert qbo("recover", *SOMEBODY, "--end", "--settings", posting.settings).status == 0
    again = run(qbo, posting.settings)
    assert (again.status, "behind" in again.plain) == (0, False)
    assert writes(posting) == sent


def test_a_copy_of_the_store_at_a_second_place_posts_nothing_twice(
    posting: Shop, qbo: CommandLine, tmp_path: Path
) -> None:
    second = tmp_path / "second"
    shutil.copytree(posting.folder, second)
    assert run(qbo, posting.settings).status == 0
    there = objects(posting)
    assert run(qbo, second / posting.settings.name).status == 2  # its source lies elsewhere, seen from there
    assert qbo("rebind", *SOMEBODY, "--settings", second / posting.settings.name).status == 0
    answer = run(qbo, second / posting.settings.name)
    assert "the store is behind QuickBooks" in answer.plain
    assert objects(posting) == there
    assert run(qbo, posting.settings).status == 0
    assert objects(posting) == there


def test_what_a_person_copied_with_our_marker_stops_nothing(posting: Shop, qbo: CommandLine) -> None:
    with posting.run() as opened:
        entries = opened.quickbooks().query(load_query("JournalEntry"))
        ours = next(entry for entry in entries if "[qp:" in entry.get("PrivateNote", ""))
        copy = {name: ours[name] for name in ("Line", "TxnDate", "PrivateNote")}
        opened.quickbooks().create("JournalEntry", copy)
    answer = run(qbo, posting.settings)
    assert "behind" not in answer.plain
    assert answer.status != 2


def test_two_systems_of_one_company_post_beside_each_other_once_a_person_said_so(
    posting: Shop, qbo: CommandLine, tmp_path: Path
) -> None:
    values = {"currency": "USD", "source_url": posting.source_url, "first_day": FIRST_DAY.isoformat(),
              "last_day": LAST_DAY.isoformat()}  # fmt: skip
    other = write_connection(tmp_path / "other", "other", posting.emulator, **values)
    refused = run(qbo, other)
    assert refused.status == 2
    tag = refused.plain.split("--theirs ")[1].split(" ")[0]
    sent = writes(posting)
    assert qbo("adopt", "--theirs", tag, *SOMEBODY, "--settings", other).status == 0
    assert run(qbo, other).status != 2
    assert writes(posting) > sent
    own = qbo("adopt", "--theirs", tag, *SOMEBODY, "--settings", posting.settings)
    assert (own.status, "the tag of shop itself" in own.plain) == (2, True)


BOUND = {
    "currency": ('currency = "USD"', 'currency = "EUR"', "every posted amount is in it"),
    "time_zone": ("America/New_York", "Asia/Tokyo", "it decides on which day"),
    "first_day, later": (f"first_day = {FIRST_DAY}", f"first_day = {LAST_DAY}", "the opening entry"),
    "first_day, earlier": (f"first_day = {FIRST_DAY}", "first_day = 2020-01-01", "the opening entry"),
    "realm": ('realm = "', 'realm = "77', "is tied to realm"),
    "source": ("shop.sqlite", "copy.sqlite", "qbo-pipeline rebind"),
}


@pytest.mark.parametrize(("right", "wrong", "said"), BOUND.values(), ids=BOUND)
def test_what_is_part_of_the_books_is_bound_once_something_is_posted(
    posting: Shop, qbo: CommandLine, right: str, wrong: str, said: str
) -> None:
    sent = writes(posting)
    point_to(posting.settings, right, wrong)
    for command in (("run", *WEEK), ("status",)):
        answer = qbo(*command, "--settings", posting.settings)
        assert answer.status == 2
        assert said in answer.plain
    assert writes(posting) == sent
    point_to(posting.settings, wrong, right)
    assert run(qbo, posting.settings).status == 0


def test_before_the_first_posting_they_may_still_change(shop: Shop, qbo: CommandLine) -> None:
    assert qbo("status", "--settings", shop.settings).status == 0
    for name in ("time_zone", "first_day, earlier", "currency"):
        right, wrong, _ = BOUND[name]
        point_to(shop.settings, right, wrong)
        assert qbo("status", "--settings", shop.settings).status == 0


def test_a_source_that_moved_is_bound_anew_by_order(posting: Shop, qbo: CommandLine) -> None:
    shutil.copy(posting.folder / "shop.sqlite", posting.folder / "copy.sqlite")
    point_to(posting.settings, "shop.sqlite", "copy.sqlite")
    assert run(qbo, posting.settings).status == 2
    moved = qbo("rebind", *SOMEBODY, "--settings", posting.settings)
    told = "source: sql shop.sqlite becomes sql copy.sqlite; the same records with the same ids are there"
    assert (moved.status, moved.out.splitlines()[0]) == (0, told)
    assert run(qbo, posting.settings).status == 0
    assert qbo("rebind", *SOMEBODY, "--settings", posting.settings).status == 2
