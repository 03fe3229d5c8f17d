"""Failure on order: what a fault rule says, how a script of rules is read, and which rule fires for a request."""

from __future__ import annotations

import fnmatch
import json
import random
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

# Kind of fault → the settings it takes beyond the selectors. What each does stands in EXPLAINED.
KINDS: dict[str, frozenset[str]] = {
    "lost_answer": frozenset({"commit", "how", "seconds", "items"}),
    "late_commit": frozenset({"how", "seconds"}),
    "reset": frozenset({"commit"}),
    "half_body": frozenset({"commit"}),
    "wrong_length": frozenset({"commit", "extra"}),
    "slow_drip": frozenset({"chunk", "seconds"}),
    "html": frozenset({"commit", "status"}),
    "fault_200": frozenset({"commit", "code", "message", "detail"}),
    "server_error": frozenset({"commit", "status"}),
    "refusal": frozenset({"status", "code", "message", "detail"}),
    "stale_object": frozenset(),
    "throttle": frozenset({"seconds"}),
    "expire_token": frozenset(),
    "revoke_token": frozenset(),
    "torn_batch": frozenset({"items"}),
    "shuffled_batch": frozenset(),
    "query_lag": frozenset({"seconds"}),
    "unknown_fields": frozenset(),
    "truncated_report": frozenset({"items"}),
}
# Kinds that only mean something for some operations, and those that the token endpoint can suffer.
ONLY_FOR: dict[str, frozenset[str]] = {
    "torn_batch": frozenset({"batch"}),
    "shuffled_batch": frozenset({"batch"}),
    "query_lag": frozenset({"query", "cdc"}),
    "truncated_report": frozenset({"report"}),
    "stale_object": frozenset({"update", "delete", "void"}),
}
TOKEN_KINDS = frozenset(
    {
        "lost_answer",
        "reset",
        "half_body",
        "wrong_length",
        "slow_drip",
        "html",
        "server_error",
        "refusal",
        "throttle",
    }
)
ITEM_KINDS = frozenset({"refusal", "stale_object"})
EXPLAINED: dict[str, str] = {
    "lost_answer": "the request is carried out (commit) or not, and no answer comes: the line is cut (how=reset) or "
    "stays silent (how=hang) for `seconds`; in a batch, `items` is how many of its items are carried out",
    "late_commit": "no answer comes, and the request is carried out `seconds` of virtual time later",
    "reset": "the connection is reset (TCP RST) after the request was carried out (commit) or before",
    "half_body": "the headers and the first half of the body are sent, then the connection is closed",
    "wrong_length": "Content-Length says `extra` bytes more (or, below 0, fewer) than are sent",
    "slow_drip": "the body is sent `chunk` bytes at a time, with `seconds` of real time between them",
    "html": "an HTML page with status 200 (or `status`) is the answer",
    "fault_200": "a Fault with HTTP status 200 is the answer",
    "server_error": "a 5xx answer, with or without the request having been carried out",
    "refusal": "a Fault with `code`; nothing is carried out; in a batch, for each item that matches",
    "stale_object": "somebody else changes the object first, so that the request's SyncToken is stale (5010)",
    "throttle": "429, and for `seconds` after it 429 to every request of the company",
    "expire_token": "the request's access token expires now (401, code 3200)",
    "revoke_token": "the connection is revoked now: access and refresh tokens die",
    "torn_batch": "all of a batch is carried out, its answer holds only the first `items` items",
    "shuffled_batch": "the items of a batch's answer come in another order",
    "query_lag": "queries and changes do not yet know what was written in the last `seconds`",
    "unknown_fields": "the answer's objects carry a field and an enumeration value nobody knows",
    "truncated_report": "a report stops after `items` rows with 'Unable to display more data'",
}


def applies(kind: str, operation: str) -> bool:
    """Whether a kind of fault can befall an operation at all."""
    if operation == "token":
        return kind in TOKEN_KINDS
    return operation in ONLY_FOR.get(kind, {operation})


