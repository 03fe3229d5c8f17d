"""Who somebody is: by name and password, by the header of a proxy that was named, or by an OpenID Connect provider; and
for how long.

What belongs here: sessions and their tokens. A token is in the browser alone, its hash in the store of each company
that it opens, with the roles of now: what is taken away is gone with the next request.
"""

from __future__ import annotations

import hashlib
import hmac
import logging
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from qbo_pipeline.page import passwords
from qbo_pipeline.page.companies import Companies
from qbo_pipeline.page.openid.tokens import Vouched
from qbo_pipeline.page.roles import allowed, user_name
from qbo_pipeline.page.tries import Tries
from qbo_pipeline.store.page_access import (
    OPENID,
    PASSWORD,
    Grant,
    begin_session,
    end_sessions,
    grant,
    grants,
    see_session,
    sessions,
)

log = logging.getLogger(__name__)

LASTING, IDLE = timedelta(hours=12), timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class User:
    """Somebody who is signed in: what they may do, by company; `form_token` is asked back with each form."""

    name: str
    way: str
    actions: Mapping[str, frozenset[str]]
    roles: Mapping[str, frozenset[str]]
    token: str = field(repr=False)

    @property
    def form_token(self) -> str:
        return hmac.new(self.token.encode(), b"form", hashlib.sha256).hexdigest()

    def may(self, action: str, company: str) -> bool:
        return action in self.actions.get(company, frozenset())


@dataclass(frozen=True, slots=True)
class NotSignedIn:
    """Nobody was signed in; `wait` is for how many seconds no more tries are taken."""

    wait: float = 0.0


class SignInDoor:
    """Signs in and out, and recognises who is signed in. Safe to use from several threads."""

    def __init__(self, companies: Companies, tries: Tries | None = None) -> None:
        self._companies = companies
        self._tries = tries or Tries()

    def sign_in(self, given: str, password: str, address: str) -> str | NotSignedIn:
        """A new token for the companies in which this name has this password."""
        name = user_name(given)
        wait = self._tries.wait(name or "?", address)
        if wait:
            return NotSignedIn(wait)
        self._tries.begin(name or "?", address)
        opened = [] if name is None else self._with_password(name, password)
        if name is None:
            passwords.is_right(password, None)  # so that the answer takes as long
        if name is None or not opened:
            log.warning("the page: a sign-in failed")
            return NotSignedIn(self._tries.wait(name or "?", address))
        self._tries.succeeded(name, address)
        return self._begin(name, opened, PASSWORD)

    def sign_in_by_proxy(self, name: str, way: str) -> str | None:
        """A new token for somebody whom the proxy named; `None` where nothing is granted to that name."""
        opened = []
        for store in self._companies.stores:
            with store.database.reading() as connection:
                opened += [one.connection for one in grants(connection, store.names, name) if one.roles]
        return self._begin(name, opened, way) if opened else None

    def sign_in_by_provider(self, vouched: Vouched, issuer: str, *, gives_roles: bool) -> str | None:
        """A new token for somebody whom the provider named; `None` where nothing is granted to that name.

        In a company whose settings give roles to groups these decide: what they mean is granted, where it is not what
        was granted before; nothing, where the provider `gives_roles` to nobody. A name that has a password is not open
        to the provider.
        """
        opened = []
        for store in self._companies.stores:
            with store.database.transaction() as connection:
                now = store.database.now(connection)
                before = {one.connection: one for one in grants(connection, store.names, vouched.name)}
                for company in store.names:
                    last = before.get(company)
                    if last is not None and last.password_hash is not None:
                        log.warning("the page: the provider names somebody who has a password")
                        continue
                    given = self._roles_of_groups(company, vouched)
                    if given is not None and not gives_roles:
                        log.warning("the page: %s gives roles to groups that nobody names: start it anew", company)
                        continue
                    roles = _roles(last) if given is None else given
                    if roles != _roles(last):
                        why = "the groups that the provider counts this name to"
                        grant(connection, company, vouched.name, roles, None, who=issuer, why=why, now=now)
                    if roles:
                        opened.append(company)
        return self._begin(vouched.name, opened, OPENID) if opened else None

    def _roles_of_groups(self, company: str, vouched: Vouched) -> frozenset[str] | None:
        """What these groups may do in a company; `None` where its settings say nothing of groups."""
        here = self._companies.present(company)
        by_group = here.settings.page.roles if here is not None else {}
        if not by_group:
            return None
        return frozenset(role for group in vouched.groups for role in by_group.get(group, ()))

    def recognise(self, token: str | None) -> User | None:
        """Whose token it is, with what they may do now."""
        if not token or len(token) > 100:
            return None
        digest = _digest(token)
        found = []
        for store in self._companies.stores:
            with store.database.reading() as connection:
                now = store.database.now(connection)
                here, due = sessions(connection, store.names, digest, now=now, idle=IDLE)
            if due:
                with store.database.transaction() as connection:
                    see_session(connection, digest, now=now)
            found += here
        if not found:
            return None
        roles = {one.connection: one.roles for one in found}
        actions = {name: allowed(own) for name, own in roles.items()}
        return User(found[0].name, found[0].way, actions, roles, token)

    def sign_out(self, user: User) -> None:
        """The token opens nothing any more."""
        for store in self._companies.stores:
            with store.database.transaction() as connection:
                end_sessions(connection, store.names, token_hash=_digest(user.token))

    def _with_password(self, name: str, password: str) -> list[str]:
        """The companies in which the name has this password; one kept text is compared once."""
        kept = []
        for store in self._companies.stores:
            with store.database.reading() as connection:
                kept += [one for one in grants(connection, store.names, name) if one.roles]
        right = {text: passwords.is_right(password, text) for text in {one.password_hash for one in kept} or {None}}
        return [one.connection for one in kept if one.password_hash and right[one.password_hash]]

    def _begin(self, name: str, opened: list[str], way: str) -> str:
        token = secrets.token_urlsafe(32)
        for store in self._companies.stores:
            here = [one for one in opened if one in store.names]
            if here:
                with store.database.transaction() as connection:
                    now = store.database.now(connection)
                    begin_session(connection, here, name, _digest(token), way, now=now, lasting=LASTING)
        return token


def _roles(last: Grant | None) -> frozenset[str]:
    return last.roles if last is not None else frozenset()


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
