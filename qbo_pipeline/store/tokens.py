"""The vault: QBO's tokens at rest, encrypted with AES-256-GCM, and the claim to refresh them.

A row cannot be moved to another connection or realm, nor an older one put back: connection, realm, version, purpose
and key id are authenticated with it, and the newest version is kept in a table of its own. A claim to refresh is a
lease by the database's clock with a fencing number; the row lock covers only taking and ending it, never the call to
Intuit.
"""

from __future__ import annotations

import base64
import binascii
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import Connection, Row, Select, delete, select, update

from qbo_pipeline.errors import PermanentError
from qbo_pipeline.quickbooks.tokens import MintClaim, StoredTokens, Tokens
from qbo_pipeline.store.database import Database, insert_unless_there
from qbo_pipeline.store.tables.quickbooks import token_versions
from qbo_pipeline.store.tables.quickbooks import tokens as table

PURPOSE = "oauth"
_KEY_BYTES, _NONCE_BYTES = 32, 12
# The connection's name is in it, which a key ring does not know.
_NAMED = "the secret QBO_<CONNECTION>_ENCRYPTION_KEY"
_HOW = f"write {_KEY_BYTES} random bytes in base64, as `qbo-pipeline init` makes them"


class VaultError(PermanentError):
    """The vault cannot be opened with the keys at hand; a person must act. Names key ids, never a key."""


@dataclass(frozen=True, slots=True)
class KeyRing:
    """The vault's keys by id; new rows are encrypted with the current one.

    Raises `VaultError` where a key is not 32 bytes long, or the current one is missing.
    """

    keys: Mapping[str, bytes] = field(repr=False)
    current: str

    def __post_init__(self) -> None:
        if self.current not in self.keys:
            raise VaultError(f"the vault's current key {self.current!r} is not among its keys")
        for key_id, key in self.keys.items():
            if len(key) != _KEY_BYTES:
                raise VaultError(f"the key {key_id!r} of {_NAMED} has {len(key)} bytes instead of {_KEY_BYTES}: {_HOW}")

    @classmethod
    def from_text(cls, text: str) -> KeyRing:
        """Keys as `id:base64`, separated by commas or lines, the current one first.

        A key without id has the id `1`. Raises `VaultError` for anything else, without repeating the text.
        """
        keys: dict[str, bytes] = {}
        entries = [entry.strip() for entry in text.replace("\n", ",").split(",") if entry.strip()]
        for number, entry in enumerate(entries, start=1):
            key_id, found, encoded = entry.rpartition(":")
            key_id = key_id if found else "1"
            try:
                key = base64.b64decode(encoded, altchars=b"-_" if set(encoded) & set("-_") else None, validate=True)
            except (binascii.Error, ValueError):
                raise VaultError(f"key {number} of {_NAMED} is not base64: {_HOW}") from None
            if key_id in keys:
                raise VaultError(f"two keys of {_NAMED} have the id {key_id!r}")
            keys[key_id] = key
        if not keys:
            raise VaultError(f"{_NAMED} holds no key: {_HOW}")
        return cls(keys, next(iter(keys)))


