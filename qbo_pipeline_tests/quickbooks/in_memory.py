"""What stands in for the store in tests of the client: tokens in memory, and no limits at all."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import datetime, timedelta

from qbo_pipeline.quickbooks.clock import Clock, SystemClock
from qbo_pipeline.quickbooks.tokens import MintClaim, StoredTokens, Tokens


class Unpaced:
    """No limits at all: for an emulator whose own limits are off."""

    def acquire(self, kind: str, patience: float) -> float:
        return 0.0

    def quiet(self, seconds: float) -> None:
        return None


class MemoryTokenStore:
    """Tokens in memory, for one process."""

    def __init__(self, tokens: Tokens | None = None, *, clock: Clock | None = None) -> None:
        self._clock = clock or SystemClock()
        self._lock = threading.Lock()
        self._stored = StoredTokens(tokens, 1) if tokens else None
        self._minting_until: datetime | None = None
        self._fence = 0

    def load(self) -> StoredTokens | None:
        with self._lock:
            return self._stored

    def save(self, tokens: Tokens) -> None:
        with self._lock:
            self._stored = StoredTokens(tokens, self._stored.version + 1 if self._stored else 1)

    def begin_mint(self, version: int, *, lease: float, pause: float) -> MintClaim:
        with self._lock:
            now = self._clock.now()
            if self._stored is None or self._stored.version != version:
                return MintClaim("changed")
            refused = self._stored.refused_at
            if refused is not None and now < refused + timedelta(seconds=pause):
                return MintClaim("paused")
            if self._minting_until is not None and now < self._minting_until:
                return MintClaim("busy")
            self._minting_until = now + timedelta(seconds=lease)
            self._fence += 1
            return MintClaim("granted", self._fence)

    def finish_mint(self, claim: MintClaim, tokens: Tokens) -> bool:
        with self._lock:
            if claim.fence != self._fence or self._stored is None:
                return False
            self._minting_until = None
            self._stored = StoredTokens(tokens, self._stored.version + 1)
            return True

    def fail_mint(self, claim: MintClaim, *, refused: bool) -> None:
        with self._lock:
            if claim.fence != self._fence or self._stored is None:
                return
            self._minting_until = None
            if refused:
                self._stored = replace(self._stored, refused_at=self._clock.now())

    def forget(self) -> None:
        with self._lock:
            self._stored = None
