"""What the emulator remembers about request ids: the first answer to each, kept for a retention time."""

from __future__ import annotations

import hashlib
import zlib

from qbo_pipeline.emulator.company import faults
from qbo_pipeline.emulator.company.store import Store
from qbo_pipeline.emulator.http.fault_texts import REPEATED, gateway_fault
from qbo_pipeline.emulator.http.settings import Settings

ID_LENGTH, BATCH_ID_LENGTH, ITEM_ID_LENGTH = 50, 36, 10

SCHEMA = """
CREATE TABLE IF NOT EXISTS gateway_request (
    request_id TEXT NOT NULL,
    item_id TEXT NOT NULL,
    digest BLOB NOT NULL,
    answered_at REAL NOT NULL,
    body BLOB NOT NULL,
    PRIMARY KEY (request_id, item_id)
) WITHOUT ROWID
"""


def digest_of(*parts: bytes) -> bytes:
    """A digest by which two requests are the same request."""
    return hashlib.blake2b(b"\x00".join(parts), digest_size=16).digest()


def check_format(request_id: str, *, batch: bool, item_ids: list[str]) -> None:
    """Raises fault 2130 for a requestid over 50 characters (36 for a batch, whose bIds then have at most 10)."""
    limit = BATCH_ID_LENGTH if batch else ID_LENGTH
    if len(request_id) > limit:
        raise gateway_fault("2130", f"at most {limit} characters are allowed", "requestid")
    if request_id and any(len(item_id) > ITEM_ID_LENGTH for item_id in item_ids):
        raise gateway_fault("2130", f"a bId has at most {ITEM_ID_LENGTH} characters with a requestid", "bId")


class RequestIds:
    """The memory, in a table beside the company's own: an answer is kept by the same commit as the write it is for."""

    def __init__(self, store: Store, settings: Settings) -> None:
        self._store = store
        self._settings = settings
        self._forget_at = 0.0
        store.execute(SCHEMA)

    def first_answer(self, request_id: str, item_id: str, digest: bytes, now: float) -> bytes | None:
        """The stored answer to replay, or None for a request that is to be carried out.

        Raises fault 6000 or 600 where the settings answer a repetition so.
        """
        if not request_id or self._settings.request_id == "ignore":
            return None
        row = self._store.row(
            "SELECT digest, body FROM gateway_request WHERE request_id = ? AND item_id = ? AND answered_at > ?",
            (request_id, item_id, now - self._settings.request_id_seconds),
        )
        if row is None:
            return None
        if self._settings.request_id == "fault":
            raise faults.business(REPEATED)
        if row[0] != digest and self._settings.request_id_conflict == "fault":
            raise gateway_fault("600", request_id[:ID_LENGTH], "requestid")
        return zlib.decompress(row[1])

    def remember(self, request_id: str, item_id: str, digest: bytes, body: bytes, now: float) -> None:
        """Keep the answer to a request that carried an id and succeeded."""
        if request_id:
            self._store.execute(
                "INSERT OR REPLACE INTO gateway_request VALUES (?, ?, ?, ?, ?)",
                (request_id, item_id, digest, now, zlib.compress(body, 1)),
            )

    def rewound(self) -> None:
        """Begin looking for old ones anew: time has gone back."""
        self._forget_at = 0.0

    def forget_old(self, now: float) -> None:
        """Drop what is past its retention time; looks for it 24 times within that time."""
        if now < self._forget_at:
            return
        self._forget_at = now + self._settings.request_id_seconds / 24
        self._store.execute(
            "DELETE FROM gateway_request WHERE answered_at <= ?", (now - self._settings.request_id_seconds,)
        )
