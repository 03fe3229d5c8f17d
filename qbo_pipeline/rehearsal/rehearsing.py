"""A rehearsal from its beginning to its end: read, copy, run; run again with failures; compare.

What belongs here: the order of it, and what lies where. Everything of it is in one folder, which is gone at the end
however it ends; the company and its store are only read.
"""

from __future__ import annotations

import base64
import contextlib
import secrets
import shutil
import sqlite3
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from qbo_pipeline.pipeline.run import Run, open_run
from qbo_pipeline.rehearsal.already_there import take_along
from qbo_pipeline.rehearsal.company import CompanyCopy, balances_of, read_company
from qbo_pipeline.rehearsal.elsewhere import STORE, RehearsalPlace, clock_of
from qbo_pipeline.rehearsal.failures import EDITS, fired, killed_at, ordered_failures
from qbo_pipeline.rehearsal.findings import FailureFindings, Rehearsal, RunFindings, look_at
from qbo_pipeline.rehearsal.night import CARRY, READ, NightOrder, opened
from qbo_pipeline.rehearsal.objects import CompanyObjects, differences, read_objects
from qbo_pipeline.rehearsal.processes import Emulated, emulated, night
from qbo_pipeline.settings import Settings
from qbo_pipeline.store.database import Database, open_database
from qbo_pipeline.store.opening import make_store

DAY = timedelta(days=1)
MOST_RUNS = 8  # of the night with failures: each goes on where the one before it ended

Tell = Callable[[str], None]
Progress = Callable[[str, int], None]


@dataclass(frozen=True, slots=True)
class WantedRehearsal:
    """What is to be rehearsed: the days, whether with failures too, by which seed, and where report files go."""

    first: date
    last: date
    seed: int
    with_failures: bool
    reports: Path


@dataclass(frozen=True, slots=True)
class _Scene:
    """Where a rehearsal happens, and whom it tells."""

    settings: Settings
    wanted: WantedRehearsal
    folder: Path
    copy: CompanyCopy
    tell: Tell
    progress: Progress

    @property
    def day_before(self) -> date:
        return max(self.wanted.first, self.settings.connection.first_day) - DAY


def period(settings: Settings, first: date | None, last: date | None, today: date) -> tuple[date, date]:
    """The days of a rehearsal: those asked for, or from the books' first day to yesterday or their last one."""
    connection = settings.connection
    chosen = last or min(today - DAY, connection.last_day or today - DAY)
    return max(first or connection.first_day, connection.first_day), chosen


def rehearse(settings: Settings, wanted: WantedRehearsal, tell: Tell, progress: Progress) -> Rehearsal:
    """Rehearse these days; `tell` hears of each step, `progress` of what a step has come to.

    Raises the client's and the source's errors, and `NightFailed` where a run cannot be carried out at all.
    """
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="qbo-pipeline-rehearsal-") as name:
        folder = Path(name)
        day_before = max(wanted.first, settings.connection.first_day) - DAY
        tell(f"reading the company as at {day_before}; nothing can be written through this")
        copy = read_company(settings, day_before, progress)
        (folder / "copy.json").touch(mode=0o600)
        (folder / "copy.json").write_bytes(copy.content)
        scene = _Scene(settings, wanted, folder, copy, tell, progress)
        tell("reading the inventory system")
        read = _read(scene)
        tell("the run as it would be")
        with _emulated(scene, "plain") as (_, place):
            before, missing = _opened(scene, place)
            found = _carried(scene, place, before)
        twice = len(found.objects.strangers)
        failures = _with_failures(scene, found) if wanted.with_failures else None
    return Rehearsal(
        connection=settings.connection.name,
        company=copy.name,
        first=wanted.first,
        last=wanted.last,
        seed=wanted.seed,
        copied=copy.counts,
        refused=copy.refused,
        brought_forward=len(copy.balances),
        not_brought_forward={copy.accounts.get(id, id): amount for id, amount in sorted(missing.items())},
        company_calls=copy.calls,
        read=read,
        run=found,
        twice=twice,
        failures=failures,
        seconds=time.monotonic() - began,
    )


def _read(scene: _Scene) -> dict[str, Any]:
    """Read the source into a store of its own, from which both runs begin: they post the same records."""
    place = _place(scene, "read", Emulated("http://127.0.0.1:9", "none", "none", "none"))
    make_store(f"sqlite:///{Path(place.folder) / STORE}").close()
    answer = _night(scene, NightOrder(str(scene.settings.file), place, scene.wanted.first, scene.wanted.last, READ))
    assert answer is not None
    with open_run(scene.settings, only_look=True) as run, _store_of(place) as store:
        known = take_along(run, store)
    return {**answer, "already_there": known}


def _opened(scene: _Scene, place: RehearsalPlace) -> tuple[frozenset[tuple[str, str]], dict[str, Any]]:
    """What is in the copy before anything is posted, and which balances it could not bring forward."""
    with _looking(scene, place, None) as run:
        there = read_objects(run).strangers
        now = balances_of(run.quickbooks(), scene.day_before)
    missing = {id: amount for id, amount in scene.copy.balances.items() if now.get(id) != amount}
    return frozenset(there), missing


def _carried(scene: _Scene, place: RehearsalPlace, before: frozenset[tuple[str, str]]) -> RunFindings:
    order = NightOrder(
        str(scene.settings.file), place, scene.wanted.first, scene.wanted.last, CARRY, look_ahead=True,
        reports=str(scene.wanted.reports),
    )  # fmt: skip
    answer = _night(scene, order)
    assert answer is not None
    with _looking(scene, place, None) as run:
        return look_at(run, answer, _made_since(read_objects(run), before))


