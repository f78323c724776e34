"""Staff who let a ticket in by its control code."""

import uuid
from typing import Any

from tests.api import Api


def by_hand(api: Api, gate: str, code: str, **more: Any) -> Any:
    body = {
        "scan_id": str(uuid.uuid4()),
        "code": code,
        "reason": "battery empty",
        "device_ts": api.clock.now().isoformat(),
        **more,
    }
    return api.post("/v1/validations/by-hand", body, gate)
