"""Surfaces: text that somebody else wrote, made fit for the place where a person reads it.

What belongs here: one function a surface (terminal, log, JSON, Markdown, page, workbook, CSV), what none of them can
carry, and what stands in its place. Nothing is dropped silently: what acts or cannot be seen becomes its visible
picture.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterable
from typing import Any

# What moves the cursor, sets the window's title, or that XML forbids (U+0085 is a line's end, and harmless).
CONTROL = "\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff"
# What reorders the text around it or cannot be seen (Unicode, "Bidirectional Algorithm" and "Security Mechanisms"):
# marks, embeddings, overrides and isolates; zero-width; the invisible letters of the tags block. The joiners U+200C
# and U+200D stay, since Persian, Indic scripts and emoji are written with them.
UNSEEN = "\u00ad\u061c\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u2064\u2066-\u206f\ufeff\U000e0000-\U000e007f"
ILLEGAL = re.compile(f"[{CONTROL}{UNSEEN}]")
_LINES = re.compile("[\t\n\r\u0085\u2028\u2029]")
# Each of these begins something in GitHub's Markdown, which Dagster's UI shows: emphasis, code, links, images, HTML,
# entities, cells; `@` and `://` make links of bare addresses, and so does `www.`.
_MARKDOWN = re.compile(r"([\\`*_\[\]#!|<>&~@]|:(?=//)|(?<=[wW]{3})\.)")


def visible(text: str) -> str:
    """The text for a page or a cell, with its lines: U+0007 becomes ␇, what is unseen becomes ⟨U+202E⟩."""
    return ILLEGAL.sub(picture, text.replace("\r\n", "\n").replace("\r", "␍"))


def picture(match: re.Match[str]) -> str:
    """What stands in the place of a character that no surface carries."""
    code = ord(match.group())
    if code < 0x20:
        return chr(0x2400 + code)
    if code == 0x7F:
        return "\u2421"
    return f"⟨U+{code:04X}⟩" if re.match(f"[{UNSEEN}]", match.group()) else "\ufffd"


def terminal(text: str) -> str:
    """Text for a terminal, with the lines that we wrote: what could move, colour, retitle or reorder is a picture."""
    return visible(text)


def one_line(text: str) -> str:
    """One value for a line of ours: it cannot end the line and begin another that looks like ours."""
    return ILLEGAL.sub(picture, _LINES.sub(lambda found: _LINE_PICTURES.get(found.group(), "␤"), text))


def json_text(text: str) -> str:
    """JSON with what acts on a terminal or is unseen as escapes: the same values for whoever reads it."""
    return ILLEGAL.sub(_escape, text)


def _escape(match: re.Match[str]) -> str:
    code = ord(match.group())
    if code <= 0xFFFF:
        return f"\\u{code:04x}"
    high, low = divmod(code - 0x10000, 0x400)
    return f"\\u{0xD800 + high:04x}\\u{0xDC00 + low:04x}"


def fit(value: Any) -> Any:
    """What is going to be JSON in somebody else's viewer (Dagster's UI), each text and name in it made fit."""
    if isinstance(value, str):
        return visible(value)
    if isinstance(value, dict):
        return {visible(str(name)): fit(inner) for name, inner in value.items()}
    return [fit(inner) for inner in value] if isinstance(value, list | tuple) else value


class TerminalLog(logging.Formatter):
    """Lines of the log for standard error: message and traceback, whatever of others' text is in them."""

    def format(self, record: logging.LogRecord) -> str:
        return terminal(super().format(record))


def log_for_people() -> None:
    """Let what nobody else handles of the log go to standard error in that form."""
    if logging.lastResort is not None:
        logging.lastResort.setFormatter(TerminalLog())


_LINE_PICTURES = {"\t": " ", "\n": "␊", "\r": "␍"}


def markdown(text: str) -> str:
    """One value inside Markdown that we write: shown as it is, with no image, link, HTML or table cell of its own."""
    return _MARKDOWN.sub(r"\\\1", one_line(text))


def markdown_list(texts: Iterable[str]) -> str:
    """Texts as a list in Markdown; `none` where there are none."""
    return "\n".join(f"- {markdown(text)}" for text in texts) or "none"
