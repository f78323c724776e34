"""A made-up region that holds everything a region can have: write it into a folder and rehearse it.

Every kind of connector, agreement, pass and term of settlement, a group, a cap, proofs with and without a funder, two
currencies, two sale channels; an operator that is sold out, one that is silent, one whose system fails every third call.
"""

import json
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from tariffs.money import Money, parse

NAME = "islands"
_OPERATORS: Mapping[str, tuple[str, int, str]] = {
    # id: (name, GTFS route type, price of an adult in minor units with its currency)
    "bus": ("Harbour Bus", 3, "2.00 EUR"),
    "sea": ("Sea Line", 4, "12.00 EUR"),
    "mail": ("Mail Boat", 4, "8.00 EUR"),
    "skiff": ("Skiff", 4, "6.00 EUR"),
    "rail": ("Island Rail", 2, "5.00 EUR"),
    "tram": ("Town Tram", 0, "20.00 SEK"),
    "mute": ("Silent Ferry", 4, "9.00 EUR"),
    "shaky": ("Shaky Rail", 2, "3.00 EUR"),
}
# Stops by operator: id, name, latitude, longitude, state, area. Where operators meet they are some metres apart.
_STOPS: Mapping[str, Sequence[tuple[str, str, float, float, str, str]]] = {
    "bus": [
        ("B1", "North Gate", 60.000, 20.000, "FI", "town"),
        ("B2", "Market", 60.012, 20.006, "FI", "town"),
        ("B3", "Harbour", 60.024, 20.012, "FI", "harbour"),
    ],
    "sea": [
        ("S1", "Sea Quay", 60.0242, 20.0124, "FI", "west"),
        ("S2", "East Quay", 60.100, 20.400, "SE", "east"),
    ],
    "mail": [
        ("M1", "Mail Quay", 60.0244, 20.0116, "FI", "west"),
        ("M2", "Mail East", 60.1004, 20.4004, "SE", "east"),
    ],
    "skiff": [
        ("K1", "Skiff Quay", 60.0238, 20.0128, "FI", "west"),
        ("K2", "Skiff East", 60.0996, 20.3996, "SE", "east"),
    ],
    "rail": [
        ("R1", "East Station", 60.1003, 20.4008, "SE", "coast"),
        ("R2", "Middle", 60.150, 20.600, "SE", "coast"),
        ("R3", "Airport", 60.200, 20.800, "SE", "airport"),
    ],
    "tram": [
        ("T1", "Middle Square", 60.1503, 20.6006, "SE", "town"),
        ("T2", "Opera", 60.162, 20.612, "SE", "town"),
        ("T3", "Park", 60.174, 20.624, "SE", "park"),
    ],
    "mute": [
        ("Q1", "Silent Quay", 60.0246, 20.0112, "FI", "west"),
        ("Q2", "Rock", 60.050, 19.800, "FI", "rock"),
    ],
    "shaky": [
        ("H1", "Airport East", 60.2003, 20.8008, "SE", "airport"),
        ("H2", "Cape", 60.240, 20.900, "SE", "cape"),
    ],
}
_MINUTES: Mapping[str, int] = {
    "bus": 6,
    "sea": 50,
    "mail": 70,
    "skiff": 60,
    "rail": 15,
    "tram": 7,
    "mute": 30,
    "shaky": 12,
}
_HEADWAY: Mapping[str, int] = {
    "bus": 900,
    "sea": 7200,
    "mail": 10800,
    "skiff": 10800,
    "rail": 1800,
    "tram": 600,
    "mute": 10800,
    "shaky": 3600,
}
_CONNECTORS: Mapping[str, str] = {
    # As docs/connectors.md shows a live system: the rehearsal leads it to its stand-in all the same.
    "sea": 'kind = "maritime"\nurl = "https://sea.example/bookings/"\navailability_url = "https://sea.example/availability/"\n'
    'secret = "ISLANDS_SEA"\nmaas_operator_id = "islands"\nticket_types = { foot = "deck", bicycle = "rack" }',
    "mail": 'kind = "exchange"\nfolder = "var/exchange/mail"\nhold_minutes = 20\nsale_ends_minutes = 30',
    "skiff": 'kind = "own"\ncapacity = { foot = 2, car = 1 }\nhold_minutes = 20',
    "rail": 'kind = "osdm"\nurl = "http://127.0.0.1:1"\ntoken_url = "http://127.0.0.1:1/token"\nclient_id = "islands"\n'
    'secret = "ISLANDS_RAIL"\nallow_private = true\n'
    'passenger_types = { adult = "ADULT", child = "CHILD", senior = "SENIOR" }',
    "tram": 'kind = "gtfs"\nurl = "https://tram.example/feed.zip"\ntrip_updates_url = "https://tram.example/live"',
    "mute": 'kind = "maritime"\nurl = "http://127.0.0.1:1/bookings/"\nsecret = "ISLANDS_MUTE"\n'
    'maas_operator_id = "throughfare"\nallow_private = true\ntimeout_ms = 200',
    "shaky": 'kind = "osdm"\nurl = "http://127.0.0.1:1"\ntoken_url = "http://127.0.0.1:1/token"\nclient_id = "islands"\n'
    'secret = "ISLANDS_SHAKY"\nallow_private = true\ntimeout_ms = 500\n'
    'passenger_types = { adult = "ADULT", child = "CHILD", senior = "SENIOR" }',
}
# The plans of the stand-ins: their faults and their prices.
_STAND_INS: Mapping[str, Any] = {
    "mute": {"faults": [{"call": "*", "kind": "hang_before"}]},
    "shaky": {
        "seed": 3,
        "rate": 0.33,
        "kinds": ["error_before", "error_after", "reset_after", "malformed", "unavailable"],
    },
}
_PRICES = {"rail": "ADULT=500 CHILD=250 SENIOR=375", "shaky": "ADULT=300 CHILD=150 SENIOR=225"}
# The operators that take bicycles, cars, cabins and dogs: the bus for nothing, the others at half an adult's price.
_KINDS: Mapping[str, Sequence[str]] = {"bicycle": ("bus", "sea"), "car": ("skiff",)}
_RIDERS = ("adult", "child", "senior")
_HEAD = """name = "Islands"
member_states = ["FI", "SE"]
currency = "EUR"
languages = ["en"]
fee_basis_points = 150
offer_minutes = 15
product = "through"

[walking]
speed_m_per_s = 1.2
max_m = 500
detour_percent = 130

[interchange]
seconds = 60
"""


