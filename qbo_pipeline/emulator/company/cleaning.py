"""Checks of what comes in against the rule tables: each property in its exact type, or the fault that refuses it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from typing import Any

from qbo_pipeline.emulator.company import jsontext
from qbo_pipeline.emulator.company.faults import VALIDATION, QboError, QboFault, error
from qbo_pipeline.emulator.company.fields import Field

_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d{1,3})?")
_EMAIL = re.compile(r"[^@\s,]+@[^@\s,]+\.[^@\s,]+(\s*,\s*[^@\s,]+@[^@\s,]+\.[^@\s,]+)*")
_CENT = Decimal("0.01")
_FINE = Decimal("0.0000001")
_LARGEST = {"amount": Decimal(10) ** 13, "number": Decimal(10) ** 11, "integer": Decimal(10) ** 9}
"""15 digits for amounts (cents included) and 11 before the point for quantities, prices and rates, as QBO documents."""
_REFUSED = object()


def clean(
    body: Mapping[str, Any], fields: Mapping[str, Field], errors: list[QboError], path: str = ""
) -> dict[str, Any]:
    """The writable properties of `body` in their exact types; every fault found is appended to `errors`.

    Properties that are null or empty, and objects of nothing but such, come out as None, so that a sparse update can
    clear them; read-only properties are dropped without a word, as QBO does; unknown ones are fault 2010.
    """
    out: dict[str, Any] = {}
    for name, value in body.items():
        field = fields.get(name)
        if field is None:
            errors.append(error("2010", path + name, what=f"failed to parse json object {name}"))
            continue
        if field.read_only:
            continue
        if value is None or value == "" or (field.kind == "ref" and _empty_reference(value)):
            out[name] = None
            continue
        checked = _CHECKS[field.kind](field, value, path + name, errors)
        if checked is not _REFUSED:
            out[name] = None if checked == {} and value and field.kind == "object" else checked
    return out


def _is_mapping(value: Any) -> bool:
    """Whether a value is an object; a plain dict, as nearly always, is known without asking its class."""
    return type(value) is dict or isinstance(value, Mapping)


def _empty_reference(value: Any) -> bool:
    return _is_mapping(value) and value.get("value") in (None, "")


def refuse_unknown(errors: list[QboError]) -> None:
    """Raise 2010 alone where a body has a property that is not known: nothing else of it is looked at then."""
    first = next((found for found in errors if found.code == "2010"), None)
    if first is not None:
        raise QboFault(400, VALIDATION, [first])


def missing(body: Mapping[str, Any], fields: Mapping[str, Field], errors: list[QboError], path: str = "") -> None:
    """Append fault 2020 for each required property that `body` lacks."""
    for name in _required(fields):
        if body.get(name) in (None, "", []):
            detail = f"Required parameter {path}{name} is missing in the request"
            errors.append(error("2020", name, what=detail))


_REQUIRED: dict[int, tuple[Mapping[str, Field], tuple[str, ...]]] = {}


def _required(fields: Mapping[str, Field]) -> tuple[str, ...]:
    """The required properties of a table, worked out once; the table is kept so that its identity stays its own."""
    found = _REQUIRED.get(id(fields))
    if found is None:
        found = _REQUIRED[id(fields)] = (fields, tuple(name for name, field in fields.items() if field.required))
    return found[1]


def exact_number(value: Any) -> Decimal | None:
    """A JSON number (or its text) as a `Decimal`: a float counts as the digits that it prints; None if it is none."""
    if type(value) is Decimal:
        return value if value.is_finite() else None
    if isinstance(value, bool):
        return None
    if isinstance(value, (int, Decimal)):
        number = Decimal(value)
    elif isinstance(value, float):
        number = Decimal(repr(value))
    elif isinstance(value, str) and _NUMBER.fullmatch(value.strip()):
        try:
            number = Decimal(value.strip())
        except InvalidOperation:
            return None
    else:
        return None
    return number if number.is_finite() else None


def _refuse(errors: list[QboError], code: str, path: str, **values: object) -> object:
    errors.append(error(code, path.rpartition(".")[2], **values))
    return _REFUSED


def _text(field: Field, value: Any, path: str, errors: list[QboError]) -> Any:
    if isinstance(value, str):
        text = value
    elif isinstance(value, (int, Decimal, float)) and not isinstance(value, bool):
        text = str(value)
    else:
        return _refuse(errors, "2120", path, expected="a string", what=value)
    if not text.isascii() and not _is_storable(text):
        return _refuse(errors, "2040", path, what=ascii(text))
    if field.max and len(text) > field.max:
        return _refuse(errors, "2050", path, low=0, high=f"{field.max:,}", length=len(text))
    return text


def _email(field: Field, value: Any, path: str, errors: list[QboError]) -> Any:
    text = _text(field, value, path, errors)
    if text is not _REFUSED and not _EMAIL.fullmatch(text.strip()):
        return _refuse(errors, "2210", path, what=text)
    return text


def _bool(field: Field, value: Any, path: str, errors: list[QboError]) -> Any:
    if isinstance(value, bool):
        return value
    if isinstance(value, str) and value.lower() in ("true", "false"):
        return value.lower() == "true"
    return _refuse(errors, "2230", path, what=value)


def _date(field: Field, value: Any, path: str, errors: list[QboError]) -> Any:
    text = value[:10] if isinstance(value, str) else ""
    if not _DATE.fullmatch(text):
        return _refuse(errors, "2060", path, what=value)
    try:
        date.fromisoformat(text)
    except ValueError:
        return _refuse(errors, "2070", path, what=value)
    return text


def _datetime(field: Field, value: Any, path: str, errors: list[QboError]) -> Any:
    try:
        datetime.fromisoformat(str(value))
    except ValueError:
        return _refuse(errors, "2060", path, what=value)
    return value


def _number(field: Field, value: Any, path: str, errors: list[QboError]) -> Any:
    number = exact_number(value)
    if number is None:
        return _refuse(errors, "2080", path, what=value)
    largest = _LARGEST[field.kind]
    if abs(number) >= largest:
        return _refuse(errors, "2240", path, low=-largest, high=largest, what=value)
    if (field.low is not None and number < field.low) or (field.high is not None and number > field.high):
        return _refuse(errors, "2240", path, low=field.low, high=field.high, what=value)
    if field.kind == "amount":
        return number.quantize(_CENT, ROUND_HALF_UP)
    fine = number.quantize(_FINE, ROUND_HALF_UP)
    return number if fine == number else fine.normalize() + 0


def _integer(field: Field, value: Any, path: str, errors: list[QboError]) -> Any:
    number = exact_number(value)
    if number is None or number != number.to_integral_value() or abs(number) >= _LARGEST["integer"]:
        return _refuse(errors, "2080", path, what=value)
    if (field.low is not None and number < field.low) or (field.high is not None and number > field.high):
        return _refuse(errors, "2240", path, low=field.low, high=field.high, what=value)
    return int(number)


def _ref(field: Field, value: Any, path: str, errors: list[QboError]) -> Any:
    identifier: Any = value.get("value") if _is_mapping(value) else None
    if isinstance(identifier, bool) or not isinstance(identifier, (str, int)):
        return _refuse(errors, "2120", path, expected='a reference such as {"value": "1"}', what=value)
    out = {"value": str(identifier).strip()}
    if "type" in value and value["type"] and not isinstance(value["type"], str):
        return _refuse(errors, "2120", path + ".type", expected="a string", what=value["type"])
    if value.get("type") and len(field.target) > 1:
        out["type"] = value["type"]
    return out


def _enum(field: Field, value: Any, path: str, errors: list[QboError]) -> Any:
    if isinstance(value, str):
        for option in field.options:
            if option.lower() == value.lower():
                return option
    return _refuse(errors, "2170", path, what=value)


def _object(field: Field, value: Any, path: str, errors: list[QboError]) -> Any:
    if not _is_mapping(value):
        return _refuse(errors, "2120", path, expected="an object", what=value)
    assert field.fields is not None
    out = {k: v for k, v in clean(value, field.fields, errors, path + ".").items() if v is not None}
    missing(out, field.fields, errors, path + ".")
    return out


def _list(field: Field, value: Any, path: str, errors: list[QboError]) -> Any:
    if _is_mapping(value):
        value = [value]
    if not isinstance(value, list):
        return _refuse(errors, "2120", path, expected="a list", what=value)
    if field.fields is None:
        return _any(field, value, path, errors)
    out = []
    for entry in value:
        checked = _object(field, entry, path, errors)
        if checked is not _REFUSED:
            out.append(checked)
    return out


def _any(field: Field, value: Any, path: str, errors: list[QboError]) -> Any:
    return value if _is_storable(value) else _refuse(errors, "2120", path, expected="a JSON value in range", what=value)


def _is_storable(value: Any) -> bool:
    try:
        jsontext.dumps(value)
    except TypeError:
        return False
    return True


_CHECKS = {
    "text": _text,
    "email": _email,
    "bool": _bool,
    "date": _date,
    "datetime": _datetime,
    "amount": _number,
    "number": _number,
    "integer": _integer,
    "ref": _ref,
    "enum": _enum,
    "object": _object,
    "list": _list,
    "any": _any,
}
