"""Two schemes on one machine, each a whole service with its own database, that call each other over their HTTP API."""

import json
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from flask import Flask
from flask.testing import FlaskClient

from operators.errors import Unavailable
from operators.transport import Reply
from tests.ticketing.incidents.records import FACTS, record
from ticketing.clock import FixedClock
from ticketing.frozen import IncidentType, write_incident
from ticketing.incidents import partnership, reporting
from ticketing.incidents.desk import IncidentDesk
from ticketing.incidents.partnership import NewPartner
from ticketing.notices.mail import FolderMail
from ticketing.rooms import Rooms


@dataclass
class Line:
    """The network between schemes: addresses, and those that are cut off."""

    clients: dict[str, FlaskClient] = field(default_factory=dict)
    cut: set[str] = field(default_factory=set)

    def call(self, method: str, url: str, *, changes: bool, **given: Any) -> Reply:
        """Make one call as the wire does."""
        parts = urlsplit(url)
        if parts.netloc in self.cut:
            raise Unavailable("no connection")
        answer = self.clients[parts.netloc].open(
            parts.path,
            method=method,
            data=given.get("content"),
            query_string=given.get("query"),
            headers=given["headers"],
        )
        return Reply(answer.status_code, {"content-type": answer.content_type or ""}, answer.data)


@dataclass(frozen=True)
class Scheme:
    """One scheme: its service, its desk, and the name by which the other calls it."""

    name: str
    app: Flask
    desk: IncidentDesk
    mails: Path

    @property
    def rooms(self) -> Rooms:
        rooms: Rooms = self.app.extensions["throughfare"]
        return rooms

    @property
    def client(self) -> FlaskClient:
        return self.app.test_client()

    def knows(self, other: "Scheme", relation: Any = "community", **ways: str | None) -> None:
        """Add the other one as a partner."""
        given = {"address": f"https://{other.name}", "mail": None, **ways}
        jwks = json.dumps(other.desk.keys.jwks("incident"))
        wanted = NewPartner(issuer=other.desk.issuer, name=other.name, relation=relation, jwks=jwks, **given)
        partnership.add(self.desk, wanted, "Anna")

    def draft(self, kind: IncidentType = "signing_key_leaked", **more: Any) -> str:
        """Open a draft by hand."""
        now = self.desk.clock.now()
        document = write_incident(record(kind, aware_at=now, occurred_at=now, **more))
        wanted = reporting.new_record(
            kind, FACTS[kind], {k: v for k, v in document.items() if k not in {"facts", "type"}}
        )
        opened = reporting.open_draft(self.desk, wanted, "Anna")
        assert opened
        return opened


def scheme(name: str, app: Flask, clock: FixedClock, line: Line, folder: Path) -> Scheme:
    """Put a scheme on the line."""
    desk: IncidentDesk = app.extensions["throughfare"].incidents
    mail = FolderMail(clock, folder, "Throughfare <no-reply@throughfare.invalid>", desk.issuer)
    line.clients[name] = app.test_client()
    return Scheme(name, app, replace(desk, wire=line, mail=mail), folder)  # type: ignore[arg-type]
