"""What names a posting: its requestid, the marker that it carries into QBO, the ids inside a batch.

What belongs here: pure functions from what a document is to how it is called. None of them may depend on a run, a
worker, a clock or an order: the same intent has the same names for ever.
"""

from __future__ import annotations

import base64
import hashlib
import re
import uuid
from dataclasses import dataclass
from functools import lru_cache

# Any fixed UUID: it keeps our ids apart from those of everybody else who hashes names.
NAMESPACE = uuid.UUID("6f0c5c8e-2b1d-5d0a-9a57-3c0f4e1b7a21")
# The code of one object and, behind the point, the tag of the connection that posted it; a marker of an earlier version
# has no tag.
MARKER = re.compile(r"\[qp:([A-Z2-7]{16}(?:\.[A-Z2-7]{4})?)\]")
CODE_LENGTH = 16  # characters of a marker's code before its tag
NOTE_LENGTH = 4000
_NOTE_SEPARATOR = " "


@dataclass(frozen=True, slots=True)
class Identity:
    """Whose postings they are: the QBO company and the source system."""

    realm: str
    source: str

    def request_id(self, entity: str, key: str, revision: int, operation: str) -> str:
        """36 characters; QBO takes 50, and 36 for a batch."""
        return str(uuid.uuid5(NAMESPACE, "|".join((self.realm, self.source, entity, key, str(revision), operation))))

    @property
    def tag(self) -> str:
        """4 characters (20 bits) that all objects of a connection carry: they tell whose a marker is, whatever the
        store that reads it knows."""
        return _tag(self.realm, self.source)

    def code(self, entity: str, key: str, revision: int) -> str:
        """16 characters (80 bits) for the object that this revision creates, and the tag; later revisions keep both."""
        digest = hashlib.sha256("|".join((self.realm, self.source, entity, key, str(revision))).encode()).digest()
        return f"{base64.b32encode(digest[:10]).decode()}.{self.tag}"


@lru_cache(maxsize=64)
def _tag(realm: str, source: str) -> str:
    digest = hashlib.sha256("|".join(("tag", realm, source)).encode()).digest()
    return base64.b32encode(digest[:5]).decode()[:4]


def batch_id(items: list[tuple[str, bytes]]) -> str:
    """The requestid of a frozen batch: from its items' own requestids and bytes, so that one id is one content."""
    digest = hashlib.sha256()
    for request_id, body in items:
        digest.update(request_id.encode() + b"\0" + hashlib.sha256(body).digest())
    return str(uuid.uuid5(NAMESPACE, "batch|" + digest.hexdigest()))


def item_id(position: int) -> str:
    """A bId: at most 10 characters where a batch has a requestid."""
    return str(position + 1)


def operation_name(operation: str, stale: int, retries: int) -> str:
    """The operation's part of a requestid: a new SyncToken, or a person's retry after a definite no, is another one."""
    return operation + (f"~{stale}" if stale else "") + (f"!{retries}" if retries else "")


def with_marker(note: str | None, code: str) -> str:
    """The PrivateNote with its marker at the end; the text before it gives way where the note would be too long."""
    marker = f"[qp:{code}]"
    text = MARKER.sub("", note or "").rstrip()
    text = text[: NOTE_LENGTH - len(marker) - len(_NOTE_SEPARATOR)].rstrip()
    return f"{text}{_NOTE_SEPARATOR}{marker}" if text else marker


def marker_in(note: object) -> str | None:
    """The code in a PrivateNote as QBO answered it, where it carries one of ours."""
    found = MARKER.search(note) if isinstance(note, str) else None
    return found.group(1) if found else None


def tag_of(code: str) -> str:
    """The tag of a marker's code; empty for one of an earlier version."""
    return code.partition(".")[2]


def own_number(code: str) -> str:
    """A DocNumber where it is ours to choose."""
    return f"QP-{code.partition('.')[0]}"
