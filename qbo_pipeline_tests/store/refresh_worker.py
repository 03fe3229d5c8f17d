"""A process that asks for access tokens: started twice by `test_tokens.py`.

Arguments: the store's URL, the token endpoint's base URL, the realm. Says `ready`; then, for each line `access` or
`renew` that it reads, prints the token it gets.
"""

from __future__ import annotations

import sys

from qbo_pipeline.quickbooks.auth import OAuth
from qbo_pipeline.quickbooks.keeper import TokenKeeper
from qbo_pipeline.quickbooks.secret import Secret
from qbo_pipeline.quickbooks.transport import Transport
from qbo_pipeline.store.database import Database
from qbo_pipeline.store.tokens import KeyRing, StoredTokenStore
from qbo_pipeline_tests.quickbooks.fakes import local_environment


def main(store_url: str, endpoint: str, realm: str) -> None:
    database = Database(store_url)
    transport = Transport()
    oauth = OAuth(local_environment(endpoint), "app", Secret("secret"), transport)
    keeper = TokenKeeper(StoredTokenStore(database, "acme", realm, KeyRing({"1": b"k" * 32}, "1")), oauth)
    print("ready", flush=True)
    token = Secret("none yet")
    for step in sys.stdin:
        token = keeper.access_token() if step.strip() == "access" else keeper.renew(token)
        print(token.reveal(), flush=True)
    transport.close()
    database.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
