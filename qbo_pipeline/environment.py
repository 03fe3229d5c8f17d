"""What a connection finds around it: the variables of the process, then those of the file `.env` beside its settings.

What belongs here: how a variable is looked up, and the connection's secrets. A variable that is set but empty counts as
missing: templates of deployments leave such ones.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from dotenv import dotenv_values
from pydantic import SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

from qbo_pipeline.bounded_files import read_text
from qbo_pipeline.settings_errors import SettingsError

if TYPE_CHECKING:
    from qbo_pipeline.settings import Settings


def env_file(folder: Path) -> Path:
    """Where the secrets of the connections in a folder may lie."""
    return folder / ".env"


def trouble_with(file: Path) -> str | None:
    """Why a file of secrets cannot be read, in words that go on after its name; `None` where it can, or is not there.

    Its being unreadable is no error by itself: a container has everything in its environment.
    """
    try:
        read_text(file)
    except FileNotFoundError:
        return None
    except OSError as error:
        return f"cannot be read: {error.strerror}"
    except UnicodeDecodeError:
        return "is not text in UTF-8"
    return None


def variable(name: str, folder: Path) -> str | None:
    """The value of a variable, from the process or else from the file `.env` in the folder; `None` where neither has
    one."""
    if value := os.environ.get(name):
        return value
    file = env_file(folder)
    return None if trouble_with(file) else dotenv_values(file).get(name) or None


def where_to_set(names: list[str], folder: Path) -> str:
    """Words for an error about missing variables: both places, and why the second one gave nothing where it cannot be
    read."""
    file = env_file(folder)
    trouble = trouble_with(file)
    return f"set {' and '.join(names)} in the environment, or in {file}" + (f" (which {trouble})" if trouble else "")


class Secrets(BaseSettings):
    """What must never be in a file of settings, from `QBO_<CONNECTION>_<NAME>` in the environment or in `.env`.

    The encryption key may lie in a file of its own, which `QBO_<CONNECTION>_ENCRYPTION_KEY_FILE` names.
    """

    model_config = SettingsConfigDict(extra="ignore", frozen=True, env_ignore_empty=True)

    client_id: SecretStr | None = None
    client_secret: SecretStr | None = None
    refresh_token: SecretStr | None = None
    encryption_key: SecretStr | None = None
    encryption_key_file: Path | None = None
    webhook_verifier_token: SecretStr | None = None
    source_webhook_token: SecretStr | None = None
    source_account_id: SecretStr | None = None
    source_application_key: SecretStr | None = None
    source_token: SecretStr | None = None
    source_api_id: SecretStr | None = None
    source_api_key: SecretStr | None = None

    @classmethod
    def read(cls, settings: Settings) -> Secrets:
        """The secrets of a connection; raises `SettingsError` where the key's file cannot be used."""
        prefix = f"QBO_{settings.connection.name.upper()}_"
        file = env_file(settings.folder)
        found = cls(_env_prefix=prefix, _env_file=None if trouble_with(file) else file)
        if found.encryption_key_file is None:
            return found
        variable = f"{prefix}ENCRYPTION_KEY"
        if found.encryption_key is not None:
            raise SettingsError(f"{variable} and {variable}_FILE are both set: which key counts? Leave one of them out")
        # A relative path counts from the settings' folder, as that of the store does.
        key = _text_of(settings.folder / found.encryption_key_file, f"{variable}_FILE")
        return found.model_copy(update={"encryption_key": SecretStr(key)})


def _text_of(path: Path, variable: str) -> str:
    """The text of a secret's file; an error names the file and never what is in it."""
    try:
        text = path.read_text(encoding="ascii").strip()
    except OSError as error:
        raise SettingsError(f"{variable} names {path}, which cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise SettingsError(f"{variable} names {path}, which is not a text of base64 characters") from None
    if not text:
        raise SettingsError(f"{variable} names {path}, which is empty")
    return text
