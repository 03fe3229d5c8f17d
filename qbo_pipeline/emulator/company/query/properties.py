"""Properties that queries name: which may be asked for (4001), where their values lie, projections."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from qbo_pipeline.emulator.company.book import Body
from qbo_pipeline.emulator.company.faults import fault
from qbo_pipeline.emulator.company.fields import Field
from qbo_pipeline.emulator.company.schema.entities import Entity

_SCALARS: Final = ("text", "email", "bool", "date", "datetime", "amount", "number", "integer", "enum")
_TXN_COLUMNS: Final = {
    "Id": "id",
    "DocNumber": "number",
    "TxnDate": "date",
    "CustomerRef": "party",
    "VendorRef": "party",
    "TotalAmt": "total * 100",
    "Amount": "total * 100",
    "Balance": "balance * 100",
    "PaymentAmount": "total * 100",
    "PaymentDate": "date",
}
_ENTRY_COLUMNS: Final = {"Id": "id", "Active": "active"}
META: Final = {"metadata.createtime": "created", "metadata.lastupdatedtime": "updated"}
# Properties worked out on reading: they are compared after that, as are numbers inside the body (exactly).
_COMPUTED: Final = {
    "Account": ("CurrentBalance", "CurrentBalanceWithSubAccounts"),
    "Customer": ("Balance", "BalanceWithJobs"),
    "Vendor": ("Balance",),
    "Item": ("QtyOnHand",),
    "Attachable": ("Size",),
}
# Objects of one text, and the entities that can be asked for by it. A refusal for vendors is recorded.
_TEXTS_INSIDE: Final = {("Customer", "PrimaryEmailAddr"): "Address", ("Employee", "PrimaryEmailAddr"): "Address"}
_ALWAYS: Final = ("domain", "Id")
"""What an object shows beside the properties that were asked for."""


@dataclass(frozen=True, slots=True)
class Property:
    """One property of an entity, and its column in SQL (None: it is worked out on reading and compared after that)."""

    name: str
    field: Field
    sql: str | None


def find_property(entity: Entity, name: str) -> Property:
    """The property of a name (in any case, also as `Name.value`). Raises 4001 for one that cannot be asked for."""
    folded = name.lower()
    if folded in META:
        return Property(name, Field("datetime"), META[folded])
    base, _, suffix = folded.partition(".")
    for known, field in entity.fields.items():
        inside = _TEXTS_INSIDE.get((entity.name, known))
        if inside is not None and known.lower() == base and suffix in ("", inside.lower()):
            return Property(known, Field("text"), f"json_extract(body, '$.{known}.{inside}')")
        if known.lower() == base and suffix in ("", "value"):
            queryable = field.kind in _SCALARS if field.queryable is None else field.queryable
            if not queryable:
                raise fault("4001", what=f"property '{name}' is not queryable")
            return Property(known, field, _column(entity, known, field))
    raise fault("4001", what=f"Property {name} not found for Entity {entity.name}")


def _column(entity: Entity, name: str, field: Field) -> str | None:
    if name in _COMPUTED.get(entity.name, ()):
        return None
    columns = _TXN_COLUMNS if entity.kind == "transaction" else _ENTRY_COLUMNS
    if name in columns:
        return columns[name]
    if field.kind in ("amount", "number", "integer"):
        return None
    path = f"$.{name}.value" if field.kind == "ref" else f"$.{name}"
    return f"json_extract(body, '{path}')"


def projected(entity: Entity, names: tuple[str, ...], body: Body) -> Body:
    """An object as a list of properties shows it; whole for `*`. Raises 4001 for a property that it does not have."""
    if "*" in names:
        return body
    known = {name.lower(): name for name in entity.fields}
    wanted = set(_ALWAYS)
    for name in names:
        found = known.get(name.partition(".")[0].lower())
        if found is None:
            raise fault("4001", what=f"Property {name} not found for Entity {entity.name}")
        wanted.add(found)
    return {name: value for name, value in body.items() if name in wanted} | {"sparse": True}
