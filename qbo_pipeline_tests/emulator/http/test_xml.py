"""XML in and out: the same objects as in JSON, by the elements and attributes of Intuit's schemas."""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree
from typing import Any

import httpx
import pytest

from qbo_pipeline.emulator.company import jsontext
from qbo_pipeline.emulator.company.schema.entities import ENTITIES
from qbo_pipeline.emulator.http.xml_bodies import read_xml
from qbo_pipeline_tests.emulator.http.serving import Served, serving

NS = "{http://schema.intuit.com/finance/v3}"
AS_XML = {"Accept": "application/xml"}
SEND_XML = {"Accept": "application/xml", "Content-Type": "application/xml"}


def root(answer: httpx.Response) -> ElementTree.Element:
    assert answer.headers["content-type"].startswith("application/xml")
    return ElementTree.fromstring(answer.content)


def texts(found: ElementTree.Element, path: str) -> list[str]:
    return [e.text or "" for e in found.findall("/".join(NS + part for part in path.split("/")))]


def scalars_as_text(value: Any) -> Any:
    """An object of JSON with every scalar as XML would write it."""
    if isinstance(value, dict):
        return {k: scalars_as_text(v) for k, v in value.items() if v not in ([], None)}
    if isinstance(value, list):
        return [scalars_as_text(v) for v in value]
    return "true" if value is True else "false" if value is False else str(value)


@pytest.mark.parametrize("seed", ["us", "eu"])
def test_every_object_is_the_same_in_xml(seed: str) -> None:
    """The answer is read back by the reader of bodies, which knows the tables, and nothing is lost on the way."""
    with serving(seed) as served:
        compared = 0
        for name in ENTITIES:
            for found in served.company.query(f"select * from {name} maxresults 20").get(name, []):
                answer = served.client.get(served.url(f"{name.lower()}/{found['Id']}"), headers=AS_XML)
                (element,) = root(answer)
                element.tag = name
                again = read_xml(name, ElementTree.tostring(element))
                assert scalars_as_text(_listed(again)) == scalars_as_text(
                    _listed(jsontext.loads(jsontext.dumps(found)))
                )
                compared += 1
        assert compared > 60


def _listed(found: Any) -> Any:
    """What has no table (kind any) cannot tell a list of one from the one; what is empty is not written."""
    if isinstance(found, dict):
        inner = {k: _listed(v) for k, v in found.items()}
        return {k: v for k, v in inner.items() if v not in ({}, [], None)}
    if isinstance(found, list):
        return _listed(found[0]) if len(found) == 1 else [_listed(v) for v in found]
    return found


def test_an_invoice_made_and_changed_by_xml() -> None:
    with serving("us") as served:
        body = """<Invoice xmlns="http://schema.intuit.com/finance/v3"><Line><Amount>20.50</Amount>
            <DetailType>SalesItemLineDetail</DetailType><SalesItemLineDetail><ItemRef name="Design">4</ItemRef>
            <UnitPrice>10.25</UnitPrice><Qty>2</Qty></SalesItemLineDetail></Line><CustomerRef>1</CustomerRef>
            <CustomerMemo>Thank &amp; you</CustomerMemo></Invoice>"""
        made = root(served.client.post(served.url("invoice"), content=body, headers=SEND_XML))
        assert texts(made, "Invoice/TotalAmt") == ["20.50"]
        (customer,) = made.findall(f"{NS}Invoice/{NS}CustomerRef")
        assert (customer.text, customer.get("name")) == ("1", served.company.read("Customer", "1")["DisplayName"])
        assert made.find(f"{NS}Invoice").get("domain") == "QBO"  # type: ignore[union-attr]
        id = texts(made, "Invoice/Id")[0]
        assert served.company.read("Invoice", id)["CustomerMemo"] == {"value": "Thank & you"}
        change = (
            f'<Invoice sparse="true"><Id>{id}</Id><SyncToken>0</SyncToken><PrivateNote>late</PrivateNote></Invoice>'
        )
        root(served.client.post(served.url("invoice"), content=change, headers=SEND_XML))
        assert served.company.read("Invoice", id)["PrivateNote"] == "late"


