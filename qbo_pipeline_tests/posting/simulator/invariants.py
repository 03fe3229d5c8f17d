"""What must hold when a seed has come to rest.

What belongs here: the invariants of the posting protocol, checked on the server's objects against the store's rows.
They carry the numbers (I1 …) that the protocol gives them.
"""

from __future__ import annotations

from qbo_pipeline.posting import core
from qbo_pipeline.posting.events import CREATE, DRIFTED, PARKED, POSTED, Row
from qbo_pipeline_tests.posting.simulator.server import Thing
from qbo_pipeline_tests.posting.simulator.world import World

QUERY_SECONDS = 500.0  # more than a look and the pause after it can take


def check(world: World) -> list[str]:
    """The violations of a world that has run; none is well."""
    found = list(world.violations)
    for row in world.shelf.rows:
        things = [t for t in world.server.things if t.document == row.key and t.marker == row.marker]
        found += _once(row, things)
        if row.state == POSTED:
            found += _posted(world, row, things)
        elif row.state == PARKED:
            found += _parked(world, row, things)
        elif row.state == DRIFTED:
            found += _drifted(row, things)
        else:
            found.append(f"I12: {row.key} ended as {row.state}")
        most = world.policy.attempts + world.policy.stale + 2
        if world.reached.get(row.key, 0) > most:
            found.append(f"I12: {row.key} was posted {world.reached[row.key]} times, {most} are allowed")
    if world.server.overwritten:
        found.append("I16: what a person changed was overwritten")
    return found


def _once(row: Row, things: list[Thing]) -> list[str]:
    return [f"I1: {row.key} is in QBO {len(things)} times"] if len(things) > 1 else []


def _posted(world: World, row: Row, things: list[Thing]) -> list[str]:
    if len(things) != 1 or things[0].id != row.qbo_id:
        return [f"I3: {row.key} is posted as {row.qbo_id}, QBO has {[thing.id for thing in things]}"]
    edited_at = things[0].edited_at
    if things[0].content != row.fingerprint and edited_at is None:
        return [f"I3: {row.key} is posted, QBO holds {things[0].content!r}"]
    adopted_at = [when for key, event, when in world.shelf.journal if key == row.key and event == "recovered"]
    # An edit while the look was under way could not be seen by it.
    if adopted_at and edited_at is not None and edited_at < adopted_at[-1] - QUERY_SECONDS and row.operation == CREATE:
        return [f"I3: {row.key} was adopted with a content that is not ours"]
    return []


def _drifted(row: Row, things: list[Thing]) -> list[str]:
    if [thing.id for thing in things if thing.edited_at is not None] != [row.qbo_id]:
        return [f"I3: {row.key} is drifted as {row.qbo_id}, edited are {[t.id for t in things if t.edited_at]}"]
    return []


def _parked(world: World, row: Row, things: list[Thing]) -> list[str]:
    """A parked row must have a reason that the world gave it, and nothing of it may be in QBO."""
    poisoned = world.poisoned.get(row.key, 0)  # one such crash is bad luck, a second one bad company
    edited = any(thing.edited_at is not None for thing in things)
    given = {
        "refused": row.key in world.refused,
        "duplicate_number": row.key in world.foreign and world.server.unique,
        core.QUARANTINED: row.key == world.poison or row.crashes - poisoned + 1 >= world.policy.crashes,
        core.EXHAUSTED: row.attempts >= world.policy.attempts,
        core.CONFLICT: edited or row.stale >= world.policy.stale,
        "found_twice": True,  # an alarm; what raised it is a violation of its own
    }
    if not given.get(row.reason or "", False):
        return [f"I2: {row.key} is parked as {row.reason!r} without cause: {row.message}"]
    if row.doubt:  # parked unresolved, and shown so: reading it back loses workers
        return []
    if row.operation == CREATE and things:
        return [f"I3: {row.key} is parked as {row.reason!r} and yet in QBO"]
    if row.operation != CREATE and things[0].content == row.fingerprint and not edited:
        return [f"I3: the update of {row.key} is parked as {row.reason!r} and yet in QBO"]
    return []
