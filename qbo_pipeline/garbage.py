"""How often Python looks for objects that refer to each other in a circle and that nothing else refers to.

What belongs here: that alone. All else is freed at once by its count of references, in any process.
"""

from __future__ import annotations

import atexit
import gc

_NEW_OBJECTS = 50_000  # Python's own are 700; what it waits for is a few megabytes
_YOUNG_LOOKS, _MIDDLE_LOOKS = 20, 50


def collect_rarely() -> None:
    """Have this process look for circles seldom: its imports and frames make many objects and hardly a circle.

    With Python's own numbers a fifth of the intake of documents, and a seventh of the imports, are such looks. When the
    process ends Python looks through all of them once more, a tenth of a night on which nothing happens: what is kept
    apart then is given back with the process, and what is closed by name is closed as ever.
    """
    gc.set_threshold(_NEW_OBJECTS, _YOUNG_LOOKS, _MIDDLE_LOOKS)
    atexit.register(gc.freeze)
