"""A GTFS feed written into a folder, as a test wants it."""

from datetime import date

DAY = date(2026, 10, 13)


def feed(trips: int = 4, **changes: str) -> dict[str, str]:
    """Trips along four stops, an hour apart from 05:00."""
    rows = [
        f"t{trip},s{at},{10 * at},{5 + trip:02}:{5 * at:02}:00,{5 + trip:02}:{5 * at:02}:30"
        for trip in range(trips)
        for at in range(1, 5)
    ]
    return {
        "agency.txt": "agency_id,agency_name,agency_url,agency_timezone\na,A,https://a.example,Europe/Tallinn\n",
        "stops.txt": "stop_id,stop_name,stop_lat,stop_lon,wheelchair_boarding,parent_station,location_type\n"
        "ST,Station,59.4,24.7,1,,1\n"
        + "".join(
            f"s{at},Stop {at},59.4{at},24.7,{'2' if at == 3 else ''},{'ST' if at == 1 else ''},\n"
            for at in range(1, 5)
        ),
        "routes.txt": "route_id,agency_id,route_short_name,route_type\nR,a,1,0\n",
        "trips.txt": "trip_id,route_id,service_id,wheelchair_accessible\n"
        + "".join(f"t{trip},R,W,{1 if trip == 0 else ''}\n" for trip in range(trips)),
        "stop_times.txt": "trip_id,stop_id,stop_sequence,arrival_time,departure_time\n"
        + "\n".join(rows)
        + "\n",
        "calendar.txt": "service_id,monday,tuesday,wednesday,thursday,friday,saturday,sunday,start_date,end_date\n"
        "W,1,1,1,1,1,1,1,20260101,20271231\n",
        **changes,
    }
