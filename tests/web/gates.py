"""A gate of the tram, which asks the service about the codes that phones show."""

import uuid
from typing import Any

import httpx

from tests.web.conftest import Served


def shown_at(served: Served, key: str, code: str, stop: str = "09005-1") -> dict[str, Any]:
    """Show a code at a gate of the operator whose key it is; answers its decision."""
    body = {
        "scan_id": str(uuid.uuid4()),
        "token": code,
        "stop_id": stop,
        "device_ts": served.clock.now().isoformat(timespec="seconds"),
    }
    answer = httpx.post(f"{served.url}/v1/validations", json=body, headers={"Authorization": f"Bearer {key}"})
    return dict(answer.json())
