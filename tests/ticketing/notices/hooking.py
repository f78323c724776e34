"""Webhooks of backends in few words, for tests: made by a key, and checked as their receiver would."""

import base64
import hashlib
import hmac
import json
from dataclasses import dataclass
from typing import Any

from tests.ticketing.notices.conftest import Town
from tests.ticketing.notices.receivers import Received


@dataclass(frozen=True)
class Hook:
    """A webhook with the key that holds it."""

    town: Town
    key: str
    id: str
    secret: str

    @property
    def path(self) -> str:
        return f"/v1/webhooks/{self.id}"

    def shown(self) -> dict[str, Any]:
        return self.town.api.get(self.path, self.key).json or {}

    def change(self, **changes: Any) -> Any:
        return self.town.api.client.patch(
            self.path, json=changes, headers={"Authorization": f"Bearer {self.key}"}
        )

    def post(self, path: str, body: Any = None) -> Any:
        return self.town.api.post(f"{self.path}/{path}", {} if body is None else body, self.key, once=None)

    def deliveries(self, **query: Any) -> dict[str, Any]:
        return self.town.api.get(f"{self.path}/deliveries", self.key, query_string=query).json or {}


def make(town: Town, key: str, *types: str, path: str = "/hook") -> Any:
    body = {"url": f"{town.receiver.url}{path}", "types": list(types)}
    return town.api.post("/v1/webhooks", body, key, once=None)


def hook(town: Town, key: str, *types: str, path: str = "/hook") -> Hook:
    made = make(town, key, *types, path=path)
    assert made.status_code == 201, made.json
    return Hook(town, key, made.json["id"], made.json["secret"])


def is_signed(request: Received, secret: str) -> bool:
    """Check a request as Standard Webhooks say: any of the signatures may be right."""
    signed = (
        f"{request.headers['webhook-id']}.{request.headers['webhook-timestamp']}.".encode() + request.body
    )
    mac = hmac.new(base64.b64decode(secret.removeprefix("whsec_")), signed, hashlib.sha256).digest()
    return f"v1,{base64.b64encode(mac).decode()}" in request.headers["webhook-signature"].split()


def told(town: Town) -> list[str]:
    """The types of the events that have arrived, in order."""
    return [json.loads(one.body)["type"] for one in town.receiver.requests]


def data_of(request: Received) -> dict[str, str]:
    found: dict[str, str] = json.loads(request.body)["data"]
    return found
