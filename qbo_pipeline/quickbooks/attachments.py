"""Attachments: the multipart body of an upload, and what its answer says."""

from __future__ import annotations

import hashlib
import mimetypes
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from qbo_pipeline.quickbooks.answers import parsed, write_outcome
from qbo_pipeline.quickbooks.faults import read_faults
from qbo_pipeline.quickbooks.outcomes import Done, Refusal, Unknown
from qbo_pipeline.quickbooks.transport import Answer
from qbo_pipeline.quickbooks.wire import to_wire

MAX_BYTES = 100_000_000  # Intuit: 100 MB a request (6030)
PIECE = 1 << 18  # of a file, read and sent at a time
_NAME_LENGTH, _NOTE_LENGTH = 1000, 2000
_CONTENT_TYPES = {".csv": "text/csv", ".txt": "text/plain", ".xml": "text/xml", ".pdf": "application/pdf"}


# Intuit, "Attach files to transactions": the types that QuickBooks shows.
TYPES = frozenset({
    "ai", "csv", "doc", "docx", "eps", "gif", "jpeg", "jpg", "ods", "pdf", "png", "rtf", "tif", "tiff", "txt", "xls",
    "xlsx", "xml",
})  # fmt: skip


def file_problem(file_name: str, size: int) -> str | None:
    """Why QuickBooks would not take a file of this name and size; `None` where it would."""
    if not 0 < size <= MAX_BYTES:
        return f"it has {size:,} bytes, and QuickBooks takes 1 to {MAX_BYTES:,}: make it smaller, or split it"
    if len(file_name) > _NAME_LENGTH or any(c in file_name for c in '"\r\n\0/\\'):
        return f"its name has a quote, or more than {_NAME_LENGTH:,} characters: rename it"
    suffix = file_name.rpartition(".")[2].lower()
    if suffix not in TYPES:
        return f"QuickBooks takes no files of type {suffix!r}, only {', '.join(sorted(TYPES))}: save it as one of these"
    return None


@dataclass(frozen=True, slots=True)
class FileContent:
    """A file on this machine that is to be sent: read piece by piece when it is, and never held whole."""

    path: Path
    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class UploadBody:
    """The body of an upload: what stands before and after the file, and the file. Each iteration reads the file anew.

    Where the file is another one by then, the iteration ends with `OSError` before the body is whole, so that nobody
    can take it for the file that was meant.
    """

    before: bytes
    content: bytes | FileContent
    after: bytes

    def __len__(self) -> int:
        size = self.content.size if isinstance(self.content, FileContent) else len(self.content)
        return len(self.before) + size + len(self.after)

    def __iter__(self) -> Iterator[bytes]:
        yield self.before
        if isinstance(self.content, FileContent):
            yield from _pieces(self.content)
        else:
            yield self.content
        yield self.after


def _pieces(file: FileContent) -> Iterator[bytes]:
    digest, left = hashlib.sha256(), file.size
    with file.path.open("rb") as opened:
        while left and (piece := opened.read(min(PIECE, left))):
            digest.update(piece)
            left -= len(piece)
            if not left and (opened.read(1) or digest.hexdigest() != file.sha256):
                break  # the last piece stays back
            yield piece
        else:
            if not left:
                return
    raise OSError("the file changed while it was sent")


def upload_body(
    file_name: str, content: bytes | FileContent, attach_to: tuple[tuple[str, str], ...], note: str | None
) -> tuple[UploadBody, str]:
    """The body of an upload and its content type; the same content gives the same bytes.

    `attach_to` are pairs of entity and Id. Raises `ValueError` where the file is empty or too large, or a text too
    long.
    """
    size = content.size if isinstance(content, FileContent) else len(content)
    if not 0 < size <= MAX_BYTES:
        raise ValueError(f"an attachment has 1 to {MAX_BYTES} bytes; {file_name!r} has {size}")
    if not file_name or len(file_name) > _NAME_LENGTH or any(c in file_name for c in '"\r\n\0/\\'):
        raise ValueError(f"{file_name!r} is no file name of up to {_NAME_LENGTH} characters without path or quotes")
    if note is not None and len(note) > _NOTE_LENGTH:
        raise ValueError(f"an attachment's note has at most {_NOTE_LENGTH} characters, not {len(note)}")
    content_type = content_type_of(file_name)
    metadata: dict[str, Any] = {"FileName": file_name, "ContentType": content_type}
    if note is not None:
        metadata["Note"] = note
    if attach_to:
        metadata["AttachableRef"] = [{"EntityRef": {"type": entity, "value": id}} for entity, id in attach_to]
    described = to_wire(metadata)
    digest = content.sha256 if isinstance(content, FileContent) else hashlib.sha256(content).hexdigest()
    boundary = hashlib.sha256(described + digest.encode()).hexdigest()[:40]
    about = _part(boundary, b'name="file_metadata_01"; filename="attachment.json"', "application/json; charset=UTF-8")
    file = _part(boundary, f'name="file_content_01"; filename="{file_name}"'.encode(), content_type)
    before = about + described + b"\r\n" + file
    body = UploadBody(before, content, f"\r\n--{boundary}--\r\n".encode())
    return body, f"multipart/form-data; boundary={boundary}"


def _part(boundary: str, disposition: bytes, kind: str) -> bytes:
    """What stands before the content of a part."""
    return b"--%s\r\nContent-Disposition: form-data; %s\r\nContent-Type: %s\r\n\r\n" % (
        boundary.encode(), disposition, kind.encode(),
    )  # fmt: skip


def content_type_of(file_name: str) -> str:
    suffix = "." + file_name.rpartition(".")[2].lower()
    return _CONTENT_TYPES.get(suffix) or mimetypes.guess_type(file_name)[0] or "application/octet-stream"


def upload_outcome(answer: Answer) -> Refusal | Done | Unknown:
    """The outcome of an upload: its answer wraps the attachable, or the fault, once more."""
    body = parsed(answer)
    wrapped = body.get("AttachableResponse") if isinstance(body, dict) else None
    if answer.status != 200 or not isinstance(wrapped, list) or len(wrapped) != 1 or not isinstance(wrapped[0], dict):
        return write_outcome(answer, "attachable")
    inner = wrapped[0]
    if read_faults(inner, "", 200) or "Attachable" in inner:
        return write_outcome(Answer(200, answer.headers, to_wire(inner), answer.seconds), "attachable")
    return Unknown("the upload's answer holds neither an attachable nor a fault", answer.intuit_tid)
