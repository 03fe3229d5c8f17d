"""The pictures of docs/page.md: python -m qbo_pipeline_tests.page.pictures

What belongs here: a shop with a week posted and some things waiting, and the pages that are shown of it.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

import httpx

from qbo_pipeline_tests.emulator.server import running_emulator
from qbo_pipeline_tests.page.browser import browsing
from qbo_pipeline_tests.page.site import PASSWORD, grant, opened, served
from qbo_pipeline_tests.pipeline.connections import carry, point_to, rows
from qbo_pipeline_tests.pipeline.shop import FIRST_DAY, LAST_DAY, Shop, open_shop

IMAGES = Path(__file__).parents[2] / "docs" / "images"
SHOWN = {
    "page-overview": ("/", 1100, 470),
    "page-work": ("/c/shop/work-list", 1100, 760),
    "page-history": ("/c/shop/documents/history?key=movement/d1", 1100, 900),
}
CHANGES = (
    "UPDATE movement_lines SET value = '0' WHERE movement_id = 'd1'",
    "UPDATE documents SET due_date = '2024-04-30' WHERE document_id = 'b1'",
    "UPDATE documents SET memo = 'second delivery' WHERE document_id = 'i1'",
)


def prepare(shop: Shop) -> None:
    """Post the week; then the source changes what waits for approval, and somebody changes a payment in QuickBooks."""
    with shop.run() as run:
        carry(run, FIRST_DAY, LAST_DAY)
        (posted,) = rows(run, "SELECT entity, qbo_id FROM postings WHERE key = 'payment/y1'")
        thing = run.quickbooks().read(posted["entity"], posted["qbo_id"])
        assert shop.emulator is not None
        body = {"Id": thing["Id"], "SyncToken": thing["SyncToken"], "sparse": True, "TxnDate": "2024-03-06"}
        address = shop.emulator.api(posted["entity"].lower())
        httpx.post(address, json=body, headers=shop.emulator.bearer(), timeout=60).raise_for_status()
    point_to(shop.settings, "approval = false", "approval = true")
    shop.change(*CHANGES)
    with shop.run() as run:
        carry(run, FIRST_DAY, LAST_DAY)


def main() -> None:
    with tempfile.TemporaryDirectory() as name, running_emulator("--limits", "off") as emulator:
        folder = Path(name)
        shop = open_shop(folder / "shop", emulator)
        prepare(shop)
        with opened(shop.settings) as companies, browsing(folder) as browser:
            grant(companies, "ann", "preparer", "reviewer")
            with served(companies) as url:
                browser.size(1100, 700)
                browser.go(url)
                browser.type("ann")
                browser.press("Tab")
                browser.type(PASSWORD)
                browser.enter()
                for image, (path, width, height) in SHOWN.items():
                    browser.size(width, height)
                    browser.go(f"{url}{path}")
                    browser.picture(IMAGES / f"{image}.png")


if __name__ == "__main__":
    main()
