"""Who is told what, once: a cause when it opens and when it is over, and the digest of the morning.

What belongs here: the state of each cause, quiet hours, the digest's hour. What is wrong is found by `causes.py`, how a
message leaves is `sending.py`'s. A message is claimed before it leaves, so that two processes do not both send it; one
that nobody took is given back. A process that is killed in between leaves it untold: the digest tells what stands.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from typing import Protocol

from sqlalchemy import ColumnElement, Connection, RowMapping, select, update

from qbo_pipeline.alerts.causes import AlertFacts, Trouble, causes, last_read, read_facts
from qbo_pipeline.alerts.digest import digest_of
from qbo_pipeline.errors import TransientError
from qbo_pipeline.instants import in_zone
from qbo_pipeline.pipeline.run import Run
from qbo_pipeline.settings_sections import AlertSettings
from qbo_pipeline.store.database import take_turns
from qbo_pipeline.store.tables.alerts import alerts
from qbo_pipeline.surfaces import one_line
from qbo_pipeline.verdicts import Verdict

Row = RowMapping | dict[str, object]
DIGEST, RUN_FAILED = "digest", "run_failed"
_LATE = timedelta(hours=6)  # a digest that could not leave for so long is not sent any more


class Sender(Protocol):
    """Takes messages to people."""

    def send(self, title: str, body: str) -> Sequence[str]:
        """Send a message to everybody; answers, in words, which services did not take it. Raises `NobodyTookIt` where
        none did."""
        ...


class NobodyTookIt(TransientError):
    """No service took the message; it is sent again the next time."""


@dataclass(slots=True)
class Told:
    """What was told, by title, what waits for the end of quiet hours, and what services did not take."""

    sent: list[str] = field(default_factory=list)
    held: list[str] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)


def tell(run: Run, sender: Sender, *, failed_run: str | None = None, digest: bool = False) -> Told:
    """Tell what is new and what is over; with `failed_run` (its words) also that a run failed, with `digest` the digest
    now, whatever the hour.

    A message that nobody took is told again by the next call.
    """
    facts, told = read_facts(run), Told()
    here = causes(facts)
    if failed_run is not None:
        here.insert(0, _failed(failed_run))
    with run.database.transaction() as connection:
        take_turns(connection, f"alerts|{run.name}")
        _note(connection, facts, here)
    if _is_quiet(run.settings.alerts, facts):
        told.held = [cause.headline for cause in here]
    else:
        _tell_open(facts, sender, here, told)
        _tell_over(facts, sender, told)
    if digest or _digest_is_due(facts):
        _tell_digest(facts, sender, here, told)
    return told


def _failed(words: str) -> Trouble:
    return Trouble(RUN_FAILED, Verdict.UNAVAILABLE, f"a run failed: {words}", "The run's log says more; run it again.")


def _note(connection: Connection, facts: AlertFacts, here: Sequence[Trouble]) -> None:
    """Open what is new, close what is gone. A failed run is over once a later one has read something."""
    names = {cause.name for cause in here}
    standing = {row["cause"]: row for row in _rows(connection, facts, alerts.c.over_at.is_(None))}
    for name in sorted(names - set(standing)):
        connection.execute(alerts.insert(), {"connection": facts.run.name, "cause": name, "opened_at": facts.now})
    for name, row in standing.items():
        if name in names or name == DIGEST or (name == RUN_FAILED and not _has_run_since(facts, row["opened_at"])):
            continue
        _set(connection, row, over_at=facts.now)


def _has_run_since(facts: AlertFacts, instant: datetime) -> bool:
    last = last_read(facts.run)
    return last is not None and last > instant


def _tell_open(facts: AlertFacts, sender: Sender, here: Sequence[Trouble], told: Told) -> None:
    by_name = {cause.name: cause for cause in here}
    for row in _read(facts, alerts.c.over_at.is_(None) & alerts.c.told_at.is_(None)):
        cause = by_name.get(row["cause"])
        if cause is not None:
            title = f"{facts.run.name}: {cause.verdict.word}: {cause.headline}"
            link = cause.link(facts.run.settings) if cause.link else None
            body = f"{cause.to_do}\n{link}" if link else cause.to_do
            _send(facts, sender, row, "told_at", title, body, told)


def _tell_over(facts: AlertFacts, sender: Sender, told: Told) -> None:
    """What was told is told to be over; what came and went untold is not spoken of."""
    over = alerts.c.over_at.is_not(None) & alerts.c.told_at.is_not(None) & alerts.c.over_told_at.is_(None)
    for row in _read(facts, over & (alerts.c.cause != DIGEST)):
        title = f"{facts.run.name}: over: {_IN_WORDS[row['cause']]}"
        _send(facts, sender, row, "over_told_at", title, "Nothing is to be done about it any more.", told)


def _tell_digest(facts: AlertFacts, sender: Sender, here: Sequence[Trouble], told: Told) -> None:
    title, body = digest_of(facts, here)
    with facts.run.database.transaction() as connection:
        take_turns(connection, f"alerts|{facts.run.name}")
        row = {"connection": facts.run.name, "cause": DIGEST, "opened_at": facts.now, "over_at": facts.now}
        connection.execute(alerts.insert(), row)
    _send(facts, sender, row, "told_at", title, body, told)


def _send(
    facts: AlertFacts,
    sender: Sender,
    row: Row,
    column: str,
    title: str,
    body: str,
    told: Told,
) -> None:
    if not _claimed(facts, row, column):
        return
    title, body = one_line(title), "\n".join(one_line(line) for line in body.splitlines())
    try:
        told.failed += sender.send(title, body)
    except NobodyTookIt as error:
        told.failed.append(str(error))
        with facts.run.database.transaction() as connection:
            _set(connection, row, **{column: None})
        return
    told.sent.append(title)


def _claimed(facts: AlertFacts, row: Row, column: str) -> bool:
    """Whether the message is ours to send: nobody else has sent it, or is about to."""
    with facts.run.database.transaction() as connection:
        take_turns(connection, f"alerts|{facts.run.name}")
        free = select(alerts.c[column].is_(None)).where(*_of(row))
        mine = bool(connection.execute(free).scalar_one())
        if mine:
            _set(connection, row, **{column: facts.now})
    return mine


def _is_quiet(settings: AlertSettings, facts: AlertFacts) -> bool:
    if settings.quiet_from is None or settings.quiet_to is None:
        return False
    now = _local(facts).time()
    first, last = _time(settings.quiet_from), _time(settings.quiet_to)
    return first <= now < last if first <= last else now >= first or now < last


def _digest_is_due(facts: AlertFacts) -> bool:
    """Whether the digest's hour has come today and it was not sent since."""
    at = facts.run.settings.alerts.digest_at
    if at is None:
        return False
    due = _local(facts).replace(hour=_time(at).hour, minute=_time(at).minute, second=0, microsecond=0)
    if not due <= _local(facts) < due + _LATE:
        return False
    sent = _read(facts, (alerts.c.cause == DIGEST) & (alerts.c.told_at >= due))
    return not sent


