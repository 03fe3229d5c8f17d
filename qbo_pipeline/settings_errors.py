"""What is wrong with a settings file, in plain words: file, line, setting, what is wrong, what would be right."""

from __future__ import annotations

from qbo_pipeline.errors import PermanentError


class SettingsError(PermanentError):
    """The settings cannot be used; the text says where and why, one line for each mistake."""
