"""Profiles: the choices by which `init` begins for somebody who comes from a vendor's own integration.

What belongs here: the policies in which an integration does otherwise than our defaults. What it does in ways that no
setting has is in `docs/systems/`. Source: the vendors' own help pages.
"""

from __future__ import annotations

from collections.abc import Mapping

PROFILES: Mapping[str, Mapping[str, bool | str]] = {
    "cin7_core": {"quotes": True, "purchase_orders": True, "link_existing": "same_name", "master_data": "all"},
    "re_leased": {"link_existing": "same_name", "master_data": "all", "vanished": "void"},
    "syncro": {"purchase_orders": True, "link_existing": "same_name", "master_data": "all", "vanished": "void"},
    "unleashed": {"purchase_orders": True, "link_existing": "same_name"},
    "zuper": {"quotes": True, "link_existing": "same_name", "master_data": "all"},
}
"""By integration, those of the section `posting` that are not the defaults."""


def choices(profile: str | None) -> dict[str, str]:
    """The values of the settings template that a profile decides, as TOML writes them; the defaults without one.

    Raises `ValueError` for a profile that there is not.
    """
    if profile is not None and profile not in PROFILES:
        raise ValueError(f"{profile!r} is none of {', '.join(PROFILES)}")
    found = {"quotes": False, "purchase_orders": False, "link_existing": "never", "master_data": "when_needed",
             "vanished": "hold", "mode": "external", **PROFILES.get(profile or "", {})}  # fmt: skip
    return {name: str(value).lower() if isinstance(value, bool) else f'"{value}"' for name, value in found.items()}


def in_toml(profile: str) -> list[str]:
    """What a profile decides, line by line as the settings file has it."""
    decided = choices(profile)
    return [f"{name} = {decided[name]}" for name in PROFILES[profile]]
