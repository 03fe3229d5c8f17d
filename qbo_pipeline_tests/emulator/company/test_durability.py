"""An acknowledged write is never lost: a process killed at any moment leaves a company that opens and balances."""

from __future__ import annotations

import signal
import sqlite3
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from qbo_pipeline.emulator.company.company import Change, Company
from qbo_pipeline_tests.emulator.company.opening import (
    Clock,
    account,
    id_of,
    journal,
    open_company,
    ref,
    refused,
    sale_line,
)
from qbo_pipeline_tests.emulator.company.random_books import RandomBooks

_WRITER = """
import sys
from pathlib import Path
from qbo_pipeline_tests.emulator.company.opening import id_of, open_company, ref, sale_line
company = open_company("us", Path(sys.argv[1]))
customer, item = id_of(company, "Customer", "Cool Cars"), id_of(company, "Item", "Rock Fountain")
body = {"CustomerRef": ref(customer), "Line": [sale_line(item, 1, 275)]}
while True:
    with company.batch():
        ids = [company.create("Invoice", body)["Id"] for _ in range(7)]
    print(*ids, flush=True)
"""


@pytest.mark.parametrize("batches", [1, 4, 25])
def test_killed_process_keeps_what_it_acknowledged(tmp_path: Path, batches: int) -> None:
    path = tmp_path / "company.sqlite"
    writer = subprocess.Popen([sys.executable, "-c", _WRITER, str(path)], stdout=subprocess.PIPE, text=True)
    assert writer.stdout is not None
    acknowledged = [id for _ in range(batches) for id in writer.stdout.readline().split()]
    writer.send_signal(signal.SIGKILL)
    rest = writer.stdout.read()
    writer.wait()
    writer.stdout.close()
    acknowledged += [id for line in rest.splitlines(keepends=True) if line.endswith("\n") for id in line.split()]
    company = open_company("us", path)
    for id in acknowledged:
        assert company.read("Invoice", id)["TotalAmt"] == 275
    made = company.query("select count(*) from Invoice")["totalCount"] - 2
    assert made % 7 == 0, "a batch is there whole or not at all"
    assert sum(row["balance"] for row in company.accounts()) == 0
    assert company.read("Item", id_of(company, "Item", "Rock Fountain"))["QtyOnHand"] == 3 - made


def _post(company: Company, amount: int = 1) -> str:
    body = journal(account(company, "Checking"), account(company, "Savings"), amount)
    return str(company.create("JournalEntry", body)["Id"])


def test_refusal_inside_a_batch_takes_back_itself_alone(tmp_path: Path) -> None:
    path = tmp_path / "company.sqlite"
    company = open_company("us", path)
    with company.batch():
        first = _post(company)
        refused(lambda: company.create("JournalEntry", {"Line": []}))
        second = _post(company)
    company.close()
    again = open_company("us", path)
    assert [again.read("JournalEntry", id)["Id"] for id in (first, second)] == [first, second]


def test_what_is_refused_late_leaves_the_sums_as_they_were(tmp_path: Path) -> None:
    """An invoice is posted anew before it is found to be less than what has been paid of it."""
    path = tmp_path / "company.sqlite"
    company = open_company("us", path)
    customer, item = ref(id_of(company, "Customer", "Cool Cars")), id_of(company, "Item", "Rock Fountain")
    with company.batch():
        _post(company, 5)
        sold = company.create("Invoice", {"CustomerRef": customer, "Line": [sale_line(item, 1, 275)]})
        link = {"Amount": 275, "LinkedTxn": [{"TxnId": sold["Id"], "TxnType": "Invoice"}]}
        company.create("Payment", {"CustomerRef": customer, "TotalAmt": 275, "Line": [link]})
        before = _sums(company)
        less = {"Id": sold["Id"], "SyncToken": "0", "sparse": True, "Line": [sale_line(item, 1, 40)]}
        assert refused(lambda: company.update("Invoice", less)) == [("6000", "TotalAmt")]
        assert _sums(company) == before
        _post(company, 7)
    after = _sums(company)
    company.close()
    with sqlite3.connect(path) as file:
        file.execute("DELETE FROM sums WHERE kind = 'Changes'")
    again = open_company("us", path)  # adds them up
    assert _sums(again) == after
    again.close()


def _post_and_fail(company: Company) -> None:
    with company.batch():
        _post(company)
        raise ZeroDivisionError


