"""A model of QuickBooks Online for the simulator: what a POST does to its objects, and when.

What belongs here: objects, the memory of requestids in three modes, late commits and the lag of queries. Times are
seconds of virtual time. It shares no line with the product.
"""

from __future__ import annotations

from typing import NamedTuple

HONOUR, IGNORE, REFUSE = "honour", "ignore", "refuse"
MODES = (HONOUR, IGNORE, REFUSE)


class Item(NamedTuple):
    """One item of a POST: its idempotency key, and what it asks for."""

    request: tuple[str, str | None]
    document: str
    operation: str
    marker: str
    content: str
    token: str | None


class Thing:
    """One object: the number and marker it carries and its versions, each with the time since which it is found."""

    __slots__ = ("content", "document", "edited_at", "id", "marker", "shown", "token", "visible_at")

    def __init__(self, id: str, document: str, marker: str, content: str, visible_at: float) -> None:
        self.id = id
        self.document = document
        self.marker = marker
        self.content = content
        self.token = 0
        self.visible_at = visible_at
        self.shown: tuple[int, str] | None = None  # what queries show until `visible_at`
        self.edited_at: float | None = None

    def change(self, content: str, visible_at: float) -> None:
        self.shown = (self.token, self.content)
        self.token += 1
        self.content = content
        self.visible_at = visible_at


class Server:
    """`late` holds what will be done although nobody waits for it any more."""

    __slots__ = ("by_request", "late", "mode", "overwritten", "things", "unique")

    def __init__(self, mode: str, unique: bool) -> None:
        self.mode = mode
        self.unique = unique  # duplicate numbers are refused (6140)
        self.things: list[Thing] = []
        self.late: list[tuple[float, Item, float]] = []
        self.by_request: dict[tuple[str, str | None], tuple[Thing, str]] = {}
        self.overwritten = 0

    def pass_time(self, now: float) -> None:
        while self.late and self.late[0][0] <= now:
            when, item, lag = self.late.pop(0)
            self.execute(when, item, lag)

    def later(self, when: float, item: Item, lag: float) -> None:
        self.late.append((when, item, lag))
        self.late.sort(key=lambda entry: entry[0])

    def execute(self, now: float, item: Item, lag: float) -> tuple[str, str, str]:
        """Carry one item out: (`done`, Id, SyncToken), or (refusal's kind, "", "")."""
        before = self.by_request.get(item.request)
        if before is not None:
            if self.mode == HONOUR:
                return "done", before[0].id, before[1]
            if self.mode == REFUSE:
                return "duplicate_request", "", ""
        if item.operation == "create":
            if self.unique and any(thing.document == item.document for thing in self.things):
                return "duplicate_number", "", ""
            thing = Thing(str(len(self.things) + 1), item.document, item.marker, item.content, now + lag)
            self.things.append(thing)
        else:
            thing = next(t for t in self.things if t.document == item.document and t.marker == item.marker)
            if item.token != str(thing.token):
                return "conflict", "", ""
            self.overwritten += thing.edited_at is not None
            thing.change(item.content, now + lag)
        self.by_request[item.request] = (thing, str(thing.token))
        return "done", thing.id, str(thing.token)

    def find(self, document: str, now: float) -> list[tuple[str, str, str, str]]:
        """What a query shows: (Id, SyncToken, marker, content) of the objects with this number."""
        found = []
        for thing in self.things:
            if thing.document != document:
                continue
            if thing.visible_at <= now:
                found.append((thing.id, str(thing.token), thing.marker, thing.content))
            elif thing.shown is not None:
                found.append((thing.id, str(thing.shown[0]), thing.marker, thing.shown[1]))
        return found
