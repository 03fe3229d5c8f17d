"""The pictures of docs/page.md: python -m qbo_pipeline_tests.page.pictures [FOLDER]

What belongs here: which pages are shown of the showcase, and how large. The paths that they tell are held by
`test_paths.py`.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from qbo_pipeline_tests.page.browser import Browser, browsing
from qbo_pipeline_tests.page.showcase import showcase
from qbo_pipeline_tests.page.site import PASSWORD, grant, opened, served
from qbo_pipeline_tests.page.way_back_scene import HERE, came_back, with_way_back
from qbo_pipeline_tests.pipeline.shop import open_shop
from qbo_pipeline_tests.pipeline.without_qbo import chart, read

IMAGES = Path(__file__).parents[2] / "docs" / "images"
SHOWN = {
    "page-overview": ("/", 1100, 470),
    "page-work": ("/c/shop/work-list", 1100, 760),
    "page-history": ("/c/shop/documents/history?key=movement/d1", 1100, 900),
    "page-accounts": ("/c/shop/set-up/accounts", 1100, 620),
    "page-reconciliation": ("/c/shop/reconciliations/3", 1100, 1150),
    "page-archive": ("/c/shop/archive", 1100, 330),
}


WAY_BACK = ("page-way-back", "/c/shop/way-back", 1100, 1100)


def main(folder: Path) -> None:
    way_back(folder)
    with tempfile.TemporaryDirectory() as name:
        here = Path(name)
        with (
            showcase(here) as shop,
            opened(shop.settings) as companies,
            browsing(here) as browser,
            served(companies) as url,
        ):
            grant(companies, "ann", "preparer", "reviewer")
            browser.size(1100, 700)
            browser.go(url)
            browser.type("ann")
            browser.press("Tab")
            browser.type(PASSWORD)
            browser.enter()
            for image, (path, width, height) in SHOWN.items():
                browser.size(width, height)
                browser.go(f"{url}{path}")
                browser.picture(folder / f"{image}.png")
            _orders(browser, url, folder)


def way_back(folder: Path) -> None:
    """The way back, of a shop of which QuickBooks is not asked."""
    image, path, width, height = WAY_BACK
    with tempfile.TemporaryDirectory() as name:
        here = Path(name)
        shop = open_shop(here, None, store_url=f"sqlite:///{here / 'store.sqlite'}")
        shop.change(f"UPDATE parties SET email = '{HERE}' WHERE party_id = 'c1'")
        with_way_back(shop.settings)
        with shop.run() as run:
            chart(run)
            read(run)
            came_back(run)
        with opened(shop.settings) as companies, browsing(here) as browser, served(companies) as url:
            grant(companies, "ann", "preparer", "reviewer")
            browser.size(width, 700)
            browser.go(url)
            browser.type("ann")
            browser.press("Tab")
            browser.type(PASSWORD)
            browser.enter()
            browser.size(width, height)
            browser.go(f"{url}{path}")
            browser.picture(folder / f"{image}.png")


def _orders(browser: Browser, url: str, folder: Path) -> None:
    """What is shown before anything is done."""
    browser.size(1100, 700)
    browser.go(f"{url}/c/shop/work-list")
    browser.click("form.more button[formaction$='/orders/make/approve']")
    browser.size(1100, 560)
    browser.picture(folder / "page-order.png")
    browser.go(f"{url}/c/shop/reconciliations/3")
    browser.click("form[action$='/orders/make/correct'] button")
    browser.size(1100, 480)
    browser.picture(folder / "page-correct.png")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else IMAGES)
