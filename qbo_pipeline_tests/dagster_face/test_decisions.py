"""What a person orders from Dagster's launchpad: the jobs of one op, with who and why, and what they refuse."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import dagster as dg
import pytest

from qbo_pipeline_tests.dagster_face.company import Company, day, failures, make_company
from qbo_pipeline_tests.emulator.server import RunningEmulator, running_emulator

WHO = {"who": "the accountant", "why": "checked against the paper"}


class Office:
    """A company whose postings wait for approval, after its first night."""

    def __init__(self, company: Company, instance: dg.DagsterInstance) -> None:
        self.company = company
        self.instance = instance

    def order(self, name: str, **config: Any) -> dg.ExecuteInProcessResult:
        return self.company.decide(self.instance, name, config)

    def done(self, name: str, **config: Any) -> dict[str, Any]:
        """Order it, and answer the metadata of the op's output."""
        result = self.order(name, **config)
        assert failures(result) == {}
        (event,) = [event for event in result.all_events if event.is_successful_output]
        return {key: value.value for key, value in event.step_output_data.metadata.items()}

    def refused(self, name: str, **config: Any) -> str:
        (text,) = failures(self.order(name, **config)).values()
        return text

    def state(self, key: str) -> str:
        ((state,),) = self.company.ask("SELECT state FROM postings WHERE key = ? AND superseded_by IS NULL", key)
        return str(state)

    def journal(self, key: str) -> list[tuple[str, str, str]]:
        return self.company.ask(
            "SELECT event, who, why FROM attempts WHERE key = ? AND who IS NOT NULL ORDER BY seq", key
        )

    def keys(self, entity: str) -> list[str]:
        query = "SELECT key FROM postings WHERE entity = ? AND superseded_by IS NULL ORDER BY key"
        return [key for (key,) in self.company.ask(query, entity)]


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory, emulator: RunningEmulator) -> Iterator[Office]:
    company = make_company(tmp_path_factory.mktemp("company"), emulator, days=1)
    text = company.settings.read_text(encoding="utf-8")
    company.settings.write_text(text.replace("approval = false", "approval = true"), encoding="utf-8")
    with dg.DagsterInstance.ephemeral() as instance:
        office = Office(company, instance)
        assert failures(company.run(instance, day(0))) == {}
        yield office


def test_a_posting_is_approved_posted_unlinked_linked_again_and_reversed(office: Office) -> None:
    key, *_ = office.keys("JournalEntry")
    assert office.state(key) == "parked"
    assert office.done("approve", key=key, **WHO)["state"] == "ready"
    assert failures(office.company.run(office.instance, day(0))) == {}
    assert office.state(key) == "posted"
    ((qbo_id,),) = office.company.ask("SELECT qbo_id FROM posting_links WHERE key = ?", key)

    assert office.done("unlink", key=key, **WHO)["reason"] == "unlinked"
    assert office.company.ask("SELECT count(*) FROM posting_links WHERE key = ?", key) == [(0,)]
    assert office.done("relink", key=key, qbo_id=qbo_id, **WHO)["state"] == "posted"

    assert office.done("reverse", key=key, **WHO)["state"] == "ready"
    assert [event for event, *_ in office.journal(key)] == ["approve", "unlink", "relink", "reverse"]
    assert {(who, why) for _, who, why in office.journal(key)} == {(WHO["who"], WHO["why"])}


def test_a_posting_is_skipped_and_only_a_parked_one_is_retried(office: Office) -> None:
    *_, key = office.keys("JournalEntry")
    assert office.done("skip", key=key, **WHO)["state"] == "skipped"
    assert office.refused("retry", key=key, **WHO) == f"{key} is skipped: only a parked posting is retried"


def test_what_waits_for_approval_is_not_retried(office: Office) -> None:
    key = office.keys("JournalEntry")[1]
    waits = f"{key} waits for a person's word (awaiting_approval): approve it, or skip it"
    assert office.refused("retry", key=key, **WHO) == waits


