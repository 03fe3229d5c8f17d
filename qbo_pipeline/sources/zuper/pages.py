"""A list of Zuper's as it is now, page by page: for what is looked up, and does not land."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import count

from qbo_pipeline.sources.http.reader import HttpReader
from qbo_pipeline.sources.landed.values import Object, exact, objects

A_PAGE = 500


def pages(reader: HttpReader, path: str, params: Mapping[str, str]) -> Iterator[Object]:
    """The entries of a list in its order; each page is asked for when it is needed."""
    for page in count(1):
        answer = reader.get(path, {**params, "count": str(A_PAGE), "page": str(page)})
        answer = answer if isinstance(answer, dict) else {}
        found = objects(answer, "data")
        yield from found
        if not found or page >= (exact(answer, "total_pages") or 1):
            return
