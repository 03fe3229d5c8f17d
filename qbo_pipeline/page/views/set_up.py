"""The set-up of a company: its connection to QuickBooks, the preflight, the chart, and every change that was made."""

from __future__ import annotations

from starlette.responses import Response

from qbo_pipeline.page.asked import Asked, NotAllowed, NotThere, NotUnderstood, go, show
from qbo_pipeline.page.roles import CONNECT
from qbo_pipeline.page.setting_up.connecting import COME_BACK, end
from qbo_pipeline.page.setting_up.saving import NotSaved, file_text
from qbo_pipeline.page.setting_up.toml_file import digest
from qbo_pipeline.pipeline.access import see_access
from qbo_pipeline.pipeline.going_live import accept_preflight
from qbo_pipeline.pipeline.preflight import preflight
from qbo_pipeline.pipeline.reference import read_reference_data
from qbo_pipeline.posting.persons import Person
from qbo_pipeline.store.setup_changes import load_changes

MOST_CHANGES = 50


def show_all(asked: Asked) -> Response:
    """How the company is connected, what the last preflight found, and the newest changes."""
    company = asked.here
    with company.database.reading() as connection:
        changes = load_changes(connection, company.name, MOST_CHANGES)
    return show(
        asked, "set_up.html", access=see_access(company.run), remembered=company.remembered, changes=changes,
        by_hand=_changed_by_hand(asked, [one.file_after for one in changes if one.file_after]),
        redirect=asked.page.origin + COME_BACK,
    )  # fmt: skip


def _changed_by_hand(asked: Asked, kept: list[str]) -> bool:
    """Whether the file reads otherwise than the page wrote it last."""
    try:
        return bool(kept) and digest(file_text(asked.here)) != kept[0]
    except NotSaved:
        return False


def check(asked: Asked) -> Response:
    """Make the preflight now; QuickBooks and the inventory system are read for it."""
    company = asked.here
    with company.own_run() as run:
        found = preflight(run)
        with run.database.reading() as connection:
            company.remembered.preflight_at = run.database.now(connection)
    company.remembered.preflight = found
    return go(asked.link("set-up"))


def accept(asked: Asked) -> Response:
    """Let the connection go live with what the preflight found, on a person's word."""
    found = asked.here.remembered.preflight
    if found is None:
        raise NotUnderstood("Make the preflight first: what is accepted is what it found.")
    accept_preflight(asked.here.run, found, Person(asked.who.name, why_of(asked)))
    return go(asked.link("set-up"))


def read_chart(asked: Asked) -> Response:
    """Read QuickBooks' chart of accounts and its other lists anew."""
    with asked.here.own_run() as run:
        read_reference_data(run)
    return go(asked.link("set-up/accounts"))


def begin_connecting(asked: Asked) -> Response:
    """Ask Intuit for the page on which the company is chosen, and show the way to it."""
    redirect = asked.page.origin + COME_BACK
    url = asked.page.connecting.begin(asked.here, asked.who.token, asked.who.name, why_of(asked), redirect)
    return show(asked, "connect.html", url=url, redirect=redirect)


def come_back(asked: Asked) -> Response:
    """The browser is back from Intuit: what it brought becomes tokens of the company for which it was asked."""
    pending = asked.page.connecting.take(asked.text("state"), asked.who.token)
    company = asked.page.companies.present(pending.company)
    if company is None:
        raise NotThere
    if not asked.who.may(CONNECT, pending.company):
        raise NotAllowed(f"Your roles for {pending.company} do not include to connect it.")
    answer = {name: values[0] for name, values in asked.query.items()}
    end(company, pending, answer, asked.page.origin + COME_BACK)
    return go(f"/c/{company.name}/set-up")


def why_of(asked: Asked) -> str:
    """Why somebody does it; raises `NotUnderstood` where they do not say."""
    why = asked.text("why", form=True)
    if not why or len(why) > 500:
        raise NotUnderstood("Say why, in at most 500 characters: it is kept in the journal with your name.")
    return why
