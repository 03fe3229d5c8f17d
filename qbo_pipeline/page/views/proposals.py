"""Changes of the settings, from the form over the proposal with its effect to the file.

What belongs here: the account map, the settings with their explanations, and the proposal, which is kept as an order.
"""

from __future__ import annotations

from datetime import date
from typing import Any

from starlette.responses import Response

from qbo_pipeline.page.asked import Asked, NotUnderstood, show
from qbo_pipeline.page.finding.chart import account_map
from qbo_pipeline.page.order_keeping import keep_order
from qbo_pipeline.page.roles import RULES, SETTINGS
from qbo_pipeline.page.setting_up import fields
from qbo_pipeline.page.setting_up.fields import OTHER_SECTIONS, RULE_SECTIONS, changes_of, fields_of
from qbo_pipeline.page.setting_up.saving import NotSaved, file_text, proposed, save
from qbo_pipeline.page.setting_up.toml_file import Edit, digest, is_writable
from qbo_pipeline.pipeline.effects import SettingsEffect, effect_of
from qbo_pipeline.posting.persons import Person
from qbo_pipeline.store.page_orders import PageOrder

SHOWN = 20  # affected documents
_MOST_CODE = 200  # characters of a code of the source
_FOREVER = ("name", "currency", "time_zone", "first_day", "last_day")


def show_map(asked: Asked) -> Response:
    """The account map with the chart to choose from."""
    settings, remembered = asked.here.settings, asked.here.remembered
    found = remembered.preflight or []
    codes = [one.code for one in found if one.name == "unmapped account" and one.code]
    with asked.here.database.reading() as connection:
        lines = account_map(connection, settings, codes)
    return show(
        asked, "accounts.html", lines=lines, fixed=_why_fixed(asked), seen=_seen(asked),
        overrides=sorted(settings.accounts.overrides().items()), later=[one.first_day for one in settings.changes],
        every=lines["roles"][0].choices,
    )  # fmt: skip


def propose_map(asked: Asked) -> Response:
    """What the form changes in the map, with the effect on the newest documents."""
    accounts, taxes = asked.here.settings.accounts, asked.here.settings.tax_codes
    changes = []
    for key, values in asked.form.items():
        path = tuple(key.split("\x1f"))
        after = values[0].strip() or None
        if path[:2] in (("accounts", "roles"), ("accounts", "hints")) and len(path) == 3:
            before = getattr(accounts, path[1]).get(path[2])
        elif path[0] == "tax_codes" and len(path) == 2:
            before = taxes.get(path[1])
        else:
            continue
        if after != before and not _says_the_same(asked, path, before, after):
            changes.append(Edit(path, before, after))
    for kind, section in (("code", ("accounts", "hints")), ("tax", ("tax_codes",))):
        name, value = asked.text(f"new_{kind}", form=True), asked.text(f"new_{kind}_is", form=True)
        if bool(name) != bool(value):
            raise NotUnderstood("A new code needs both: what the inventory system writes, and what it means.")
        if name:
            if len(name) > _MOST_CODE:
                raise NotUnderstood(f"A code has at most {_MOST_CODE} characters.")
            changes.append(Edit((*section, name), None, value))
    return _propose(asked, RULES, changes)


def _says_the_same(asked: Asked, path: tuple[str, ...], before: str | None, after: str | None) -> bool:
    """Whether the choice is what the settings mean already, written in another way."""
    with asked.here.database.reading() as connection:
        lines = account_map(connection, asked.here.settings)
    return any(line.path == path and line.chosen == after for part in lines.values() for line in part) and bool(before)


def show_settings(asked: Asked) -> Response:
    """Every setting that the page offers, with its explanation."""
    settings = asked.here.settings
    fixed = [(name, getattr(settings.connection, name)) for name in _FOREVER]
    fixed += [("environment", settings.quickbooks.environment), ("source", settings.source.kind)]
    return show(
        asked, "settings.html", rules=fields_of(settings, RULE_SECTIONS), others=fields_of(settings, OTHER_SECTIONS),
        meanings=asked.page.explanations, fixed=_why_fixed(asked), seen=_seen(asked), in_form=fields.in_form,
        unchangeable=[(name, value) for name, value in fixed if value is not None],
    )  # fmt: skip


