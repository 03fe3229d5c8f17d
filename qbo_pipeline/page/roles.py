"""The roles of the page and what each may do: the one table of permissions.

What belongs here: data. A role is given for one company; whoever has several may do what any of them may. Who prepares
a sign-off never reviews it, whatever the roles: `reconciliation/signoff.py` sees to that.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

SEE, RETRY, SKIP, APPROVE, UNLINK, RELINK = "see", "retry", "skip", "approve", "unlink", "relink"
REVERSE, POST_AGAIN, CORRECT = "reverse", "post_again", "correct"
WRITE_AGAIN, LEAVE, DECIDE = "write_again", "leave", "decide"
PREPARE, REVIEW, NOTE = "prepare", "review", "note"
CHECK, CONNECT, SETTINGS, RULES = "check", "connect", "settings", "rules"
DECISIONS = (RETRY, SKIP, APPROVE, UNLINK, RELINK, REVERSE, POST_AGAIN, CORRECT, WRITE_AGAIN, LEAVE, DECIDE)
ACTIONS = (SEE, *DECISIONS, PREPARE, REVIEW, NOTE, CHECK, CONNECT, SETTINGS, RULES)

ROLES: dict[str, frozenset[str]] = {
    "viewer": frozenset({SEE}),
    "preparer": frozenset(
        {SEE, RETRY, SKIP, UNLINK, RELINK, CORRECT, WRITE_AGAIN, LEAVE, DECIDE, PREPARE, NOTE, CHECK}
    ),
    "reviewer": frozenset({SEE, APPROVE, REVERSE, POST_AGAIN, CORRECT, REVIEW, NOTE, CHECK, RULES}),
    "operator": frozenset({SEE, RETRY, WRITE_AGAIN, CHECK, CONNECT, SETTINGS}),
}
"""What changes the books needs two people where the roles are given to two: one prepares, another approves. `rules` are
the settings that decide what is posted (accounts, tax codes, policies), `settings` the others; `check` asks QuickBooks.
`write_again`, `leave` and `decide` are about what comes back from QuickBooks.
"""

_NAME = re.compile(r"[a-z0-9][a-z0-9._@+-]{0,63}")


def allowed(roles: Iterable[str]) -> frozenset[str]:
    """What these roles may do together; a role that this version does not know may do nothing."""
    return frozenset().union(*(ROLES.get(role, frozenset()) for role in roles))


def user_name(text: str) -> str | None:
    """The name of a user as it is kept: small letters, so that nobody is two people; `None` for what is no name."""
    name = text.strip().lower()
    return name if _NAME.fullmatch(name) else None