class StoredTokenStore:
    """The `TokenStore` of one connection in the store's database."""

    def __init__(self, database: Database, connection: str, realm: str, keys: KeyRing) -> None:
        self._database = database
        self._connection = connection
        self._realm = realm
        self._keys = keys

    def load(self) -> StoredTokens | None:
        """The tokens as they are now; raises `VaultError` where no key opens them, or the row is not this realm's."""
        with self._database.reading() as connection:
            # In one statement: between two, another process could have written.
            row = connection.execute(self._with_newest()).one_or_none()
        if row is None:
            return None
        self._check_newest(row, row.newest)
        return StoredTokens(self._opened(row, row.newest), row.version, row.refused_at)

    def save(self, tokens: Tokens) -> None:
        """Replace whatever is there; raises `ValueError` for tokens of another realm."""
        self._put(tokens, None)

    def begin_mint(self, version: int, *, lease: float, pause: float) -> MintClaim:
        with self._database.transaction() as connection:
            row = self._row(connection, lock=True)
            now = self._database.now(connection)
            if row is None or row.version != version:
                return MintClaim("changed")
            self._check_newest(row, self._newest(connection))
            if row.refused_at is not None and now < row.refused_at + timedelta(seconds=pause):
                return MintClaim("paused")
            if row.minting_until is not None and now < row.minting_until:
                return MintClaim("busy")
            until = now + timedelta(seconds=lease)
            self._update(connection, fence=row.fence + 1, minting_until=until)
            return MintClaim("granted", row.fence + 1)

    def finish_mint(self, claim: MintClaim, tokens: Tokens) -> bool:
        return self._put(tokens, claim)

    def fail_mint(self, claim: MintClaim, *, refused: bool) -> None:
        with self._database.transaction() as connection:
            row = self._row(connection, lock=True)
            if row is None or row.fence != claim.fence:
                return
            refused_at = self._database.now(connection) if refused else row.refused_at
            self._update(connection, minting_until=None, refused_at=refused_at)

    def forget(self) -> None:
        with self._database.transaction() as connection:
            connection.execute(delete(table).where(*self._mine()))

    def key_id(self) -> str | None:
        """The id of the key that the row is encrypted with; `None` where there is no row."""
        with self._database.reading() as connection:
            row = self._row(connection)
        return None if row is None else str(row.key_id)

    @property
    def current_key_id(self) -> str:
        """The id of the key that new rows are encrypted with."""
        return self._keys.current

    def rotate(self) -> bool:
        """Encrypt the row anew with the current key, in today's form; False where it already is, or there is none."""
        with self._database.transaction() as connection:
            row = self._row(connection, lock=True)
            if row is None:
                return False
            newest = self._newest(connection)
            self._check_newest(row, newest)
            if newest is not None and row.key_id == self._keys.current:
                return False
            tokens = self._opened(row, newest)
            self._keep_newest(connection, row.version, known=newest is not None)
            self._update(connection, **self._sealed(tokens, row.version), changed_at=self._database.now(connection))
            return True

    def _put(self, tokens: Tokens, claim: MintClaim | None) -> bool:
        """Store tokens; where a claim is given, only if it is still the row's last one."""
        if tokens.realm != self._realm:
            raise ValueError("these tokens are another realm's than the connection's")
        with self._database.transaction() as connection:
            row = self._row(connection, lock=True)
            if claim is not None and (row is None or row.fence != claim.fence):
                return False
            newest = self._newest(connection)
            if row is not None and claim is not None:
                self._check_newest(row, newest)
            version = max(row.version if row else 0, newest or 0) + 1
            self._keep_newest(connection, version, known=newest is not None)
            values = {
                **self._sealed(tokens, version),
                "version": version,
                # A new authorisation ends any claim: what that refresh brings would be older.
                "fence": row.fence + 1 if row else 0,
                "minting_until": None,
                "refused_at": None,
                "changed_at": self._database.now(connection),
            }
            if row is not None:
                self._update(connection, **values)
                return True
            insert = insert_unless_there(connection, table)
            connection.execute(insert.values(connection=self._connection, purpose=PURPOSE, **values))
            return True

    def _row(self, connection: Connection, *, lock: bool = False) -> Row[Any] | None:
        query = select(table).where(*self._mine())
        return connection.execute(query.with_for_update() if lock else query).one_or_none()

    def _update(self, connection: Connection, **values: Any) -> None:
        connection.execute(update(table).where(*self._mine()).values(**values))

    def _mine(self) -> tuple[Any, ...]:
        return table.c.connection == self._connection, table.c.purpose == PURPOSE

    def _with_newest(self) -> Select[Any]:
        same = (token_versions.c.connection == table.c.connection) & (token_versions.c.purpose == table.c.purpose)
        query = select(table, token_versions.c.version.label("newest"))
        return query.select_from(table.outerjoin(token_versions, same)).where(*self._mine())

    def _newest(self, connection: Connection) -> int | None:
        query = select(token_versions.c.version).where(token_versions.c.connection == self._connection)
        found: int | None = connection.execute(query.where(token_versions.c.purpose == PURPOSE)).scalar_one_or_none()
        return found

    def _keep_newest(self, connection: Connection, version: int, *, known: bool) -> None:
        if known:
            mine = (token_versions.c.connection == self._connection, token_versions.c.purpose == PURPOSE)
            connection.execute(update(token_versions).where(*mine).values(version=version))
            return
        insert = insert_unless_there(connection, token_versions)
        connection.execute(insert.values(connection=self._connection, purpose=PURPOSE, version=version))

    def _check_newest(self, row: Row[Any], newest: int | None) -> None:
        """Refuse a row that is not the last one written. Its number is authenticated, so it cannot just be raised."""
        if newest is not None and row.version != newest:
            raise VaultError(
                f"the tokens of {self._connection} are version {row.version}, but version {newest} was the last one "
                "written: somebody put an older row back. Find out who can write to the store, and connect the company "
                "again (qbo-pipeline connect)"
            )

    def _sealed(self, tokens: Tokens, version: int) -> dict[str, str]:
        key_id, nonce = self._keys.current, os.urandom(_NONCE_BYTES)
        sealed = AESGCM(self._keys.keys[key_id]).encrypt(nonce, tokens.to_text().encode(), self._bound(key_id, version))
        return {
            "key_id": key_id,
            "nonce": base64.b64encode(nonce).decode(),
            "ciphertext": base64.b64encode(sealed).decode(),
        }

    def _opened(self, row: Row[Any], newest: int | None) -> Tokens:
        """The tokens of a row. The form of earlier releases, bound to the realm alone, is taken only while no newest
        version is kept: with the first write in today's form it is over for good."""
        key = self._keys.keys.get(row.key_id)
        if key is None:
            raise VaultError(
                f"the tokens of {self._connection} are encrypted with the key {row.key_id!r}, which is not at hand: "
                f"add it to {_NAMED}, or connect the company again"
            )
        bound = self._bound(row.key_id, row.version)
        if newest is None:
            bound = _joined(self._realm, PURPOSE, row.key_id)
        try:
            opened = AESGCM(key).decrypt(base64.b64decode(row.nonce), base64.b64decode(row.ciphertext), bound)
        except (InvalidTag, ValueError):  # ValueError: no base64, or a nonce of another length
            raise VaultError(
                f"the tokens of {self._connection} cannot be decrypted with the key {row.key_id!r} for this realm: the "
                f"key is another, or the row was changed or belongs to another connection or version. Put the key that "
                f"encrypted them into {_NAMED} again, or connect the company again"
            ) from None
        return Tokens.from_text(opened.decode())

    def _bound(self, key_id: str, version: int) -> bytes:
        return _joined(self._connection, self._realm, PURPOSE, key_id, str(version))


def _joined(*parts: str) -> bytes:
    """What a ciphertext is tied to; the lengths keep `a|bc` and `ab|c` apart."""
    return b"".join(f"{len(part)}:{part};".encode() for part in parts)
