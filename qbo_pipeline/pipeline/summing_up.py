"""Summing up: a day's records of one kind become the one journal, or the forms, that are posted for all of them.

What belongs here: answering for every record that is or was in a summary. The journal itself is made by
`accounting.summaries`, where a record belongs is said by `pipeline.summaries`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from qbo_pipeline.accounting.drafts import Draft, Excluded, Outcome, Refused
from qbo_pipeline.accounting.summaries import day_of_summary, in_groups, summarise, summed_up
from qbo_pipeline.inventory.records import content_hash
from qbo_pipeline.pipeline.building import PageOfRecords, key_of
from qbo_pipeline.pipeline.summaries import (
    Membership,
    held_by,
    is_readable,
    leaving_waits,
    rows_of,
    standing_of_day,
    summarised,
)
from qbo_pipeline.pipeline.summed_apart import held_apart
from qbo_pipeline.posting.asking import Intent, Share
from qbo_pipeline.store.dispositions import build_anew, referring

_NAMED = 5  # records in a message


def build_summaries(page: PageOfRecords, keys: Sequence[str]) -> None:
    """Build these summaries, and answer for every record that is or was in one of them."""
    for key in keys:
        _build(page, key)
    page.build_needed()
    page.put()


def outcome_of_summary(page: PageOfRecords, key: str) -> tuple[list[Any], Outcome]:
    """The records of a summary and what they would be posted as, by the page's settings: their summary, or one by one
    where they are no longer summed up. Nothing is written down.
    """
    day = day_of_summary(key)
    rows = rows_of(page.connection, page.run.name, day)
    places = page.memberships_of(rows)
    there = [row for row in rows if row.vanished_at is None]
    mine = [row for row in there if day in places[key_of(row)].touched]
    outcomes = _outcomes(page, mine, places)
    drafts, _ = _members(day, mine, places, outcomes)
    channels = {of: places[of].channel for of in drafts}
    group = in_groups(day, drafts, channels).get(key)
    if group:
        return mine, summarise(key, group, page.stored.books, channels)
    alone = [row for row in mine if places[key_of(row)].now is None]
    return mine, [one for row in alone if isinstance(one := outcomes[key_of(row)], Draft)]


def _build(page: PageOfRecords, key: str) -> None:
    rows = rows_of(page.connection, page.run.name, key)
    places = page.memberships_of(rows)
    there = [row for row in rows if row.vanished_at is None]
    outcomes = _outcomes(page, there, places)
    held, waiting = _holder(key, there, places, outcomes), set[str]()
    for row in rows:
        place, outcome = places[key_of(row)], outcomes.get(key_of(row))
        elsewhere = place.now is not None and place.now != key
        if row.vanished_at is not None:
            page.gone(row)
        elif outcome is None or elsewhere or (place.now is None and key not in place.before):
            continue  # answered already, or where it belongs
        elif place.now is None or not isinstance(outcome, Draft):
            page.answer(row, outcome)
        elif held is not None and key not in place.before:
            page.answer(row, held_by(key, held))
        elif (elsewhere_still := _waits_elsewhere(page, key, place)) is not None:
            page.answer(row, leaving_waits(key, elsewhere_still))
            waiting.add(key_of(row))
    if held is None:
        outcomes = {of: outcome for of, outcome in outcomes.items() if of not in waiting}
        moved = any(key in places[key_of(row)].before and _is_elsewhere(key, row, places, outcomes) for row in there)
        drafts, members = _members(key, there, places, outcomes)
        gone = [
            row
            for row in rows
            if places[key_of(row)].in_qbo
            and key_of(row) not in drafts
            and key_of(row) not in waiting
            and not _is_elsewhere(key, row, places, outcomes)
        ]
        channels = {of: places[of].channel for of in drafts}
        groups = in_groups(key, drafts, channels)
        _hold_moving(page, key, groups, places, {key_of(row): row for row in members})
        left = [one for one in standing_of_day(page.connection, page.run.name, key) if one not in groups]
        for one in [*groups, *left]:
            mine = groups.get(one, {})
            went = any(one in places[of].in_qbo for of in drafts if of not in mine)
            part_gone = _without([row for row in gone if one in places[key_of(row)].in_qbo]) if mine else ""
            its = [row for row in members if key_of(row) in mine]
            whole: Outcome = summarise(one, mine, page.stored.books, channels) if mine else []
            _sum_up(page, one, whole, mine, its, moved=moved or went, part_gone=part_gone)
        _settle_again(page, [row for row in rows if row.record_type == "document"], groups)


def _settle_again(page: PageOfRecords, rows: Sequence[Any], groups: Mapping[str, Mapping[str, Draft]]) -> None:
    """Have the payments built again of documents that come to stand in a summary, or by themselves."""
    now = {of for drafts in groups.values() for of in drafts}
    before = summarised(page.connection, page.run.name, map(key_of, rows))
    changed = [of for of in map(key_of, rows) if (of in now) != (of in before)]
    build_anew(page.connection, page.run.name, referring(page.connection, page.run.name, changed, "payment"))


def _without(gone: Sequence[Any]) -> str:
    """Which records go out of a summary that stays, in words."""
    if not gone:
        return ""
    named = [f"{row.kind} {row.number or row.record_id}" for row in gone[:_NAMED]]
    more = f" and {len(gone) - _NAMED} more" if len(gone) > _NAMED else ""
    return f"{', '.join(named)}{more} of this day is voided or no longer in the source, or is not posted any more"


def _waits_elsewhere(page: PageOfRecords, key: str, place: Membership) -> str | None:
    """Another summary that has the record in QuickBooks and keeps it until a person decides about its change."""
    stuck = {day_of_summary(one) for one in place.stuck} - {key}
    others = place.before - {key} if place.posted else ()
    return min([*stuck, *(other for other in others if _will_wait(page, other))], default=None)


def _will_wait(page: PageOfRecords, key: str) -> bool:
    """Whether a change of this summary waits for a person by policy."""
    policy = page.policy()
    return policy.approval or (policy.closed_through is not None and summed_up(key)[1] <= policy.closed_through)


def _hold_moving(
    page: PageOfRecords,
    key: str,
    groups: dict[str, dict[str, Draft]],
    places: Mapping[str, Membership],
    by_key: Mapping[str, Any],
) -> None:
    """Take out of a day's forms what another form keeps in QuickBooks for now: such a record waits.

    A form that gives a record away takes none in the same run: no two can then wait for each other.
    """
    form = {of: one for one, mine in groups.items() for of in mine}
    giving = {
        one
        for of, place in places.items()
        for one in place.in_qbo
        if form.get(of, one) != one or place.now not in (None, key)
    }
    for of, one in form.items():
        others = {other for other in places[of].in_qbo if other != one}
        keeps = {other for other in others if other in places[of].stuck or _will_wait(page, other) or one in giving}
        if keeps:
            page.answer(by_key[of], leaving_waits(one, min(keeps)))
            del groups[one][of]
    for one in [one for one, mine in groups.items() if not mine]:
        del groups[one]


def _is_elsewhere(key: str, row: Any, places: Mapping[str, Membership], outcomes: Mapping[str, Outcome]) -> bool:
    """Whether another posting has the record now: the summary of another day or kind, or one of its own."""
    now = places[key_of(row)].now
    return now != key and (now is not None or isinstance(outcomes.get(key_of(row)), Draft))


def _outcomes(page: PageOfRecords, rows: Sequence[Any], places: Mapping[str, Membership]) -> dict[str, Outcome]:
    """What the posting rules answer about each record by itself; one that cannot be read has none."""
    loaded = [(row, page.load(row)) for row in rows if is_readable(row)]
    page.stored.prefetch(record for _, record in loaded if record is not None)
    read = [record for _, record in loaded if record is not None]
    held = held_apart(page.connection, page.run.settings, read, places)
    held |= page.held_by_number([key_of(row) for row, _ in loaded if row.record_type == "document"])
    return {
        key_of(row): held.get(key_of(row)) or page.outcome_of(row, record)
        for row, record in loaded
        if record is not None
    }


def _holder(
    key: str, rows: Sequence[Any], places: Mapping[str, Membership], outcomes: Mapping[str, Outcome]
) -> Any | None:
    """A record that is posted within the summary and cannot be built now: without it, its share would be taken back."""
    for row in rows:
        place, outcome = places[key_of(row)], outcomes.get(key_of(row))
        if place.posted and key in place.before and (outcome is None or isinstance(outcome, Refused)):
            return row
    return None


def _members(
    key: str, rows: Sequence[Any], places: Mapping[str, Membership], outcomes: Mapping[str, Outcome]
) -> tuple[dict[str, Draft], list[Any]]:
    """The journals that the summary adds up, by record, and their rows."""
    members = [row for row in rows if places[key_of(row)].now == key]
    drafts = {key_of(row): draft for row in members if isinstance(draft := outcomes.get(key_of(row)), Draft)}
    return drafts, [row for row in members if key_of(row) in drafts]


def _sum_up(
    page: PageOfRecords,
    key: str,
    outcome: Outcome,
    drafts: Mapping[str, Draft],
    members: Sequence[Any],
    *,
    moved: bool,
    part_gone: str,
) -> None:
    """One object of the members; what each asked for by itself goes, and the object where none is left.

    `moved` says whether records of it are elsewhere now, `part_gone` which are nowhere.
    """
    if isinstance(outcome, Draft):
        page.need(outcome)
    hashes = {key_of(row): row.content_hash for row in members}
    for row in members:
        if isinstance(outcome, Excluded):
            page.note(row, "excluded", outcome.rule, outcome.message)
        elif row.disposition != "posting":
            page.note(row, "posting", None, None)
        page.intents.append(Intent(key_of(row), row.content_hash, moved=not isinstance(outcome, Excluded)))
    whole = content_hash({"records": hashes})
    if not page.ordered and page.earlier.alone_differs_summed(key, whole, outcome, page.in_force.rules_hash):
        return
    shares = [Share(of, hashes[of], draft.amount) for of, draft in drafts.items()]
    page.intents.append(
        Intent(
            record_key=key,
            content_hash=whole,
            drafts=[outcome] if isinstance(outcome, Draft) else (),
            refusal=outcome if isinstance(outcome, Refused) else None,
            business_date=summed_up(key)[1],
            amount=sum((share.amount for share in shares), Decimal(0)),
            currency=page.stored.books.home_currency,
            shares=shares if isinstance(outcome, Draft | Refused) else (),
            moved=moved,
            part_gone=part_gone,
        )
    )
