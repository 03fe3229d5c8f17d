"""The inbox of an inventory system that takes files: a folder into which each entry is laid as one CSV file.

What belongs here: writing a file whole or not at all, and reading what the inventory system says of it. A file's name
holds marker and revision, so that an entry that is laid twice is there once; answers come as files of outcomes beside
them, with the columns marker, revision, taken_as and refused.
"""

from __future__ import annotations

import csv
import os
import re
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from qbo_pipeline.returning.targets import (
    Abilities,
    Held,
    InboxAnswer,
    NotTaken,
    NotWritten,
    Outcome,
    Taken,
    TargetEntry,
    Written,
)
from qbo_pipeline.sources.errors import Problem, SourceError, SourceUnavailable

ENTRIES, OUTCOMES = "entries", "outcomes"
COLUMNS = (
    "marker", "revision", "operation", "kind", "business_date", "party_id", "number", "currency", "amount", "content",
    "content_hash",
)  # fmt: skip
_ANSWER = ("marker", "revision", "taken_as", "refused")
_NAME = re.compile(r"([A-Z2-7.]{16,21})-(\d{1,9})\.csv")
_LARGEST = 4_000_000  # bytes of one file that is read
_UNREADABLE = (OSError, UnicodeDecodeError, csv.Error, KeyError, ValueError, TypeError)


