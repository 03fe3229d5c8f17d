"""The multipart body of POST /upload: pairs of `file_metadata_NN` (JSON) and `file_content_NN`.

Real clients differ: python-quickbooks ends lines with LF alone and sends the file as base64 with
Content-Transfer-Encoding, others send CRLF and bytes. Both are read.
"""

from __future__ import annotations

import base64
import binascii
import re
from email.message import Message
from typing import Any

from qbo_pipeline.emulator.company import faults
from qbo_pipeline.emulator.http.fault_texts import PARSE_FAILED, gateway_fault
from qbo_pipeline.emulator.http.requests import ApiRequest, parse_object

Part = tuple[dict[str, Any] | None, str, str, bytes]
"""Metadata, file name, content type, content."""

_BLANK_LINE = re.compile(rb"\r?\n\r?\n")


def parse_upload(request: ApiRequest) -> list[Part]:
    """The files of an upload. Raises fault 1050 (not multipart) or 2010 (nothing usable in it)."""
    header = Message()
    header["content-type"] = request.content_type
    boundary = header.get_param("boundary")
    if header.get_content_type() != "multipart/form-data" or not isinstance(boundary, str) or not boundary:
        raise gateway_fault("1050", request.content_type[:100] or "none")
    metadata: dict[str, dict[str, Any]] = {}
    files: dict[str, tuple[str, str, bytes]] = {}
    for headers, content in _parts(request.body, boundary.encode("latin-1", "replace")):
        name = str(headers.get_param("name", "", "content-disposition"))
        kind, _, number = name.rpartition("_")
        if kind == "file_metadata":
            metadata[number] = parse_object(content)
        elif kind == "file_content":
            file_name = headers.get_filename("")
            files[number] = (file_name, headers.get_content_type(), _decoded(headers, content))
    if not files:
        raise faults.fault("2010", what=PARSE_FAILED)
    parts: list[Part] = []
    for number, (file_name, content_type, content) in files.items():
        about = metadata.get(number)
        name = file_name or str((about or {}).get("FileName") or f"file_{number}")
        parts.append((about, name, content_type, content))
    return parts


def _parts(body: bytes, boundary: bytes) -> list[tuple[Message, bytes]]:
    parts = []
    for piece in re.split(rb"(?:\r?\n|^)--" + re.escape(boundary), body)[1:]:
        if piece.startswith(b"--"):
            break
        split = _BLANK_LINE.split(piece.lstrip(b"\r\n"), maxsplit=1)
        if len(split) != 2:
            continue
        headers = Message()
        for line in split[0].splitlines():
            name, colon, value = line.decode("utf-8", "replace").partition(":")
            if colon:
                headers[name.strip()] = value.strip()
        parts.append((headers, split[1]))
    return parts


def _decoded(headers: Message, content: bytes) -> bytes:
    if str(headers.get("content-transfer-encoding", "")).lower() != "base64":
        return content
    try:
        return base64.b64decode(content, validate=False)
    except binascii.Error:
        raise faults.fault("2010", what=PARSE_FAILED) from None
