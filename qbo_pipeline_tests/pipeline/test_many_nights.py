"""What a night costs in a store of many nights: no object and no statement for each row, and the same frames."""

from __future__ import annotations

import itertools
import random
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import partial
from types import SimpleNamespace
from typing import Any

import pyarrow as pa
import pytest
from sqlalchemy import event

from qbo_pipeline.pipeline.books import StoredBooks
from qbo_pipeline.pipeline.frames import StoredFrames
from qbo_pipeline.pipeline.movement_standing import Standings, _least_finished
from qbo_pipeline.pipeline.posting_frames import PostingFrames
from qbo_pipeline.pipeline.run import Run
from qbo_pipeline.posting.renaming import anything_handed_on
from qbo_pipeline.reconciliation.frames import INSTANT, TEXT
from qbo_pipeline.store import types
from qbo_pipeline.store.dispositions import anything_due, reopen_referring
from qbo_pipeline.store.ledger_lines import load_ledger
from qbo_pipeline.store.settings_versions import anything_made_otherwise
from qbo_pipeline_tests.pipeline.shop import open_shop, shop_rows
from qbo_pipeline_tests.pipeline.without_qbo import build, chart, read
from qbo_pipeline_tests.sources.company import Rows

FEW, MANY = 5, 45
STATES = ("ready", "sending", "posted", "unknown", "parked", "drifted", "deleted_in_qbo", "skipped")
DISPOSITIONS = ("new", "posting", "refused", "excluded", "set_aside")


def with_receipts(count: int) -> Rows:
    """The shop's rows with this many more of its first movement."""
    found = shop_rows()
    movement = found["movements"][0]
    lines = [row for row in found["movement_lines"] if row["movement_id"] == movement["movement_id"]]
    for number in range(count):
        own = {"movement_id": f"n{number}"}
        found["movements"].append({**movement, **own, "number": f"N{number}"})
        found["movement_lines"] += [{**line, **own, "line_id": f"{line['line_id']}-{number}"} for line in lines]
    return found


@pytest.fixture(scope="module")
def few_and_many(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[Run]]:
    """Stores in which few and many movements are read and built."""
    with ExitStack() as stack:
        runs = []
        for count in (FEW, MANY):
            folder = tmp_path_factory.mktemp(f"with_{count}")
            run = stack.enter_context(open_shop(folder, None, with_receipts(count)).run())
            chart(run)
            read(run)
            build(run)
            runs.append(run)
        yield runs


def frames(run: Run) -> list[pa.Table]:
    """Stock, postings, effects and ledger as reconciliation is given them."""
    with run.database.snapshot() as connection:
        books = StoredBooks(connection, run.settings).books
        ours = PostingFrames(connection, run.name)
        return [
            StoredFrames(connection, run.name, books).stock(),
            ours.postings(),
            ours.effects(books.accounts_of("inventory")),
            load_ledger(connection, run.name),
        ]


def test_frames_make_no_object_and_no_statement_for_each_row(
    few_and_many: list[Run], monkeypatch: pytest.MonkeyPatch
) -> None:
    made: Counter[str] = Counter()
    for kind in (types.Exact, types.Day, types.Instant):
        own = kind.process_result_value

        def counting(self: Any, value: Any, dialect: Any, own: Any = own) -> Any:
            made[type(self).__name__] += 1
            return own(self, value, dialect)

        monkeypatch.setattr(kind, "process_result_value", counting)
    counts, sizes = [], []
    for run in few_and_many:
        made.clear()
        event.listen(run.database.engine, "before_cursor_execute", lambda *_: made.update(["statements"]))
        found = frames(run)
        counts.append(dict(made))
        sizes.append([table.num_rows for table in found])
    assert counts[0] == counts[1]
    assert sizes[1][0] >= sizes[0][0] + MANY - FEW  # of stock
    assert sizes[1][1] >= sizes[0][1] + MANY - FEW  # of postings


