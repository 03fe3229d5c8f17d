"""Attachments: the multipart body of an upload, and what its answer says."""

from __future__ import annotations

import hashlib
import mimetypes
from typing import Any

from qbo_pipeline.quickbooks.answers import parsed, write_outcome
from qbo_pipeline.quickbooks.faults import read_faults
from qbo_pipeline.quickbooks.outcomes import Done, Refusal, Unknown
from qbo_pipeline.quickbooks.transport import Answer
from qbo_pipeline.quickbooks.wire import to_wire

MAX_BYTES = 100_000_000  # Intuit: 100 MB a request (6030)
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


def upload_body(
    file_name: str, content: bytes, attach_to: tuple[tuple[str, str], ...], note: str | None
) -> tuple[bytes, str]:
    """The body of an upload and its content type; the same content gives the same bytes.

    `attach_to` are pairs of entity and Id. Raises `ValueError` where the file is empty or too large, or a text too
    long.
    """
    if not 0 < len(content) <= MAX_BYTES:
        raise ValueError(f"an attachment has 1 to {MAX_BYTES} bytes; {file_name!r} has {len(content)}")
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
    boundary = hashlib.sha256(described + content).hexdigest()[:40]
    parts = (
        (b'name="file_metadata_01"; filename="attachment.json"', b"application/json; charset=UTF-8", described),
        (f'name="file_content_01"; filename="{file_name}"'.encode(), content_type.encode(), content),
    )
    body = b"".join(
        b"--%s\r\nContent-Disposition: form-data; %s\r\nContent-Type: %s\r\n\r\n%s\r\n"
        % (boundary.encode(), disposition, kind, data)
        for disposition, kind, data in parts
    )
    return body + b"--%s--\r\n" % boundary.encode(), f"multipart/form-data; boundary={boundary}"


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
