"""A text that must never be shown: tokens and the client secret."""

from __future__ import annotations

import hmac
from typing import NoReturn


class Secret:
    """Wraps a secret so that printing, formatting, logging or pickling it does not give it away.

    `reveal()` is called only where the secret goes on the wire or into the vault.
    """

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        if not isinstance(value, str) or not value:
            raise ValueError("a secret must be a text that is not empty")
        self._value = value

    def reveal(self) -> str:
        return self._value

    def __repr__(self) -> str:
        return "Secret(…)"

    __str__ = __repr__

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Secret):
            return NotImplemented
        return hmac.compare_digest(self._value.encode(), other._value.encode())

    def __hash__(self) -> int:
        return hash(self._value)

    def __reduce__(self) -> NoReturn:
        raise TypeError("a secret cannot be pickled or copied: pass the object itself")
