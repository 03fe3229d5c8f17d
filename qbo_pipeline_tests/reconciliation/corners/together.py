"""Many small books in one: each with documents, objects, accounts, products and numbers of its own.

What belongs here: the renaming that keeps them apart, and which of them can stand together. What is found in each
alone has to be found in all together, at its own documents: a rule that looks across documents where it should not
shows here.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping

_KEY = re.compile(r"^(movement|document|summary)/(.+?)(#.+)?$")
_FACTS = ("opens", "read-from", "close", "as-at", "pending")
_ALONE = ("own ", "account=-", "(no inventory account)")  # what is said there depends on which accounts there are
_NAMES = ("number", "qbo_number", "product_id", "location_id")
_DOCUMENTS = ("posted_by", "record", "marker")


def alone(text: str) -> bool:
    """Whether books change where others stand beside them: by the accounts, or the first day, that there are."""
    return any(word in text for word in _ALONE) or ("opening_balance" in text and "opens " not in text)


def together(corners: Mapping[str, str]) -> dict[str, str]:
    """Of the books that share their facts (first day, signed periods), one text for all that can stand in one."""
    groups: dict[str, list[str]] = {}
    for text in corners.values():
        if alone(text):
            continue
        lines = [line.strip() for line in text.splitlines() if line.strip()]
        facts = "; ".join(sorted(" ".join(line.split()) for line in lines if line.startswith(_FACTS)))
        groups.setdefault(facts, []).append("\n".join(line for line in lines if not line.startswith(_FACTS)))
    return {
        f"together: {facts or 'without more facts'}": "\n".join(
            [facts.replace("; ", "\n"), *(_renamed(text, number) for number, text in enumerate(texts, 1))]
        )
        for facts, texts in groups.items()
        if len(texts) > 1
    }


def _renamed(text: str, number: int) -> str:
    return "\n".join(shlex.join(_line(shlex.split(line), number)) for line in text.splitlines())


def _line(words: list[str], number: int) -> list[str]:
    what, *rest = words
    plain = [word for word in rest if "=" not in word]
    options = dict(word.split("=", 1) for word in rest if "=" in word)
    if what == "source":
        plain[0] = _key(plain[0], number)
        options = {"product_id": "P1", "location_id": "L1", "account": "130"} | options
    elif what == "posting":
        plain[0], plain[2] = _key(plain[0], number), _name(plain[2], number)
    elif what in ("ledger", "object"):
        plain[1] = _name(plain[1], number)
        if what == "ledger":
            plain[3] = _account(plain[3], number)
    elif what == "before":
        plain[:2] = [_name(name, number) for name in plain[:2]]
        options = {"account_id": "130"} | options
    elif what == "balance":
        plain[0] = _account(plain[0], number)
    elif what == "expect":
        plain[1], plain[2] = _key(plain[1], number), _account(plain[2], number)
    return [what, *plain, *(f"{one}={two}" for one, two in (_option(*item, number) for item in options.items()))]


def _option(name: str, value: str, number: int) -> tuple[str, str]:
    if name.isdigit():
        return _account(name, number), value
    if name in ("account", "account_id"):
        return name, _account(value, number)
    if name in _DOCUMENTS:
        return name, _key(value, number)
    return name, _name(value, number) if name in _NAMES else value


def _account(account: str, number: int) -> str:
    return f"{account}{number:02d}"


def _name(name: str, number: int) -> str:
    return name if name == "-" else f"{name}.{number:02d}"


def _key(key: str, number: int) -> str:
    if key.startswith("qbo/"):
        return _name(key, number)
    if key.startswith("account/"):
        _, account, kind = key.split("/")
        return f"account/{_account(account, number)}/{kind}"
    if key.startswith("product/"):
        place, slash, kind = key.removeprefix("product/").partition("/")
        product, location = (name and _name(name, number) for name in place.split("@"))
        return f"product/{product}@{location}{slash}{kind}"
    found = _KEY.match(key)
    return key if found is None else f"{found[1]}/{found[2]}.{number:02d}{found[3] or ''}"
