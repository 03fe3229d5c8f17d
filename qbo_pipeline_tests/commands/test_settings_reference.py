"""One set of names: the settings' model, the file that `init` writes, docs/settings.md, and every message and document
that names a setting."""

from __future__ import annotations

import dataclasses
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_type_hints

import pytest

from qbo_pipeline.accounting.books import ROLES, Policies
from qbo_pipeline.commands.settings_reference import explanations, reference_text, settings_names
from qbo_pipeline.commands.template import settings_text
from qbo_pipeline.settings import Settings
from qbo_pipeline.settings_ownership import OwnershipSettings
from qbo_pipeline.settings_posting import PostingSettings
from qbo_pipeline_tests.conftest import ROOT

VALUES = {
    "name": "acme",
    "currency": "USD",
    "time_zone": "America/New_York",
    "first_day": "2026-01-01",
    "environment": "sandbox",
    "realm": "1234567890",
}
VARIANTS: list[dict[str, Any]] = [
    {},
    {"source_kind": "csv", "source_path": "exports"},
    {"source_url": "sqlite:///x.sqlite", "mapping": "openbravo", "last_day": "2026-12-31"},
    {"store_url": None},
]
MODEL = {f"{section}.{name}" for section, name in settings_names()} | {"tax_codes"}
SECTIONS = "|".join(name for name in Settings.model_fields if name != "file")
NAMED = re.compile(rf"(?<![\w\])])\[({SECTIONS})(\.\w+)?\]`?,? `?(\w+)`?")
FOLDERS = ("qbo_pipeline", "docs", "deploy", "sql")
SUFFIXES = (".py", ".md", ".j2", ".html", ".yaml", ".sql")
WORDS = {
    "and",
    "calls",
    "counts",
    "decides",
    "gives",
    "is",
    "names",
    "of",
    "or",
    "says",
    "the",
    "where",
    "with",
}  # after a section that stands alone


def test_the_document_is_that_of_the_model() -> None:
    """Write it anew with `python -m qbo_pipeline.commands.settings_reference > docs/settings.md`."""
    assert (ROOT / "docs" / "settings.md").read_text(encoding="utf-8") == reference_text()


@pytest.mark.parametrize("variant", VARIANTS, ids=str)
def test_init_writes_every_setting_with_its_explanation_and_no_other(variant: dict[str, Any]) -> None:
    text = settings_text({**VALUES, **variant})
    said = set(explanations(text))
    assert MODEL - said == set()
    assert {name for name in said if "." in name} - MODEL == {"accounts.by_location.inventory"} & said
    assert Settings.model_validate(tomllib.loads(text)).connection.name == "acme"
    for role in ROLES:
        assert re.search(rf"^(# )?{role} = ", text, re.MULTILINE), role


def test_a_setting_that_is_commented_out_shows_what_counts_without_it() -> None:
    """Where it has a value without being set; the others show an example of the right type."""
    section = ""
    shown = {}
    for line in settings_text(VALUES).splitlines():
        if header := re.match(r"(?:# )?\[+([\w.]+)", line):
            section = header[1].strip(".")
        elif setting := re.match(r"# (\w+ = .*)", line):
            ((name, value),) = tomllib.loads(setting[1]).items()
            shown[section, name] = value
    checked = 0
    for (where, name), value in shown.items():
        info = getattr(Settings.model_fields.get(where), "annotation", None)
        field = getattr(info, "model_fields", {}).get(name)
        usual = None if field is None or field.is_required() else field.get_default(call_default_factory=True)
        if usual not in (None, (), {}):
            assert value == usual, (where, name)
            checked += 1
    assert checked >= 8


def texts() -> Iterator[Path]:
    yield from (ROOT / "README.md", ROOT / "CONTRIBUTING.md")
    for folder in FOLDERS:
        yield from (path for path in (ROOT / folder).rglob("*") if path.suffix in SUFFIXES)


def test_every_setting_that_a_text_names_is_one() -> None:
    """`[section] name` and `[section.table]`, in messages, templates, deployments and documents."""
    named = set()
    for path in texts():
        for section, table, name in NAMED.findall(path.read_text(encoding="utf-8")):
            if table or name not in WORDS:
                named.add((f"{section}{table}" if table else f"{section}.{name}", str(path.relative_to(ROOT))))
    assert {(name, path) for name, path in named if name not in MODEL} == set()
    assert len({name for name, _ in named}) >= 10


def test_what_the_rules_can_do_can_be_chosen() -> None:
    """A policy bears the name of its setting and takes the same values, or comes from QuickBooks' preferences."""
    settings, hints = PostingSettings.model_fields, get_type_hints(Policies)
    for policy in dataclasses.fields(Policies):
        if policy.name in settings:
            assert hints[policy.name] == settings[policy.name].annotation, policy.name
    assert {
        kind for owner in ("quickbooks", "off") for kind in OwnershipSettings(payments_made=owner).not_posted()
    } == {"payments_made"}  # the policy not_posted, by the kinds of records
    read = {"not_posted", "tax_regime", "multicurrency", "numbered_by_quickbooks", "supplier_suffix"}
    read |= {"not_exported"}  # a section of its own
    assert {policy.name for policy in dataclasses.fields(Policies)} - set(settings) <= read
