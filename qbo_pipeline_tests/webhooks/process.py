"""`python -m qbo_pipeline_tests.webhooks.process STORE_URL`: a receiver in a process of its own, as it is deployed."""

from __future__ import annotations

import sys

from qbo_pipeline.quickbooks.secret import Secret
from qbo_pipeline.serving.server import listen
from qbo_pipeline.webhooks.app import Receiver
from qbo_pipeline.webhooks.intake import HintIntake, Member
from qbo_pipeline.webhooks.server import address, serve
from qbo_pipeline_tests.webhooks.receiving import REALM, TOKEN


def main(store_url: str) -> None:
    intake = HintIntake([Member("shop", ("sandbox", REALM), store_url, Secret(TOKEN))])
    with listen("127.0.0.1", 0) as listener:
        serve(Receiver(intake), listener, started=lambda: print(address(listener), flush=True))
    intake.close()


if __name__ == "__main__":
    main(sys.argv[1])
