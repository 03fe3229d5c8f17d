"""What the gateway's tests share: reading a fault, and building batches."""

from __future__ import annotations

from typing import Any

import httpx

JSON_TYPE = {"Content-Type": "application/json"}


def codes(answer: httpx.Response) -> list[str]:
    """The codes of a Fault in QBO's shape; fails for any other shape."""
    body = answer.json()
    assert set(body) == {"Fault", "time"}
    assert body["Fault"]["type"] in ("ValidationFault", "SystemFault", "SERVICE")
    assert all({"Message", "Detail", "code"} <= set(error) for error in body["Fault"]["Error"])
    return [error["code"] for error in body["Fault"]["Error"]]


def batch(*items: dict[str, Any]) -> dict[str, Any]:
    return {"BatchItemRequest": list(items)}


def create_item(b_id: str, name: str) -> dict[str, Any]:
    return {"bId": b_id, "operation": "create", "Customer": {"DisplayName": name}}