def write(folder: Path) -> Path:
    """Write the region; answers its folder."""
    place = folder / NAME
    for path, text in _files().items():
        (place / path).parent.mkdir(parents=True, exist_ok=True)
        (place / path).write_text(text, encoding="utf-8")
    return place


def _files() -> dict[str, str]:
    return {
        "region.toml": _region(),
        "agreements.json": json.dumps(_AGREEMENTS, indent=1),
        "passes.json": json.dumps(_PASSES, indent=1),
        "taxes.csv": _TAXES,
        "groups.csv": "group_id,operator,rider_category,members,min_passengers\nfriends,bus,group,adult:4 child:4 senior:4,3\n",
        "caps.csv": "cap_id,operators,window,window_arg,amount,currency,party_scope\nbusday,bus,service_day,04:00,5.00,EUR,holder\n",
        "companions.csv": "rule_id,operator,rider_category,beside,per_companion,required,priced_as,valid_from,valid_to\n"
        "two-free,sea,child,adult senior,2,0,little,2026-01-01,\n"
        "escorted,mail,child,adult,,1,,2026-01-01,\n",
        "eligibility.csv": "claim,issuer,operator,rider_category,valid_from,valid_to,bearer\n"
        "islander,https://islands.example,bus,resident,2026-01-01,,funder:islands\n"
        "islander,https://islands.example,sea,resident,2026-01-01,,\n",
        "rates.csv": _rates(),
        "settlement.toml": _SETTLEMENT,
        **{f"stand-ins/{name}.prices": text for name, text in _PRICES.items()},
        **{f"stand-ins/{name}.json": json.dumps(plan) for name, plan in _STAND_INS.items()},
        **{path: text for operator in _OPERATORS for path, text in _feed(operator).items()},
    }


