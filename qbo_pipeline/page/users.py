"""What somebody with access to the store says about the page's users: who may do what, for which companies.

What belongs here: granting and taking away, for the command. The page itself grants nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from qbo_pipeline.errors import PermanentError
from qbo_pipeline.page import passwords
from qbo_pipeline.page.companies import Companies
from qbo_pipeline.page.roles import ROLES, user_name
from qbo_pipeline.posting.persons import Person
from qbo_pipeline.store.page_access import Grant, grant, grants


class NoSuchGrant(PermanentError):
    """What is to be granted or taken away cannot be; the text says why."""


def add(companies: Companies, given: str, roles: Iterable[str], password: str | None, person: Person) -> str:
    """Grant these roles for every company that is open here, in the place of what was granted before; answers the name
    as it is kept.

    Without a password the user can come only by a proxy that names them. Raises `NoSuchGrant`.
    """
    name = _name(given)
    unknown = sorted(set(roles) - set(ROLES))
    if unknown or not list(roles):
        raise NoSuchGrant(f"{', '.join(unknown) or 'nothing'} is no role: the roles are {', '.join(ROLES)}")
    if password is not None and (trouble := passwords.trouble_with(password)):
        raise NoSuchGrant(f"the password {trouble}")
    _grant(companies, name, roles, None if password is None else passwords.hashed(password), person)
    return name


def remove(companies: Companies, given: str, person: Person) -> str:
    """Take everything away from a name, in every company open here; raises `NoSuchGrant` where it has nothing."""
    name = _name(given)
    if not any(one.name == name and one.roles for one in listed(companies)):
        raise NoSuchGrant(f"nothing is granted to {name} for {', '.join(sorted(companies.by_name))}")
    _grant(companies, name, (), None, person)
    return name


def listed(companies: Companies) -> Sequence[Grant]:
    """What is granted to whom, by company and name; names from which all was taken away are among them."""
    found: list[Grant] = []
    for store in companies.stores:
        with store.database.reading() as connection:
            found += grants(connection, store.names)
    return sorted(found, key=lambda one: (one.connection, one.name))


def _grant(companies: Companies, name: str, roles: Iterable[str], kept: str | None, person: Person) -> None:
    for store in companies.stores:
        with store.database.transaction() as connection:
            now = store.database.now(connection)
            for company in store.names:
                grant(connection, company, name, roles, kept, who=person.who, why=person.why, now=now)


def _name(given: str) -> str:
    name = user_name(given)
    if name is None:
        raise NoSuchGrant(
            f"{given!r} is no name for a user: take letters from a to z, digits and . _ @ + -, at most 64"
        )
    return name
