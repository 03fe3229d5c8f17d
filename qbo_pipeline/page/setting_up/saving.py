"""Saving a change of the settings: checked as a whole, kept with who and why, then in the file; all or nothing.

What belongs here: the one way in which the page writes a settings file. The file stays the truth: it is read as it is
now, and what somebody changed in it since the form was shown is not overwritten.
"""

from __future__ import annotations

from qbo_pipeline.errors import PermanentError
from qbo_pipeline.page.companies import PageCompany
from qbo_pipeline.page.setting_up.toml_file import Edit, digest, edited, is_writable, replace_file
from qbo_pipeline.posting.persons import Person
from qbo_pipeline.settings import Settings, SettingsError, settings_of
from qbo_pipeline.store.setup_changes import put_change


class NotSaved(PermanentError):
    """The settings cannot be changed so; the text says why and what to do. Nothing was changed."""


def file_text(company: PageCompany) -> str:
    """The settings file as it is now; raises `NotSaved` where it cannot be read."""
    try:
        return company.settings.file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        raise NotSaved(f"{company.settings.file.name} cannot be read: look at it on the machine of the page") from None


def proposed(company: PageCompany, changes: list[Edit]) -> tuple[Settings, str]:
    """The settings as they would be, and the text of their file; raises `NotSaved` with each mistake."""
    file = company.settings.file
    text = edited(file_text(company), changes)
    try:
        return settings_of(text, file), text
    except SettingsError as error:
        raise NotSaved(str(error).replace(f"{file}", file.name)) from None


def save(company: PageCompany, what: str, changes: list[Edit], seen: str, person: Person) -> int:
    """Write the changes into the file and keep them; answers the number of the change.

    `seen` is the digest of the file as the person saw it. Raises `NotSaved` where it is another one by now, is kept
    read-only, or the settings would be wrong.
    """
    file = company.settings.file
    before = file_text(company)
    if digest(before) != seen:
        raise NotSaved(f"{file.name} was changed since it was shown: look at it anew, then change it")
    if not is_writable(file):
        raise NotSaved(f"{file.name} is kept read-only here: change it at its own place")
    _, after = proposed(company, changes)
    kept = [{"path": list(one.path), "before": _kept(one.before), "after": _kept(one.after)} for one in changes]
    written = False
    try:
        with company.database.transaction() as connection:
            number = put_change(
                connection, company.name, what, kept, files=(digest(before), digest(after)), who=person.who,
                why=person.why, now=company.database.now(connection),
            )  # fmt: skip
            replace_file(file, after)  # last: what fails before leaves the file as it is
            written = True
    except BaseException:
        if written:
            replace_file(file, before)
        raise
    return number


def _kept(value: object) -> object:
    """A value as JSON keeps it; a date as its text."""
    return value if value is None or isinstance(value, bool | int | list) else str(value)
