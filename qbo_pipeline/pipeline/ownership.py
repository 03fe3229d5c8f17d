"""Whose company it is: before the first send of a run, QuickBooks is asked whether it holds objects with our markers
that this store does not know.

What belongs here: that look, and what follows from it. A marker says whose it is (`posting.identity`). Those of another
connection or store stop the run; our own in a company that the store has never posted to stop it too, for the store was
deleted, misspelt or made anew; our own that are younger than anything the store knows mean that the store was restored
from a copy: it recovers by itself, and nothing is sent before it was looked for.

The look costs one metered read a run, and one for each kind of object where the store has not looked for a month. Where
it has never looked, everything that may carry a marker is read once (`first_look`). What is read is compared with the
store afterwards: a posting that another process is sending is known before it is sent.

Objects of another connection that are voided stop nothing: they count in no books any more.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import Connection, delete, func, or_, select

from qbo_pipeline.errors import PermanentError, Signal
from qbo_pipeline.pipeline.binding import has_posted
from qbo_pipeline.pipeline.first_look import CREATED, PATIENCE, forget_search, kinds_with_markers, search
from qbo_pipeline.pipeline.run import Run
from qbo_pipeline.posting.content import counts_for_nothing
from qbo_pipeline.posting.events import READY
from qbo_pipeline.posting.identity import CODE_LENGTH, marker_in, tag_of
from qbo_pipeline.posting.persons import NotPossible, Person, note_decision
from qbo_pipeline.posting.recovery import begin, recovering
from qbo_pipeline.posting.shell import identity_of
from qbo_pipeline.quickbooks.errors import QuickBooksAway, QuotaExhausted
from qbo_pipeline.quickbooks.query import select as select_objects
from qbo_pipeline.quickbooks.shapes import JsonObject
from qbo_pipeline.store.postings import chunks
from qbo_pipeline.store.tables.posting import attempts, posting_links, postings
from qbo_pipeline.store.tables.records import watermarks

OVERLAP = timedelta(minutes=10)  # for which QuickBooks may go on with a request, its queries lag, and a clock be off
MONTH = timedelta(days=29)  # change data capture looks 30 days back
UNTAGGED = "untagged"  # the tag of markers of an earlier version that are not this connection's
_PROVED = "company proved until"
_ACCEPTED = "objects of another accepted: "
PIPELINE = Person("the pipeline", "QuickBooks holds objects of this connection that the store does not know")


class CompanyOfAnother(PermanentError):
    """The company holds what another connection, or another store of this one, has posted; nothing was sent."""


class NotLookedAt(Signal):
    """The look could not be made, and the store has never made one: nothing may be sent yet."""


@dataclass(frozen=True, slots=True)
class ForeignObject:
    """Objects in QuickBooks with markers that this store does not know; `example` names one of them for people."""

    tag: str
    count: int
    example: str


@dataclass(frozen=True, slots=True)
class Proof:
    """What a look found that a person should know: `remark` waits for somebody, `notes` only say what was done."""

    remark: str | None = None
    notes: tuple[str, ...] = ()


@dataclass(slots=True)
class _Judge:
    """What the store knows at the start of a look, and what follows from the objects of one page after another."""

    run: Run
    own: str
    accepted: tuple[str, ...]
    recovers: bool
    posted: bool
    mine: list[ForeignObject] = field(default_factory=list)
    voided: list[ForeignObject] = field(default_factory=list)
    remark: str | None = None

    def page(self, things: Sequence[tuple[str, JsonObject]]) -> None:
        """Raises `CompanyOfAnother`; begins to recover where the store is behind QuickBooks."""
        with self.run.database.reading() as reading:
            found, voided = _unknown(reading, self.run.name, things, self.own)
        others = [item for item in found if item.tag not in (self.own, *self.accepted)]
        if others:
            raise CompanyOfAnother(_of_another(self.run, others))
        self.voided += [item for item in voided if item.tag not in self.accepted]
        mine = [item for item in found if item.tag == self.own]
        if mine and not self.recovers and not self.posted:
            raise CompanyOfAnother(_new_store(self.run, mine))
        self.mine += mine
        if mine and not self.recovers:
            with suppress(NotPossible):  # another process of this store has found it too
                begin(self.run.database, self.run.name, PIPELINE)
            self.recovers = True
            self.remark = (
                f"the store is behind QuickBooks: {_shown(mine)} carry our marker and are younger than anything that "
                "it knows, as after a restore from a copy. From now on every posting is looked for in QuickBooks "
                "before it is sent; when the days since the copy have been read again, end it with "
                "`qbo-pipeline recover --end`"
            )

    def notes(self) -> Iterator[str]:
        if self.voided:
            tags = ", ".join(sorted({item.tag for item in self.voided}))
            yield (
                f"{_shown(self.voided)} were posted by another connection (tag {tags}) and are voided: they count in "
                "no books any more and were left alone"
            )


def prove_company(run: Run, patience: float = PATIENCE) -> Proof:
    """Look whether the company and the store belong together; answers what a person should know, if anything.

    Raises `CompanyOfAnother` where something would be posted a second time, and `NotLookedAt` where QuickBooks cannot
    be asked for the first time, or that took more than `patience` seconds; later, posting goes on without the look.
    Asks nothing where nothing is to be sent.
    """
    with run.database.reading() as reading:
        if not _anything_ready(reading, run.name):
            return Proof()
        identity = identity_of(reading, run.name, run.settings.quickbooks.realm)
        proved = _proved_until(reading, run.name)
        judge = _Judge(
            run, identity.tag, _accepted(reading, run.name), recovering(reading, run.name) is not None,
            has_posted(reading, run.name),
        )  # fmt: skip
        now = run.database.now(reading)
    try:
        if proved is None:
            return _first_look(run, judge, now, patience)
        things, until = _look(run, proved, now)
    except (QuickBooksAway, QuotaExhausted) as error:
        if proved is None:
            said = f"QuickBooks could not be asked whether it holds documents of another store ({error})"
            raise NotLookedAt(said) from error
        return Proof(f"whether another store posts to this company was last looked at {proved:%Y-%m-%d}: {error}")
    judge.page(things)
    if not judge.mine:
        with run.database.transaction() as connection:
            _set(connection, run.name, until, run.database.now(connection))
    return Proof(judge.remark, tuple(judge.notes()))


def _first_look(run: Run, judge: _Judge, now: datetime, patience: float) -> Proof:
    searched = search(run, judge.page, patience)
    if not searched.complete:
        raise NotLookedAt(
            f"this store has never looked whether QuickBooks holds documents of another store, and {patience:,.0f} "
            f"seconds were not enough: {searched.text}. The next run goes on where this one ended"
        )
    with run.database.transaction() as connection:
        _set(connection, run.name, now, run.database.now(connection))
        forget_search(connection, run.name)
    said = f"QuickBooks was searched for documents of other stores, once for this store: {searched.text}"
    return Proof(judge.remark, (said, *judge.notes()))


def accept_objects_of(run: Run, tag: str, person: Person) -> None:
    """Say that the objects with this tag belong to another connection of the same company, which posts other documents.

    Raises `NotPossible` where the tag is this connection's own.
    """
    with run.database.transaction() as connection:
        if tag == identity_of(connection, run.name, run.settings.quickbooks.realm).tag:
            raise NotPossible(f"{tag} is the tag of {run.name} itself: what carries it was posted by this connection")
        now = run.database.now(connection)
        name = f"{_ACCEPTED}{tag}"
        connection.execute(delete(watermarks).where(watermarks.c.connection == run.name, watermarks.c.name == name))
        row = {"connection": run.name, "name": name, "value": f"{person.who}: {person.why}", "moved_at": now}
        connection.execute(watermarks.insert(), row)
        note_decision(connection, run.name, [name], person, now)


def prove_company_until_now(run: Run) -> None:
    """A person says that the store has caught up: what is in QuickBooks until now needs no look any more."""
    with run.database.transaction() as connection:
        now = run.database.now(connection)
        _set(connection, run.name, now, now)


def _anything_ready(reading: Connection, name: str) -> bool:
    query = select(postings.c.key).where(postings.c.connection == name, postings.c.state == READY).limit(1)
    return reading.execute(query).first() is not None


def _proved_until(reading: Connection, name: str) -> datetime | None:
    query = select(watermarks.c.value).where(watermarks.c.connection == name, watermarks.c.name == _PROVED)
    value = reading.execute(query).scalar_one_or_none()
    return datetime.fromisoformat(value) if value else None


def _accepted(reading: Connection, name: str) -> tuple[str, ...]:
    mine = (watermarks.c.connection == name, watermarks.c.name.startswith(_ACCEPTED))
    return tuple(text.removeprefix(_ACCEPTED) for text in reading.scalars(select(watermarks.c.name).where(*mine)))


def _look(run: Run, proved: datetime, now: datetime) -> tuple[list[tuple[str, JsonObject]], datetime]:
    """The objects made since a look that may be unknown to the store, and until when this look counts."""
    if now - proved < MONTH:
        changes = run.quickbooks().changes(kinds_with_markers(run), proved - OVERLAP)
        things = [(entity, thing) for entity, found in changes.objects.items() for thing in found]
        things += [item for entity in changes.gaps for item in _made_since(run, entity, proved)]
        return things, changes.as_at
    return [item for entity in kinds_with_markers(run) for item in _made_since(run, entity, proved)], now


def _made_since(run: Run, entity: str, since: datetime) -> Iterator[tuple[str, JsonObject]]:
    for thing in run.quickbooks().query(select_objects(entity).where(CREATED, ">=", since - OVERLAP)):
        yield entity, thing


def _unknown(
    reading: Connection, name: str, things: Iterable[tuple[str, JsonObject]], own: str
) -> tuple[list[ForeignObject], list[ForeignObject]]:
    """The objects whose marker names no posting of the store that was ever sent or linked, by tag; apart from them
    those of another that are voided.

    A marker of an earlier version has no tag: it has this connection's (`own`) where one of its postings has the code.
    """
    marked = [
        (code, entity, thing) for entity, thing in things if (code := marker_in(thing.get("PrivateNote"))) is not None
    ]
    codes = sorted({code for code, _, _ in marked})
    known, drafted = _sent(reading, name, codes), _drafted(reading, name, [code for code in codes if not tag_of(code)])
    found: dict[tuple[bool, str], list[tuple[str, JsonObject]]] = {}
    for code, entity, thing in marked:
        if code not in known:
            tag = tag_of(code) or (own if code in drafted else UNTAGGED)
            # Ours is ours also when it is voided: it must not be posted a second time.
            found.setdefault((tag != own and counts_for_nothing(thing), tag), []).append((entity, thing))
    grouped = [
        (voided, ForeignObject(tag, len(there), _named(*there[0]))) for (voided, tag), there in sorted(found.items())
    ]
    return [item for voided, item in grouped if not voided], [item for voided, item in grouped if voided]


def _sent(reading: Connection, name: str, codes: Sequence[str]) -> set[str]:
    """Which of these codes are of postings that were sent or linked; a retry by a person begins to count anew."""
    same = (attempts.c.connection == postings.c.connection, attempts.c.key == postings.c.key)
    claimed = select(attempts.c.seq).where(*same, attempts.c.event == "claimed").exists()
    links = posting_links.c.connection == postings.c.connection, posting_links.c.key == postings.c.key
    linked = select(posting_links.c.key).where(*links).exists()
    found: set[str] = set()
    for part in chunks(codes):
        mine = (postings.c.connection == name, postings.c.marker.in_(part))
        found.update(
            reading.scalars(select(postings.c.marker).where(*mine, or_(postings.c.attempts > 0, claimed, linked)))
        )
    return found


def _drafted(reading: Connection, name: str, codes: Sequence[str]) -> set[str]:
    """Which of these codes without a tag are those of postings of the store."""
    plain = func.substr(postings.c.marker, 1, CODE_LENGTH)
    found: set[str] = set()
    for part in chunks(codes):
        found.update(reading.scalars(select(plain).where(postings.c.connection == name, plain.in_(part))))
    return found


def _named(entity: str, thing: JsonObject) -> str:
    number = f" {thing['DocNumber']}" if thing.get("DocNumber") else ""
    return f"{entity}{number} (Id {thing.get('Id')}, dated {thing.get('TxnDate')})"


def _shown(found: list[ForeignObject]) -> str:
    return f"{sum(item.count for item in found):,} objects, such as {found[0].example},"


def _set(connection: Connection, name: str, until: datetime, now: datetime) -> None:
    connection.execute(delete(watermarks).where(watermarks.c.connection == name, watermarks.c.name == _PROVED))
    row = {"connection": name, "name": _PROVED, "value": until.isoformat(), "moved_at": now}
    connection.execute(watermarks.insert(), row)


def _of_another(run: Run, others: list[ForeignObject]) -> str:
    tags = ", ".join(item.tag for item in others)
    return (
        f"{run.name}: nothing was sent. QuickBooks holds {_shown(others)} that another connection has posted (tag "
        f"{tags}): the same books under another name, or another inventory system of this company. If it is the same "
        "under another name, write the former name in [connection] name. If it is another one, whose documents are not "
        f"in this source, say so: `qbo-pipeline adopt --theirs {others[0].tag} --who WHO --why WHY`"
    )


def _new_store(run: Run, mine: list[ForeignObject]) -> str:
    store = run.database.file or run.database.url.render_as_string(hide_password=True)
    return (
        f"{run.name}: nothing was sent. QuickBooks holds {_shown(mine)} that this connection has posted, and the store "
        f"{store} has never sent anything: it is a new one, or not the one that was used before. Correct [store] url, "
        "or restore its last copy. If it is lost, order `qbo-pipeline recover --who WHO --why WHY`: then each posting "
        "is looked for in QuickBooks before it is sent, and what is there is adopted"
    )
