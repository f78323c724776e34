"""People who use the service, in few words."""

from dataclasses import dataclass
from typing import Any

from tests.api import Api

PASSWORD = "a long enough password"


@dataclass
class Account:
    """Somebody who has signed in on one device."""

    api: Api
    access: str
    refresh: str
    id: str

    def get(self, path: str) -> Any:
        """GET as this person."""
        return self.api.get(path, self.access)

    def post(self, path: str, body: Any, **more: Any) -> Any:
        """POST as this person."""
        return self.api.post(path, body, self.access, **more)

    def delete(self, path: str) -> Any:
        """DELETE as this person."""
        return self.api.client.delete(path, headers={"Authorization": f"Bearer {self.access}"})


def register(api: Api, email: str = "anna@example.org", **more: Any) -> Account:
    """Make an account."""
    body = {"email": email, "password": PASSWORD, "label": "Anna's phone", **more}
    return signed_in(api, api.post("/v1/accounts", body, once=None), 201)


def sign_in(api: Api, email: str = "anna@example.org", password: str = PASSWORD) -> Account:
    """Sign in on another device."""
    return signed_in(api, api.post("/v1/sessions", {"email": email, "password": password}, once=None), 201)


def signed_in(api: Api, response: Any, status: int) -> Account:
    """Read what a device holds."""
    assert response.status_code == status, response.json
    found = response.json
    return Account(api, found["access_token"], found["refresh_token"], found["account_id"])
