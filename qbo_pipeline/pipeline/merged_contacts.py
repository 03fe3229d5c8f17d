"""Contacts that people merged in QuickBooks: one is gone, and what was its is the other's now.

What belongs here: finding out into which one. QuickBooks tells a merged contact as deleted and not by what; its
documents say it, for they name the one that is left. Nothing else is taken for a proof.
"""

from __future__ import annotations

from sqlalchemy import Connection, RowMapping, select

from qbo_pipeline.pipeline.run import Run
from qbo_pipeline.pipeline.write_back_intents import PagePlan
from qbo_pipeline.quickbooks.query import select as select_objects
from qbo_pipeline.quickbooks.shapes import an_object
from qbo_pipeline.returning.documents import SIDES
from qbo_pipeline.returning.rules import TWO_SIDED
from qbo_pipeline.store import quickbooks_objects as objects
from qbo_pipeline.store.dispositions import stored_contents
from qbo_pipeline.store.postings import Link, links_to, put_links
from qbo_pipeline.store.tables.posting import posting_links
from qbo_pipeline.store.tables.records import records

AT_ONCE = 100
_ENTITIES = ("Customer", "Vendor")


def find_merged(run: Run) -> dict[tuple[str, str], tuple[Link, str]]:
    """By entity and Id of a contact of ours that is gone, its link and the Id of the one that its documents name now.

    A metered read for each that is gone. Raises a `TransientError` where QuickBooks does not answer.
    """
    gone: dict[tuple[str, str], Link] = {}
    with run.database.reading() as connection:
        after = ("", "")
        while rows := objects.due_objects(connection, run.name, _ENTITIES, AT_ONCE, after):
            for entity in _ENTITIES:
                ids = [row["qbo_id"] for row in rows if row["entity"] == entity and row["deleted"]]
                for qbo_id, links in links_to(connection, run.name, entity, ids).items():
                    gone[entity, qbo_id] = links[0]
            after = (rows[-1]["entity"], rows[-1]["qbo_id"])
        papers = {place: _a_document(connection, run.name, link) for place, link in gone.items()}
    found: dict[tuple[str, str], tuple[Link, str]] = {}
    for place, link in gone.items():
        if (paper := papers[place]) is None:
            continue
        entity, qbo_id = paper
        for thing in run.quickbooks().query(select_objects(entity).where("Id", "IN", (qbo_id,))):
            named = str(an_object(thing.get(SIDES[entity].party_field), "party").get("value", ""))
            if named and named != place[1]:
                found[place] = (link, named)
    return found


def _a_document(connection: Connection, name: str, link: Link) -> tuple[str, str] | None:
    """A document of a party that is in QuickBooks, as entity and Id."""
    party_id = link.key.removeprefix(TWO_SIDED[link.entity].key_prefix)
    entities = [entity for entity, side in SIDES.items() if side.party_entity == link.entity]
    r, p = records.c, posting_links.c
    query = (
        select(p.entity, p.qbo_id)
        .join(records, (r.connection == p.connection) & (p.key == r.record_type + "/" + r.record_id))
        .where(p.connection == name, p.entity.in_(entities), r.record_type == "document", r.party_id == party_id)
        .order_by(r.business_date.desc())
        .limit(1)
    )
    row = connection.execute(query).first()
    return (row.entity, row.qbo_id) if row is not None else None


def follow(connection: Connection, run: Run, plan: PagePlan, row: RowMapping, link: Link, kept: str) -> None:
    """Follow a merge into the contact with the Id `kept`: where that is another party of the source, the source is told
    so; where it was QuickBooks' alone, it is the party's object from now on."""
    prefix = TWO_SIDED[link.entity].key_prefix
    other = links_to(connection, run.name, link.entity, [kept]).get(kept)
    if other is None:
        now = run.database.now(connection)
        place = {"entity": link.entity, "qbo_id": kept, "sync_token": "0", "fingerprint": link.fingerprint}
        made = {"revision": link.revision, "linked_by": link.linked_by, "linked_at": now}
        put_links(connection, run.name, [{"key": link.key, **place, **made}])
        plan.leave(row, "merged", f"merged into {link.entity} Id {kept}, which is {link.key} from now on")
        return
    record_id = link.key.partition("/")[2]
    content = stored_contents(connection, run.name, "party", [record_id]).get(record_id)
    if content is None:
        plan.leave(row, "no_record", "it is ours, and no record of the inventory system stands behind it")
        return
    into = {"active": False, "changed": {"active": content["active"]}, "merged_into": other[0].key.removeprefix(prefix)}
    plan.told(row, content | into)
