"""Passwords of the page's users: kept as argon2id, compared in bounded number at a time."""

from __future__ import annotations

import threading

from argon2 import PasswordHasher
from argon2.exceptions import Argon2Error, InvalidHashError

LEAST, MOST = 12, 256  # characters
_hasher = PasswordHasher()  # RFC 9106, the second recommended option: 64 MiB, three passes
_AT_ONCE = threading.BoundedSemaphore(2)  # each takes 64 MiB for a moment
# Compared where nobody has the name, so that the answer takes as long.
_NOBODY = "$argon2id$v=19$m=65536,t=3,p=4$d9JCbFTdqm986coGoSj+vQ$hiMmK9mbHOtSu3PqfqYZhzHEV9g9fkdTCviseEfzI34"


def trouble_with(password: str) -> str | None:
    """Why a password cannot be taken, in words that go on after "the password"; `None` where it can."""
    if len(password) < LEAST:
        return f"has {len(password)} characters: take {LEAST} or more, several words are easy to keep in mind"
    if len(password) > MOST:
        return f"has more than {MOST} characters"
    return None


def hashed(password: str) -> str:
    """The text to keep of a password."""
    with _AT_ONCE:
        return _hasher.hash(password)


def is_right(password: str, kept: str | None) -> bool:
    """Whether this is the password; takes as long where nothing is kept."""
    if len(password) > MOST:
        return False
    with _AT_ONCE:
        try:
            return _hasher.verify(kept or _NOBODY, password) and kept is not None
        except (Argon2Error, InvalidHashError):
            return False
