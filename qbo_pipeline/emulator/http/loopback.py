"""The rule for addresses that the emulator itself calls: this machine only, unless a host was allowed at start."""

from __future__ import annotations

from urllib.parse import urlsplit

from qbo_pipeline.serving.server import is_loopback


def check_loopback(url: str, what: str, allowed: frozenset[str]) -> None:
    """Raises ValueError unless `url` is an http(s) address on loopback or on one of the allowed hosts."""
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname or "", parts.port
    except ValueError as error:
        raise ValueError(f"{what}: {url!r} is not an address: {error}") from None
    if parts.scheme not in ("http", "https") or not host:
        raise ValueError(f"{what}: {url!r} is not an http address")
    if host not in allowed and not is_loopback(host):
        raise ValueError(
            f"{what}: {host} is not this machine; the emulator only calls loopback addresses "
            "and hosts that were allowed when it was started (--allow-host)"
        )
