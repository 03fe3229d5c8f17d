"""What a connection is bound to: its company, its books' settings and its source, for ever once it has posted.

What belongs here: tying a connection to its row in the store, and refusing what would post the same books a second time
or leave posted documents without their books. Before the first posting everything but the company may still change.
"""

from __future__ import annotations

from datetime import date, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, RowMapping, delete, make_url, select, update
from sqlalchemy.exc import ArgumentError

from qbo_pipeline.environment import variable
from qbo_pipeline.pipeline.connect import ConnectionMismatch
from qbo_pipeline.settings import Settings, SettingsError
from qbo_pipeline.sources.connect import normalise_url
from qbo_pipeline.store.database import Database, insert_unless_there
from qbo_pipeline.store.master_names import note_all
from qbo_pipeline.store.shared_companies import SET_ASIDE
from qbo_pipeline.store.tables.posting import postings
from qbo_pipeline.store.tables.records import connections, watermarks

_COMPANY = ("environment", "realm")
_BOOKS = ("currency", "time_zone", "first_day")
_BY_ADDRESS = ("http_contract",)  # systems without accounts: a server is one company
_WHY = {
    "currency": "every posted amount is in it",
    "time_zone": "it decides on which day each posted document counts",
    "first_day": "the opening entry and the reconciliation begin there: what is posted before it would belong to "
    "nobody, and what is left out between the two days would be a difference without a document",
}
MODE = "posting mode"  # the watermark that keeps it
_OTHER_MODE = {
    "tracked": "or see what changing it takes, `qbo-pipeline switch-mode --preview`, and order that",
    "external": "tracked items need a connection of their own, with a store of its own",
}
_OTHER_BOOKS = "other books need a store and a company of their own"
_WAY_OUT = {
    "currency": _OTHER_BOOKS,
    "time_zone": _OTHER_BOOKS,
    "first_day": "or see what moving it does, `qbo-pipeline rebind --preview`, and order that",
}


def bind_connection(settings: Settings, database: Database, *, only_look: bool = False) -> None:
    """Tie the connection to its company, its books and its source; with `only_look` one that is not tied stays so.

    Raises `ConnectionMismatch` where the store ties it to another company, where the company belongs to another
    connection of this store, and, once something was posted, where a setting of the books or the source is another.
    """
    wanted = _wanted(settings)
    with database.transaction() as connection:
        known = _known(connection, settings.connection.name)
        if known is None and only_look:
            return
        if known is None:
            _refuse_a_company_of_others(settings, connection)
            now = database.now(connection)
            first = {"source": settings.connection.name, "created_at": now}
            row = {"connection": settings.connection.name, **first, **wanted}
            # The first name names our requests and markers for ever: it is not what may be renamed.
            connection.execute(insert_unless_there(connection, connections), row)
            note_all(connection, settings.connection.name, (), now=now)
            known = _known(connection, settings.connection.name)
            if known is None:  # the other of two that began at once was faster, under another name
                _refuse_a_company_of_others(settings, connection)
                raise AssertionError("a connection is written, or the company has one")
        _refuse_another_company(settings, known, wanted)
        different = {name: value for name, value in wanted.items() if value is not None and known[name] != value}
        unknown_before = {name for name in different if known[name] is None}  # written by an earlier version
        if set(different) - unknown_before and has_posted(connection, settings.connection.name):
            _refuse(settings, known, different)
        _bind_mode(settings, connection, database, only_look=only_look)
        if different and not only_look:
            mine = connections.c.connection == settings.connection.name
            connection.execute(update(connections).where(mine).values(**different))


def bound_mode(reading: Connection, name: str) -> str | None:
    """The posting mode in which a connection has posted; `None` where it has not. What posted before there was another
    one did so in external mode."""
    if not has_posted(reading, name):
        return None
    query = select(watermarks.c.value).where(watermarks.c.connection == name, watermarks.c.name == MODE)
    return str(reading.execute(query).scalar_one_or_none() or "external")


def put_mode(connection: Connection, name: str, mode: str, now: datetime) -> None:
    """Bind a connection to a posting mode."""
    connection.execute(delete(watermarks).where(watermarks.c.connection == name, watermarks.c.name == MODE))
    connection.execute(watermarks.insert(), {"connection": name, "name": MODE, "value": mode, "moved_at": now})


def _bind_mode(settings: Settings, connection: Connection, database: Database, *, only_look: bool) -> None:
    """Raises `ConnectionMismatch` where the connection has posted in another mode."""
    name, wanted = settings.connection.name, settings.posting.mode
    bound = bound_mode(connection, name)
    if bound not in (None, wanted):
        raise ConnectionMismatch(
            f'{settings.file}: [posting] mode: {name} has posted with "{bound}", the settings say "{wanted}". Who '
            "keeps the stock's books is part of them once something is posted: items and documents of the one mode "
            f'would stand beside those of the other, and cost twice. Write mode = "{bound}" again; {_OTHER_MODE[bound]}'
        )
    if bound is None and not only_look:
        put_mode(connection, name, wanted, database.now(connection))