def _local(facts: AlertFacts) -> datetime:
    return in_zone(facts.now, facts.run.settings.connection.time_zone)


def _time(text: str) -> time:
    return time.fromisoformat(text)


def _read(facts: AlertFacts, condition: ColumnElement[bool]) -> list[RowMapping]:
    with facts.run.database.reading() as connection:
        return _rows(connection, facts, condition)


def _rows(connection: Connection, facts: AlertFacts, condition: ColumnElement[bool]) -> list[RowMapping]:
    query = select(alerts).where(alerts.c.connection == facts.run.name, condition)
    return list(connection.execute(query.order_by(alerts.c.opened_at, alerts.c.cause)).mappings())


def _set(connection: Connection, row: Row, **values: datetime | None) -> None:
    connection.execute(update(alerts).where(*_of(row)).values(**values))


def _of(row: Row) -> tuple[ColumnElement[bool], ...]:
    return tuple(alerts.c[name] == row[name] for name in ("connection", "cause", "opened_at"))


_IN_WORDS = {
    "unexplained": "every cent has its cause again",
    "out_of_balance": "stock value and ledger agree again",
    "lost": "the counts add up again",
    "doubled": "no document stands twice any more",
    "waiting": "nothing waits for long any more",
    "access": "QuickBooks lets us in again",
    "reads": "there are reads of QuickBooks left again",
    "silence": "it runs again",
    RUN_FAILED: "a later run went through",
}
