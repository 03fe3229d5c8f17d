"""The options that choose postings by a filter, and the three forms in which what is done about each is told.

What belongs here: what `approve`, `skip`, `retry`, `reverse` with `--all` and `rollback` share.
"""

from __future__ import annotations

import csv
import inspect
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, get_type_hints

import typer

from qbo_pipeline.commands.common import parse_day, print_json, say
from qbo_pipeline.commands.whole_files import whole_file

if TYPE_CHECKING:
    from qbo_pipeline.pipeline.choosing import Filter

CsvOption = Annotated[Path | None, typer.Option("--csv", metavar="FILE", help="Write what is shown as CSV as well.")]
_Day: dict[str, Any] = {"parser": parse_day, "metavar": "YYYY-MM-DD"}
# Parameter -> its option; all of them belong to --all.
_OPTIONS: dict[str, Any] = {
    "every": Annotated[bool, typer.Option("--all", help="All that the options name, instead of one by its key.")],
    "state": Annotated[list[str] | None, typer.Option("--state", help="Only in this state; may be repeated.")],
    "reason": Annotated[list[str] | None, typer.Option("--reason", help="Only with this reason; may be repeated.")],
    "kind": Annotated[
        list[str] | None,
        typer.Option("--kind", help="Only of this kind of record, or document, movement, payment; may be repeated."),
    ],
    "entity": Annotated[
        list[str] | None, typer.Option("--entity", help="Only this QuickBooks entity (Bill); may be repeated.")
    ],
    "party": Annotated[
        str | None, typer.Option("--party", help="Only of the customer or supplier with this number, id or name.")
    ],
    "first": Annotated[date | None, typer.Option("--from", help="Only from this business date on.", **_Day)],
    "last": Annotated[date | None, typer.Option("--to", help="Only up to this business date.", **_Day)],
    "run_id": Annotated[
        str | None, typer.Option("--run", metavar="ID", help="Only of records that this run read, new or changed.")
    ],
    "over": Annotated[str | None, typer.Option("--over", metavar="AMOUNT", help="Only above this amount.")],
    "under": Annotated[str | None, typer.Option("--under", metavar="AMOUNT", help="Only below this amount.")],
    "csv_file": CsvOption,
    "as_json": Annotated[bool, typer.Option("--json", help="With --all: print JSON instead of text.")],
}


@dataclass(frozen=True, slots=True)
class Chosen:
    """What the options of one call say; `wanted` is None where one posting is named by its key."""

    wanted: Filter | None
    csv_file: Path | None
    as_json: bool


def choosable(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command that takes `key` and `chosen` the options of the filter in the place of `chosen`."""
    own, hints = inspect.signature(command), get_type_hints(command, include_extras=True)
    kept = [one.replace(annotation=hints[name]) for name, one in own.parameters.items() if name != "chosen"]
    added = [
        inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=_default(name), annotation=option)
        for name, option in _OPTIONS.items()
    ]

    @wraps(command)
    def with_options(**given: Any) -> None:
        options = {name: given.pop(name) for name in _OPTIONS}
        command(**given, chosen=_chosen(given["key"], options))

    with_options.__signature__ = own.replace(parameters=[*kept, *added])  # type: ignore[attr-defined]  # a function takes any
    with_options.__annotations__ = {name: hint for name, hint in hints.items() if name != "chosen"} | _OPTIONS
    return with_options


def _default(name: str) -> bool | None:
    return False if name in ("every", "as_json") else None


def _chosen(key: str | None, options: dict[str, Any]) -> Chosen:
    from qbo_pipeline.pipeline.choosing import Filter, amount_of
    from qbo_pipeline.posting.persons import NotPossible

    given = [name for name, value in options.items() if value]
    if key is not None and given:
        raise typer.BadParameter(f"{_named(given)} cannot be given with the key {key}: name one, or --all by a filter")
    if key is not None:
        return Chosen(None, None, False)
    if not options["every"]:
        raise typer.BadParameter("name a posting by its key, or --all with what they have in common (--reason, --kind)")
    try:
        amounts = {
            name: None if options[name] is None else amount_of(options[name], f"--{name}") for name in ("over", "under")
        }
        wanted = Filter(
            states=tuple(options["state"] or ()),
            reasons=tuple(options["reason"] or ()),
            kinds=tuple(options["kind"] or ()),
            entities=tuple(options["entity"] or ()),
            party=options["party"],
            first=options["first"],
            last=options["last"],
            run_id=options["run_id"],
            over=amounts["over"],
            under=amounts["under"],
        )
    except NotPossible as error:
        raise typer.BadParameter(str(error)) from None
    return Chosen(wanted, options["csv_file"], options["as_json"])


def _named(given: list[str]) -> str:
    words = {"every": "all", "first": "from", "last": "to", "run_id": "run", "csv_file": "csv", "as_json": "json"}
    return ", ".join(f"--{words.get(name, name)}" for name in given)


@contextmanager
def csv_rows(file: Path | None, columns: Iterable[str]) -> Iterator[Callable[[dict[str, Any]], None]]:
    """A way to write rows as CSV, none where there is no file; the file is opened before anything is decided.

    The byte order mark is there so that Excel reads names rightly.
    """
    if file is None:
        yield lambda row: None
        return
    from qbo_pipeline.reports.safe_text import csv_text

    names = list(columns)
    with whole_file(file, encoding="utf-8-sig", newline="") as out:
        writer = csv.writer(out)
        writer.writerow(names)
        yield lambda row: writer.writerow([csv_text(str(row[name])) for name in names])


def tell(answers: Iterable[Any], *, csv_file: Path | None, as_json: bool) -> list[Any]:
    """Write each answer of `deciding.decide_all` as it comes, in the form that was asked for; answers them all."""
    from qbo_pipeline.pipeline.deciding import COLUMNS

    told = []
    with csv_rows(csv_file, COLUMNS) as write:
        for one in answers:
            told.append(one)
            write(one.as_dict())
            if not as_json:
                say(
                    f"  {one.day or '-':10}  {one.entity or '-':14} {one.amount:>16,.2f} {one.currency}  {one.key}  "
                    f"{one.number}  {one.was} -> {one.now}{f'  NOT: {one.refused}' if one.refused else ''}"
                )
    if as_json:
        print_json([one.as_dict() for one in told])
    return told
