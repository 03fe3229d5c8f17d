"""A mapping: the folder of SELECT files by which an ERP's tables become rows of the contract.

What belongs here: finding and reading the files, without their comments; which parameters they take. Nothing here
talks to a database.
"""

from __future__ import annotations

import re
from collections.abc import Mapping as MappingType
from dataclasses import dataclass, field
from pathlib import Path

from qbo_pipeline.bounded_files import read_text
from qbo_pipeline.sources.contract import KINDS
from qbo_pipeline.sources.errors import Problem, SourceError, did_you_mean
from qbo_pipeline.sources.tokens import code, without_comments
from qbo_pipeline.sql_files import sql_folder

PARAMETER_PREFIX = "parameter_"
READER_PARAMETERS = ("as_at",)
"""Parameters that the reader itself gives a value."""

_PARAMETER = re.compile(r"(?<![:\w]):([A-Za-z_]\w*)(?!:)")
# What a SELECT reaches beyond its read-only session: files of the server (MySQL), other sessions, large objects
# (PostgreSQL before 16). Looked for in literals too, since MySQL takes a `#` for a comment and PostgreSQL does not.
_BEYOND = re.compile(
    r"\b(?:outfile|dumpfile)\b"
    r"|\b(?:dblink\w*|lo_(?:create?|import|export|unlink|put|truncate(?:64)?|from_bytea|open)|lowrite|sys_exec|sys_eval"
    r"|pg_(?:file_\w+|write_\w+|read_\w+|logical_\w+|terminate_backend|cancel_backend|reload_conf))\b\"?\s*\(",
    re.IGNORECASE,
)
_CHOOSE = re.compile(r"--\s*choose:\s*(one|many)\b")


@dataclass(frozen=True, slots=True)
class Statement:
    """One SELECT, without comments and without a closing semicolon; `file` is how errors name it."""

    file: str
    sql: str

    @property
    def parameters(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(_PARAMETER.findall(code(self.sql))))


@dataclass(frozen=True, slots=True)
class ParameterChoice:
    """A parameter whose values are names that exist in the source: the SELECT of `value` and `name`."""

    statement: Statement
    many: bool


@dataclass(frozen=True, slots=True)
class Mapping:
    """The SELECTs of one source: by kind of the contract, and by name of parameter."""

    name: str
    statements: MappingType[str, Statement]
    choices: MappingType[str, ParameterChoice] = field(default_factory=dict)

    @property
    def parameters(self) -> tuple[str, ...]:
        """Every parameter that a SELECT takes and that the reader does not give itself."""
        used = [name for statement in self.statements.values() for name in statement.parameters]
        used += [name for choice in self.choices.values() for name in choice.statement.parameters]
        return tuple(name for name in dict.fromkeys([*used, *self.choices]) if name not in READER_PARAMETERS)


def load_mapping(name: str) -> Mapping:
    """The mapping of this name: a folder of `sql/source/`, or the path of a folder of one's own.

    Raises `SourceError` where there is no such folder, a file has a name that the contract does not know, a file of a
    required kind is missing, or a file is not one SELECT.
    """
    folder = _folder(name)
    statements: dict[str, Statement] = {}
    choices: dict[str, ParameterChoice] = {}
    for path in sorted(folder.glob("*.sql")):
        text = _read(path)
        statement = Statement(f"{folder.name}/{path.name}", _one_select(path, text))
        if path.stem.startswith(PARAMETER_PREFIX):
            chosen = _CHOOSE.search(text)
            choices[path.stem.removeprefix(PARAMETER_PREFIX)] = ParameterChoice(
                statement, bool(chosen and chosen[1] == "many")
            )
        elif path.stem in KINDS:
            statements[path.stem] = statement
        else:
            raise SourceError(
                Problem(
                    f"the contract knows no kind {path.stem!r}",
                    str(path),
                    "each file is named after a kind",
                    f"Rename or remove it; {did_you_mean(path.stem, KINDS, 'kinds')}",
                )
            )
    _require_kinds(statements, str(folder), ".sql")
    return Mapping(folder.name, statements, choices)


def mapping_of_names(names: MappingType[str, str], *, files: str | None = None) -> Mapping:
    """The mapping of a source that offers tables or views with the contract's names, or with `files` (how people call
    their folder) CSV files.

    `names` gives for each kind at hand the name as the database writes it. Raises `SourceError` where a required kind
    is missing.
    """
    piece, ending = ("view {0}", "") if files is None else ("file {0}.csv", ".csv")
    statements = {kind: Statement(piece.format(name), f'SELECT * FROM "{name}"') for kind, name in names.items()}
    _require_kinds(statements, files or "the source's tables and views", ending)
    return Mapping("", statements)


def _require_kinds(statements: MappingType[str, Statement], where: str, ending: str) -> None:
    missing = [f"{kind.name}{ending}" for kind in KINDS.values() if kind.required and kind.name not in statements]
    empty = "a file with its header alone" if ending == ".csv" else "a SELECT without rows"
    if missing:
        raise SourceError(
            Problem(
                f"{', '.join(missing)} missing",
                where,
                "a source has to offer every required kind of the contract",
                f"Add what is missing; what a source does not have may be {empty}. The kinds and their columns are in "
                "sql/source/contract.md",
            )
        )


def _folder(name: str) -> Path:
    own = Path(name)
    if len(own.parts) > 1:
        if own.is_dir():
            return own
        raise SourceError(
            Problem(f"no mapping {name!r}", str(own), "there is no such folder", "Correct [source] mapping")
        )
    root = sql_folder("source")
    names = [path.name for path in root.iterdir() if path.is_dir()]
    if name not in names:
        remedy = f"Correct [source] mapping; {did_you_mean(name, names, 'mappings')}"
        raise SourceError(Problem(f"no mapping {name!r}", "sql/source", "there is no such folder", remedy))
    return root / name


def _read(path: Path) -> str:
    try:
        return read_text(path)
    except (OSError, UnicodeDecodeError) as error:
        raise SourceError(Problem("unreadable SELECT", str(path), _why(error), "Save it as UTF-8 text")) from error


def _why(error: OSError | UnicodeDecodeError) -> str:
    return (isinstance(error, OSError) and error.strerror) or str(error)


def _one_select(path: Path, text: str) -> str:
    sql = without_comments(text).strip().removesuffix(";").rstrip()
    outside = code(sql)
    if beyond := _BEYOND.search(sql):
        raise SourceError(
            Problem(
                "not a SELECT that only reads",
                str(path),
                f"it holds {beyond[0].rstrip('( ').rstrip()!r}, which reaches beyond a read-only session",
                "Nothing is ever written in a source or beside it; read the table itself, or give it to us in a view",
            )
        )
    if ";" in outside or "\x00" in sql or not re.match(r"(?i)(select|with)\b", sql):
        raise SourceError(
            Problem(
                "not one SELECT",
                str(path),
                "the file has to hold one statement that begins with SELECT or WITH",
                "Nothing is ever created in a source; leave one SELECT in the file",
            )
        )
    return sql
