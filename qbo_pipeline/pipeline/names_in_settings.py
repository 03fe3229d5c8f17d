"""Names in the settings and what they mean in QBO: bound to Ids once something is posted with them.

What belongs here: which names the settings state, what each means in QBO's lists, and the gate before sending. A name
that is nobody's any more is followed by its Id; one that means *another* object stops the run before it sends anything,
until a person says which of the two is meant. `books.resolve_rules` keeps to the bound Id until then, so that a
reconciliation goes on as before.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from qbo_pipeline.accounting.books import DIMENSIONS
from qbo_pipeline.pipeline.binding import has_posted
from qbo_pipeline.pipeline.run import Run
from qbo_pipeline.posting.persons import NotPossible, Person
from qbo_pipeline.settings import Settings, SettingsError
from qbo_pipeline.store.bound_names import Name, load_bound_names, put_bound_names
from qbo_pipeline.store.reference import Reference, lists_of

DIMENSION_LISTS = {"class": "Class", "department": "Department"}  # a department is called location in QBO's screens
_LISTS = ("Account", "TaxCode", *DIMENSION_LISTS.values())
_WORDS = {"Account": "account", "TaxCode": "tax code", "Class": "class", "Department": "department"}
_BY_ID = "id:"


class NameMeansAnother(SettingsError):
    """A name in the settings means another object in QBO than when something was posted with it."""


@dataclass(frozen=True, slots=True)
class BoundMeaning:
    """A name that means something else than before: what it is bound to, and what has the name now."""

    entity: str
    name: str
    before: str
    now: str
    called_now: str  # the name that the object of before has now; empty where QBO's list has it no more

    @property
    def word(self) -> str:
        """What it is: account, tax code, class or department."""
        return _WORDS[self.entity]

    @property
    def text(self) -> str:
        """What happened, and both ways out."""
        word = self.word
        what = f"is called {self.called_now!r} now" if self.called_now else "is no longer in QuickBooks' list"
        return (
            f"the {word} {self.name!r} of the settings was Id {self.before} in QuickBooks at the last posting with it; "
            f'that {word} {what}, and Id {self.now} has the name {self.name!r}. Write "{_BY_ID}{self.before}" into the '
            f"settings to keep the one of before, or let the new one count from now on: `qbo-pipeline rebind --name "
            f'"{self.name}" --who WHO --why WHY`'
        )


def object_named(items: Iterable[Reference], name: str) -> Reference | None:
    """What has this name, or this account number, in one of QBO's lists."""
    found = list(items)
    by_name = next((item for item in found if item.name == name), None)
    return by_name or next((item for item in found if item.number is not None and item.number == name), None)


def bound_object(items: Sequence[Reference], bound: Mapping[Name, str], entity: str, name: str) -> Reference | None:
    """The object that a name is bound to, where the list still has it; `None` where the name says which one is meant.

    An inactive one counts only where another has its name now: which of them is meant, a person says.
    """
    qbo_id = bound.get((entity, name))
    item = next((item for item in items if item.qbo_id == qbo_id), None)
    if item is None or item.active:
        return item
    other = object_named(items, name)
    return item if other is not None and other.qbo_id != item.qbo_id else None


def changed_names(connection: Connection, settings: Settings) -> list[BoundMeaning]:
    """The names of the settings that mean another object than the one that they are bound to."""
    name = settings.connection.name
    bound = load_bound_names(connection, name)
    lists = lists_of(connection, name, *_LISTS)
    found = []
    for (entity, stated), now in sorted(_meanings(settings, lists).items()):
        before = bound.get((entity, stated))
        if before is not None and before != now:
            called = next((item.name for item in lists[entity] if item.qbo_id == before), "")
            found.append(BoundMeaning(entity, stated, before, now, called))
    return found


def renamed_names(connection: Connection, settings: Settings) -> list[str]:
    """Sentences about names that are nobody's in QBO any more and are followed by the Id that they are bound to."""
    name = settings.connection.name
    bound = load_bound_names(connection, name)
    sentences = []
    for entity, items in lists_of(connection, name, *_LISTS).items():
        for stated in sorted(_stated(settings)[entity]):
            item = bound_object(items, bound, entity, stated)
            if item is not None and object_named(items, stated) is None:
                sentences.append(followed(entity, stated, item))
    return sentences


def followed(entity: str, stated: str, item: Reference) -> str:
    """What to say of a name that is followed by its Id."""
    return (
        f"The {_WORDS[entity]} {stated!r} of the settings is called {item.name!r} in QuickBooks now (Id "
        f'{item.qbo_id}); it is followed by its Id. Write the new name, or "{_BY_ID}{item.qbo_id}", into the settings.'
    )


def check_names(run: Run) -> None:
    """Raises `NameMeansAnother` with every name that means another object than at the last posting."""
    with run.database.reading() as connection:
        if not has_posted(connection, run.name):
            return
        changed = changed_names(connection, run.settings)
    if changed:
        told = "\n".join(f"- {item.text}" for item in changed)
        raise NameMeansAnother(
            f"{run.settings.file}: nothing was sent, because a name means something else in QuickBooks now:\n{told}"
        )


def bind_names(run: Run) -> None:
    """Bind every name of the settings that is not bound yet; before the first posting also those that changed."""
    with run.database.transaction() as connection:
        lists = lists_of(connection, run.name, *_LISTS)
        bound = load_bound_names(connection, run.name)
        kept = bound if has_posted(connection, run.name) else {}
        found = _meanings(run.settings, lists)
        new = {name: qbo_id for name, qbo_id in found.items() if name not in kept and bound.get(name) != qbo_id}
        put_bound_names(connection, run.name, new, now=run.database.now(connection))


def rebind_name(run: Run, stated: str, person: Person) -> list[BoundMeaning]:
    """A person says that a name means what has it in QBO now; raises `NotPossible` where it does not mean another."""
    with run.database.transaction() as connection:
        changed = [item for item in changed_names(connection, run.settings) if item.name == stated]
        if not changed:
            raise NotPossible(
                f"the name {stated!r} of {run.settings.file} means what it meant at the last posting, as far as "
                "QuickBooks' lists were read: nothing to do"
            )
        new = {(item.entity, item.name): item.now for item in changed}
        now = run.database.now(connection)
        put_bound_names(connection, run.name, new, now=now, who=person.who, why=person.why)
    return changed


def _meanings(settings: Settings, lists: Mapping[str, Sequence[Reference]]) -> dict[Name, str]:
    """By name of the settings the Id of what has it in QBO now."""
    return dict(_each(_stated(settings), lists))


def _each(stated: Mapping[str, set[str]], lists: Mapping[str, Sequence[Reference]]) -> Iterator[tuple[Name, str]]:
    for entity, names in stated.items():
        for name in names:
            if (item := object_named(lists[entity], name)) is not None:
                yield (entity, name), item.qbo_id


def _stated(settings: Settings) -> dict[str, set[str]]:
    """The names that the settings of all dates state, by QBO's list; what is stated by its Id is none."""
    found: dict[str, set[str]] = {entity: set() for entity in _LISTS}
    for _, its in settings.by_date():
        found["Account"] |= {*its.accounts.roles.values(), *its.accounts.hints.values()}
        for (role, _, _), name in its.accounts.overrides().items():
            found[DIMENSION_LISTS[role] if role in DIMENSIONS else "Account"].add(name)
        found["TaxCode"] |= {*its.tax_codes.values()} - {"TAX", "NON"}  # of every US company, never made by anybody
    return {entity: {name for name in names if not name.startswith(_BY_ID)} for entity, names in found.items()}
