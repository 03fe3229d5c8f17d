"""The sensor `changed_days` on a real instance: what it asks for, when the watermark moves, that it never piles up."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import dagster as dg
import pytest

from qbo_pipeline.schedules import RANGE_END, RANGE_START
from qbo_pipeline.sensors.asking_again import ASK_AGAIN_SECONDS
from qbo_pipeline.sensors.changed_days import WATERMARK_TAG, AskedDays
from qbo_pipeline_tests.dagster_face.company import Company, day, failures, make_company
from qbo_pipeline_tests.emulator.server import RunningEmulator


class Sensor:
    """Ticks the sensor as the daemon does: with the cursor that it left, and its runs under their run keys."""

    def __init__(self, company: Company, instance: dg.DagsterInstance) -> None:
        self.company = company
        self.instance = instance
        self.cursor: str | None = None
        self.known_keys: set[str | None] = set()

    def tick(self) -> list[dg.RunRequest]:
        """The runs that the daemon would start: what was asked for before under the same key is not started."""
        sensor = self.company.sensor("changed_days")
        context = dg.build_sensor_context(instance=self.instance, cursor=self.cursor)
        data = sensor.evaluate_tick(context)
        self.said = data.skip_message
        self.cursor = data.cursor if data.cursor is not None else self.cursor
        fresh = [request for request in data.run_requests or () if request.run_key not in self.known_keys]
        self.known_keys |= {request.run_key for request in fresh}
        return fresh

    def carry_out(self, request: dg.RunRequest) -> None:
        """Read and build the days that were asked for; sending is not what moves the watermark."""
        tags = dict(request.tags)
        first, last = tags.pop(RANGE_START), tags.pop(RANGE_END)
        assert failures(self.company.run(self.instance, first, last, job="prepare", tags=tags)) == {}

    def watermark(self) -> str | None:
        rows = (
            self.company.ask("SELECT value FROM watermarks WHERE name = 'changed_days'")
            if self.company.store.exists()
            else []
        )
        return rows[0][0] if rows else None

    def an_hour_later(self) -> None:
        asked = AskedDays.read(self.cursor)
        assert asked is not None
        self.cursor = replace(asked, at=asked.at - ASK_AGAIN_SECONDS).write()


def days_of(request: dg.RunRequest) -> tuple[str, str]:
    return request.tags[RANGE_START], request.tags[RANGE_END]


@pytest.fixture
def sensor(tmp_path: Path, instance: dg.DagsterInstance, emulator: RunningEmulator) -> Sensor:
    return Sensor(make_company(tmp_path, emulator, days=3), instance)


def test_the_watermark_moves_only_after_the_run_that_carries_it_committed(sensor: Sensor) -> None:
    (request,) = sensor.tick()
    assert days_of(request) == (day(0), day(2))
    assert sensor.watermark() is None

    assert sensor.tick() == []
    assert "were not committed" in (sensor.said or "")
    assert sensor.watermark() is None

    sensor.carry_out(request)
    assert sensor.watermark() is None
    assert sensor.tick() == []
    assert sensor.said == "nothing changed in the source"
    assert sensor.watermark() == request.tags[WATERMARK_TAG]


def test_repeated_ticks_request_nothing_twice(sensor: Sensor) -> None:
    (request,) = sensor.tick()
    assert [sensor.tick() for _ in range(3)] == [[], [], []]
    sensor.carry_out(request)
    assert [sensor.tick() for _ in range(3)] == [[], [], []]


def test_a_cursor_that_was_lost_asks_for_the_same_run_again_under_the_same_key(sensor: Sensor) -> None:
    assert len(sensor.tick()) == 1
    sensor.cursor = None  # the daemon died between starting the run and keeping the cursor
    assert sensor.tick() == []


def test_while_a_run_is_under_way_nothing_is_asked_for(sensor: Sensor) -> None:
    (request,) = sensor.tick()
    job = sensor.company.definitions().resolve_job_def("shop_nightly")
    run = sensor.instance.create_run_for_job(job, tags=dict(request.tags), status=dg.DagsterRunStatus.STARTED)
    sensor.an_hour_later()
    assert sensor.tick() == []
    assert sensor.said == f"waiting for 1 runs: {run.run_id}"


def test_days_whose_run_failed_are_asked_for_again_after_an_hour_under_another_key(sensor: Sensor) -> None:
    (request,) = sensor.tick()
    sensor.company.inventory.rename(sensor.company.inventory.with_suffix(".moved"))
    tags = dict(request.tags)
    first, last = tags.pop(RANGE_START), tags.pop(RANGE_END)
    assert failures(sensor.company.run(sensor.instance, first, last, job="prepare", tags=tags)) != {}
    sensor.company.inventory.with_suffix(".moved").rename(sensor.company.inventory)

    assert sensor.tick() == []
    sensor.an_hour_later()
    (again,) = sensor.tick()
    assert days_of(again) == days_of(request)
    assert again.run_key != request.run_key
    assert sensor.watermark() is None
    sensor.carry_out(again)
    assert sensor.tick() == []
    assert sensor.watermark() == request.tags[WATERMARK_TAG]


def test_another_run_that_covers_the_days_counts_as_well(sensor: Sensor) -> None:
    (request,) = sensor.tick()
    assert failures(sensor.company.run(sensor.instance, day(0), day(2), job="prepare")) == {}  # a person's, untagged
    assert sensor.tick() == []
    assert sensor.watermark() == request.tags[WATERMARK_TAG]


def test_a_change_reopens_just_its_day(sensor: Sensor) -> None:
    (request,) = sensor.tick()
    sensor.carry_out(request)
    assert sensor.tick() == []
    before = sensor.watermark()
    assert sensor.company.change("UPDATE shipments SET number = number WHERE business_date = ?", day(1)) > 0
    (request,) = sensor.tick()
    assert days_of(request) == (day(1), day(2))  # with the day before the watermark, in case a change came late
    sensor.carry_out(request)
    assert sensor.tick() == []
    assert sensor.watermark() != before


def test_a_source_that_cannot_say_what_changed_fails_the_tick_in_plain_words(sensor: Sensor) -> None:
    sensor.company.change("DROP VIEW changed_days")
    with pytest.raises(dg.Failure) as caught:
        sensor.tick()
    assert "the source does not say what changed" in (caught.value.description or "")


def test_the_cursor_reads_as_it_was_written() -> None:
    asked = AskedDays("2026-03-04T01:02:03Z", (("2026-03-02", "2026-03-03"),), (("2026-03-01", "2026-03-03"),), 12.5, 2)
    assert AskedDays.read(asked.write()) == asked
    assert asked.named_days() == {date(2026, 3, 1), date(2026, 3, 2), date(2026, 3, 3)}
    assert AskedDays.read(None) is None
    assert AskedDays.read("") is None
