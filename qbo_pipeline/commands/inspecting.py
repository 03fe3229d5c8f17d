"""`qbo-pipeline status`, `show` and `verify`: looking without changing anything."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import typer

from qbo_pipeline.commands.common import (
    JsonOption,
    SettingsOption,
    age_in_words,
    as_answer,
    command_run,
    leave,
    print_json,
    say,
)
from qbo_pipeline.instants import show_instant
from qbo_pipeline.reconciliation.counting import BECAME
from qbo_pipeline.verdicts import OF_STATUS, Ground, Verdict

if TYPE_CHECKING:
    from qbo_pipeline.pipeline.latest import Latest
    from qbo_pipeline.store.integrity import Checked


_SAID_THERE = {"taken_as": "taken as", "refused": "refused there:"}


def status(settings: SettingsOption = None, as_json: JsonOption = False) -> None:
    """Counts by state, what waits for a person, and how long our access to QuickBooks lasts.

    Exit status 1 where something waits (to connect the company again is such a thing), 4 where counts do not add up or
    something is unexplained.
    """
    from qbo_pipeline.pipeline.access import REMEDY, see_access
    from qbo_pipeline.pipeline.counts import (
        copies_in_quickbooks,
        day_counts,
        numbers_twice,
        open_postings,
        set_aside_records,
        total_counts,
    )
    from qbo_pipeline.pipeline.latest import NothingReconciled, latest_reconciliation
    from qbo_pipeline.pipeline.standing import of_copies, of_counts, of_postings, of_reconciliation, of_set_aside
    from qbo_pipeline.pipeline.write_back_standing import write_back_standing
    from qbo_pipeline.posting.recovery import recovering

    with command_run(settings, quiet=True) as run:
        with run.database.reading() as reading:
            recovery = recovering(reading, run.name)
        access, zone = see_access(run), run.settings.connection.time_zone
        counted = day_counts(run)
        totals, lost = total_counts(counted), [count for count in counted if not count.holds]
        broken = [row.as_dict() for row in lost]
        waiting = open_postings(run, ("parked", "unknown", "drifted", "deleted_in_qbo"))
        aside = set_aside_records(run, ("party", "product", "location", "document", "movement", "payment"))
        twice = numbers_twice(run)
        copies = copies_in_quickbooks(run)
        way_back = write_back_standing(run)
        try:
            latest = latest_reconciliation(run)
        except NothingReconciled:
            latest = None
    reasons = [
        *of_counts(lost),
        *of_postings(waiting),
        *of_copies(copies),
        *way_back.grounds(),
        *of_set_aside([rule for _, _, _, rule, _ in aside]),
        *(of_reconciliation(latest) if latest else ()),
        *([] if access.well else [Ground(Verdict.WAITING, f"access to QuickBooks: {access.text}")]),
    ]
    facts = ("as_at", "status", "stock_value", "ledger_balance", "difference", "unexplained")
    if as_json:
        print_json(
            {
                **as_answer(reasons),
                "counts": totals,
                "broken_counts": broken,
                "postings": waiting,
                "numbers_twice": twice,
                "copies": copies,
                "write_back": way_back.as_dict(),
                "set_aside": [
                    dict(zip(("record", "number", "day", "rule", "message"), row, strict=True)) for row in aside
                ],
                "access": access.as_dict(),
                "recovers_since": recovery.since if recovery else None,
                "reconciliation": {name: getattr(latest, name) for name in facts} if latest else None,
            }
        )
    else:
        _print_status(totals, broken, waiting, aside)
        say("", f"Access to QuickBooks: {access.text}" if access.well else f"! {access.text}. {REMEDY}")
        _print_beside(copies, way_back.waiting, twice)
        if recovery:
            said = f"since {show_instant(recovery.since, zone)} ({recovery.who}: {recovery.why})"
            say("", f"The store recovers {said}: every posting is looked for in QuickBooks before it is sent.")
        if latest:
            _print_reconciled(latest)
    leave(reasons)


def _print_status(
    totals: dict[str, dict[str, int | None]],
    broken: list[dict[str, Any]],
    waiting: list[dict[str, Any]],
    aside: list[Any],
) -> None:
    columns = ("read", *BECAME)
    say(f"{'':10}" + "".join(f"{name.replace('_', ' '):>11}" for name in columns))
    for record_type, row in totals.items():
        say(f"{record_type:10}" + "".join(f"{'?' if row[name] is None else f'{row[name]:,}':>11}" for name in columns))
    for row in broken:
        say(f"! {_counts_in_words(row)}")
    for posting in waiting:
        say(f"{posting['state']:8} {posting['day'] or '-':10} {posting['amount']:>20}  {posting['key']}")
        say(f"         {age_in_words(posting['waits_days'])}{posting['reason'] or ''}")
    for record, number, day, _, message in aside:
        say(f"set aside {day or '-':10} {record} {number}: {message}")


def _print_beside(
    copies: Sequence[dict[str, Any]], way_back: Sequence[dict[str, Any]], twice: Sequence[dict[str, Any]]
) -> None:
    """Copies in QuickBooks, entries on the way back or beside ours, numbers that are there twice."""
    from qbo_pipeline.pipeline.write_back_remedies import PERHAPS_TWICE

    for row in copies:
        named = f"{row['kind']} {row['number'] or 'Id ' + row['qbo_id']}"
        say(f"copied in QuickBooks {row['day']} {row['amount']:>20}  {named}: a copy of {row['key']}")
    for entry in way_back:
        what = "perhaps twice:" if entry["reason"] == PERHAPS_TWICE else f"write back: {entry['state']}"
        say(f"{what} {entry['day']} {entry['amount']}  {entry['key']}: {entry['why']}")
    for row in twice:
        say(f"number twice: {row['kind'].replace('_', ' ')} {row['number']}: {', '.join(row['records'])}")


def _print_reconciled(latest: Latest) -> None:
    say(
        "",
        f"Reconciled as at {latest.as_at}: stock {latest.stock_value:,.2f}, ledger "
        f"{latest.ledger_balance:,.2f}, difference {latest.difference:,.2f}, unexplained "
        f"{latest.unexplained:,.2f} ({OF_STATUS[latest.status].word})",
    )


def _counts_in_words(row: dict[str, Any]) -> str:
    """A day whose counts do not add up, for people."""
    became = ", ".join(
        f"{count:,} {name.replace('_', ' ')}"
        for name, count in row.items()
        if name not in ("day", "record_type", "read")
    )
    read = "the reading broke off" if row["read"] is None else f"{row['read']:,} read"
    return f"{row['day'] or 'undated'} {row['record_type']}: the counts do not add up: {read}, but {became}"


def show(
    key: Annotated[
        str,
        typer.Argument(
            help="A record's or posting's key (document/4711), a document's number, or an object of QuickBooks that "
            "comes back (Payment/123)."
        ),
    ],
    settings: SettingsOption = None,
    as_json: JsonOption = False,
) -> None:
    """One document's whole history: record, revisions, postings, attempts, ledger lines."""
    from qbo_pipeline.pipeline.trace import journal_message, trace

    with command_run(settings, quiet=True) as run:
        found, zone = trace(run, key), run.settings.connection.time_zone
    if not found:
        say(
            f"Nothing has the key or the number {key!r}. A key is a record's type and its id in the source, such as "
            "document/4711; `qbo-pipeline status` shows the keys of what waits.",
            err=True,
        )
        raise typer.Exit(Verdict.SETTINGS)
    if as_json:
        print_json(found)
        return
    for item in found:
        record = item["record"]
        if record:
            say(f"{item['key']}  {record['kind']} {record['number'] or ''} of {record['business_date']}")
            say(f"  record    revision {record['revision']}, {record['disposition']} {record['message'] or ''}")
        else:
            say(item["key"])
        for posting in item["postings"]:
            what = f"{posting['entity']} {posting['operation']} {posting['amount']:,.2f} {posting['currency']}"
            say(f"  posting   {posting['key']} revision {posting['revision']}: {what}")
            say(f"            {posting['state']} {posting['reason'] or ''}")
            for line in _shares(item, posting):
                say(f"            {line}")
            if posting["qbo_id"]:
                say(f"            QBO Id {posting['qbo_id']}, number {posting['qbo_number'] or '-'}")
        for line in _way_back(item):
            say(line)
        for attempt in item["attempts"]:
            who = f" by {attempt['who']}: {attempt['why']}" if attempt["who"] else ""
            when = show_instant(attempt["at"], zone, seconds=True)
            said = journal_message(attempt, zone) or ""
            say(f"  {when}  {attempt['event']} → {attempt['state']}{who} {said}")
        for line in item["ledger_lines"]:
            where = f"{line['qbo_type']} {line['qbo_number'] or ''}"
            say(f"  ledger    {line['business_date']} {where} {line['amount']:,.2f}")