def _region() -> str:
    parts = [
        _HEAD,
        *(
            f"[rider_categories.{rider}]\n" + "\n".join(f'{name} = "{rider}"' for name in _OPERATORS)
            for rider in _RIDERS
        ),
        *(
            f"[place_kinds.{kind}]\n" + "\n".join(f'{name} = "{kind}"' for name in taken)
            for kind, taken in _KINDS.items()
        ),
    ]
    for name, (title, kind, _) in _OPERATORS.items():
        refund = "[{ until_hours_before = 1, percent = 100 }, { until_hours_before = 0, percent = 50 }]"
        if kind != 4:
            refund = "[{ until_hours_before = 0, percent = 100 }]"
        parts.append(f'[[operators]]\nid = "{name}"\nname = "{title}"\nmedium = "app"\nrefund = {refund}')
        if name == "skiff":
            parts.append('refund_fee = "1.00"')
        if name in {"sea", "mute"}:
            parts.append(f'refund_bearer = "{name}"')
        if name in _CONNECTORS:
            parts.append(f"[operators.connector]\n{_CONNECTORS[name]}")
        states: dict[str, list[str]] = {}
        for stop in _STOPS[name]:
            states.setdefault(stop[4], []).append(stop[0])
        parts.append(
            "[operators.states]\n"
            + "\n".join(f"{state} = {json.dumps(stops)}" for state, stops in states.items())
        )
    for name, (west, east) in {"sea": ("S1", "S2"), "mail": ("M1", "M2"), "skiff": ("K1", "K2")}.items():
        parts.append(
            f'[[crossings]]\nstops = ["{name}:{west}", "{name}:{east}"]\n'
            'distance_m = [["FI", 9000], ["XX", 4000], ["SE", 9000]]'
        )
    for name, stop, state in (("sea", "S1", "FI"), ("sea", "S2", "SE")):
        parts.append(
            f'[[terminals]]\nstop = "{name}:{stop}"\nmember_state = "{state}"\ncheck_in_minutes = 15\nexit_minutes = 10'
        )
    return "\n".join(parts) + "\n"


def _feed(operator: str) -> dict[str, str]:
    """One line both ways from 05:00 to 25:30, one fare a rider."""
    name, kind, _ = _OPERATORS[operator]
    stops = _STOPS[operator]
    ids, step = [stop[0] for stop in stops], _MINUTES[operator]
    times = [
        f"{operator}-{way},00:{at * step // 1 % 60:02}:00,00:{at * step % 60:02}:00,{stop},{at + 1}"
        if at * step < 60
        else f"{operator}-{way},01:{at * step % 60:02}:00,01:{at * step % 60:02}:00,{stop},{at + 1}"
        for way, run in enumerate((ids, ids[::-1]))
        for at, stop in enumerate(run)
    ]
    products, rows = _fares(operator)
    zone = "Europe/Helsinki" if operator == "bus" else "Europe/Stockholm"
    tables = {
        "agency": [
            "agency_id,agency_name,agency_url,agency_timezone",
            f"{operator},{name},https://{operator}.example,{zone}",
        ],
        "calendar": [
            "service_id,monday,tuesday,wednesday,thursday,friday,saturday,sunday,start_date,end_date",
            "daily,1,1,1,1,1,1,1,20260101,20281231",
        ],
        "stops": ["stop_id,stop_name,stop_lat,stop_lon", *(f"{s[0]},{s[1]},{s[2]},{s[3]}" for s in stops)],
        "routes": [
            "route_id,agency_id,route_short_name,route_type",
            f"{operator}1,{operator},{operator.upper()},{kind}",
        ],
        "trips": [
            "route_id,service_id,trip_id,trip_headsign,direction_id",
            *(
                f"{operator}1,daily,{operator}-{way},{stops[-1 if way == 0 else 0][1]},{way}"
                for way in (0, 1)
            ),
        ],
        "stop_times": ["trip_id,arrival_time,departure_time,stop_id,stop_sequence", *times],
        "frequencies": [
            "trip_id,start_time,end_time,headway_secs,exact_times",
            *(f"{operator}-{way},05:00:00,25:30:00,{_HEADWAY[operator]},1" for way in (0, 1)),
        ],
        "areas": ["area_id,area_name", *(f"{area},{area}" for area in dict.fromkeys(s[5] for s in stops))],
        "stop_areas": ["area_id,stop_id", *(f"{s[5]},{s[0]}" for s in stops)],
        "networks": ["network_id,network_name", f"{operator},{name}"],
        "route_networks": ["network_id,route_id", f"{operator},{operator}1"],
        "rider_categories": [
            "rider_category_id,rider_category_name,is_default_fare_category",
            *(f"{rider},{rider},{int(rider == 'adult')}" for rider in dict.fromkeys(rows)),
        ],
        "fare_media": ["fare_media_id,fare_media_name,fare_media_type", "app,Mobile ticket,4"],
        "fare_products": [
            "fare_product_id,rider_category_id,fare_media_id,fare_product_name,amount,currency",
            *products,
        ],
        "fare_leg_rules": ["leg_group_id,network_id,fare_product_id", f"single,{operator},single"],
    }
    return {f"feeds/{operator}/{table}.txt": "\n".join(lines) + "\n" for table, lines in tables.items()}