class FaultRule(BaseModel):
    """Which requests fail (selectors) and how (kind and its settings).

    Selectors left out match everything. `nth` counts the requests that match the other selectors, from 1.
    `probability` draws from the plan's seeded generator. `times` bounds how often the rule fires; a rule with
    neither `nth`, `every`, `probability` nor `times` fires each time.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    kind: str
    operation: str | None = None
    """create, update, delete, void, read, query, batch, cdc, report, upload, download, pdf, send, token, ..."""
    entity: str | None = None
    path: str | None = None
    """A shell-style pattern for the whole path, for example `*/reports/*`."""
    contains: str | None = None
    """Text that the request's body (or query string) must contain."""
    nth: Annotated[int, Field(ge=1)] | list[Annotated[int, Field(ge=1)]] | None = None
    every: Annotated[int, Field(ge=1)] | None = None
    probability: Annotated[float, Field(gt=0, le=1)] | None = None
    times: Annotated[int, Field(ge=1)] | None = None

    commit: bool = True
    how: Literal["reset", "hang"] = "reset"
    seconds: Annotated[float, Field(ge=0, le=86_400)] = 120.0
    status: Annotated[int, Field(ge=200, le=599)] | None = None
    code: Annotated[str, Field(pattern=r"^[0-9]{1,6}$")] = "6000"
    message: str | None = None
    detail: str | None = None
    items: Annotated[int, Field(ge=0)] = 0
    chunk: Annotated[int, Field(ge=1)] = 1
    extra: int = 10

    @model_validator(mode="after")
    def _fits_its_kind(self) -> FaultRule:
        if self.kind not in KINDS:
            raise ValueError(f"kind {self.kind!r} is not known; the kinds are {', '.join(KINDS)}")
        selectors = {"kind", "operation", "entity", "path", "contains", "nth", "every", "probability", "times"}
        strange = sorted(self.model_fields_set - selectors - KINDS[self.kind])
        if strange:
            takes = ", ".join(sorted(KINDS[self.kind])) or "no settings"
            raise ValueError(f"kind {self.kind!r} does not take {', '.join(strange)}; it takes {takes}")
        if self.operation is not None and not applies(self.kind, self.operation):
            raise ValueError(f"kind {self.kind!r} cannot befall operation {self.operation!r}")
        if self.kind == "lost_answer" and "items" in self.model_fields_set and self.operation != "batch":
            raise ValueError("kind 'lost_answer' takes items only with operation = 'batch'")
        if self.kind == "server_error" and self.status is not None and self.status < 500:
            raise ValueError(f"kind 'server_error' needs a status of 500 to 599, not {self.status}")
        if self.kind == "wrong_length" and self.extra == 0:
            raise ValueError("kind 'wrong_length' needs an extra other than 0")
        return self

    def matches(self, operation: str, entity: str, path: str, text: bytes) -> bool:
        """Whether the selectors fit a request (or a batch item)."""
        return (
            (self.operation is None or self.operation == operation)
            and (self.entity is None or self.entity.lower() == entity.lower())
            and (self.path is None or fnmatch.fnmatchcase(path, self.path))
            and (self.contains is None or self.contains.encode() in text)
        )


class FaultScript(BaseModel):
    """A file of fault rules, or the body of POST /emulator/faults: a seed and the rules under `fault`."""

    model_config = ConfigDict(extra="forbid")

    seed: int | None = None
    fault: list[FaultRule] = []


@dataclass
class Armed:
    """A rule at work: how many requests matched it, and how often it fired."""

    rule: FaultRule
    seen: int = 0
    fired: int = 0


@dataclass
class FaultPlan:
    """The rules in force; the first that fires decides about a request."""

    seed: int = 0
    armed: list[Armed] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._random = random.Random(self.seed)

    def add(self, script: FaultScript) -> None:
        """Add a script's rules; its seed, where given, starts the draws anew."""
        if script.seed is not None:
            self.seed = script.seed
            self._random = random.Random(script.seed)
        self.armed.extend(Armed(rule) for rule in script.fault)

    def clear(self) -> None:
        self.armed.clear()

    def choose(self, operation: str, entity: str, path: str, text: bytes, *, item: bool = False) -> FaultRule | None:
        """The rule that fires for this request, or for this item of a batch; counts it.

        A refusal or stale object befalls a batch's items one by one, unless the rule says operation = "batch".
        """
        for armed in self.armed:
            rule = armed.rule
            by_item = rule.kind in ITEM_KINDS and rule.operation != "batch"
            if (item and not by_item) or (by_item and not item and operation == "batch"):
                continue
            if not applies(rule.kind, operation) or not rule.matches(operation, entity, path, text):
                continue
            if rule.times is not None and armed.fired >= rule.times:
                continue
            armed.seen += 1
            if self._fires(rule, armed.seen):
                armed.fired += 1
                return rule
        return None

    def shuffled(self, items: list[bytes]) -> list[bytes]:
        """The items in another order, drawn from the plan's generator; two or more never stay as they were."""
        order = list(items)
        self._random.shuffle(order)
        return order if order != items else order[::-1]

    def _fires(self, rule: FaultRule, seen: int) -> bool:
        if rule.nth is not None and seen not in (rule.nth if isinstance(rule.nth, list) else [rule.nth]):
            return False
        if rule.every is not None and seen % rule.every:
            return False
        return rule.probability is None or self._random.random() < rule.probability

    def as_dict(self) -> dict[str, Any]:
        """The body of GET /emulator/faults: the seed, and each rule with its counts."""
        return {
            "seed": self.seed,
            "fault": [
                {**armed.rule.model_dump(exclude_unset=True), "seen": armed.seen, "fired": armed.fired}
                for armed in self.armed
            ],
            "kinds": EXPLAINED,
        }


def parse_script(value: Mapping[str, Any], where: str) -> FaultScript:
    """Check a script; raises ValueError saying which rule is wrong, where, and what would be right."""
    try:
        return FaultScript.model_validate(value)
    except ValidationError as error:
        lines = []
        for problem in error.errors(include_url=False, include_input=False):
            place = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in problem["loc"])
            lines.append(f"{where}{place}: {problem['msg'].removeprefix('Value error, ')}")
        raise ValueError("\n".join(lines)) from None


def read_script(path: Path) -> FaultScript:
    """Read a fault script from a `.toml` or `.json` file; raises ValueError for what is wrong in it."""
    try:
        text = path.read_text(encoding="utf-8")
        value = tomllib.loads(text) if path.suffix == ".toml" else json.loads(text)
    except (tomllib.TOMLDecodeError, json.JSONDecodeError, UnicodeDecodeError) as error:
        raise ValueError(f"{path}: not readable as {path.suffix.lstrip('.') or 'json'}: {error}") from None
    if not isinstance(value, dict):
        raise ValueError(f"{path}: the script must be an object with the rules under `fault`.")
    return parse_script(value, str(path))