def propose_rules(asked: Asked) -> Response:
    """What the form changes of the policies, with the effect on the newest documents."""
    return _propose(asked, RULES, changes_of(fields_of(asked.here.settings, RULE_SECTIONS), _answers(asked)))


def propose_settings(asked: Asked) -> Response:
    """What the form changes of the other settings."""
    return _propose(asked, SETTINGS, changes_of(fields_of(asked.here.settings, OTHER_SECTIONS), _answers(asked)))


def _answers(asked: Asked) -> Any:
    return lambda key: list(asked.form[key]) if key in asked.form else None


def _propose(asked: Asked, what: str, changes: list[Edit]) -> Response:
    if why := _why_fixed(asked):
        raise NotUnderstood(why)
    seen = asked.text("seen", form=True)
    if seen != digest(file_text(asked.here)):
        raise NotUnderstood("The settings file was changed since this form was shown: open it anew.")
    if not changes:
        raise NotUnderstood("Nothing is changed by this.")
    settings, _ = proposed(asked.here, changes)
    effect = _shown(effect_of(asked.here.run, settings)) if what == RULES else None
    items: list[dict[str, Any]] = [{"key": "file", "seen": seen, "effect": effect}]
    items += [
        {"key": one.name, "path": list(one.path), "before": _plain(one.before), "after": _plain(one.after)}
        for one in changes
    ]
    return keep_order(asked, what, items)


def show_proposal(asked: Asked, order: PageOrder, *, too_old: bool) -> Response:
    """The changes, their effect, and the form that saves them; afterwards, that they were saved."""
    head, *changes = order.items
    return show(
        asked, "proposal.html", order=order, changes=changes, effect=head["effect"], too_old=too_old,
        result=order.results[0] if order.results else None,
    )  # fmt: skip


def saved(asked: Asked, order: PageOrder, person: Person) -> list[dict[str, Any]]:
    """Write what was proposed into the file, where that is still as it was shown."""
    head, *items = order.items
    changes = [Edit(tuple(one["path"]), one["before"], _typed(one["path"], one["after"])) for one in items]
    try:
        if why := _why_fixed(asked):
            raise NotSaved(why)
        number = save(asked.here, order.decision, changes, head["seen"], person)
    except NotSaved as error:
        return [{"key": "file", "done": False, "said": str(error)}]
    return [{"key": "file", "done": True, "said": f"change {number}"}]


def _typed(path: list[str], value: Any) -> Any:
    """A day, which JSON has as text, as the TOML file holds it."""
    return date.fromisoformat(value) if path == ["posting", "history_before"] and value else value


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date) else value


def _why_fixed(asked: Asked) -> str | None:
    """Why nothing can be changed here; `None` where it can."""
    file = asked.here.settings.file
    if asked.page.keeps_settings:
        return "The settings are kept read-only here: change their file at its own place."
    if asked.here.trouble:
        return f"The settings file has mistakes: correct them there first. {asked.here.trouble}"
    if not is_writable(file):
        return f"{file.name} cannot be written by the page: change it at its own place."
    return None


def _seen(asked: Asked) -> str:
    return digest(file_text(asked.here))


def _shown(effect: SettingsEffect) -> dict[str, Any]:
    """An effect in rows to keep and show."""
    return {
        "looked_at": effect.looked_at,
        "whole": effect.whole,
        "mistakes": list(effect.mistakes),
        "unsent": sum(not one.posted and not one.refused for one in effect.affected),
        "posted": sum(one.posted and not one.refused for one in effect.affected),
        "refused": [[one.record_key, one.refused] for one in effect.affected if one.refused][:SHOWN],
        "refused_count": sum(bool(one.refused) for one in effect.affected),
        "accounts": [[account, str(before), str(after)] for account, before, after in effect.by_account(posted=False)],
        "documents": [[one.record_key, one.posted] for one in effect.affected if not one.refused][:SHOWN],
    }
