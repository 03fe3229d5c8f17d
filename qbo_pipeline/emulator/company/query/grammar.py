"""QBO's query language: from text to a statement, with the parser's faults (4000)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from qbo_pipeline.emulator.company.faults import QboFault, fault

_TOKEN: Final = re.compile(
    r"""\s*(?:
      (?P<string>'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")
    | (?P<op><=|>=|!=|<>|=|<|>)
    | (?P<punct>[(),*])
    | (?P<word>[A-Za-z0-9_.:+\-%@/]+)
    )""",
    re.VERBOSE | re.DOTALL,
)
_ESCAPE: Final = re.compile(r"\\(.)", re.DOTALL)
OPERATORS: Final = ("=", "<", ">", "<=", ">=", "!=", "<>")


@dataclass(frozen=True, slots=True)
class Token:
    """One word of a statement, with the column where it starts (from 1)."""

    kind: str
    text: str
    column: int


@dataclass(frozen=True, slots=True)
class Condition:
    """`field operator values`: one value, or several for IN."""

    field: str
    operator: str
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Statement:
    """A parsed query. `start` counts from 1; `limit` is None where MAXRESULTS is missing."""

    entity: str
    count: bool
    fields: tuple[str, ...]
    conditions: tuple[Condition, ...]
    order: tuple[tuple[str, bool], ...]
    start: int = 1
    limit: int | None = None


def parse(text: str) -> Statement:
    """The statement in a query. Raises fault 4000 with what was met, where, and what was expected."""
    return _Parser(_tokens(text.strip().rstrip(";"))).statement()


def _tokens(text: str) -> list[Token]:
    out: list[Token] = []
    position = 0
    while position < len(text) and text[position:].strip():
        match = _TOKEN.match(text, position)
        if match is None:
            column = position + 1 + len(text[position:]) - len(text[position:].lstrip())
            met = text[column - 1]
            raise fault(
                "4000",
                what=f'Invalid content. Lexical error at line 1, column {column}. Encountered: "{met}" after : ""',
            )
        kind = str(match.lastgroup)
        found = match.group(kind)
        column = match.start(kind) + 1
        if kind == "string":
            found = _ESCAPE.sub(r"\1", found[1:-1])
        out.append(Token(kind, found, column))
        position = match.end()
    return out


class _Parser:
    def __init__(self, tokens: list[Token]) -> None:
        self.tokens = tokens
        self.at = 0

    def statement(self) -> Statement:
        self.keyword("SELECT")
        count, fields = self.selection()
        self.keyword("FROM")
        entity = self.word("<IDENTIFIER>")
        conditions: list[Condition] = []
        if self.accept("WHERE"):
            conditions.append(self.condition())
            while self.accept("AND"):
                conditions.append(self.condition())
        order: list[tuple[str, bool]] = []
        if self.accept("ORDERBY") or (self.accept("ORDER") and self.keyword("BY")):
            order.append(self.ordering())
            while self.punct(","):
                order.append(self.ordering())
        start, limit = 1, None
        while True:
            if self.accept("STARTPOSITION"):
                start = self.integer()
            elif self.accept("MAXRESULTS"):
                limit = self.integer()
            else:
                break
        if self.at < len(self.tokens):
            raise self.unexpected("<EOF>", '"AND" ...', '"ORDERBY" ...', '"STARTPOSITION" ...', '"MAXRESULTS" ...')
        return Statement(entity, count, fields, tuple(conditions), tuple(order), start, limit)

    def selection(self) -> tuple[bool, tuple[str, ...]]:
        if self.accept("COUNT"):
            if not (self.punct("(") and self.punct("*") and self.punct(")")):
                raise self.unexpected('"(" "*" ")"')
            return True, ("*",)
        fields = ["*" if self.punct("*") else self.word('"*"')]
        while self.punct(","):
            fields.append("*" if self.punct("*") else self.word("<IDENTIFIER>"))
        return False, tuple(fields)

    def condition(self) -> Condition:
        field = self.word("<IDENTIFIER>")
        if self.accept("IN"):
            if not self.punct("("):
                raise self.unexpected('"("')
            values = [self.value()]
            while self.punct(","):
                values.append(self.value())
            if not self.punct(")"):
                raise self.unexpected('")"')
            return Condition(field, "IN", tuple(values))
        if self.accept("LIKE"):
            return Condition(field, "LIKE", (self.value(),))
        token = self.peek()
        if token is None or token.kind != "op":
            raise self.unexpected('"="', '"<"', '">"', '"<="', '">="', '"IN"', '"LIKE"')
        self.at += 1
        return Condition(field, "!=" if token.text == "<>" else token.text, (self.value(),))

    def ordering(self) -> tuple[str, bool]:
        field = self.word("<IDENTIFIER>")
        descending = self.accept("DESC")
        if not descending:
            self.accept("ASC")
        return field, descending

    def peek(self) -> Token | None:
        return self.tokens[self.at] if self.at < len(self.tokens) else None

    def accept(self, keyword: str) -> bool:
        token = self.peek()
        if token is not None and token.kind == "word" and token.text.upper() == keyword:
            self.at += 1
            return True
        return False

    def keyword(self, keyword: str) -> bool:
        if not self.accept(keyword):
            raise self.unexpected(f'"{keyword.lower()}"')
        return True

    def punct(self, text: str) -> bool:
        token = self.peek()
        if token is not None and token.kind == "punct" and token.text == text:
            self.at += 1
            return True
        return False

    def word(self, expected: str) -> str:
        token = self.peek()
        if token is None or token.kind != "word":
            raise self.unexpected(expected)
        self.at += 1
        return token.text

    def value(self) -> str:
        token = self.peek()
        if token is None or token.kind not in ("string", "word"):
            raise self.unexpected("<STRING>", "<NUMBER>", "<BOOLEAN>")
        self.at += 1
        return token.text

    def integer(self) -> int:
        token = self.peek()
        if token is None or not token.text.isdecimal() or len(token.text) > 9:
            raise self.unexpected("<INTEGER>")
        self.at += 1
        return int(token.text)

    def unexpected(self, *expected: str) -> QboFault:
        token = self.peek()
        met = '"<EOF>"' if token is None else f'" <{token.kind.upper()}> "{token.text} ""'
        column = token.column if token else (self.tokens[-1].column + len(self.tokens[-1].text) if self.tokens else 1)
        wanted = "\n    ".join(expected)
        text = f"Encountered {met} at line 1, column {column}.\nWas expecting one of:\n    {wanted}"
        return fault("4000", what=text)
