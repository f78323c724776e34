"""A region to begin with: small, whole and valid. Every file is there to be replaced, none to be kept."""

from collections.abc import Mapping, Sequence

_DAYS = "20260101,20351231"
# GTFS route type of a bus.
_BUS = 3


def files(name: str) -> dict[str, str]:
    """Path → text of a region with a bus in the north, a train over the border, and one agreement between them."""
    return {
        "region.toml": _REGION.format(name=name.replace("-", " ").title(), usual=USUAL),
        "README.md": _README.format(name=name),
        "demo.toml": _DEMO,
        "agreements.json": _AGREEMENTS,
        "taxes.csv": _TAXES,
        **_feed("bus", "City Bus", _BUS_STOPS, ("line-1", "1", 3), ("NORTH", 0, "MARKET", 6, "STATION", 12)),
        **_feed("rail", "Border Rail", _RAIL_STOPS, ("r-1", "R1", 2), ("STN", 0, "BRIDGE", 9, "SOUTH", 15)),
    }


_BUS_STOPS = (
    ("NORTH", "North Gate", 48.1460, 16.9430),
    ("MARKET", "Market", 48.1410, 16.9480),
    ("STATION", "Station", 48.1360, 16.9530),
)
_RAIL_STOPS = (
    ("STN", "Station", 48.1363, 16.9536),
    ("BRIDGE", "Bridge End", 48.1160, 17.0230),
    ("SOUTH", "South Town", 48.1060, 17.0730),
)
_DEMO = """# The story of `throughfare demo --region` in this region: its travellers, and why one gives a ticket back.
bought_at = "06:00"
leaves = "07:30"
time_zone = "Europe/Vienna"
from = "North Gate"
to = "South Town"
opening = "North Gate. Two colleagues want to go to South Town."

[goes]
ref = "ada"
rider_category = "adult"

[stays]
ref = "ben"
rider_category = "adult"
because = "Ben works at home today: his ticket is given back."

# Where the month is paid to: examples of the IBAN registry, which nobody owns.
[accounts]
scheme = ["The scheme", "DE89370400440532013000"]
bus = ["City Bus", "AT611904300234573201"]
rail = ["Border Rail", "SK3112000000198742637541"]
"""
# What a region begins with, whoever its operators are.
USUAL = """# How long an offer may be bought.
offer_minutes = 15
# Which rules of gates a ticket follows: "through" is the one that the service knows.
product = "through"

[walking]
speed_m_per_s = 1.2
max_m = 600
detour_percent = 130

[interchange]
seconds = 120

"""
_REGION = """# {name}: a region to begin with. Replace it file by file; `throughfare region check` names every fault.
name = "{name}"
# The states of the region (ISO 3166), the currency in which it sells (ISO 4217), its languages.
member_states = ["AT", "SK"]
currency = "EUR"
languages = ["en"]

# The scheme's fee on each operator's gross share, in hundredths of a percent.
fee_basis_points = 150
{usual}# The scheme's name of a passenger's category, and each operator's name of the same category.
[rider_categories.adult]
bus = "adult"
rail = "adult"

[[operators]]
id = "bus"
name = "City Bus"
member_state = "AT"
medium = "app"
refund = [{{ until_hours_before = 0, percent = 100 }}]

[[operators]]
id = "rail"
name = "Border Rail"
medium = "app"
refund = [{{ until_hours_before = 1, percent = 100 }}, {{ until_hours_before = 0, percent = 50 }}]

# An operator that runs in several states tells the state of each stop.
[operators.states]
AT = ["STN", "BRIDGE"]
SK = ["SOUTH"]

# Where a line crosses a border: the metres in each state. VAT is split by them.
[[crossings]]
stops = ["rail:BRIDGE", "rail:SOUTH"]
distance_m = [["AT", 1500], ["SK", 2500]]
"""
_README = """# {name}: where the data comes from

Name here the source of each table, its date, and how sure it is. All data of this skeleton are made up.
"""
_AGREEMENTS = """[
  {
    "id": "bus-and-rail",
    "kind": "through_fare",
    "version": 1,
    "note": "made up: the bus to the station and the train over the border for one price",
    "parties": ["bus", "rail"],
    "valid_from": "2026-01-01",
    "valid_to": null,
    "pattern": [{"operator": "bus"}, {"operator": "rail"}],
    "max_connection_seconds": [3600],
    "prices": [{"rider": "adult", "sale_channel": null, "amount": "5.00", "currency": "EUR"}],
    "conditions": {"refund": "as_strictest"},
    "apportionment": {"steps": [{"method": "standalone_fare"}]},
    "bearer": "pro_rata"
  }
]
"""
_TAXES = """member_state,mode,scope,treatment,rate,valid_from,valid_to,source,verified,note
AT,any,domestic,taxable,10.00,2020-01-01,,made up,no,
AT,any,international,zero,0.00,2020-01-01,,made up,no,
SK,any,domestic,taxable,23.00,2020-01-01,,made up,no,
SK,any,international,zero,0.00,2020-01-01,,made up,no,
"""


