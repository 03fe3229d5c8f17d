"""What Dagster and messages link to: addresses that the page serves, and nothing where nobody said where it is."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from starlette.routing import compile_path

from qbo_pipeline.page.ways import WAYS
from qbo_pipeline.pipeline import page_links
from qbo_pipeline.settings import Settings, SettingsError, load_settings
from qbo_pipeline_tests.pipeline.connections import point_to, write_connection

PAGE = "https://books.example.com"


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    file = write_connection(tmp_path, "acme", None, currency="USD", first_day="2026-01-01", source_url="sqlite:///s")
    point_to(file, '# url = "https://books.example.com" ', f'url = "{PAGE}" ')
    return load_settings(file)


def links(settings: Settings) -> list[str | None]:
    as_at = date(2026, 3, 31)
    return [
        page_links.work_list(settings), page_links.history(settings, "document/a 1&x=(é)"),
        page_links.reconciliations(settings), page_links.set_up(settings),
        page_links.report(settings, as_at, "page"), page_links.report(settings, as_at, "workbook"),
    ]  # fmt: skip


def test_each_leads_to_a_page_that_there_is(settings: Settings) -> None:
    served = [compile_path(way.path)[0] for way in WAYS if way.method == "GET"]
    for link in links(settings):
        assert link is not None
        assert link.startswith(f"{PAGE}/c/acme/")
        path = urlsplit(link).path
        assert sum(pattern.match(path) is not None for pattern in served) == 1, path
        assert not set(link) & set("()<>| \n"), link
    history = page_links.history(settings, "document/a 1&x=(é)")
    assert parse_qs(urlsplit(history or "").query) == {"key": ["document/a 1&x=(é)"]}


def test_without_its_address_nothing_leads_there(settings: Settings) -> None:
    point_to(settings.file, f'url = "{PAGE}" ', f'# url = "{PAGE}" ')
    assert set(links(load_settings(settings.file))) == {None}


@pytest.mark.parametrize(
    "wrong", ["books.example.com", "https://books.example.com/page", "javascript:x", "https://a)b"]
)
def test_what_is_no_address_is_refused(settings: Settings, wrong: str) -> None:
    point_to(settings.file, PAGE, wrong)
    with pytest.raises(SettingsError, match="url"):
        load_settings(settings.file)
