"""Forms as they come over HTTP: their fields, and a file where a form takes one; nothing is read beyond the bounds."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple
from urllib.parse import parse_qs

from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse, Response

MOST_BYTES, MOST_FIELDS = 256 * 1024, 2_000  # of a form
MOST_OF_FILE = 5 * 1024 * 1024
_AROUND_FILE = 64 * 1024  # the other fields of a form with a file
_FIELDS, _PARTS = "application/x-www-form-urlencoded", "multipart/form-data"
Fields = Mapping[str, list[str]]


class Upload(NamedTuple):
    """A file that came with a form."""

    name: str
    content: bytes


Read = tuple[Fields, Upload | None] | Response


async def read_form(request: Request) -> Read:
    """The fields of a form, or why they are not taken."""
    if _type_of(request) != _FIELDS:
        return PlainTextResponse("a form of the page is sent in another way", 415)
    body = bytearray()
    try:
        async for part in request.stream():
            body += part
            if len(body) > MOST_BYTES:
                return PlainTextResponse(f"a form has at most {MOST_BYTES:,} bytes", 413, {"Connection": "close"})
        return parse_qs(body.decode("utf-8"), keep_blank_values=True, max_num_fields=MOST_FIELDS), None
    except ClientDisconnect:
        return PlainTextResponse("the form is not complete", 400)
    except ValueError:
        return PlainTextResponse("the form cannot be read", 400)


async def read_form_with_file(request: Request) -> Read:
    """The fields of a form and its file, where it brings one; or why they are not taken."""
    if _type_of(request) != _PARTS:
        return await read_form(request)
    length = request.headers.get("content-length", "")
    if not length.isascii() or not length.isdigit():
        return PlainTextResponse("a form with a file says how long it is", 411)
    if int(length[:12]) > MOST_OF_FILE + _AROUND_FILE:
        return PlainTextResponse(f"a file has at most {MOST_OF_FILE:,} bytes", 413, {"Connection": "close"})
    try:
        async with request.form(max_files=1, max_fields=20, max_part_size=_AROUND_FILE) as form:
            fields: dict[str, list[str]] = {}
            upload = None
            for name, value in form.multi_items():
                if isinstance(value, UploadFile):
                    content = await value.read()
                    upload = Upload(value.filename or "", content) if value.filename or content else None
                else:
                    fields.setdefault(name, []).append(value)
    except ClientDisconnect:
        return PlainTextResponse("the form is not complete", 400)
    except (HTTPException, ValueError):
        return PlainTextResponse("the form cannot be read", 400)
    if upload is not None and len(upload.content) > MOST_OF_FILE:
        return PlainTextResponse(f"a file has at most {MOST_OF_FILE:,} bytes", 413)
    return fields, upload


def _type_of(request: Request) -> str:
    return request.headers.get("content-type", "").partition(";")[0].strip().lower()
