"""The page for tests: the shop as a company of its own, users for each role, and a visitor that behaves as a browser.

What belongs here: opening companies, serving the page on a socket, and a visitor to it.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from argon2 import PasswordHasher

from qbo_pipeline.commands.settings_reference import all_explanations
from qbo_pipeline.page import passwords
from qbo_pipeline.page.app import PeoplePage, Proxy
from qbo_pipeline.page.companies import Companies, open_companies
from qbo_pipeline.page.server import server
from qbo_pipeline.page.users import add
from qbo_pipeline.posting.persons import Person
from qbo_pipeline.serving.server import base_url, listen
from qbo_pipeline.settings import load_settings

PASSWORD = "four words of nobody"
ADMIN = Person("Olga", "she keeps the books")
COOKIE = "qbo_page"


@contextmanager
def opened(*files: Path) -> Iterator[Companies]:
    """The companies of these settings files."""
    companies = open_companies([load_settings(file) for file in files])
    try:
        yield companies
    finally:
        companies.close()


def grant(
    companies: Companies, name: str, *roles: str, only: str | None = None, password: str | None = PASSWORD
) -> None:
    """Grant roles, for one company or for all."""
    chosen = companies if only is None else Companies([companies.by_name[only]])
    add(chosen, name, roles, password, ADMIN)


@contextmanager
def served(
    companies: Companies, proxy: Proxy | None = None, origin: str | None = None, **options: Any
) -> Iterator[str]:
    """The page on a socket, and its address there."""
    listener = listen("127.0.0.1", 0)
    url, ready = base_url(listener), threading.Event()
    page = PeoplePage(companies, origin or url, proxy, explanations=all_explanations(), **options)
    running = server(page, ready.set)
    thread = threading.Thread(target=running.run, kwargs={"sockets": [listener]})
    thread.start()
    try:
        assert ready.wait(30)
        yield url
    finally:
        running.should_exit = True
        thread.join(30)
        listener.close()


class Visitor:
    """A browser without scripts: keeps cookies, follows where it is sent, says where its forms come from."""

    def __init__(self, url: str, **headers: str) -> None:
        self.url = url
        self.client = httpx.Client(
            base_url=url,
            follow_redirects=True,
            timeout=60,
            headers=headers,
            limits=httpx.Limits(max_keepalive_connections=0),  # so that nothing is left open
        )

    def get(self, path: str, **fields: str) -> httpx.Response:
        return self.client.get(path, params=fields or None)

    def post(self, path: str, fields: dict[str, Any] | None = None) -> httpx.Response:
        """A form of the page, with its token."""
        return self.send(path, {"token": self.token(), **(fields or {})}, origin=self.url)

    def send(self, path: str, fields: dict[str, Any], **headers: str) -> httpx.Response:
        """Any form, whoever made it."""
        return self.client.post(path, data=fields, headers=headers)

    def token(self) -> str:
        """The token in the forms of a page; none where nobody is signed in."""
        found = re.search(r'name="token" value="([0-9a-f]+)"', self.client.get("/").text)
        return found.group(1) if found else ""

    def sign_in(self, name: str, password: str = PASSWORD) -> httpx.Response:
        return self.send("/sign-in", {"name": name, "password": password}, origin=self.url)


def signed_in(url: str, name: str) -> Visitor:
    visitor = Visitor(url)
    answer = visitor.sign_in(name)
    assert "Signed in as" in answer.text, answer.text
    return visitor


def cheap_passwords(monkeypatch: pytest.MonkeyPatch) -> None:
    """Passwords whose comparison costs little, for tests that are not about them."""
    monkeypatch.setattr(passwords, "_hasher", PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
