"""Attached files, both ways: once each, by their content; what QuickBooks would not take is said beforehand."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import httpx
import pytest

from qbo_pipeline.pipeline import attachments
from qbo_pipeline.pipeline.attachments import send_files
from qbo_pipeline.pipeline.write_back_standing import write_back_standing
from qbo_pipeline.posting.policy import Policy
from qbo_pipeline.quickbooks.attachments import MAX_BYTES, file_problem
from qbo_pipeline.quickbooks.client import QuickBooks
from qbo_pipeline.quickbooks.outcomes import Unknown
from qbo_pipeline_tests.emulator.server import RunningEmulator
from qbo_pipeline_tests.pipeline.connections import rows
from qbo_pipeline_tests.pipeline.shop import Shop
from qbo_pipeline_tests.tampering.people import Bookkeeper, Thing
from qbo_pipeline_tests.write_back.inbox_shop import in_the_inbox, night, ours, shop_with_inbox
from qbo_pipeline_tests.write_back.taking import take_all


@pytest.fixture
def shop(tmp_path: Path, emulator: RunningEmulator) -> Shop:
    more = f'files = "{tmp_path / "files"}"\ndeleted_files = "mirror"\n'
    shop = shop_with_inbox(
        tmp_path, f"sqlite:///{tmp_path / 'store.sqlite'}", emulator, kinds=("sales_invoices",), more=more
    )  # fmt: skip
    text = shop.settings.read_text()
    shop.settings.write_text(text.replace('attachments = "off"', 'attachments = "both"'))
    return shop


def laid(shop: Shop, name: str, content: bytes, document_id: str = "i1") -> Path:
    """The inventory system lays a file for a document."""
    path = shop.folder / "files" / "to_quickbooks" / document_id / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


def attached(emulator: RunningEmulator, name: str, content: bytes, entity: str, qbo_id: str) -> None:
    """A person attaches a file in QuickBooks."""
    described = {"FileName": name, "AttachableRef": [{"EntityRef": {"type": entity, "value": qbo_id}}]}
    files = {
        "file_metadata_01": ("attachment.json", json.dumps(described), "application/json"),
        "file_content_01": (name, content, "application/pdf"),
    }
    with httpx.Client(base_url=emulator.api(""), headers=emulator.bearer(), timeout=60) as http:
        answer = http.post("upload", files=files, headers={"Accept": "application/json"})
    assert answer.status_code == 200, answer.text


def there(people: Bookkeeper) -> list[Thing]:
    return people.all("Attachable")


def files(shop: Shop) -> list[dict[str, Any]]:
    return [json.loads(entry["content"]) for entry in in_the_inbox(shop) if entry["kind"] == "attachment"]


@pytest.mark.torture
def test_a_file_goes_once_by_its_content_and_is_taken_out_where_deletions_are_mirrored(
    shop: Shop, people: Bookkeeper
) -> None:
    path = laid(shop, "order.pdf", b"%PDF order")
    night(shop)
    (thing,) = there(people)
    with shop.run() as run:
        invoice = ours(run, people, "document/i1")
    assert thing["AttachableRef"][0]["EntityRef"] == {"type": "Invoice", "value": invoice["Id"]}
    path.rename(path.with_name("order again.pdf"))  # the same content under another name is the same file
    laid(shop, "copy.pdf", b"%PDF order")
    night(shop)
    night(shop)
    assert [thing["Id"] for thing in there(people)] == [thing["Id"]]
    assert files(shop) == []  # our own does not come back
    path.with_name("order again.pdf").unlink()
    path.with_name("copy.pdf").unlink()
    night(shop)
    assert there(people) == []


def test_a_file_attached_in_quickbooks_is_fetched_and_told_once(
    shop: Shop, people: Bookkeeper, emulator: RunningEmulator
) -> None:
    night(shop)
    with shop.run() as run:
        invoice = ours(run, people, "document/i1")
    attached(emulator, "delivery note.pdf", b"%PDF signed", "Invoice", invoice["Id"])
    attached(emulator, "logo.png", b"PNG", "Customer", invoice["CustomerRef"]["value"])
    night(shop)
    (file,) = files(shop)
    assert (file["name"], file["document_ids"], file["size"]) == ("delivery note.pdf", ["i1"], 11)
    assert (shop.folder / "files" / file["path"]).read_bytes() == b"%PDF signed"
    take_all(shop)
    laid(shop, "delivery note.pdf", b"%PDF signed")  # the inventory system keeps it with its own: it is not sent back
    night(shop)
    assert (len(files(shop)), len(there(people))) == (1, 2)
    (thing,) = [thing for thing in there(people) if thing["FileName"] == "delivery note.pdf"]
    people.delete("Attachable", thing)
    night(shop)
    assert files(shop)[-1]["status"] == "deleted"


@pytest.mark.torture
def test_an_upload_whose_answer_is_lost_is_looked_up_and_not_sent_twice(
    shop: Shop, people: Bookkeeper, monkeypatch: pytest.MonkeyPatch
) -> None:
    night(shop)
    laid(shop, "order.pdf", b"%PDF order")
    upload = QuickBooks.upload

    def lost(*args: Any, **named: Any) -> Unknown:
        upload(*args, **{**named, "deadline": 60.0})
        return Unknown("the line was cut")

    soon = Policy(deadline=0.1, lease=4.0, margin=3.0, look_lease=300.0, works_on=0.0, settle=1.0, lag=0.0)
    monkeypatch.setattr(attachments, "UPLOADS", soon)
    with monkeypatch.context() as patched, shop.run() as run:
        patched.setattr(QuickBooks, "upload", lost)
        send_files(run)
        assert rows(run, "SELECT state FROM write_backs WHERE kind = 'attachment_out'") == [{"state": "unknown"}]
    with shop.run() as run, run.database.transaction() as connection:
        connection.exec_driver_sql("UPDATE write_backs SET not_before = NULL, lease_until = NULL")
    night(shop)
    with shop.run() as run:
        assert rows(run, "SELECT state, recovered FROM write_backs WHERE kind = 'attachment_out'") == [
            {"state": "posted", "recovered": 1}
        ]
    assert len(there(people)) == 1


@pytest.mark.torture
def test_what_quickbooks_would_not_take_waits_and_says_so_before_anything_is_sent(
    shop: Shop, people: Bookkeeper
) -> None:
    night(shop)
    laid(shop, "setup.exe", b"MZ")
    laid(shop, "good.pdf", b"%PDF")
    (waiting,) = night(shop)["waiting"]
    assert (waiting["state"], "QuickBooks takes no files of type 'exe'" in waiting["why"]) == ("parked", True)
    assert [thing["FileName"] for thing in there(people)] == ["good.pdf"]
    with shop.run() as run:
        assert [ground.verdict.name for ground in write_back_standing(run).grounds()] == ["WAITING"]


@pytest.mark.parametrize(
    ("name", "size", "part"),
    [("a.pdf", 0, "0 bytes"), ("a.pdf", 120_000_000, "120,000,000 bytes"), ('a".pdf', 1, "quote"), ("a", 1, "type")],
)
def test_the_limits_are_said_by_name_and_size(name: str, size: int, part: str) -> None:
    assert part in str(file_problem(name, size))
    assert file_problem("a.pdf", MAX_BYTES) is None