def _with_failures(scene: _Scene, plain: RunFindings) -> FailureFindings:
    """The same once more, while answers are lost, lines are cut and the process dies; then people edit."""
    began, quick = time.monotonic(), time.time()
    found = FailureFindings()
    scene.tell("the same run with failures: lost answers, cut connections, refusals, killed processes")
    with _emulated(scene, "failing") as (company, place):
        before, _ = _opened(scene, place)
        writes = int(plain.night["api_writes"])
        company.control(
            "faults", {"seed": scene.wanted.seed, "fault": ordered_failures(scene.wanted.seed, writes)}, "PUT"
        )
        _until_done(scene, place, quick, found, killed_at(scene.wanted.seed, writes))
        found.failures = fired(company.control("faults")["fault"])
        company.control("faults", method="DELETE")
        scene.tell("comparing both runs, object by object")
        with _looking(scene, place, quick) as run:
            after = look_at(run, plain.night, _made_since(read_objects(run), before))
        found.twice = len(after.objects.strangers)
        found.differences = differences(plain.objects.by_key, after.objects.by_key)
        found.states = {
            key: after.states.get(key, "not there") for key in sorted({*plain.states, *after.states})
            if plain.states.get(key) != after.states.get(key)
        }  # fmt: skip
        _people(scene, company, place, quick, found, after.objects)
    found.seconds = time.monotonic() - began
    return found


def _until_done(
    scene: _Scene, place: RehearsalPlace, quick: float, found: FailureFindings, kills: list[tuple[int, bool]]
) -> None:
    """Nights one after another until one of them has done everything."""
    dying = list(kills)
    while found.runs < MOST_RUNS:
        kill, after = dying.pop(0) if dying else (None, True)
        order = NightOrder(
            str(scene.settings.file), place, scene.wanted.first, scene.wanted.last, CARRY, quick=quick, kill=kill,
            after=after,
        )  # fmt: skip
        answer = _night(scene, order)
        found.runs += 1
        if answer is None:
            found.kills += 1
            scene.tell("  the run's process was killed; the next run goes on")
        elif not answer["unfinished"]:
            return


def _people(
    scene: _Scene,
    company: Emulated,
    place: RehearsalPlace,
    quick: float,
    found: FailureFindings,
    before: CompanyObjects,
) -> None:
    """People edit what was posted; the night after it must notice what matters and overwrite nothing."""
    scene.tell("people edit what was posted, and another night comes")
    company.control("clock", {"to": clock_of(quick).now().isoformat()})
    played = company.control("scenarios", {"name": "bookkeeper", "seed": scene.wanted.seed, "steps": EDITS})
    found.edits = tuple(text for text in played["done"] if not text.startswith(("nothing to do", "refused")))
    with _looking(scene, place, quick) as run:
        edited = read_objects(run)
    found.edited = len(differences(before.by_key, edited.by_key))
    order = NightOrder(str(scene.settings.file), place, scene.wanted.first, scene.wanted.last, CARRY, quick=quick)
    answer = _night(scene, order)
    assert answer is not None
    with _looking(scene, place, quick) as run:
        later = read_objects(run)
    found.noticed = int(answer["changed_in_quickbooks"])
    found.overwritten = differences(edited.by_key, later.by_key)
    strangers = {f"{kind} {id}": body for (kind, id), body in edited.strangers.items()}
    found.overwritten += differences(strangers, {f"{kind} {id}": body for (kind, id), body in later.strangers.items()})
    found.books_after = answer.get("books")


@contextmanager
def _emulated(scene: _Scene, name: str) -> Iterator[tuple[Emulated, RehearsalPlace]]:
    """A copy of the company, and a store that has read the source and posted nothing."""
    with emulated(scene.folder / "copy.json", scene.settings.quickbooks.realm) as company:
        place = _place(scene, name, company)
        make_store(f"sqlite:///{Path(place.folder) / STORE}").close()
        _copy_store(scene.folder / "read" / STORE, Path(place.folder) / STORE)
        rows = scene.folder / "read" / ".cache"
        if rows.is_dir():
            shutil.copytree(rows, Path(place.folder) / ".cache")
        yield company, place


@contextmanager
def _store_of(place: RehearsalPlace) -> Iterator[Database]:
    database = open_database(f"sqlite:///{Path(place.folder) / STORE}")
    try:
        yield database
    finally:
        database.close()


def _copy_store(source: Path, target: Path) -> None:
    with contextlib.closing(sqlite3.connect(source)) as reading, contextlib.closing(sqlite3.connect(target)) as writing:
        reading.backup(writing)


def _place(scene: _Scene, name: str, company: Emulated) -> RehearsalPlace:
    folder = scene.folder / name
    folder.mkdir(mode=0o700)
    key = base64.b64encode(secrets.token_bytes(32)).decode()
    credentials = (company.base_url, company.client_id, company.client_secret, company.refresh_token)
    return RehearsalPlace(*credentials, key, str(folder))


def _night(scene: _Scene, order: NightOrder) -> dict[str, Any] | None:
    return night(order, scene.settings.connection.name, scene.progress, scene.folder / "night.log")


@contextmanager
def _looking(scene: _Scene, place: RehearsalPlace, quick: float | None) -> Iterator[Run]:
    """A run in this process that looks at what a night left."""
    order = NightOrder(str(scene.settings.file), place, scene.wanted.first, scene.wanted.last, CARRY, quick=quick)
    with opened(order, scene.settings) as run:
        yield run


def _made_since(objects: CompanyObjects, before: frozenset[tuple[str, str]]) -> CompanyObjects:
    """The objects without those that were there before: what is left without a posting was made twice, or by nobody."""
    return CompanyObjects(
        objects.by_key, {place: body for place, body in objects.strangers.items() if place not in before}
    )