def _way_back(item: dict[str, Any]) -> Iterator[str]:
    """What people did in QuickBooks, and what of it was written to the inventory system."""
    for row in item["way_back"]["objects"]:
        became = row["disposition"].replace("_", " ")
        yield f"  QuickBooks {row['entity']} Id {row['qbo_id']}, version {row['sync_token'] or '-'}: {became}"
        if row["message"]:
            yield f"            {row['message']}"
    for row in item["way_back"]["entries"]:
        said = next((f"{word} {row[name]}" for name, word in _SAID_THERE.items() if row[name]), "")
        what = f"{row['operation']} {row['kind']} {row['number']}"
        yield f"  way back  {row['key']} revision {row['revision']}: {what}, {row['state']} {said}".rstrip()
        if row["message"]:
            yield f"            {row['message']}"


def _shares(item: dict[str, Any], posting: dict[str, Any]) -> list[str]:
    """Which records a posting of several stands for; of a record's own item, only its part."""
    place = (posting["key"], posting["revision"])
    these = [share for share in item["shares"] if (share["key"], share["revision"]) == place]
    own = [share for share in these if share["record_key"] == item["key"]]
    if len(these) < 2 and own:
        return []
    if own:
        return [f"its share is {own[0]['amount']:,.2f}, of {len(these):,} records"]
    return [f"{share['record_key']} has {share['amount']:,.2f} of it" for share in these]