def test_batch_that_fails_keeps_nothing(tmp_path: Path) -> None:
    company = open_company("us", tmp_path / "company.sqlite")
    seen: list[Change] = []
    company.on_change(seen.extend)
    before, counter = company.journal(), company.change_counter
    with pytest.raises(ZeroDivisionError):
        _post_and_fail(company)
    assert (company.journal(), company.change_counter, seen) == (before, counter, [])
    _post(company)
    assert [(c.entity, c.operation) for c in seen] == [("JournalEntry", "Create")]


def test_ids_are_never_given_twice(tmp_path: Path) -> None:
    path = tmp_path / "company.sqlite"
    company = open_company("us", path)
    id = _post(company)
    company.delete("JournalEntry", {"Id": id, "SyncToken": "0"})
    company.close()
    again = open_company("us", path)
    assert int(_post(again)) > int(id)
    assert again.change_counter > company.change_counter


def test_another_realm_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "company.sqlite"
    open_company("us", path).close()
    with pytest.raises(ValueError, match="holds company 4620816365, not 1"):
        Company.open(path, seed="us", realm="1", clock=Clock())
    with pytest.raises(ValueError, match="there is no seed 'moon'"):
        Company.open(None, seed="moon", realm="1", clock=Clock())


def test_writers_in_several_threads(tmp_path: Path) -> None:
    company = open_company("us", tmp_path / "company.sqlite")
    customer, item = id_of(company, "Customer", "Cool Cars"), id_of(company, "Item", "Design")
    body = {"CustomerRef": ref(customer), "Line": [sale_line(item, 1, 10)]}
    ids: list[str] = []

    def work() -> None:
        ids.extend(company.create("Invoice", body)["Id"] for _ in range(50))

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(ids)) == 200
    numbers = [x["DocNumber"] for x in company.query("select * from Invoice maxresults 1000")["Invoice"]]
    assert len(set(numbers)) == len(numbers)


@pytest.mark.parametrize("seed", ["us", "uk", "eu", "empty"])
def test_seed_is_the_same_every_time(seed: str) -> None:
    first, second = open_company(seed), open_company(seed)
    assert first.journal() == second.journal()
    entities = ("Account", "Customer", "Vendor", "Item", "TaxCode", "TaxRate", "Term", "Preferences", "CompanyInfo")
    assert all(
        first.query(f"select * from {e} maxresults 1000") == second.query(f"select * from {e} maxresults 1000")
        for e in entities
    )


def _sums(company: Company) -> tuple[object, ...]:
    return company.accounts(), company.query("select * from Customer"), company.query("select * from Item")


def test_sums_are_those_of_every_commit_and_added_up_where_they_are_of_another_state(tmp_path: Path) -> None:
    path = tmp_path / "books.sqlite"
    company = open_company("eu", path)
    books = RandomBooks(company, 5)
    books.run(60)
    with company.batch():
        books.run(20)  # some of them refused, after others of the same commit
    with sqlite3.connect(path) as file:
        kept = file.execute("SELECT SUM(home), COUNT(*) FROM lines").fetchone()
        assert kept[1] > 100
        home = file.execute("SELECT SUM(home) FROM sums").fetchone()[0]
        stock = file.execute("SELECT SUM(amount) FROM sums WHERE kind = 'Item'").fetchone()[0]
        assert (home, stock) == (0, file.execute("SELECT SUM(qty) FROM moves").fetchone()[0])
    killed = open_company("eu", path)  # as if the first had been killed
    assert _sums(killed) == _sums(company)
    expected = _sums(company)
    killed.close()
    company.close()
    company.close()  # twice is once
    with sqlite3.connect(path) as file:  # sums of another state: an earlier version of the emulator wrote here
        file.execute("UPDATE sums SET amount = amount + 7, home = home + 7")
        file.execute("INSERT INTO sums VALUES ('Customer', 999, 5, 0)")
        file.execute("UPDATE meta SET value = value + 1 WHERE key = 'counter:changes'")
    again = open_company("eu", path)
    assert _sums(again) == expected
    again.close()
    with sqlite3.connect(path) as file:
        assert file.execute("SELECT COUNT(*) FROM sums WHERE id = 999").fetchone() == (0,), "they are written anew"
    once_more = open_company("eu", path)
    assert _sums(once_more) == expected
    once_more.close()
