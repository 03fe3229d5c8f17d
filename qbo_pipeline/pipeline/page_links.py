"""Addresses on the page for people, where the settings say how browsers reach it: what messages and Dagster link to.

What belongs here: addresses alone; a test holds them against those that the page serves. Without `[page] url` there are
none.
"""

from __future__ import annotations

from datetime import date
from urllib.parse import quote, urlencode

from qbo_pipeline.settings import Settings


def work_list(settings: Settings) -> str | None:
    """What waits for somebody."""
    return _on_page(settings, "work-list")


def history(settings: Settings, key: str) -> str | None:
    """One document, by the key of its posting or record."""
    return _on_page(settings, "documents/history", key=key)


def reconciliations(settings: Settings) -> str | None:
    """The reconciliations, the newest first."""
    return _on_page(settings, "reconciliations")


def report(settings: Settings, as_at: date, form: str) -> str | None:
    """A report as it was last written: `page` or `workbook`."""
    return _on_page(settings, f"reports/{as_at.isoformat()}/{form}")


def set_up(settings: Settings) -> str | None:
    """Access to QuickBooks, and the checks."""
    return _on_page(settings, "set-up")


def _on_page(settings: Settings, path: str, **query: str) -> str | None:
    if settings.page.url is None:
        return None
    return f"{settings.page.url}/c/{settings.connection.name}/{path}" + (
        f"?{urlencode(query, quote_via=quote, safe='')}" if query else ""
    )
