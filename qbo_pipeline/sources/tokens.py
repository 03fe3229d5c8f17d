"""Where a SELECT's text is code and where it is not: literals, quoted names and comments.

What belongs here: the lexical rules, PostgreSQL's with backquotes added. PostgreSQL is the one whose driver would run
several statements at once, so it is its reading that must see no semicolon; the others' drivers take one alone.
"""

from __future__ import annotations

import re

_DELIMITER = re.compile(r"\$(?:[A-Za-z_\u0080-\uffff][\w\u0080-\uffff]*)?\$")
_SIMPLE = re.compile(
    r"(?<![\w$])[eE]'(?:[^'\\]|\\.|'')*(?:'|\Z)"  # backslashes count here ...
    r"|'(?:[^']|'')*(?:'|\Z)"  # ... and not here: sessions are opened so
    r'|"(?:[^"]|"")*(?:"|\Z)'
    r"|`(?:[^`]|``)*(?:`|\Z)"
    r"|--[^\r\n]*",
    re.DOTALL,
)
_COMMENT_MARK = re.compile(r"/\*|\*/")
_BEGINNING = re.compile(r"['\"`$]|--|/\*|(?<![\w$])[eE]'")


def pieces(sql: str) -> list[tuple[str, bool]]:
    """The text in pieces, each with whether it is code; a comment, a literal and a quoted name are a piece each."""
    found: list[tuple[str, bool]] = []
    code_from = position = 0
    while begin := _BEGINNING.search(sql, position):
        end = _end_of(sql, begin.start())
        if end is None:  # a dollar that begins nothing
            position = begin.end()
            continue
        found += [(sql[code_from : begin.start()], True), (sql[begin.start() : end], False)]
        code_from = position = end
    found.append((sql[code_from:], True))
    return [piece for piece in found if piece[0]]


def code(sql: str) -> str:
    """The text with an empty literal in the place of each piece that is no code."""
    return "".join(text if is_code else "''" for text, is_code in pieces(sql))


def without_comments(sql: str) -> str:
    """The text with a space in the place of each comment."""
    return "".join(" " if not is_code and text.startswith(("--", "/*")) else text for text, is_code in pieces(sql))


def _end_of(sql: str, start: int) -> int | None:
    """Where what begins here ends; at the end of the text where nothing closes it."""
    if sql.startswith("/*", start):
        return _end_of_comment(sql, start)
    if sql[start] == "$":
        opened = None if start and re.match(r"[\w$]", sql[start - 1]) else _DELIMITER.match(sql, start)
        if opened is None:
            return None
        closed = sql.find(opened[0], opened.end())
        return len(sql) if closed < 0 else closed + len(opened[0])
    matched = _SIMPLE.match(sql, start)
    return matched.end() if matched else len(sql)


def _end_of_comment(sql: str, start: int) -> int:
    """PostgreSQL's comments stand within each other."""
    depth = 0
    for mark in _COMMENT_MARK.finditer(sql, start):
        depth += 1 if mark[0] == "/*" else -1
        if depth == 0:
            return mark.end()
    return len(sql)
