"""Foreign text on each surface, character by character; and that commands write on the terminal in one way only."""

from __future__ import annotations

import ast
import json
import re
from html import escape
from pathlib import Path

import pyarrow as pa
import pytest
from markdown_it import MarkdownIt

import qbo_pipeline.commands
from qbo_pipeline.reports.safe_text import cell_text, csv_column, csv_text
from qbo_pipeline.surfaces import ILLEGAL, json_text, markdown, markdown_list, one_line, terminal, visible

ACTS = ["\x1b[2J", "\x1b]0;title\x07", "\x9b31m", "\x00", "\x7f", "\x08"]
UNSEEN = ["\u202e", "\u2066", "\u200e", "\u200f", "\u200b", "\u2060", "\ufeff", "\u00ad", "\U000e0041"]


@pytest.mark.parametrize("hostile", ACTS + UNSEEN, ids=ascii)
@pytest.mark.parametrize("surface", [terminal, one_line, visible, markdown, cell_text, csv_text])
def test_nothing_acts_or_hides_on_any_surface(hostile: str, surface: object) -> None:
    assert callable(surface)
    shown = surface(f"a{hostile}b")
    assert not ILLEGAL.search(shown)
    assert len(shown) >= 3, "what stood there is not dropped silently"
    assert csv_column(pa.array([f"a{hostile}b"]))[0].as_py() == csv_text(f"a{hostile}b")


@pytest.mark.parametrize("text", ["Müller & Söhne", "東京", "نمی‌خواهم", "👩‍🔧", "שלום", "a − b"])
def test_what_people_write_stays(text: str) -> None:
    assert {surface(text) for surface in (terminal, one_line, visible, cell_text, csv_text)} == {text}


@pytest.mark.parametrize("end", ["\n", "\r", "\r\n", "\u2028", "\u2029", "\x85", "\x0b", "\x0c"], ids=ascii)
def test_a_value_begins_no_line_of_its_own(end: str) -> None:
    assert len(one_line(f"bolt{end}exit 0, in balance").splitlines()) == 1
    assert len(markdown(f"bolt{end}# exit 0").splitlines()) == 1


@pytest.mark.parametrize(
    "text",
    [
        "![x](http://127.0.0.1/x.png)", "[pay](javascript:alert(1))", "<img src=x onerror=alert(1)>", "<http://a.example>",
        "http://a.example/x", "www.a.example", "WWW.a.example", "me@a.example", "a | b", "**b**", "_i_", "`c`", "~~s~~",
        "&lt;b&gt;", "\\[x](y)", "# head",
    ],
)  # fmt: skip
def test_markdown_shows_the_text_and_nothing_else(text: str) -> None:
    shown = markdown(text)
    page = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"]).render(f"- {shown}\n\nafter")
    assert page == f"<ul>\n<li>{escape(text)}</li>\n</ul>\n<p>after</p>\n"
    assert not _BARE_ADDRESS.search(shown), "GitHub's Markdown makes a link of it"


_BARE_ADDRESS = re.compile(r"(?i)(?<!\\)(://|@)|www\.")


def test_a_list_in_markdown() -> None:
    assert markdown_list(["a", "b\n- c"]) == "- a\n- b␊- c"
    assert markdown_list([]) == "none"


@pytest.mark.parametrize("hostile", [*ACTS[2:], *UNSEEN], ids=ascii)
def test_json_keeps_the_value_and_shows_no_mark(hostile: str) -> None:
    text = json_text(json.dumps({"name": hostile}, ensure_ascii=False))
    assert not ILLEGAL.search(text)
    assert json.loads(text) == {"name": hostile}


def test_commands_write_through_say_alone() -> None:
    """`typer.echo`, `print` and `sys.stdout.write` would pass foreign text on as it is."""
    folder = Path(str(qbo_pipeline.commands.__path__[0]))
    ways = {"typer.echo", "typer.secho", "click.echo", "console.print", "print", "sys.stdout.write", "sys.stderr.write"}
    found = [
        f"{file.name}: {ast.unparse(node.func)}"
        for file in sorted(folder.glob("*.py"))
        for node in ast.walk(ast.parse(file.read_text("utf-8")))
        if isinstance(node, ast.Call) and ast.unparse(node.func) in ways
    ]
    # common.py is where `say` and `say_json` are, ends.py makes its one line fit itself: standard output may be gone by
    # then. The reference is made of our own words, for a file.
    assert found == [
        "common.py: typer.echo",
        "common.py: sys.stdout.write",
        "ends.py: sys.stderr.write",
        "settings_reference.py: print",
    ]
