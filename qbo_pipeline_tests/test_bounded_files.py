"""Nothing that stands where a file should hangs us, leads elsewhere or fills the memory."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest

from qbo_pipeline.bounded_files import open_bounded, read_text
from qbo_pipeline.environment import trouble_with
from qbo_pipeline.settings import load_settings
from qbo_pipeline.settings_errors import SettingsError
from qbo_pipeline.sources.csv_folder import LARGEST_FILE, load_folder
from qbo_pipeline.sources.csv_lines import LARGEST_ROW
from qbo_pipeline.sources.errors import SourceError
from qbo_pipeline.sources.mapping import load_mapping

PLANTED = {
    "pipe": "it is a pipe, no file",
    "device": "it is a link that leads out of its folder",
    "socket": "No such device or address|it is a socket, no file",
    "link": "it is a link that leads out of its folder",
    "sparse": "it has 10,737,418,240 bytes, more than the 4,294,967,296 that are read",
    "folder": "it is a folder, no file",
}


def plant(kind: str, path: Path) -> None:
    """What an attacker (or a mistake) may put in the place of a file."""
    match kind:
        case "pipe":
            os.mkfifo(path)
        case "device":
            path.symlink_to("/dev/zero")
        case "socket":
            with socket.socket(socket.AF_UNIX) as listening:
                listening.bind(str(path))
        case "link":
            secret = path.parent.parent / "secret.txt"
            secret.write_text("id\nhunter2\n")
            path.symlink_to(secret)
        case "sparse":
            with path.open("wb") as file:
                file.truncate(10 * 1024**3)
        case "folder":
            path.mkdir()


@pytest.mark.parametrize(("kind", "words"), PLANTED.items())
def test_a_csv_folder_takes_plain_files_alone(tmp_path: Path, kind: str, words: str) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    plant(kind, folder / "t.csv")

    with pytest.raises(SourceError, match=words) as caught:
        load_folder(folder, tmp_path / "x.sqlite")

    assert "t.csv" in str(caught.value)
    assert "hunter2" not in str(caught.value)


def test_a_link_within_the_folder_is_followed(tmp_path: Path) -> None:
    (tmp_path / "..data").mkdir()
    (tmp_path / "..data" / "export").write_text("id\n1\n")
    (tmp_path / "t.csv").symlink_to(Path("..data") / "export")

    assert load_folder(tmp_path, tmp_path / "x.sqlite") == ["t"]


@pytest.mark.parametrize("content", ["id\n" + '"' + "x\n" * (LARGEST_ROW // 2 + 2), "x" * (LARGEST_ROW + 1)])
def test_a_row_without_an_end_is_refused(tmp_path: Path, content: str) -> None:
    (tmp_path / "t.csv").write_text(content)

    with pytest.raises(SourceError, match=r"a row has more than|field larger than field limit"):
        load_folder(tmp_path, tmp_path / "x.sqlite")


@pytest.mark.parametrize(
    ("names", "words"),
    [
        (("T.csv", "t.csv"), "'T.csv' and 't.csv' are one table"),
        (("t.CSV", "t.csv"), "'t.CSV' and 't.csv' are one table"),
        (("_loaded_files.csv",), "this name cannot be a table's"),
        (("sqlite_master.csv",), "this name cannot be a table's"),
        (("a\nb.csv",), "this name cannot be a table's"),
        ((os.fsdecode(b"\xff.csv"),), "this name cannot be a table's"),
    ],
)
def test_file_names_that_are_no_table_of_their_own_are_refused(tmp_path: Path, names: tuple[str], words: str) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    for name in names:
        (folder / name).write_text("id\n1\n")

    with pytest.raises(SourceError) as caught:
        load_folder(folder, tmp_path / "x.sqlite")

    assert words in str(caught.value)
    str(caught.value).encode()


def test_settings_secrets_and_mappings_are_plain_files_too(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.toml")
    os.mkfifo(tmp_path / ".env")
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "parties.sql").symlink_to("/dev/zero")

    with pytest.raises(SettingsError, match="cannot be read: it is a pipe, no file"):
        load_settings(tmp_path / "pipe.toml")
    assert trouble_with(tmp_path / ".env") == "cannot be read: it is a pipe, no file"
    with pytest.raises(SourceError, match="it is a device, no file"):
        load_mapping(str(tmp_path / "mine"))


def test_what_is_too_large_is_not_read(tmp_path: Path) -> None:
    file = tmp_path / "t"
    file.write_text("12345")

    assert read_text(file, 5) == "12345"
    with pytest.raises(OSError, match="5 bytes, more than the 4"):
        open_bounded(file, 4)
    assert LARGEST_FILE < 10 * 1024**3
