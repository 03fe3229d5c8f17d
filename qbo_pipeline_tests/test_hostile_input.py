"""Fuzzers of what comes from outside: any bytes end in a value or in one of our own errors, never in a traceback.

What belongs here: the webhook's body, QuickBooks' answers, the emulator's query grammar, CSV files, settings, mappings
and the rows of a SQL source. Each runs a few seconds in the suite; `make fuzz` runs the same with many examples.
"""

from __future__ import annotations

import json
import os
import tempfile
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from qbo_pipeline.emulator.company.faults import QboFault
from qbo_pipeline.emulator.company.query.grammar import parse
from qbo_pipeline.inventory.columns import COLUMNS
from qbo_pipeline.quickbooks.webhooks import NotJson, read_notification
from qbo_pipeline.settings import settings_of
from qbo_pipeline.settings_errors import SettingsError
from qbo_pipeline.sources.cells import BadCell, parse_cell
from qbo_pipeline.sources.csv_folder import load_folder
from qbo_pipeline.sources.errors import SourceError
from qbo_pipeline.sources.mapping import load_mapping
from qbo_pipeline.sources.tokens import pieces

EXAMPLES = int(os.environ.get("QBO_PIPELINE_FUZZ_EXAMPLES", "200"))
fuzz = settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck))
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)
NAMES = st.sampled_from(
    ["eventNotifications", "realmId", "dataChangeEvent", "entities", "name", "id", "operation", "lastUpdated",
     "specversion", "type", "time", "intuitentityid", "intuitaccountid", "data"]
)  # fmt: skip
BODIES = st.recursive(
    VALUES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=6), max_leaves=20
)


def told(function: Any, *errors: type[Exception]) -> None:
    """Call it; one of these errors says what is wrong and can be printed, anything else fails the test."""
    try:
        function()
    except errors as error:
        str(error).encode()


@fuzz
@given(st.binary(max_size=400) | BODIES.map(lambda value: json.dumps(value).encode()))
def test_the_body_of_a_webhook(body: bytes) -> None:
    told(lambda: read_notification(body), NotJson)


WORDS = st.sampled_from(
    ["select", "*", "from", "Invoice", "where", "Id", "=", "'1'", "in", "(", ")", ",", "like", "'%", "order by", "desc",
     "startposition", "maxresults", "1", "count(*)", "and", "\\'", "é", "\x00", "99999999999999999999"]
)  # fmt: skip


@fuzz
@given(st.text(max_size=60) | st.lists(WORDS, max_size=16).map(" ".join))
def test_the_query_grammar(text: str) -> None:
    told(lambda: parse(text), QboFault)


@fuzz
@given(st.binary(max_size=300) | st.text(alphabet='ab_id,"\n\r;\t\x00\ufeffé', max_size=80).map(str.encode))
def test_a_csv_file(content: bytes) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "in"
        folder.mkdir()
        (folder / "t.csv").write_bytes(content)
        told(lambda: load_folder(folder, Path(name) / "x.sqlite"), SourceError)


@fuzz
@given(
    st.text(max_size=80)
    | st.integers(1, 3000).map(lambda depth: "a=" + "[" * depth)
    | st.integers(1, 9000).map(lambda digits: "a=" + "9" * digits)
    | st.dictionaries(
        st.sampled_from(["connection", "source", "store", "accounts", "posting", "changes", "x"]),
        st.sampled_from(
            ["1", "[]", "{}", "'\\u0000'", "[{first_day=1}]", "{name=[]}", "1979-05-27", "nan", "{url='//'}"]
        ),
        max_size=5,
    ).map(lambda found: "\n".join(f"{name} = {value}" for name, value in found.items()))
)
def test_settings(text: str) -> None:
    told(lambda: settings_of(text, Path("acme.toml")), SettingsError)


@fuzz
@given(st.text(alphabet="sSelectwithE'\"$`;-/*: \n\\ab0\x00", max_size=60))
def test_a_mapping(text: str) -> None:
    assert "".join(piece for piece, _ in pieces(text)) == text
    with tempfile.TemporaryDirectory() as name:
        (Path(name) / "parties.sql").write_text("SELECT " + text, encoding="utf-8")
        told(lambda: load_mapping(name), SourceError)


CELLS = (
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=30) | st.binary(max_size=10)
    | st.dates() | st.datetimes() | st.times() | st.uuids() | st.decimals() | st.lists(st.integers(), max_size=2)
    | st.sampled_from([Decimal("sNaN"), Decimal("1e999999"), "1e999999", "9" * 5000, "٣", "-0"])
)  # fmt: skip


@pytest.mark.parametrize("kind", sorted(COLUMNS))
@settings(max_examples=max(EXAMPLES // 10, 10), deadline=None)
@given(data=st.data())
def test_the_cells_of_a_source(kind: str, data: st.DataObject) -> None:
    for column in COLUMNS[kind]:
        value = data.draw(CELLS)
        told(lambda column=column, value=value: parse_cell(column, value), BadCell)
