"""What each command leaves where it is stopped, and how it goes on: the second half of the line that says so.

What belongs here: one sentence for each command, which has to be true wherever the command is stopped.
"""

from __future__ import annotations

GOES_ON = (
    "What was committed stays and nothing is lost: the same command goes on from there, and asks QuickBooks about what "
    "was on its way before it sends anything again."
)
ONLY_LOOKED = "It only looks: nothing is changed by it, and the same command begins anew."
SERVES = "It was not serving yet: the same command starts it."
NOT_BEGUN = "Nothing was begun."

LEFT_BEHIND = {
    "init": (
        "The settings file is written last: where it is there, everything is; where it is not, the same command makes "
        "it. What was there before is not touched."
    ),
    "connect": "Tokens are stored whole or not at all: the same command asks for consent anew.",
    "preflight": "An acceptance is kept whole or not at all, and the same command makes all checks anew.",
    "upgrade": "The store is of the version of before or of this one, never between: the same command goes on.",
    "rotate-key": "The tokens are encrypted with one of the keys in use, whole: keep all of them, and run it again.",
    "run": GOES_ON,
    "status": ONLY_LOOKED,
    "show": ONLY_LOOKED,
    "verify": ONLY_LOOKED,
    "retry": GOES_ON,
    "skip": GOES_ON,
    "approve": GOES_ON,
    "reverse": GOES_ON,
    "unlink": GOES_ON,
    "relink": GOES_ON,
    "recover": GOES_ON,
    "adopt": GOES_ON,
    "rebind": GOES_ON,
    "reconcile": (
        "Nothing is changed in QuickBooks or the inventory system by it, and each report's file is a whole one: the "
        "same command begins anew."
    ),
    "correct": GOES_ON,
    "restate": GOES_ON,
    "rollback": GOES_ON,
    "switch-mode": GOES_ON,
    "link-parties": GOES_ON,
    "link-documents": GOES_ON,
    "export": GOES_ON,
    "post-history": GOES_ON,
    "rehearse": "Nothing was sent anywhere, and its copy of the company goes with it: the same command begins anew.",
    "write-back": (
        "A decision is kept whole or not at all, and nothing was sent by it: `qbo-pipeline write-back list` shows what "
        "stands."
    ),
    "sign-off": (
        "The signature is in the store whole or not at all: see who has signed (`qbo-pipeline reconcile --report`) "
        "before you sign again."
    ),
    "notify": "A message that was on its way is not sent again by itself; the digest tells what stands.",
    "webhooks": SERVES,
    "page": SERVES,
    "page-user": "A grant is in the journal whole or not at all: `qbo-pipeline page-user list` shows which.",
    "emulator": SERVES,
    "conformance": ONLY_LOOKED,
    "demo": "The demo is not finished: the same command makes it anew.",
    "ui": "The demo stays as it is: the same command shows it again.",
}
