"""Hostile text in every record and in QuickBooks' objects, read back from all that Dagster keeps of its runs."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import dagster as dg
import pytest

from qbo_pipeline.definitions import build_definitions
from qbo_pipeline.schedules import RANGE_END, RANGE_START
from qbo_pipeline_tests.dagster_face.company import QUIET
from qbo_pipeline_tests.emulator.server import running_emulator
from qbo_pipeline_tests.hostile import HOSTILE, check_markdown, check_plain, hostile_rows, plant_in_quickbooks
from qbo_pipeline_tests.pipeline.shop import FIRST_DAY, LAST_DAY, NAME, Shop, open_shop


@pytest.fixture
def hostile(tmp_path: Path) -> Iterator[Shop]:
    with running_emulator("--limits", "off") as emulator:
        yield open_shop(tmp_path, emulator, hostile_rows()[0])


def texts(value: Any) -> Iterator[str]:
    """Every text within a value of metadata."""
    match value:
        case dg.TableColumnLineage():
            yield dg.serialize_value(value)
        case str():
            yield value
        case dict():
            for name, inner in value.items():
                yield str(name)
                yield from texts(inner)
        case list() | tuple():
            for inner in value:
                yield from texts(inner)


def check_events(instance: dg.DagsterInstance, run_id: str) -> str:
    """Every message and every piece of metadata of a run; all of it, to look for what was planted."""
    said = []
    for record in instance.get_records_for_run(run_id, limit=5_000).records:
        entry = record.event_log_entry
        check_plain(entry.user_message or "", "a line of the log")
        said.append(entry.user_message or "")
        event = entry.dagster_event
        data = getattr(event, "event_specific_data", None)
        for holder in (data, *(getattr(data, name, None) for name in ("materialization", "user_failure_data"))):
            for name, value in (getattr(holder, "metadata", None) or {}).items():
                check_plain(name, "the name of a piece of metadata")
                kept = getattr(value, "value", value)
                for text in texts(kept):
                    said.append(text)
                    (check_markdown if isinstance(value, dg.MarkdownMetadataValue) else check_plain)(text, name)
        for error in errors(getattr(data, "error", None)):
            check_plain(error, "an error")
        failure = getattr(data, "user_failure_data", None)
        described = getattr(failure, "description", None) or ""
        check_plain(described, "a failure")
        said.append(described)
    return "\n".join(said)


def errors(error: Any) -> Iterator[str]:
    while error is not None:
        yield error.message
        yield from error.stack
        error = error.cause


def run(instance: dg.DagsterInstance, shop: Shop, name: str, config: dict[str, Any] | None = None) -> str:
    """Run one of the connection's jobs; everything that Dagster keeps of it."""
    job = build_definitions(shop.settings, retry_after=0).resolve_job_def(f"{NAME}_{name}")
    tags = {RANGE_START: FIRST_DAY.isoformat(), RANGE_END: LAST_DAY.isoformat()} if name == "nightly" else {}
    ops = {} if config is None else {"ops": {job.graph.node_defs[0].name: {"config": config}}}
    done = job.execute_in_process(instance=instance, raise_on_error=False, tags=tags, run_config={**QUIET, **ops})
    return check_events(instance, done.run_id)


def test_nothing_that_dagster_keeps_acts(hostile: Shop, instance: dg.DagsterInstance) -> None:
    assert "owned" in run(instance, hostile, "nightly")
    with hostile.run() as opened:
        plant_in_quickbooks(opened, LAST_DAY.isoformat())
    assert "owned␇" in run(instance, hostile, "nightly"), "the text was planted, and is to be seen"
    who = {"who": HOSTILE, "why": HOSTILE}
    run(instance, hostile, "preflight", {})
    assert "owned" in run(instance, hostile, "show", {"key": "document/i1"})
    run(instance, hostile, "show", {"key": HOSTILE})
    run(instance, hostile, "skip", {"key": "document/i1", **who})
    run(instance, hostile, "retry", {"key": HOSTILE, **who})
    run(instance, hostile, "approve", {"key": "document/i1", "dated": HOSTILE, **who})
    run(instance, hostile, "recover", who)
    run(instance, hostile, "sign_off", {"as_at": LAST_DAY.isoformat(), "by": HOSTILE, "comment": HOSTILE})
    run(instance, hostile, "verify")


def test_a_defect_that_repeats_a_record_acts_on_nothing(
    hostile: Shop, instance: dg.DagsterInstance, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(_run: object) -> None:
        raise ZeroDivisionError(HOSTILE)

    monkeypatch.setattr("qbo_pipeline.pipeline.extract.extract_master_data", broken)
    assert "a defect of the pipeline" in run(instance, hostile, "nightly")