def test_queries_faults_batches_changes_and_reports(served: Served) -> None:
    served.customer("A & B <Ltd>")
    found = root(served.client.get(served.url("query"), params={"query": "select * from Customer"}, headers=AS_XML))
    assert texts(found, "QueryResponse/Customer/DisplayName") == ["A & B <Ltd>"]
    assert found.find(f"{NS}QueryResponse").attrib == {"startPosition": "1", "maxResults": "1"}  # type: ignore[union-attr]
    refused = served.client.get(served.url("customer/99"), headers=AS_XML)
    (fault,) = root(refused)
    assert (refused.status_code, fault.get("type"), fault[0].get("code")) == (400, "ValidationFault", "610")
    batch = """<IntuitBatchRequest xmlns="http://schema.intuit.com/finance/v3">
        <BatchItemRequest bId="1" operation="create"><Customer><DisplayName>C</DisplayName></Customer>
        </BatchItemRequest>
        <BatchItemRequest bId="2" operation="create"><Spaceship/></BatchItemRequest>
        <BatchItemRequest bId="3"><Query>select * from Customer</Query></BatchItemRequest></IntuitBatchRequest>"""
    items = list(root(served.client.post(served.url("batch"), content=batch, headers=SEND_XML)))
    assert [item.get("bId") for item in items] == ["1", "2", "3"]
    assert [item[0].tag.removeprefix(NS) for item in items] == ["Customer", "Fault", "QueryResponse"]
    since = served.state.clock.now().isoformat()
    changes = root(
        served.client.get(served.url("cdc"), params={"entities": "Customer", "changedSince": since}, headers=AS_XML)
    )
    assert len(texts(changes, "CDCResponse/QueryResponse/Customer/Id")) == 2
    report = root(served.client.get(served.url("reports/TrialBalance"), headers=AS_XML))
    assert report.tag == f"{NS}Report"
    assert texts(report, "Header/ReportName") == ["TrialBalance"]
    accounts = root(served.client.get(served.url("reports/AccountList"), headers=AS_XML))
    cells = accounts.findall(f"{NS}Rows/{NS}Row/{NS}ColData")
    assert cells
    assert all(set(cell.attrib) in ({"value"}, {"value", "id"}) and not cell.text for cell in cells)


def test_a_refused_token_in_its_xml_flavour(served: Served) -> None:
    answer = served.client.get(served.url("customer/1"), headers=AS_XML | {"Authorization": "Bearer nobody"})
    (fault,) = root(answer)
    assert (answer.status_code, fault.get("type"), fault[0].get("code")) == (401, "AuthenticationFault", "100")


BAD = [
    "<Invoice>",
    "<!DOCTYPE x [<!ENTITY a 'b'>]><Customer/>",
    "<Bill/>",
    "",
    "<Customer><Colour>red</Colour></Customer>",
]


@pytest.mark.parametrize("body", BAD)
def test_bodies_that_are_none(served: Served, body: str) -> None:
    answer = served.client.post(served.url("customer"), content=body, headers=SEND_XML)
    assert (answer.status_code, root(answer)[0][0].get("code")) == (400, "2010")


def test_who_asks_for_nothing_gets_what_is_set(served: Served) -> None:
    def media(accept: str) -> str:
        answer = served.client.get(served.url("companyinfo/1"), headers={"Accept": accept})
        return answer.headers["content-type"].partition(";")[0]

    assert [media(a) for a in ("*/*", "application/json", "application/xml")] == [
        "application/json",
        "application/json",
        "application/xml",
    ]
    served.state.settings.answers = "xml"
    assert [media(a) for a in ("*/*", "application/json")] == ["application/xml", "application/json"]
