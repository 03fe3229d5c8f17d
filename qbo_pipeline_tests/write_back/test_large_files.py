"""A file of 90 MB goes both ways in a few megabytes of memory, and one that changes on its way arrives as none."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from io import BytesIO
from pathlib import Path

import pytest

from qbo_pipeline.quickbooks.attachments import PIECE, FileContent, UploadBody, upload_body
from qbo_pipeline.quickbooks.outcomes import Done
from qbo_pipeline.quickbooks.query import select
from qbo_pipeline_tests.emulator.server import RunningEmulator
from qbo_pipeline_tests.pipeline.shop import Shop, open_shop

SIZE = 90_000_000
MOST = 24_000_000  # bytes of memory that a way may add: pieces, buffers, the allocator's own
_SENT_AND_FETCHED = """
import hashlib, json, sys
from pathlib import Path
from qbo_pipeline.pipeline.run import open_run
from qbo_pipeline.quickbooks.attachments import FileContent
from qbo_pipeline.settings import load_settings

def grows(do):
    "How many bytes the most memory that is held while it is done lies above what is held before."
    Path("/proc/self/clear_refs").write_text("5")  # the peak is what is held now
    before = held()
    answer = do()
    return held() - before, answer

def held():
    (line,) = [one for one in Path("/proc/self/status").read_text().splitlines() if one.startswith("VmHWM:")]
    return int(line.split()[1]) * 1024

def fetch():
    with open(back, "wb") as out:
        quickbooks.download_to(done.id, out)

settings, path, size, digest, back = sys.argv[1:]
with open_run(load_settings(Path(settings))) as run:
    quickbooks = run.quickbooks()
    quickbooks.company_info()
    small = Path(back).with_suffix(".small")
    small.write_bytes(b"small")
    quickbooks.upload("small.pdf", FileContent(small, 5, hashlib.sha256(b"small").hexdigest()))
    large = FileContent(Path(path), int(size), digest)
    sent, done = grows(lambda: quickbooks.upload("large.pdf", large, deadline=300.0))
    fetched, _ = grows(fetch)
    whole, content = grows(lambda: quickbooks.download(done.id))
    print(json.dumps({"sent": sent, "fetched": fetched, "whole": whole, "size": len(content)}))
"""


def written(path: Path, size: int) -> FileContent:
    """A file of so many bytes that repeat nowhere near."""
    digest, number = hashlib.sha256(), 0
    with path.open("wb") as file:
        while number * PIECE < size:
            piece = (hashlib.sha256(str(number).encode()).digest() * (PIECE // 32))[: size - number * PIECE]
            file.write(piece)
            digest.update(piece)
            number += 1
    return FileContent(path, size, digest.hexdigest())


@pytest.mark.torture
@pytest.mark.skipif(not Path("/proc/self/clear_refs").exists(), reason="the peak of memory is read as Linux tells it")
def test_ninety_megabytes_both_ways_in_bounded_memory(tmp_path: Path, emulator: RunningEmulator) -> None:
    shop = open_shop(tmp_path / "shop", emulator)
    file, back = written(tmp_path / "large.bin", SIZE), tmp_path / "back.bin"
    arguments = [str(shop.settings), str(file.path), str(file.size), file.sha256, str(back)]
    command = [sys.executable, "-c", _SENT_AND_FETCHED, *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=600)
    assert done.returncode == 0, done.stderr
    grown = json.loads(done.stdout.splitlines()[-1])
    print(f"sent {SIZE:,} bytes with {grown['sent']:,} more of memory, fetched with {grown['fetched']:,}")
    assert max(grown["sent"], grown["fetched"]) < MOST, grown
    assert grown["whole"] > SIZE // 2, grown  # held whole it is seen
    assert hashlib.sha256(back.read_bytes()).hexdigest() == file.sha256


def test_the_body_is_the_same_from_a_file_and_from_memory(tmp_path: Path) -> None:
    file = written(tmp_path / "file.bin", 3 * PIECE + 7)
    body, kind = upload_body("a.pdf", file, (("Invoice", "12"),), "note")
    whole, same = upload_body("a.pdf", file.path.read_bytes(), (("Invoice", "12"),), "note")
    assert (kind, len(body)) == (same, len(whole))
    assert b"".join(body) == b"".join(whole) == b"".join(body)  # and once more
    assert len(b"".join(body)) == len(body)


@pytest.mark.parametrize("change", ["longer", "shorter", "other", "gone"])
def test_a_file_that_changed_is_never_whole(change: str, tmp_path: Path) -> None:
    file = written(tmp_path / "file.bin", PIECE + 7)
    content = file.path.read_bytes()
    new = {"longer": content + b"x", "shorter": content[:-1], "other": content[:-1] + b"?"}
    file.path.unlink()
    if change != "gone":
        file.path.write_bytes(new[change])
    out = BytesIO()
    with pytest.raises(OSError, match="No such file" if change == "gone" else "changed while it was sent"):
        out.writelines(UploadBody(b"before", file, b"after"))
    assert not out.getvalue().endswith(b"after")
    assert len(out.getvalue()) < len(UploadBody(b"before", file, b"after"))


@pytest.mark.torture
def test_a_file_that_changes_while_it_is_sent_is_not_in_quickbooks(tmp_path: Path, emulator: RunningEmulator) -> None:
    shop: Shop = open_shop(tmp_path / "shop", emulator)
    file = written(tmp_path / "file.bin", PIECE + 7)
    file.path.write_bytes(b"x" * file.size)
    with shop.run() as run:
        outcome = run.quickbooks().upload("changed.pdf", file)
        assert not isinstance(outcome, Done)
        assert "changed while it was sent" in outcome.reason
        assert list(run.quickbooks().query(select("Attachable").where("FileName", "=", "changed.pdf"))) == []
