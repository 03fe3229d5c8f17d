"""The company's own settings over HTTP: what is not known of QBO can be switched while the emulator runs."""

from __future__ import annotations

from dataclasses import fields

import pytest

from qbo_pipeline.emulator.company.settings import CompanySettings
from qbo_pipeline_tests.emulator.http.serving import Served, serving


def _change(served: Served, **settings: object) -> tuple[int, dict[str, object]]:
    answer = served.client.post(f"{served.state.base_url}/emulator/company", json=settings)
    return answer.status_code, answer.json()


def test_settings_are_read_and_changed() -> None:
    with serving("uk") as served:
        before = served.client.get(f"{served.state.base_url}/emulator/company").json()
        assert set(before) == {each.name for each in fields(CompanySettings)}
        sale = {
            "CustomerRef": {"value": "1"},
            "Line": [
                {
                    "DetailType": "SalesItemLineDetail",
                    "Amount": 1,
                    "SalesItemLineDetail": {"ItemRef": {"value": "5"}},
                }
            ],
        }
        assert served.post("invoice", sale).status_code == 400
        status, after = _change(served, vat_rate_required=False, changes_look_back=60, us_sales_tax_percent="7.25")
        assert (status, after) == (
            200,
            before | {"vat_rate_required": False, "changes_look_back": "PT1M", "us_sales_tax_percent": "7.25"},
        )
        assert served.post("invoice", sale).status_code == 200


@pytest.mark.parametrize(
    ("settings", "said"),
    [({}, "nothing"), ({"colour": 1}, "colour"), ({"time_zone": "UTC"}, "time_zone"), ({"plan": "Huge"}, "plan")],
)
def test_what_cannot_be_set_is_told_and_changes_nothing(served: Served, settings: dict[str, object], said: str) -> None:
    before = served.company.settings
    status, answer = _change(served, **settings, **({"user": "Somebody"} if settings else {}))
    assert (status, served.company.settings) == (400, before)
    assert said in str(answer["error"])
