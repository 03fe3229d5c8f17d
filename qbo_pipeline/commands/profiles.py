"""Profiles: the choices by which `init` begins for somebody who comes from a vendor's own integration.

What belongs here: the settings in which an integration does otherwise than our defaults. What it does in ways that no
setting has is in `docs/systems/`. Source: the vendors' own help pages. They are written into the file line by line, and
the file says all that counts: a later version of a profile changes nothing of what a connection posts.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Profile:
    """What an integration decides: settings of `[posting]`; and, where `system` is read by its API and takes what comes
    back, the kinds that go both ways (`[ownership]`)."""

    system: str
    posting: Mapping[str, bool | str]
    both_ways: tuple[str, ...] = ()
    extra: Mapping[str, str] = field(default_factory=dict)
    """Other settings that the way back needs (`[write_back]`), as TOML writes them."""


_CONTACTS = ("customers", "suppliers")
_PAYMENTS = ("payments_received", "payments_made")
_DOCUMENTS = ("sales_invoices", "sales_credits", "bills", "purchase_credits")
PROFILES: Mapping[str, Profile] = {
    "cin7_core": Profile(
        "cin7_core",
        {
            "quotes": True, "purchase_orders": True, "link_existing": "same_name", "master_data": "all",
            "customer_deposits": "own_account", "supplier_deposits": "own_account",
        },
        (*_CONTACTS, "products", *_PAYMENTS),
    ),
    "re_leased": Profile(
        "http_contract",
        {"link_existing": "same_name", "master_data": "all", "vanished": "void"},
        (*_CONTACTS, *_DOCUMENTS, *_PAYMENTS, "attachments"),
        {"files": '"attached"'},
    ),
    "syncro": Profile(
        "syncro",
        {"purchase_orders": True, "link_existing": "same_name", "master_data": "all", "vanished": "void"},
        ("payments_received",),
    ),
    "unleashed": Profile(
        "unleashed", {"link_existing": "same_name", "products": "lines", "party_currencies": "each"}
    ),
    "zuper": Profile(
        "zuper",
        {"quotes": True, "link_existing": "same_name", "master_data": "all", "categories": "kept"},
        ("products", "adjustments", "payments_received"),
    ),
}  # fmt: skip
"""By integration."""
ALSO_CALLED = {"dear": "cin7_core"}
NAMES = (*PROFILES, *ALSO_CALLED)


def profile_named(name: str) -> Profile:
    """The profile that people call so; raises `ValueError` for one that there is not."""
    found = PROFILES.get(ALSO_CALLED.get(name, name))
    if found is None:
        raise ValueError(f"{name!r} is none of {', '.join(NAMES)}")
    return found


def decided(profile: Profile, source_kind: str, first_day: str) -> dict[str, dict[str, str]]:
    """By section, the settings that a profile decides for a source of this kind, as TOML writes them.

    Directions only where the source is the profile's own system: another one may have no place for what comes back.
    """
    found = {"posting": {name: _toml(value) for name, value in profile.posting.items()}}
    if profile.both_ways and source_kind == profile.system:
        found["ownership"] = dict.fromkeys(profile.both_ways, '"both"')
        found["write_back"] = {"first_day": first_day, **profile.extra}
    return found


def with_choices(text: str, choices: Mapping[str, Mapping[str, str]]) -> str:
    """The text of a settings file with these values in the place of those that stand there, in a comment or not.

    Raises `ValueError` for a setting that the text does not have.
    """
    left = {(section, name): value for section, names in choices.items() for name, value in names.items()}
    section, lines = "", []
    for line in text.splitlines(keepends=True):
        if head := re.match(r"(?:# )?\[(\w+)\]", line):
            section = head[1]
            if section in choices:
                line = line.removeprefix("# ")
        elif (named := re.match(r"(?:# )?(\w+) = ", line)) and (section, named[1]) in left:
            value = left.pop((section, named[1]))
            remark = line.rpartition("  # ")[2].rstrip("\n") if "  # " in line else ""
            line = f"{f'{named[1]} = {value}':<41}# {remark}\n" if remark else f"{named[1]} = {value}\n"
        lines.append(line)
    if left:
        raise ValueError(f"the file has no setting {', '.join('.'.join(place) for place in left)}")
    return "".join(lines)


def _toml(value: bool | str) -> str:
    return str(value).lower() if isinstance(value, bool) else f'"{value}"'
