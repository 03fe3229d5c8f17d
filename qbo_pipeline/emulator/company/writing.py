"""Writes of a company: one at a time under its lock, each whole or not at all, committed alone or as a group."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import TypeVar

from qbo_pipeline.emulator.company import recurring, stock
from qbo_pipeline.emulator.company.book import Book, Change
from qbo_pipeline.emulator.company.faults import QboFault, fault

_Result = TypeVar("_Result")


class Writing:
    """The lock of a book, its open batch, and who is told of what was committed."""

    def __init__(self, book: Book) -> None:
        self.book = book
        self.lock = threading.RLock()
        self.listeners: list[Callable[[list[Change]], None]] = []
        self._in_batch = False

    @contextmanager
    def batch(self) -> Iterator[None]:
        """Group commit: the writes inside are committed together on leaving; each is still refused on its own.

        Acknowledge them only after the block. Holds the company's lock, so other threads wait. May be nested. If the
        block raises, nothing of it is kept.
        """
        with self.lock:
            if self._in_batch:
                yield
                return
            book = self.book
            book.store.begin()
            self._in_batch = True
            try:
                yield
                book.store_counters()
                book.store.commit()
            except BaseException:
                book.store.rollback()
                book.changes.clear()
                book.reload()
                raise
            finally:
                self._in_batch = False
            made, book.changes = book.changes, []
            if made:
                for listener in self.listeners:
                    listener(made)

    def write(self, operation: Callable[[], _Result]) -> _Result:
        """Run one write: all of it or nothing, inside the open batch or one of its own."""
        with self.batch():
            outcome = self._attempt(operation)
        if isinstance(outcome, QboFault):
            raise outcome
        return outcome

    def _attempt(self, operation: Callable[[], _Result]) -> _Result | QboFault:
        """The result of an operation, or the fault that refused it, after taking back what it had begun."""
        book = self.book
        if not book.settings.subscription_active:
            return fault("6190")
        self._bring_up_to_date()
        return self._try(operation)

    def _bring_up_to_date(self) -> None:
        """Do what has become due: costs that waited, recurring transactions (a date that is refused is left out)."""
        book = self.book
        stock.settle(book)
        while (template := recurring.due(book)) is not None:
            if isinstance(self._try(partial(recurring.carry_out, book, template)), QboFault):
                recurring.skip(book, template)

    def _try(self, operation: Callable[[], _Result]) -> _Result | QboFault:
        book = self.book
        made, counters = len(book.changes), dict(book.counters)
        book.touched = False
        mark = book.balances.mark()
        try:
            with book.store.savepoint():
                return operation()
        except QboFault as refusal:
            del book.changes[made:]
            if book.touched:
                book.balances.take_back(mark)
                book.reread()
            book.counters = counters
            return refusal

    def settled(self) -> Book:
        """The book for reading, after what has become due."""
        book = self.book
        if (book.next_due is not None and book.now() >= book.next_due) or recurring.due(book) is not None:
            with self.batch():
                self._bring_up_to_date()
        return book

    @contextmanager
    def outside_batch(self) -> Iterator[None]:
        """Hold the lock with no batch open. Raises ValueError inside one."""
        with self.lock:
            if self._in_batch:
                raise ValueError("a snapshot is neither taken nor returned to inside a batch")
            yield
