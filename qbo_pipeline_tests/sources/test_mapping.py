"""Mappings: folders of SELECT files, their comments, parameters and mistakes."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from sqlalchemy import create_engine

from qbo_pipeline.sources.contract import KINDS
from qbo_pipeline.sources.errors import SourceError
from qbo_pipeline.sources.mapping import Statement, load_mapping
from qbo_pipeline.sources.reader import bound
from qbo_pipeline.sources.sql import SqlSource
from qbo_pipeline_tests.sources.company import all_of, good_company, write_company


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A mapping of one's own that says of each kind what the table of that name says."""
    folder = tmp_path / "mine"
    folder.mkdir()
    for kind in KINDS:
        (folder / f"{kind}.sql").write_text(f"-- all of them; also: those\nSELECT * FROM {kind}\n;\n", encoding="utf-8")
    return folder


@pytest.fixture
def url(tmp_path: Path) -> str:
    url = f"sqlite:///{tmp_path / 'source.sqlite'}"
    write_company(url, good_company())
    return url


def test_the_openbravo_mapping_has_every_kind_and_its_parameters() -> None:
    mapping = load_mapping("openbravo")

    assert set(mapping.statements) == set(KINDS)
    assert set(mapping.parameters) == {"legal_entity", "organisations", "warehouses"}
    assert {name: choice.many for name, choice in mapping.choices.items()} == {
        "legal_entity": False, "organisations": True, "warehouses": True,
    }  # fmt: skip


def test_a_mapping_of_ones_own_gives_what_the_tables_give(folder: Path, url: str) -> None:
    days = (date(2024, 3, 1), date(2024, 3, 31))
    mapped, plain = SqlSource(url, str(folder)), SqlSource(url)

    assert mapped.check() == []
    assert all_of(mapped.read_days(*days, batch_size=3)) == all_of(plain.read_days(*days, batch_size=100))


def test_stock_values_may_take_the_day(folder: Path, url: str) -> None:
    (folder / "stock_values.sql").write_text(
        "SELECT 'p1' AS product_id, 'w1' AS location_id, '1' AS quantity, "
        "CASE WHEN :as_at < '2024-03-15' THEN '1.10' ELSE '2.20' END AS value, 'EUR' AS currency"
    )
    source = SqlSource(url, str(folder))

    assert [source.stock_values(date(2024, 3, day))[0].value for day in (14, 15)] == [Decimal("1.1"), Decimal("2.2")]


def test_a_parameter_without_a_file_is_passed_on(folder: Path, url: str) -> None:
    (folder / "locations.sql").write_text("SELECT * FROM locations WHERE location_id = :only -- not ':other'")

    records, _, _ = all_of(SqlSource(url, str(folder), {"only": "w2"}).read_master_data(batch_size=9))
    assert [key for key in records if key.startswith("location/")] == ["location/w2"]
    with pytest.raises(SourceError, match=r"parameter 'only' has no value .*Set \[source\.parameters\] only"):
        list(SqlSource(url, str(folder)).read_master_data(batch_size=9))


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("invoices", "SELECT 1", "the contract knows no kind 'invoices'"),
        ("document_line", "SELECT 1", "did you mean 'document_lines'?"),
        ("parties", "DROP TABLE parties", "has to hold one statement that begins with SELECT"),
        ("parties", "SELECT 1; SELECT 2", "has to hold one statement"),
        ("parties", "", "has to hold one statement"),
    ],
)
def test_a_wrong_file_is_named(folder: Path, name: str, content: str, words: str) -> None:
    (folder / f"{name}.sql").write_text(content)

    with pytest.raises(SourceError) as caught:
        load_mapping(str(folder))

    assert words in str(caught.value)
    assert str(folder / f"{name}.sql") in str(caught.value)


def test_a_missing_file_of_a_required_kind_is_named(folder: Path) -> None:
    (folder / "movements.sql").unlink()
    (folder / "payments.sql").unlink()  # optional

    with pytest.raises(SourceError, match=r"^movements.sql missing \(.*mine\)"):
        load_mapping(str(folder))


def test_an_unknown_mapping_names_the_nearest() -> None:
    with pytest.raises(SourceError, match=r"no mapping 'openbrave'.*did you mean 'openbravo'"):
        load_mapping("openbrave")
    with pytest.raises(SourceError, match="there is no such folder"):
        load_mapping("./nowhere")


@pytest.mark.parametrize(
    ("sql", "words"),
    [
        ("SELECT * FROM partys", "no table partys (mine/parties.sql)"),
        ("SELECT * FROM partys", "did you mean 'parties'?"),
        ("SELECT p.nam AS name FROM parties p", "no column p.nam (mine/parties.sql)"),
        ("SELECT p.nam AS name FROM parties p", "did you mean 'name'?"),
        ("SELECT name, FROM parties", "the database refused the SELECT (mine/parties.sql)"),
        ("SELECT party_id, kind, name AS naam FROM parties", "is it the column 'naam'?"),
    ],
)
def test_a_wrong_select_names_file_and_remedy(folder: Path, url: str, sql: str, words: str) -> None:
    (folder / "parties.sql").write_text(sql)
    source = SqlSource(url, str(folder))

    with pytest.raises(SourceError) as caught:
        list(source.read_master_data(batch_size=5))

    assert words in str(caught.value)
    assert words in " ".join(str(problem) for problem in source.check())


def test_a_column_that_the_contract_does_not_know_is_a_warning(folder: Path, url: str) -> None:
    (folder / "parties.sql").write_text("SELECT party_id, kind, name, 'EUR' AS curency FROM parties")

    (problem,) = SqlSource(url, str(folder)).check()

    assert (problem.severity, problem.what) == ("warning", "parties has the column curency")
    assert "'currency'" in problem.remedy


def test_parameters_are_found_outside_of_quotes_and_casts() -> None:
    statement = Statement("x", "SELECT ':no', \"a:b\", t::date, '10:30', :yes, x FROM t WHERE y IN :list AND z = :yes")

    assert statement.parameters == ("yes", "list")


def test_text_in_quotes_stays_as_it_is() -> None:
    engine = create_engine("sqlite://")
    with engine.connect() as connection:
        sql = "SELECT ' :no 10:30 100%' AS said, :one AS one, 2 IN :many AS found"
        row = connection.execute(bound(sql, {"one": "1", "many": (1, 2)})).one()
    engine.dispose()

    assert tuple(row) == (" :no 10:30 100%", "1", 1)
