"""One document's difference through all reconciliations, with what people remarked on it and attached."""

from __future__ import annotations

from urllib.parse import quote

from starlette.responses import Response

from qbo_pipeline.page.asked import Asked, NotThere, NotUnderstood, go, show
from qbo_pipeline.page.finding.over_time import of_document
from qbo_pipeline.page.forms import Upload
from qbo_pipeline.page.views.reconciliation import number_of
from qbo_pipeline.store.difference_notes import load_remarks, put_remark
from qbo_pipeline.store.kept_files import load_file, put_file
from qbo_pipeline.surfaces import visible

MOST = 2_000  # characters of a remark
_LONGEST_NAME = 120


def show_document(asked: Asked) -> Response:
    """What the document came to in each reconciliation, and every remark on it; open where the newest one has it."""
    key = asked.text("key")
    with asked.here.database.reading() as connection:
        found = of_document(connection, asked.here.name, key)
        remarks = load_remarks(connection, asked.here.name, [key])
    if not found and not remarks:
        raise NotThere
    return show(asked, "document_difference.html", key=key, found=found, remarks=remarks, most=MOST)


def add(asked: Asked) -> Response:
    """Keep a remark on the newest difference of a document, with its attachment where there is one."""
    key, remark = asked.text("key", form=True), asked.text("remark", form=True)
    if not remark or len(remark) > MOST:
        raise NotUnderstood(f"Write a remark of at most {MOST:,} characters: it stays for ever, with your name.")
    database, name = asked.here.database, asked.here.name
    with database.transaction() as connection:
        found = of_document(connection, name, key)
        if not found:
            raise NotThere
        file = _kept(asked.file)
        attached = None if file is None else (file.name, put_file(connection, name, file.content))
        put_remark(
            connection,
            name,
            key,
            found[0].as_at,
            remark,
            file=attached,
            who=asked.who.name,
            now=database.now(connection),
        )
    return go(asked.link("reconciliations/document", key=key))


def attachment(asked: Asked) -> Response:
    """A file as it was attached: to be kept, never shown by the page."""
    number = number_of(asked.path["number"])
    with asked.here.database.reading() as connection:
        remark = next((one for one in load_remarks(connection, asked.here.name) if one.number == number), None)
        if remark is None or remark.file_sha256 is None:
            raise NotThere
        content = load_file(connection, asked.here.name, remark.file_sha256)
    disposition = f"attachment; filename*=UTF-8''{quote(remark.file_name or 'attachment', safe='')}"
    return Response(
        content,
        media_type="application/octet-stream",
        headers={"Content-Disposition": disposition, "Content-Security-Policy": "sandbox; default-src 'none'"},
    )


def _kept(file: Upload | None) -> Upload | None:
    """The file with a name that is one everywhere: without folders, and nothing in it that is unseen."""
    if file is None:
        return None
    if not file.content:
        raise NotUnderstood("The attached file is empty.")
    name = visible(file.name.replace("\\", "/").rpartition("/")[2]).strip()[-_LONGEST_NAME:]
    return Upload(name or "attachment", file.content)