def _fares(operator: str) -> tuple[list[str], list[str]]:
    """The rows of fare products, and the riders that they are for. Seniors ride the bus for nothing."""
    amount, currency = _OPERATORS[operator][2].split()
    full = parse(amount, currency).minor
    prices = {"adult": full, "child": full // 2, "senior": 0 if operator == "bus" else full * 3 // 4}
    if operator in {"bus", "sea"}:
        prices["resident"] = full // 4
    if operator == "bus":
        prices["group"] = 350
    if operator == "sea":
        prices["little"] = 0
    for kind, taken in _KINDS.items():
        if operator in taken:
            prices[kind] = 0 if operator == "bus" else full // 2
    rows = [
        f"single,{rider},app,Single,{Money(minor, currency).text},{currency}"
        for rider, minor in prices.items()
    ]
    return rows, list(prices)


def _rates() -> str:
    days = [date(2028, 12, 29) - timedelta(days=back) for back in range(1100)]
    return "Date,SEK\n" + "".join(f"{day},11.1900\n" for day in days if day.weekday() < 5)


def _agreement(name: str, kind: str, parties: list[str], **more: Any) -> dict[str, Any]:
    standalone = {"steps": [{"method": "standalone_fare"}]}
    return {
        "id": name,
        "kind": kind,
        "version": 1,
        "parties": parties,
        "valid_from": "2026-01-01",
        "valid_to": None,
        "apportionment": standalone,
        **more,
    }


def _priced(adult: str, child: str, senior: str, **more: Any) -> list[dict[str, Any]]:
    return [
        {"rider": rider, "sale_channel": None, "amount": amount, "currency": "EUR", **more}
        for rider, amount in (("adult", adult), ("child", child), ("senior", senior))
    ]


_AGREEMENTS = [
    _agreement(
        "town-to-coast",
        "through_fare",
        ["bus", "sea", "rail"],
        bearer="pro_rata",
        max_connection_seconds=[7200, 7200],
        pattern=[{"operator": "bus"}, {"operator": "sea"}, {"operator": "rail", "to_area": "coast"}],
        prices=[
            *_priced("16.00", "8.00", "11.00"),
            {"rider": "adult", "sale_channel": "kiosk", "amount": "15.00", "currency": "EUR"},
        ],
    ),
    _agreement(
        "bus-on-mail",
        "add_on",
        ["bus", "mail"],
        percent=50,
        max_connection_seconds=[10800],
        bearer="pro_rata",
        pattern=[{"operator": "bus", "add_on": True}, {"operator": "mail"}],
    ),
    _agreement("bus-or-skiff", "highest_fare_window", ["bus", "skiff"], window_seconds=7200),
    _agreement(
        "tram-income",
        "revenue_share",
        ["tram", "rail"],
        pattern=[{"operator": "tram", "to_area": "park"}],
        apportionment={"steps": [{"method": "percent", "by_operator": {"tram": "70", "rail": "30"}}]},
    ),
    _agreement(
        "airport",
        "supplement",
        ["rail"],
        pattern=[{"operator": "rail", "to_area": "airport"}],
        prices=_priced("3.00", "1.50", "3.00"),
        apportionment={"steps": [{"method": "residual", "by_operator": {"rail": "1"}}]},
    ),
    _agreement(
        "cape-reach",
        "one_sided",
        ["shaky", "rail"],
        pattern=[{"operator": "shaky", "to_area": "cape"}],
        prices=_priced("2.80", "1.40", "2.00"),
        apportionment={
            "steps": [
                {"method": "fixed_first", "by_operator": {"shaky": "1.50"}, "currency": "EUR"},
                {"method": "residual", "by_operator": {"rail": "1"}},
            ]
        },
    ),
    _agreement(
        "over-the-water",
        "border_point",
        ["sea", "rail"],
        pattern=[{"operator": "sea", "from_area": "east"}],
        prices=[
            *_priced("5.00", "2.50", "4.00", operator="sea"),
            *_priced("6.00", "3.00", "4.50", operator="rail"),
            {"rider": "adult", "sale_channel": "web", "operator": "sea", "amount": "4.50", "currency": "EUR"},
            {
                "rider": "adult",
                "sale_channel": "web",
                "operator": "rail",
                "amount": "6.00",
                "currency": "EUR",
            },
        ],
        apportionment={"steps": [{"method": "residual", "by_operator": {"sea": "1"}}]},
    ),
    _agreement(
        "coast-pair",
        "border_zone",
        ["rail", "tram"],
        pattern=[{"operator": "rail", "stops": ["R1", "R2"]}],
        prices=_priced("4.00", "2.00", "3.00"),
        apportionment={"steps": [{"method": "percent", "by_operator": {"rail": "60", "tram": "40"}}]},
    ),
    # It sends nobody over the water for nothing: the silent ferry bears what it costs less.
    _agreement(
        "bus-to-rock",
        "through_fare",
        ["bus", "mute"],
        bearer="operator:mute",
        max_connection_seconds=[10800],
        pattern=[{"operator": "bus"}, {"operator": "mute"}],
        prices=_priced("10.00", "5.00", "6.50"),
    ),
]


def _pass(name: str, kind: str, validity: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {
        "id": name,
        "kind": kind,
        "version": 1,
        "names": {"en": name},
        "scope": {"operators": ["bus"]},
        "validity": validity,
        "territories": [{"operator": "bus", "member_state": "FI", "mode": "bus", "metres": 1}],
        "apportionment": {"steps": [{"method": "residual", "by_operator": {"bus": "1"}}]},
        "valid_from": "2026-01-01",
        "valid_to": None,
        **more,
    }


_PASSES = [
    _pass("bus30", "pass", {"unit": "days", "length": 30}, prices=_priced("40.00", "20.00", "10.00")[:2]),
    _pass(
        "bus10",
        "carnet",
        {"unit": "days", "length": 30},
        uses=10,
        prices=_priced("15.00", "7.50", "5.00")[:2],
    ),
]
_TAXES = """member_state,mode,scope,treatment,rate,valid_from,valid_to,source,verified,note
FI,any,domestic,taxable,13.50,2020-01-01,,made up,no,
FI,any,international,zero,0.00,2020-01-01,,made up,no,
SE,any,domestic,taxable,6.00,2020-01-01,,made up,no,
SE,any,international,exempt,,2020-01-01,,made up,no,
XX,any,international,outside,,2020-01-01,,made up,no,
"""
_SETTLEMENT = """payment_day = 15
settlement_currency = "EUR"
held_back = ["skiff"]

[thresholds]
EUR = "2.00"

[fx]
method = "average"
days = 5

[[pools]]
id = "bus30"
products = ["bus30"]
currency = "EUR"

[[subsidies]]
funder = "islands"
operator = "bus"
currency = "EUR"
per_tap = "0.10"
monthly = "20.00"

[[commissions]]
seller = "mail"
channel = "kiosk"
percent = "2.50"

[[breakage]]
products = ["bus10"]
after_days = 7

[[guarantees]]
operator = "bus"
currency = "EUR"
floor = "50.00"
borne_by = "scheme"
"""
