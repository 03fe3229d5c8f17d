"""What is worth a look in a good record reaches Dagster's metadata and the report; `commands` has the run's output."""

from __future__ import annotations

from pathlib import Path

from qbo_pipeline.assets.extraction import _metadata
from qbo_pipeline.pipeline.extract import WARNINGS_KEPT, Extracted, extract_days, extract_master_data, warned
from qbo_pipeline.pipeline.report_extras import _exceptions
from qbo_pipeline_tests.pipeline.shop import FIRST_DAY, LAST_DAY, open_shop, shop_rows


def _odd_shop() -> dict[str, list[dict[str, object]]]:
    """A shipment that comes back in: taken as a reversal, with a warning."""
    rows = shop_rows()
    for line in rows["movement_lines"]:
        if line["line_id"] == "d1-1":
            line |= {"quantity": "4", "value": "40.00"}
    return rows


def test_warnings_are_said_by_dagster_and_by_the_report(tmp_path: Path) -> None:
    shop = open_shop(tmp_path, None, _odd_shop())
    with shop.run() as run:
        extract_master_data(run)
        found = extract_days(run, FIRST_DAY, LAST_DAY)
        texts = warned(found)
        again = warned(extract_days(run, FIRST_DAY, LAST_DAY))
        with run.database.reading() as connection:
            listed = [row for row in _exceptions(connection, run.name, set()) if row["severity"] == "low"]
    assert len(texts) == 1
    assert texts[0].startswith("movement/d1: ")
    assert again == texts, "they are said as long as they are so"
    metadata = _metadata(found)
    assert metadata["warnings"] == 1
    assert texts[0] in metadata["worth_a_look"].value
    assert [(row["document"], row["who"]) for row in listed] == [("D1", "stock keeper")]
    assert texts[0].removeprefix("movement/d1: ") in listed[0]["what"]


def test_a_back_fill_says_the_first_ones_and_how_many_more_there_are() -> None:
    found = Extracted("movement", warnings=["one"] * WARNINGS_KEPT, warned=WARNINGS_KEPT + 1_000)

    assert len(warned([found])) == WARNINGS_KEPT + 1
    assert warned([found])[-1].startswith("1,000 more records are worth a look")
    assert warned([Extracted("payment")]) == []
