"""The table of conformance is what the code does: it names every fault, setting, entity and parameter, and no other."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path

import pytest

from qbo_pipeline.emulator.company.faults import _TEXTS, QboFault
from qbo_pipeline.emulator.company.reports.catalogue import REPORTS
from qbo_pipeline.emulator.company.settings import CompanySettings
from qbo_pipeline.emulator.conformance import behaviours, causes, evidence, operations, reports
from qbo_pipeline.emulator.conformance.text import conformance_text
from qbo_pipeline.emulator.http.fault_texts import GATEWAY_FAULTS
from qbo_pipeline.emulator.http.settings import Settings
from qbo_pipeline_tests.emulator.company.opening import open_company

DOCS = Path(__file__).parents[2] / "docs"
OUTSIDE_THE_TEXTS = {"3001", "3100", "3200"}
"""Codes of the gateway's own envelopes."""


def test_the_page_is_made_of_the_code() -> None:
    page = (DOCS / "emulator-conformance.md").read_text(encoding="utf-8")
    assert page == conformance_text(), "python -m qbo_pipeline.emulator.conformance > docs/emulator-conformance.md"


def test_every_fault_has_its_cause() -> None:
    assert {cause.code for cause in causes.CAUSES} == {*_TEXTS, *GATEWAY_FAULTS} | OUTSIDE_THE_TEXTS


def test_every_setting_has_its_behaviour() -> None:
    named = [name for found in behaviours.BEHAVIOURS for name in found.settings]
    assert len(named) == len(set(named))
    known = {each.name for each in fields(CompanySettings)} | set(Settings.model_fields)
    assert {*named, *behaviours.OWN_SETTINGS} == known


def test_every_refusal_that_is_assumed_can_be_switched() -> None:
    """But for what the books could not hold."""
    known = {each.name for each in fields(CompanySettings)} | set(Settings.model_fields)
    for cause in causes.CAUSES:
        assert {name.partition("=")[0] for name in cause.settings} <= known, cause
        if cause.status == evidence.ASSUMED:
            assert cause.settings or "cannot hold" in cause.cause, cause


def test_every_mark_and_word_is_explained() -> None:
    marked = [(c.status, c.sources) for c in causes.CAUSES] + [(b.status, b.sources) for b in behaviours.BEHAVIOURS]
    assert {word for word, _ in marked} <= set(evidence.WORDS)
    assert {mark for _, marks in marked for mark in marks.split()} <= set(evidence.SOURCES)


def test_no_documented_parameter_is_ignored() -> None:
    assert reports.refused_without_a_word() == []


@pytest.mark.parametrize("report", REPORTS, ids=lambda report: report.name)
def test_what_is_not_emulated_is_refused(report: reports.Report) -> None:
    us = open_company("us")
    for name, status in reports.parameters(report):
        if status == evidence.NOT_EMULATED:
            with pytest.raises(QboFault) as caught:
                us.report(report.name, {name: "Cash" if name == "accounting_method" else "x"})
            assert [(e.code, e.element) for e in caught.value.errors] == [("5030", name)]


@pytest.mark.parametrize("name", operations.entities())
def test_what_an_entity_cannot_do_is_refused(name: str) -> None:
    us = open_company("us")
    attempts = {
        "create": lambda: us.create(name, {}),
        "read": lambda: us.read(name, "1"),
        "query": lambda: us.query(f"select * from {name} maxresults 1"),
        "delete": lambda: us.delete(name, {"Id": "1", "SyncToken": "0"}),
        "void": lambda: us.void(name, {"Id": "1", "SyncToken": "0"}),
        "pdf": lambda: us.pdf(name, "1"),
    }
    for operation, attempt in attempts.items():
        try:
            attempt()
            codes = set()
        except QboFault as fault:
            codes = {error.code for error in fault.errors}
        is_refused = bool(codes & {"500", "2000", "4001"})
        assert is_refused == (not operations.emulated(name, operation)), (name, operation, codes)
