"""Fixtures of the page: the shop with things that wait, and quick passwords."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from qbo_pipeline.page.companies import Companies
from qbo_pipeline_tests.page.site import cheap_passwords, opened
from qbo_pipeline_tests.pipeline.connections import point_to
from qbo_pipeline_tests.pipeline.shop import Shop, open_shop
from qbo_pipeline_tests.pipeline.without_qbo import build, chart, read


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    cheap_passwords(monkeypatch)


@pytest.fixture
def store_url(tmp_path: Path) -> str:
    """SQLite; what differs by database is tested on both where it is read (`test_found.py`)."""
    return f"sqlite:///{tmp_path / 'store.sqlite'}"


@pytest.fixture
def shop(tmp_path: Path, store_url: str) -> Shop:
    """The shop's week, read and built, every document waiting for approval and one shipment for its cost."""
    shop = open_shop(tmp_path, None, store_url=store_url)
    shop.change("UPDATE movement_lines SET value = '0' WHERE movement_id = 'd1'")
    point_to(shop.settings, "approval = false", "approval = true")
    with shop.run() as run:
        chart(run)
        read(run)
        build(run)
    return shop


@pytest.fixture
def companies(shop: Shop) -> Iterator[Companies]:
    with opened(shop.settings) as companies:
        yield companies
