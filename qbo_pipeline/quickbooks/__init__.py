import sys

# httpx takes the modules of its own command along where click and rich are installed: 6 MB, 40 % of its time.
sys.modules.setdefault("httpx._main", None)  # type: ignore[arg-type]  # None: it cannot be imported
