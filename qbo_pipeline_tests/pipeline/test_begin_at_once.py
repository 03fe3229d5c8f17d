"""Two processes that begin at once on an empty store: both are tied to the same company, none fails."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from threading import Barrier, BrokenBarrierError
from typing import Any

from sqlalchemy import func, select

from qbo_pipeline.pipeline.binding import bind_connection
from qbo_pipeline.settings import load_settings
from qbo_pipeline.store.database import open_database
from qbo_pipeline.store.tables.records import connections
from qbo_pipeline_tests.dagster_face.company import make_company


def test_a_connection_is_bound_by_two_processes_at_once(tmp_path: Path, store_url: str) -> None:
    settings = load_settings(make_company(tmp_path, days=1, store_url=store_url).settings)
    open_database(store_url).close()
    both_have_looked = Barrier(2)

    def bind() -> None:
        database = open_database(store_url)
        really = database.now

        def now(connection: Any) -> Any:
            with suppress(BrokenBarrierError):
                both_have_looked.wait(3)  # on SQLite the second one cannot look before the first has written
            return really(connection)

        database.now = now  # type: ignore[method-assign]
        try:
            bind_connection(settings, database)
        finally:
            database.close()

    with ThreadPoolExecutor(2) as pool:
        for done in [pool.submit(bind), pool.submit(bind)]:
            done.result()
    database = open_database(store_url)
    with database.reading() as reading:
        assert reading.execute(select(func.count()).select_from(connections)).scalar_one() == 1
    database.close()
