"""From a connection's settings to its source, where that is read directly; `pipeline.landed` opens the others."""

from __future__ import annotations

from qbo_pipeline.settings import Settings
from qbo_pipeline.sources.csv_folder import CsvFolderSource
from qbo_pipeline.sources.source import Source
from qbo_pipeline.sources.sql import SqlSource


def open_source(settings: Settings) -> Source:
    """The source that the settings name; nothing is read yet."""
    source, mapping = settings.source, settings.source_mapping()
    if source.kind == "csv":
        return CsvFolderSource(settings.source_path(), mapping, source.parameters, settings.folder / ".cache")
    return SqlSource(settings.source_url(), mapping, source.parameters)
