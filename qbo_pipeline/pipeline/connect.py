"""From settings and secrets to a QuickBooks client: environment, tokens from the vault, shared limits, meter."""

from __future__ import annotations

from datetime import timedelta

from pydantic import SecretStr

from qbo_pipeline.environment import where_to_set
from qbo_pipeline.errors import PermanentError
from qbo_pipeline.quickbooks.auth import OAuth
from qbo_pipeline.quickbooks.client import QuickBooks
from qbo_pipeline.quickbooks.clock import SystemClock
from qbo_pipeline.quickbooks.hosts import Environment, environment
from qbo_pipeline.quickbooks.keeper import TokenKeeper
from qbo_pipeline.quickbooks.pacing import Limits
from qbo_pipeline.quickbooks.secret import Secret
from qbo_pipeline.quickbooks.tokens import StoredTokens, Tokens
from qbo_pipeline.quickbooks.transport import Transport
from qbo_pipeline.settings import Secrets, Settings, SettingsError
from qbo_pipeline.store.database import Database, StoreUrlError
from qbo_pipeline.store.meter import StoredMeter
from qbo_pipeline.store.pacing import StoredPacer
from qbo_pipeline.store.tokens import KeyRing, StoredTokenStore

_NONE_YET = "none yet"  # in the place of an access token, until the first one was minted


class NotConnected(PermanentError):
    """The connection has no usable credentials; the text says which are missing and how to give them."""


class ConnectionMismatch(PermanentError):
    """The store ties this connection to another company: a person must decide."""


def hosts(settings: Settings) -> Environment:
    """The hosts that the settings allow; raises `AddressRefused` for one that is neither Intuit's nor allowed."""
    quickbooks = settings.quickbooks
    if quickbooks.environment != "emulator":
        return environment(quickbooks.environment)
    base_url = (quickbooks.base_url or "").rstrip("/")
    return environment(
        "custom",
        base_url=base_url,
        discovery_url=f"{base_url}/.well-known/openid_configuration",
        allowed_hosts=quickbooks.allowed_hosts,
    )


def open_oauth(settings: Settings, secrets: Secrets, transport: Transport) -> OAuth:
    """The app's side of OAuth; raises `NotConnected` where its credentials are not in the environment."""
    missing = [name for name in ("client_id", "client_secret") if getattr(secrets, name) is None]
    if missing:
        raise NotConnected(_missing(settings, missing, "they are those of your app on Intuit's developer site"))
    assert secrets.client_id is not None
    assert secrets.client_secret is not None
    return OAuth(
        hosts(settings),
        secrets.client_id.get_secret_value(),
        Secret(secrets.client_secret.get_secret_value()),
        transport,
    )


def tokens_database(settings: Settings, database: Database) -> Database:
    """The store as the login that may read its tokens: the store itself, or a connection of its own where
    `[store] tokens_url_variable` names one.

    Raises `SettingsError` where that is not a login to a store on PostgreSQL.
    """
    url = settings.tokens_url()
    if url is None:
        return database
    try:
        tokens = Database(url)
    except StoreUrlError:
        tokens = None
    if tokens is None or "sqlite" in (tokens.dialect, database.dialect):
        raise SettingsError(
            f"{settings.file}: [store] tokens_url_variable: {settings.store.tokens_url_variable} must hold the store's "
            "own URL with another user, postgresql://USER:PASSWORD@HOST/DATABASE; a store in SQLite has no users: "
            "leave the setting out"
        )
    return tokens


def open_vault(settings: Settings, secrets: Secrets, database: Database) -> StoredTokenStore:
    """Where the connection's tokens are kept (`database` is that of `tokens_database`); raises `NotConnected` where
    the key that encrypts them is missing."""
    if secrets.encryption_key is None:
        what = "32 random bytes in base64: it encrypts the tokens (or name its file in the same variable with _FILE)"
        raise NotConnected(_missing(settings, ["encryption_key"], what))
    return StoredTokenStore(
        database,
        settings.connection.name,
        settings.quickbooks.realm,
        KeyRing.from_text(secrets.encryption_key.get_secret_value()),
    )


def open_keeper(settings: Settings, secrets: Secrets, database: Database, oauth: OAuth) -> TokenKeeper:
    """The keeper of the connection's tokens.

    A refresh token in the environment starts a connection that the vault does not know yet, and takes the place of
    one from there that never worked; once one has worked, the vault's is always the newer one. Raises `NotConnected`
    where there is neither.
    """
    store = open_vault(settings, secrets, database)
    keeper = TokenKeeper(store, oauth, time_zone=settings.connection.time_zone)
    if _never_worked(store.load(), secrets.refresh_token):
        if secrets.refresh_token is None:
            raise NotConnected(
                f"{settings.connection.name} is not connected to QuickBooks: run `qbo-pipeline connect`, or "
                f"{where_to_set([_variable(settings, 'refresh_token')], settings.folder)}"
            )
        now = SystemClock().now()
        keeper.connect(
            Tokens(
                realm=settings.quickbooks.realm,
                access_token=Secret(_NONE_YET),
                access_expires_at=now,
                refresh_token=Secret(secrets.refresh_token.get_secret_value()),
                refresh_expires_at=now + timedelta(days=100),
                minted_at=now,
            )
        )
    return keeper


def _never_worked(stored: StoredTokens | None, given: SecretStr | None) -> bool:
    """Whether the connection begins with the given token: there is none yet, or it was mistyped and corrected since."""
    if stored is None:
        return True
    unproved = stored.tokens.access_token.reveal() == _NONE_YET
    return unproved and given is not None and given.get_secret_value() != stored.tokens.refresh_token.reveal()


def open_quickbooks(
    settings: Settings, secrets: Secrets, database: Database, tokens: Database, *, transport: Transport | None = None
) -> tuple[QuickBooks, StoredMeter]:
    """The client for the connection's company, with the meter that counts its calls; `tokens` is the store as the
    login that may read its tokens. With `transport` everything goes through that.

    Raises `NotConnected` where credentials are missing. Talks to nobody yet.
    """
    transport = transport or Transport()
    realm = settings.quickbooks.realm
    keeper = open_keeper(settings, secrets, tokens, open_oauth(settings, secrets, transport))
    meter = StoredMeter(database, settings.connection.name, realm)
    limits = Limits(
        calls_per_minute=settings.quickbooks.requests_per_minute,
        calls_per_second=settings.quickbooks.requests_per_second,
        batches_per_minute=settings.quickbooks.batches_per_minute,
    )
    pacer = StoredPacer(database, realm, limits)
    return QuickBooks(realm, hosts(settings), keeper, transport=transport, pacer=pacer, meter=meter), meter


def _missing(settings: Settings, names: list[str], what: str) -> str:
    where = where_to_set([_variable(settings, name) for name in names], settings.folder)
    return f"{settings.connection.name}: {where}; {what}. Secrets do not belong into the settings file"


def _variable(settings: Settings, name: str) -> str:
    return f"QBO_{settings.connection.name.upper()}_{name.upper()}"