def _feed(
    operator: str,
    name: str,
    stops: Sequence[tuple[str, str, float, float]],
    line: tuple[str, str, int],
    calls: tuple[str | int, ...],
) -> Mapping[str, str]:
    """One line both ways, every half hour from 05:00 to 23:00, one fare."""
    route, short, kind = line
    stations, minutes = calls[::2], [int(minute) for minute in calls[1::2]]
    there = list(zip(stations, minutes, strict=True))
    back = [(stop, minutes[-1] - minute) for stop, minute in reversed(there)]
    times = [
        f"{route}-{way},00:{minute:02}:00,00:{minute:02}:00,{stop},{at}"
        for way, run in enumerate((there, back))
        for at, (stop, minute) in enumerate(run, 1)
    ]
    tables = {
        "agency": [
            "agency_id,agency_name,agency_url,agency_timezone",
            f"{operator},{name},https://{operator}.example,Europe/Vienna",
        ],
        "calendar": [
            "service_id,monday,tuesday,wednesday,thursday,friday,saturday,sunday,start_date,end_date",
            f"daily,1,1,1,1,1,1,1,{_DAYS}",
        ],
        "stops": ["stop_id,stop_name,stop_lat,stop_lon", *(",".join(map(str, stop)) for stop in stops)],
        "routes": ["route_id,agency_id,route_short_name,route_type", f"{route},{operator},{short},{kind}"],
        "trips": [
            "route_id,service_id,trip_id,trip_headsign,direction_id",
            *(f"{route},daily,{route}-{way},{stops[-1 if way == 0 else 0][1]},{way}" for way in (0, 1)),
        ],
        "stop_times": ["trip_id,arrival_time,departure_time,stop_id,stop_sequence", *times],
        "frequencies": [
            "trip_id,start_time,end_time,headway_secs,exact_times",
            *(f"{route}-{way},05:00:00,23:00:00,1800,1" for way in (0, 1)),
        ],
        "networks": ["network_id,network_name", f"{operator},{name}"],
        "route_networks": ["network_id,route_id", f"{operator},{route}"],
        "rider_categories": [
            "rider_category_id,rider_category_name,is_default_fare_category",
            "adult,Adult,1",
        ],
        "fare_media": ["fare_media_id,fare_media_name,fare_media_type", "app,Mobile ticket,4"],
        "fare_products": [
            "fare_product_id,rider_category_id,fare_media_id,fare_product_name,amount,currency",
            f"single,adult,app,Made-up single,{'2.00' if kind == _BUS else '4.00'},EUR",
        ],
        "fare_leg_rules": ["leg_group_id,network_id,fare_product_id", f"single,{operator},single"],
    }
    return {f"feeds/{operator}/{table}.txt": "\n".join(rows) + "\n" for table, rows in tables.items()}