def test_told_of_all_is_told_of_each() -> None:
    names = ("record_id", "disposition", "rule", "message", "changed_at")
    rules = (None, "made_in_quickbooks", "voided_in_source")
    every = itertools.product(DISPOSITIONS, rules, (None, "why"), (None, "waiting", "parked", "posted", "skipped"))
    rows, known = [], []
    for number, (disposition, rule, message, standing) in enumerate(every):
        rows.append(dict(zip(names, (f"m{number}", disposition, rule, message, None), strict=True)))
        if standing is not None:
            known.append((f"movement/m{number}", standing, f"reason {number}", None if number % 2 else "summary/x"))
    columns = zip(*known, strict=True)
    standings = Standings(*(pa.array(list(column), TEXT) for column in columns))
    table = pa.table({name: pa.array([row[name] for row in rows], TEXT) for name in names[:-1]})
    table = table.append_column("changed_at", pa.nulls(len(rows), INSTANT))
    others = dict.fromkeys(("kind", "number", "business_date", "first_seen"))
    for carried in (False, True):
        told = pa.table(standings.told_of_all(table, carried=carried))
        each = [standings.told(SimpleNamespace(**row, **others), carried=carried) for row in rows]
        assert told.to_pylist() == [{name: one[name] for name in told.column_names} for one in each]


@pytest.mark.parametrize("seed", range(20))
def test_the_least_finished_posting_counts(seed: int) -> None:
    chance = random.Random(seed)
    rows = [
        {
            "record_key": f"movement/{chance.randrange(8)}",
            "key": chance.choice((f"movement/{number}", f"summary/2026-01-0{number % 9 + 1}/shipment")),
            "state": chance.choice(STATES),
            "operation": chance.choice(("create", "update", "void", "delete")),
            "reason": chance.choice((None, f"reason {number}")),
            "of": chance.choice((f"movement/{number}", f"summary/2026-01-0{number % 9 + 1}/shipment")),
        }
        for number in range(40)
    ]
    given = sorted(rows, key=lambda row: (row["record_key"], row["key"]))
    finished = {"posted": 0, "drifted": 0, "deleted_in_qbo": 0, "skipped": 1, "parked": 3}
    best: dict[str, tuple[int, dict[str, Any]]] = {}
    for row in given:
        gone = row["state"] == "posted" and row["operation"] in ("void", "delete")
        rank = -1 if gone else finished.get(row["state"], 2)
        if rank > best.get(row["record_key"], (-2, {}))[0]:
            best[row["record_key"]] = rank, row
    words = {-1: "posted", 0: "posted", 1: "skipped", 2: "waiting", 3: "parked"}
    names = ("record_key", "key", "state", "operation", "reason", "of")
    table = pa.table({name: pa.array([row[name] for row in given], TEXT) for name in names})
    standings = Standings(*_least_finished(table))
    told = zip(standings.keys, standings.dispositions, standings.reasons, standings.posted_by, strict=True)
    assert [tuple(value.as_py() for value in one) for one in told] == [
        (key, words[rank], row["reason"], row["of"] if row["of"].startswith("summary/") else None)
        for key, (rank, row) in sorted(best.items())
    ]


def steps(run: Run, look: Callable[[Any], Any]) -> int:
    """How many steps of its machine SQLite takes for a look."""
    taken = [0]

    def step() -> int:
        taken[0] += 1
        return 0

    with run.database.transaction() as connection:
        driver = connection.connection.driver_connection
        assert driver is not None
        driver.set_progress_handler(step, 1)
        try:
            look(connection)
        finally:
            driver.set_progress_handler(None, 1)
    return taken[0]


LOOKS: dict[str, Callable[..., Any]] = {
    "records to build": anything_due,
    "records that refer to new ones": reopen_referring,
    "unsent under other settings": lambda connection, name: anything_made_otherwise(connection, name, "other"),
    "names handed on": lambda connection, name: anything_handed_on(connection, name),
    "records that are gone": lambda connection, name: PostingFrames(connection, name)._source_states(),
}


def test_a_look_of_a_night_with_nothing_to_do_does_not_go_through_the_store(few_and_many: list[Run]) -> None:
    taken: dict[str, list[int]] = {name: [] for name in LOOKS}
    for run in few_and_many:
        with run.database.transaction() as connection:  # as if all had been sent
            connection.exec_driver_sql("UPDATE postings SET state = 'posted' WHERE state <> 'superseded'")
            connection.exec_driver_sql("UPDATE records SET disposition = 'posting' WHERE disposition = 'refused'")
        for name, look in LOOKS.items():
            taken[name].append(steps(run, partial(look, name=run.name)))
    assert {name: many - few for name, (few, many) in taken.items()} == dict.fromkeys(LOOKS, 0)
