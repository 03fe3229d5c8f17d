"""The settings that count now, named by two hashes: of what decides a payload, and of that with what policy keeps back.

What belongs here: which settings those are. A posting keeps the hash of those that made it.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection

from qbo_pipeline.accounting.rule_sets import RuleSet
from qbo_pipeline.inventory.records import canonical_json, content_hash
from qbo_pipeline.pipeline.resolving import resolve_rules
from qbo_pipeline.pipeline.run import Run
from qbo_pipeline.settings_posting import PostingSettings
from qbo_pipeline.store.settings_versions import put_version, version_content

# What decides whether a posting is sent at once, and not what it says.
KEPT_BACK_BY = ("approval", "vanished", "same_number", "closed_period", "history_before")


@dataclass(frozen=True, slots=True)
class InForce:
    """`content` is JSON with QBO's Ids: no secret, no address."""

    settings_hash: str
    rules_hash: str
    content: str


def in_force(rule_set: RuleSet, posting: PostingSettings) -> InForce:
    """The names of these rules and policies."""
    rules = rule_set.as_content()
    kept_back = {name: str(getattr(posting, name)) for name in KEPT_BACK_BY}
    content = {"rules": rules, "kept_back": kept_back}
    return InForce(content_hash(content), content_hash(rules), canonical_json(content))


def read_in_force(connection: Connection, run: Run) -> InForce:
    """Those of a run; raises `SettingsError` where the settings name what QBO does not have."""
    return in_force(resolve_rules(connection, run.settings), run.settings.posting)


def keep(connection: Connection, run: Run, now: InForce) -> None:
    """Keep them, so that what is made by them can say later what they were."""
    instant = run.database.now(connection)
    put_version(connection, run.name, now.settings_hash, now.rules_hash, now.content, now=instant)


def rules_of(connection: Connection, run: Run, settings_hash: str) -> RuleSet | None:
    """The rules of an earlier version, `None` where it is not known."""
    content = version_content(connection, run.name, settings_hash)
    return None if content is None else RuleSet.from_content(content["rules"])
