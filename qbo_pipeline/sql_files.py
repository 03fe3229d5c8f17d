"""Where the SQL files are: beside the package in a checkout, inside it once installed."""

from __future__ import annotations

from pathlib import Path

_PACKAGE = Path(__file__).parent


def sql_folder(*parts: str) -> Path:
    """The folder `sql/<parts>`; raises `FileNotFoundError` where it does not exist."""
    for root in (_PACKAGE / "sql", _PACKAGE.parent / "sql"):
        folder = root.joinpath(*parts)
        if folder.is_dir():
            return folder
    raise FileNotFoundError(f"no folder sql/{'/'.join(parts)} beside or inside the package qbo_pipeline")
