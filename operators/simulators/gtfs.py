"""A simulator of an operator that publishes a feed and its delays: a zip with an ETag, GTFS-Realtime, and SIRI as it is written. A stand-in."""

import hashlib
import io
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from google.transit import gtfs_realtime_pb2 as gtfs

from operators.simulators.server import Answer, Request, Route, Simulator

_PROTOBUF = "application/x-protobuf"


@dataclass(frozen=True, slots=True)
class Trouble:
    """The trouble of one trip on one day: `calls` are delays in seconds by stop_sequence, None where skipped."""

    trip_id: str
    day: date
    cancelled: bool = False
    calls: tuple[tuple[int, int | None], ...] = ()


class GtfsSimulator(Simulator):
    """Serves `/feed.zip`, `/trip_updates.pb`, `/alerts.pb`, `/vehicles.pb`, `/siri_et.xml` and `/siri_sx.xml`."""

    name = "a public feed with live delays"

    def __init__(self, now: Callable[[], datetime], files: Mapping[str, str]) -> None:
        super().__init__()
        self.now = now
        self.files = dict(files)
        self.troubles: list[Trouble] = []
        self.alerts: list[str] = []
        # Written into the trip updates as they are: trips that are added, replaced, doubled.
        self.entities: list[gtfs.FeedEntity] = []
        # Written into the vehicle positions as they are.
        self.vehicles: list[gtfs.FeedEntity] = []
        # SIRI deliveries, served as they are.
        self.siri_et = self.siri_sx = "<Siri/>"
        self.age = timedelta(0)

    def routes(self) -> list[Route]:
        """The addresses."""
        return [
            Route("feed", "GET", "/feed.zip", self._feed),
            Route("trip_updates", "GET", "/trip_updates.pb", self._trip_updates),
            Route("alerts", "GET", "/alerts.pb", self._alerts),
            Route("vehicles", "GET", "/vehicles.pb", self._vehicles),
            Route("siri_et", "GET", "/siri_et.xml", lambda _: _xml(self.siri_et)),
            Route("siri_sx", "GET", "/siri_sx.xml", lambda _: _xml(self.siri_sx)),
            Route("trouble", "POST", "/_troubles", self._take_troubles),
        ]

    def state(self) -> dict[str, Any]:
        """Return the published state."""
        return {
            "troubles": [
                {"trip_id": one.trip_id, "day": str(one.day), "cancelled": one.cancelled, "calls": one.calls}
                for one in self.troubles
            ],
            "alerts": self.alerts,
            "files": sorted(self.files),
        }

    def cancel_sailing(self, trip_id: str, day: date) -> None:
        """Publish a trip as cancelled."""
        self.troubles = [*self.troubles, Trouble(trip_id, day, cancelled=True)]

    def _take_troubles(self, request: Request) -> Answer:
        """`[{"trip_id", "day", "cancelled", "calls": [[stop_sequence, seconds]]}]` replaces what is published."""
        try:
            self.troubles = [_trouble(row) for row in request.body]
        except (KeyError, TypeError, ValueError) as error:
            return Answer(400, {"detail": repr(error)})
        return Answer(200, self.state())

    def _feed(self, request: Request) -> Answer:
        content = zipped(self.files)
        etag = f'"{hashlib.sha256(content).hexdigest()[:16]}"'
        if request.headers.get("if-none-match") == etag:
            return Answer(304, content=b"", headers=(("ETag", etag),))
        return Answer(200, content=content, content_type="application/zip", headers=(("ETag", etag),))

    def _trip_updates(self, _request: Request) -> Answer:
        message = self._message()
        for number, trouble in enumerate(self.troubles):
            entity = message.entity.add(id=str(number))
            trip = entity.trip_update.trip
            # One run of a trip that repeats is named by its start (frequencies.txt).
            trip.trip_id, _, start = trouble.trip_id.partition("@")
            trip.start_date = f"{trouble.day:%Y%m%d}"
            if start:
                trip.start_time = f"{int(start) // 3600:02}:{int(start) // 60 % 60:02}:{int(start) % 60:02}"
            if trouble.cancelled:
                trip.schedule_relationship = gtfs.TripDescriptor.CANCELED
            for sequence, late in trouble.calls:
                update = entity.trip_update.stop_time_update.add(stop_sequence=sequence)
                if late is None:
                    update.schedule_relationship = gtfs.TripUpdate.StopTimeUpdate.SKIPPED
                else:
                    update.arrival.delay = update.departure.delay = late
        message.entity.extend(self.entities)
        return Answer(200, content=message.SerializeToString(), content_type=_PROTOBUF)

    def _alerts(self, _request: Request) -> Answer:
        message = self._message()
        for number, text in enumerate(self.alerts):
            message.entity.add(id=str(number)).alert.header_text.translation.add(text=text)
        return Answer(200, content=message.SerializeToString(), content_type=_PROTOBUF)

    def _vehicles(self, _request: Request) -> Answer:
        message = self._message()
        message.entity.extend(self.vehicles)
        return Answer(200, content=message.SerializeToString(), content_type=_PROTOBUF)

    def _message(self) -> gtfs.FeedMessage:
        message = gtfs.FeedMessage()
        message.header.gtfs_realtime_version = "2.0"
        message.header.timestamp = int((self.now() - self.age).timestamp())
        return message


def _trouble(row: Any) -> Trouble:
    return Trouble(
        str(row["trip_id"]),
        date.fromisoformat(row["day"]),
        bool(row.get("cancelled")),
        tuple((int(number), late) for number, late in row.get("calls", ())),
    )


def _xml(document: str) -> Answer:
    return Answer(200, content=document.encode(), content_type="application/xml")


def zipped(files: Mapping[str, str]) -> bytes:
    """The files as a zip whose bytes depend on nothing else."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in sorted(files.items()):
            archive.writestr(zipfile.ZipInfo(name, (2026, 1, 1, 0, 0, 0)), text)
    return content.getvalue()