class DropFolder:
    """The folder. It can be asked by our marker, and an entry that is laid twice is there once; a file that the
    inventory system moves away or deletes after it has answered is known by that answer.

    Raises `SourceError` where the folder is not there or an answer cannot be read, `SourceUnavailable` where it cannot
    be reached.
    """

    abilities = Abilities(finds=True, idempotent=True)

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.shown = str(folder)

    def put(self, entries: Sequence[TargetEntry]) -> list[Outcome]:
        """Lay each entry as a file of its own."""
        return [self._put(entry) for entry in entries]

    def find(self, entries: Sequence[tuple[str, int]]) -> dict[tuple[str, int], Held]:
        """What is held of these markers and revisions: the files that are there."""
        self._must_be_there()
        found = {name: self._held(self._path(*name)) for name in entries}
        return {name: held for name, held in found.items() if held is not None}

    def newest(self, markers: Sequence[str]) -> dict[str, Held]:
        """The newest revision that is there of each marker."""
        self._must_be_there()
        wanted, newest = set(markers), dict[str, int]()
        for marker, revision in self._names():
            if marker in wanted:
                newest[marker] = max(revision, newest.get(marker, 0))
        found = {marker: self._held(self._path(marker, revision)) for marker, revision in newest.items()}
        return {marker: held for marker, held in found.items() if held is not None}

    def answers(self, entries: Sequence[tuple[str, int]]) -> list[InboxAnswer]:
        """What the inventory system has said of these: of two answers the one of the file whose name comes last."""
        wanted = set(entries)
        return [answer for name, answer in self._outcomes().items() if name in wanted]

    def taken(self, ids: Sequence[str]) -> list[Taken]:
        """The entries that the inventory system took under these ids, whose files are there still."""
        wanted, found = set(ids), []
        for (marker, revision), answer in sorted(self._outcomes().items()):
            if answer.taken_as in wanted and (held := self._held(self._path(marker, revision))) is not None:
                found.append(Taken(held, str(answer.taken_as)))
        return found

    def check(self, kinds: Sequence[str] = ()) -> list[Problem]:
        """What would stop the way back; empty when all is well."""
        try:
            self._must_be_there()
            self._outcomes()
            for name in (ENTRIES, OUTCOMES):
                (self.folder / name).mkdir(exist_ok=True)
            with tempfile.NamedTemporaryFile(dir=self.folder / ENTRIES, prefix="."):
                pass
        except (SourceError, SourceUnavailable) as error:
            return list(error.problems)
        except OSError as error:
            why = error.strerror or "it cannot be written"
            return [Problem("the folder cannot be written", self.shown, why, "Let this login write there")]
        return []

    def close(self) -> None:
        """Nothing is held open."""

    # ----------------------------------------------------------------------------------------------------------------
    def _put(self, entry: TargetEntry) -> Outcome:
        path = self._path(entry.marker, entry.revision)
        try:
            self._must_be_there()
            if (there := self._held(path)) is not None:
                if there.content_hash == entry.content_hash:
                    return Written()
                return NotTaken(f"{path.name} holds another content: another store writes to {self.shown}")
            if (entry.marker, entry.revision) in self._outcomes():
                return Written()  # answered, and its file put away since
            path.parent.mkdir(exist_ok=True)
            self._write(path, entry)
        except SourceUnavailable as error:
            return NotWritten(str(error))
        except OSError as error:  # a file is there whole or not at all
            return NotWritten(f"the folder {self.shown} could not be written: {error.strerror}")
        return Written()

    def _write(self, path: Path, entry: TargetEntry) -> None:
        with tempfile.NamedTemporaryFile(
            "w", dir=path.parent, prefix=".", suffix=".part", delete=False, encoding="utf-8", newline=""
        ) as out:
            try:
                writer = csv.writer(out)
                writer.writerow(COLUMNS)
                writer.writerow(
                    [entry.marker, entry.revision, entry.operation, entry.kind, entry.business_date.isoformat(),
                     entry.party_id, entry.number, entry.currency, format(entry.amount, "f"), entry.content,
                     entry.content_hash]
                )  # fmt: skip
                out.flush()
                os.fsync(out.fileno())
                os.replace(out.name, path)
            except BaseException:
                Path(out.name).unlink(missing_ok=True)
                raise
        directory = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(directory)
        finally:
            os.close(directory)

    def _path(self, marker: str, revision: int) -> Path:
        return self.folder / ENTRIES / f"{marker}-{revision}.csv"

    def _names(self) -> Iterator[tuple[str, int]]:
        base = self.folder / ENTRIES
        for path in base.iterdir() if base.is_dir() else ():
            if (found := _NAME.fullmatch(path.name)) is not None:
                yield found.group(1), int(found.group(2))

    def _held(self, path: Path) -> Held | None:
        try:
            (row,) = _rows(path)
            return Held(row["marker"], int(row["revision"]), row["operation"], row["content"], row["content_hash"])
        except FileNotFoundError:
            return None
        except _UNREADABLE as error:
            raise self._odd(path, str(error) or type(error).__name__) from None

    def _outcomes(self) -> dict[tuple[str, int], InboxAnswer]:
        self._must_be_there()
        base = self.folder / OUTCOMES
        found: dict[tuple[str, int], InboxAnswer] = {}
        for path in sorted(base.glob("*.csv")) if base.is_dir() else ():
            if path.name.startswith("."):
                continue
            try:
                for row in _rows(path):
                    name = (row["marker"], int(row["revision"]))
                    found[name] = InboxAnswer(*name, row["taken_as"] or None, row["refused"] or None)
            except _UNREADABLE as error:
                raise self._odd(path, str(error) or type(error).__name__) from None
        return found

    def _must_be_there(self) -> None:
        if not self.folder.is_dir():
            remedy = "Make the folder, or mount it; then the next run goes on"
            raise SourceUnavailable(Problem("the inbox is not there", self.shown, "there is no such folder", remedy))

    def _odd(self, path: Path, why: str) -> SourceError:
        remedy = f"Write it anew with the columns {', '.join(_ANSWER)}, under another name first and renamed when whole"
        return SourceError(Problem("a file cannot be read", str(path), why, remedy))


def _rows(path: Path) -> list[dict[str, str]]:
    if path.stat().st_size > _LARGEST:
        raise ValueError(f"it has more than {_LARGEST:,} bytes")
    csv.field_size_limit(_LARGEST)
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file, strict=True))