def test_many_are_shown_and_then_decided_by_a_filter(office: Office) -> None:
    """Without who and why the journal has no line more; with them each has one; what cannot be decided fails."""
    before = office.company.ask("SELECT count(*) FROM attempts")
    shown = office.done("approve", all=True, kinds=["movement"], who="", why="")
    waiting = [key for key in office.keys("JournalEntry") if office.state(key) == "parked"]
    assert waiting
    assert (shown["would_be_decided"], shown["cannot_be_decided"]) == (len(waiting), 0)
    assert waiting[0] in shown["postings"]
    assert office.company.ask("SELECT count(*) FROM attempts") == before

    assert office.done("approve", all=True, kinds=["movement"], **WHO)["decided"] == len(waiting)
    assert {office.state(key) for key in waiting} == {"ready"}
    assert office.journal(waiting[0]) == [("approve", WHO["who"], WHO["why"])]
    assert "nothing waits for approval" in office.refused(
        "approve", all=True, kinds=["movement"], states=["ready"], over="0.01", **WHO
    )


@pytest.mark.parametrize(
    ("name", "config", "text"),
    [
        ("skip", {"key": "movement/none", **WHO}, "there is no posting 'movement/none' of the connection 'shop'"),
        ("relink", {"key": "movement/none", "qbo_id": "1", **WHO}, "there is no posting 'movement/none'"),
        ("skip", {"key": "movement/none", "who": " ", "why": "x"}, "a decision needs somebody's name and a reason"),
        (
            "approve",
            {"key": "x", "dated": "31/03/2026", **WHO},
            "dated: '31/03/2026' is no date: write it as 2026-03-31",
        ),
        ("skip", {"key": "x", "all": True, **WHO}, "name the key x or all by a filter, not both"),
        ("skip", {"all": True, "states": ["waiting"], **WHO}, "there is no state 'waiting'"),
        ("skip", {"all": True, "over": "much", **WHO}, "over: 'much' is no amount"),
        ("reverse", {"all": True, **WHO}, "that would take everything out of the books"),
        ("skip", {**WHO}, "name a posting by its key, or all with"),
        ("adopt", {"theirs": "ZZZZ", "who": "", "why": "x"}, "a decision needs somebody's name and a reason"),
        ("rebind", {}, "shop is bound to what its settings say already: nothing to do"),
        ("show", {"key": "nothing"}, "Nothing has the key or the number 'nothing'."),
        ("sign_off", {"as_at": "yesterday", "by": "the accountant"}, "as_at: 'yesterday' is no date"),
        ("correct", {"as_at": "2026-02-30", "keys": ["x"], **WHO}, "as_at: '2026-02-30' is no date"),
    ],
)
def test_what_cannot_be_is_refused_in_plain_words(office: Office, name: str, config: dict[str, Any], text: str) -> None:
    assert office.refused(name, **config).startswith(text)


def test_a_decision_without_a_reason_does_not_start(office: Office) -> None:
    with pytest.raises(dg.DagsterInvalidConfigError, match="why"):
        office.order("skip", key="movement/1", who="the accountant")


def test_show_tells_a_documents_history(office: Office) -> None:
    key, *_ = office.keys("JournalEntry")
    (item,) = [value for name, value in office.done("show", key=key).items() if name == key]
    assert item["postings"][0]["key"] == key
    assert isinstance(item["postings"][0]["amount"], str)  # no digit is lost on the way


def test_verify_and_preflight_answer_what_the_commands_answer(office: Office) -> None:
    verified = office.done("verify")
    assert verified["attempts"] > 0
    assert verified["chain"].startswith("every entry carries the hash of the one before it")
    result = office.order("preflight")
    said = "".join(failures(result).values()) or "all is well"
    (checked,) = [event for event in result.all_events if event.is_step_failure or event.is_successful_output]
    data = checked.step_failure_data.user_failure_data if checked.is_step_failure else checked.step_output_data
    assert "answers, with every column of the contract" in data.metadata["checks"].value, said


