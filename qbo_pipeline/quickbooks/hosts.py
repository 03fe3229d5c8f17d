"""Which hosts the client talks to: fixed ones for sandbox and production, others only where somebody allowed them."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from urllib.parse import urlsplit

from qbo_pipeline.errors import PermanentError

_DISCOVERY = "https://developer.intuit.com/.well-known/"
_FIXED = {
    "sandbox": ("https://sandbox-quickbooks.api.intuit.com", f"{_DISCOVERY}openid_sandbox_configuration"),
    "production": ("https://quickbooks.api.intuit.com", f"{_DISCOVERY}openid_configuration"),
}
# Where Intuit keeps attachments: the address comes in an answer, so its host is checked like any other.
_FILE_HOSTS = (".intuit.com", ".amazonaws.com")


@dataclass(frozen=True, slots=True)
class Environment:
    """`name` is `sandbox`, `production` or `custom`; `allowed_hosts` are host names without port."""

    name: str
    api_url: str
    discovery_url: str
    allowed_hosts: frozenset[str] = frozenset()

    def check_endpoint(self, url: str, what: str) -> str:
        """The URL, where it may be called with our credentials; raises `AddressRefused` otherwise.

        Intuit's own endpoints are https on a host of intuit.com; others must be on loopback or allow-listed.
        """
        host = _host(url, what)
        if self.name != "custom" and url.startswith("https://") and host.endswith(".intuit.com"):
            return url
        return _check_custom(url, host, self.allowed_hosts, what)

    def check_file(self, url: str) -> str:
        """The URL of an attachment's content, where it may be fetched (without credentials); else `AddressRefused`."""
        host = _host(url, "an attachment's address")
        if self.name != "custom" and url.startswith("https://") and host.endswith(_FILE_HOSTS):
            return url
        return _check_custom(url, host, self.allowed_hosts, "an attachment's address")


class AddressRefused(PermanentError):
    """An address that is neither Intuit's nor allowed: our tokens are not sent there."""


def environment(
    name: str, *, base_url: str | None = None, discovery_url: str | None = None, allowed_hosts: tuple[str, ...] = ()
) -> Environment:
    """The hosts of an environment.

    `sandbox` and `production` are Intuit's and take no URL. `custom` needs `base_url` (without `/v3`) and
    `discovery_url`, each on loopback or on a host in `allowed_hosts` (then by https).
    Raises `AddressRefused` otherwise.
    """
    if name in _FIXED:
        if base_url or discovery_url:
            raise AddressRefused(
                f"the environment {name} has fixed hosts: leave base_url and discovery_url out, or use custom"
            )
        return Environment(name, *_FIXED[name])
    if name != "custom":
        raise AddressRefused(f"the environment must be sandbox, production or custom, not {name!r}")
    if not base_url or not discovery_url:
        raise AddressRefused("the environment custom needs base_url and discovery_url")
    allowed = frozenset(host.lower() for host in allowed_hosts)
    for url, what in ((base_url, "base_url"), (discovery_url, "discovery_url")):
        _check_custom(url, _host(url, what), allowed, what)
    return Environment("custom", base_url.rstrip("/"), discovery_url, allowed)


def check_realm(realm: str) -> str:
    """The realm id, which is digits only; raises `ValueError` for anything else, since it goes into paths."""
    if not (realm.isascii() and realm.isdigit() and len(realm) <= 30):
        raise ValueError(f"a realm id is digits only, not {realm!r}: it is the company id shown in QuickBooks")
    return realm


def is_loopback(host: str) -> bool:
    """Whether a host name or address can only be this machine."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _host(url: str, what: str) -> str:
    parts = urlsplit(url)
    if parts.scheme not in ("https", "http") or not parts.hostname or parts.username or parts.password:
        raise AddressRefused(f"{what}: {url!r} is not an http(s) URL of a host without credentials")
    return parts.hostname.lower()


def _check_custom(url: str, host: str, allowed: frozenset[str], what: str) -> str:
    if is_loopback(host):
        return url
    if host not in allowed:
        raise AddressRefused(f"{what}: the host {host!r} is neither loopback nor allow-listed (allowed_hosts)")
    if not url.startswith("https://"):
        raise AddressRefused(f"{what}: {url!r} must use https")
    return url
