"""Each page says of every feature of the vendor's integration whether it is here, and why where it is otherwise."""

from __future__ import annotations

import re

import pytest

from qbo_pipeline.commands.profiles import PROFILES
from qbo_pipeline_tests.conftest import ROOT
from qbo_pipeline_tests.systems.vendors_features import FEATURES

PAGES = {"re_leased": "http_contract"}
WORDS = ("done", "otherwise", "no")
# Settings and commands that a cell may name: in backquotes, with their value or without.
SETTING = re.compile(r"`([a-z_]+)(?: = [^`]+)?`")


def table(profile: str) -> list[list[str]]:
    """The rows of the table of a page, each with its three cells."""
    page = ROOT / "docs" / "systems" / f"{PAGES.get(profile, profile)}.md"
    text = page.read_text(encoding="utf-8").partition("| how, or why otherwise |\n")[2]
    lines = text.partition("\n\n")[0].splitlines()[1:]
    return [[cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]] for line in lines]


@pytest.mark.parametrize("profile", PROFILES)
def test_every_feature_has_its_line(profile: str) -> None:
    rows = table(profile)
    assert [row[0] for row in rows] == list(FEATURES[profile])
    for feature, word, why in rows:
        assert word in WORDS, feature
        assert word == "done" or len(why.split()) > 1, f"{feature}: no reason"


@pytest.mark.parametrize("profile", PROFILES)
def test_a_setting_that_a_line_names_is_there(profile: str) -> None:
    """Else a line would promise what nobody can set."""
    reference = (ROOT / "docs" / "settings.md").read_text(encoding="utf-8")
    known = set(re.findall(r"^\| `([a-z_]+)` \|", reference, re.MULTILINE))
    commands = set(re.findall(r"qbo-pipeline ([a-z-]+)", (ROOT / "README.md").read_text(encoding="utf-8")))
    commands |= {"skip", "approve", "reverse", "unlink", "relink", "adopt", "rebind", "preflight", "show", "rehearse"}
    words = {"source", "off", "void", "files", "class", "department", "discount", "purchases", "in_transit",
             "work_in_progress", "changed_days", "qbo_changes", "kept_out_by_source"}  # fmt: skip
    named = {name for _, _, why in table(profile) for name in SETTING.findall(why)}
    assert named <= known | commands | words