def test_an_altered_journal_is_not_verified(tmp_path: Path, instance: dg.DagsterInstance, office: Office) -> None:
    import sqlite3
    from contextlib import closing

    store = office.company.store
    copy = store.with_name("copy.sqlite")
    with closing(sqlite3.connect(store)) as source, closing(sqlite3.connect(copy)) as target:
        source.backup(target)
        for (name,) in target.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            target.execute(f"DROP TRIGGER {name}")
        target.execute("UPDATE attempts SET why = 'another reason' WHERE seq = (SELECT max(seq) FROM attempts)")
        target.commit()
    text = office.company.settings.read_text(encoding="utf-8")
    altered = office.company.settings.with_name("altered.toml")
    altered.write_text(text.replace(store.name, copy.name), encoding="utf-8")
    from qbo_pipeline.definitions import build_definitions

    job = build_definitions(altered).resolve_job_def("shop_verify")
    (said,) = failures(job.execute_in_process(instance=instance, raise_on_error=False)).values()
    assert "counts that do not add up: 0" in said
    assert "every entry carries" not in said


def test_two_people_sign_and_one_cannot_sign_twice(tmp_path: Path) -> None:
    books = running_emulator("--company", "us", "--limits", "off")
    with books as emulator, dg.DagsterInstance.ephemeral() as instance:
        office = Office(make_company(tmp_path, emulator, name="signed", days=1), instance)
        assert failures(office.company.run(instance, day(0))) == {}
        first = office.done("sign_off", as_at=day(0), by="the accountant", comment="agrees with the count")
        assert (first["state"], first["reviewed_by"]) == ("prepared", "nobody yet")
        assert "the accountant" in office.refused("sign_off", as_at=day(0), by="the accountant")
        second = office.done("sign_off", as_at=day(0), by="the controller")
        assert (second["prepared_by"], second["reviewed_by"]) == ("the accountant", "the controller")
        assert second["content_hash"] == first["content_hash"]


@pytest.mark.parametrize(("name", "stage"), [("skip", "decide"), ("recover", "decide"), ("correct", "corrections")])
def test_a_defect_in_a_decision_is_no_answer_to_the_person(
    office: Office, monkeypatch: pytest.MonkeyPatch, name: str, stage: str
) -> None:
    def broken(*_arguments: object, **_options: object) -> None:
        raise ValueError("nobody foresaw this")

    work = {"skip": "decide", "recover": "recover", "correct": "carry_out"}[name]
    monkeypatch.setattr(f"qbo_pipeline.pipeline.{stage}.{work}", broken)
    config = {"skip": {"key": "movement/1"}, "recover": {}, "correct": {"as_at": "2026-03-31", "keys": ["x"]}}[name]
    result = office.order(name, **config, **WHO)
    assert "a defect of the pipeline, please report it: ValueError" in "".join(failures(result).values())


def test_objects_of_another_are_accepted_and_the_source_is_bound_anew(office: Office) -> None:
    assert office.done("adopt", theirs="ZZZZ", **WHO) == {"posts_beside": "ZZZZ"}
    kept = "SELECT value FROM watermarks WHERE name = ?"
    assert office.company.ask(kept, "objects of another accepted: ZZZZ") == [(f"{WHO['who']}: {WHO['why']}",)]

    ((bound,),) = office.company.ask("SELECT source_place FROM connections")
    with closing(sqlite3.connect(office.company.store)) as store, store:
        store.execute("UPDATE connections SET source_place = 'sql elsewhere.sqlite'")
    told = f"source: sql elsewhere.sqlite becomes {bound}; the same records with the same ids are there"
    assert office.done("rebind") == {"preview": told}
    assert office.company.ask("SELECT source_place FROM connections") == [("sql elsewhere.sqlite",)]
    assert office.done("rebind", **WHO) == {"done": told}
    assert office.company.ask("SELECT source_place FROM connections") == [(bound,)]