def verify(
    settings: SettingsOption = None,
    as_json: JsonOption = False,
    reports: Annotated[Path | None, typer.Option(help="Folder of reports to compare with.")] = None,
) -> None:
    """The database's own check of the store, the journal of attempts against its anchors and the postings, and the
    counting identity.

    Exit status 4 where one does not hold: something was altered, lost, doubled or damaged.
    """
    from qbo_pipeline.pipeline.counts import broken_counts
    from qbo_pipeline.pipeline.standing import of_counts
    from qbo_pipeline.pipeline.verify import verify_attempts
    from qbo_pipeline.store.integrity import check_integrity

    with command_run(settings, quiet=as_json) as run:
        store = check_integrity(run.database, run.progress)
        if store.findings:
            _leave_damaged(store, as_json=as_json)
        chain = verify_attempts(run, reports)
        lost = broken_counts(run)
    broken = [row.as_dict() for row in lost]
    reasons = [*of_counts(lost), *(Ground(Verdict.UNEXPLAINED, one) for one in chain.findings)]
    if as_json:
        print_json(
            {
                **as_answer(reasons),
                "store": store.text,
                "attempts": chain.attempts,
                "journal": {"line": chain.head.seq, "hash": chain.head.hash},
                "chain": chain.text,
                "intact": chain.intact,
                "broken_counts": broken,
            }
        )
    else:
        say(f"store: {store.text}")
        say(f"{chain.attempts:,} attempts: {chain.text}")
        say(*(map(_counts_in_words, broken) if broken else ["counts: all add up"]))
    leave(reasons)


def _leave_damaged(store: Checked, *, as_json: bool) -> NoReturn:
    """Say what is damaged and end: what the journal says is no evidence while pages of it cannot be trusted."""
    from qbo_pipeline.store.opening import RESTORE

    reasons = [Ground(Verdict.UNEXPLAINED, one) for one in store.findings]
    if as_json:
        print_json({**as_answer(reasons), "store": store.text, "remedy": RESTORE})
    else:
        say(*(f"store: {one}" for one in store.findings), f"{RESTORE}.")
    leave(reasons)