def bound_connection(reading: Connection, settings: Settings) -> RowMapping | None:
    """What the connection of these settings is bound to; `None` where it is not yet. Raises `ConnectionMismatch` for
    another company."""
    known = _known(reading, settings.connection.name)
    if known is not None:
        _refuse_another_company(settings, known, _wanted(settings))
    return known


def has_posted(reading: Connection, name: str) -> bool:
    """Whether anything of the connection was ever sent to QuickBooks."""
    query = select(postings.c.key).where(postings.c.connection == name, postings.c.attempts > 0).limit(1)
    return reading.execute(query).first() is not None


def source_place(settings: Settings) -> str | None:
    """What names a source without its secrets: kind, place and mapping; `None` where it cannot be told now.

    A place below the settings' folder counts from there, so that all of it may be moved together.
    """
    source = settings.source
    try:
        if source.is_read_by_api:
            place = _account(settings)
        elif source.kind == "csv":
            place = _from_settings(settings, settings.source_path())
        else:
            place = _database(settings, settings.source_url())
    except (SettingsError, ArgumentError, ValueError):  # opening the source says what is wrong with it
        return None
    if place is None:
        return None
    return " ".join(filter(None, (source.kind, place, source.mapping and f"mapped by {source.mapping}")))


def _account(settings: Settings) -> str | None:
    """The account of a system that is read by API, without giving its id away, which is half of a password; or its
    address, where that is what tells one from another."""
    if settings.source.kind in _BY_ADDRESS:
        return settings.source.url
    account = variable(f"QBO_{settings.connection.name.upper()}_SOURCE_ACCOUNT_ID", settings.folder)
    return None if account is None else f"account {sha256(account.encode()).hexdigest()[:12]}"


def _database(settings: Settings, text: str) -> str:
    url = make_url(normalise_url(text))
    if url.get_backend_name() == "sqlite":
        return _from_settings(settings, Path(url.database or ":memory:"))
    host = url.host or url.query.get("host") or "local"
    return f"{url.get_backend_name()}://{host}{f':{url.port}' if url.port else ''}/{url.database or ''}"


def _from_settings(settings: Settings, path: Path) -> str:
    absolute = path if path.is_absolute() else settings.folder / path
    folder = settings.folder.resolve()
    return str(absolute.relative_to(folder)) if absolute.is_relative_to(folder) else str(absolute)


def _wanted(settings: Settings) -> dict[str, Any]:
    return {
        "environment": settings.quickbooks.environment,
        "realm": settings.quickbooks.realm,
        "currency": settings.connection.currency,
        "time_zone": settings.connection.time_zone,
        "first_day": settings.connection.first_day,
        "source_place": source_place(settings),
    }


def _known(connection: Connection, name: str) -> RowMapping | None:
    query = select(connections).where(connections.c.connection == name)
    return connection.execute(query).mappings().one_or_none()


def _refuse_a_company_of_others(settings: Settings, connection: Connection) -> None:
    company = (connections.c.environment == settings.quickbooks.environment,
               connections.c.realm == settings.quickbooks.realm)  # fmt: skip
    owner = connection.execute(select(connections.c.connection).where(*company)).scalar_one_or_none()
    if owner is not None:
        raise ConnectionMismatch(
            f"{settings.file}: [connection] name: the company {settings.quickbooks.realm} belongs to the connection "
            f"{owner!r} in this store, the settings call it {settings.connection.name!r}: everything would be posted "
            f'a second time. Write name = "{owner}" again; a name does not change once a company is tied to it'
        )


def _refuse_another_company(settings: Settings, known: RowMapping, wanted: dict[str, Any]) -> None:
    if str(known["environment"]).startswith(SET_ASIDE):
        raise ConnectionMismatch(
            f"{settings.file}: the connection {settings.connection.name!r} was set aside, because another one of this "
            "store has its company: nothing is posted under its name any more. Use the settings of the other one"
        )
    for name in _COMPANY:
        if known[name] != wanted[name]:
            raise ConnectionMismatch(
                f"{settings.file}: the connection {settings.connection.name!r} is tied to {name} {known[name]!r} in "
                f"this store, the settings say {wanted[name]!r}. What was posted there would be posted a second time: "
                "use another connection name with a store of its own, or restore the setting"
            )


def _refuse(settings: Settings, known: RowMapping, different: dict[str, Any]) -> None:
    name = settings.connection.name
    for setting in _BOOKS:
        if setting in different and known[setting] is not None:
            raise ConnectionMismatch(
                f"{settings.file}: [connection] {setting}: {name} has posted with {_text(known[setting])}, the "
                f"settings say {_text(different[setting])}. It is part of the books once something is posted: "
                f"{_WHY[setting]}. Write {setting} = {_text(known[setting])} again; {_WAY_OUT[setting]}"
            )
    raise ConnectionMismatch(
        f"{settings.file}: [source]: {name} has posted from {known['source_place']}, the settings say "
        f"{different['source_place']}. Documents of another source would be posted beside those that are there. "
        "Restore the setting; or, where it is the same data at another place, say so with `qbo-pipeline rebind`"
    )


def _text(value: Any) -> str:
    return value.isoformat() if isinstance(value, date) else f'"{value}"'
