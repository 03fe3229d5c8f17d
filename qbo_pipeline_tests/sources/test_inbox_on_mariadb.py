"""The inbox on MariaDB: what holds for it on the other databases holds there too."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing

import pytest

from qbo_pipeline.sources.inbox import SqlInbox
from qbo_pipeline_tests.sources import test_inbox as on_others

pytestmark = pytest.mark.torture


@pytest.fixture
def url(mariadb_url: str) -> str:
    return mariadb_url


@pytest.fixture
def inbox(url: str) -> Iterator[SqlInbox]:
    with closing(SqlInbox(url)) as inbox:
        inbox.create()
        yield inbox


test_twice = on_others.test_an_entry_that_is_sent_twice_is_there_once
test_another_content = on_others.test_another_content_under_the_same_revision_is_refused
test_one_refused = on_others.test_one_entry_that_the_database_refuses_stops_no_other
test_answers = on_others.test_what_the_inventory_system_says_is_read
test_table = on_others.test_a_missing_or_another_table_says_what_to_do
test_lost_answer = on_others.test_a_lost_answer_to_the_commit_leaves_it_open


def test_a_contact_has_a_row_without_day_amount_or_currency_of_its_own(inbox: SqlInbox, url: str) -> None:
    contact = on_others.replace(on_others.ENTRY, kind="customer", currency="", party_id="", amount=on_others.Decimal(0))
    assert inbox.put([contact]) == [on_others.Written()]
    assert on_others.rows(url) == [("AAAA.BB", 1, "0")]
