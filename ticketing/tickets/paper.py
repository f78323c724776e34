"""A ticket to print at home: its code, its legs with their times, its conditions, in the buyer's language."""

import base64
import io
from collections.abc import Mapping, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

import structlog
from PIL import Image

from ticketing.connections import connections_of
from ticketing.frozen import Leg
from ticketing.tickets import barcode
from ticketing.tickets.page import MARGIN_MM, Page
from ticketing.tickets.printable import OperatorPaper, Printable, PrintedPass

_log = structlog.get_logger(__name__)

LANGUAGES = ("en", "et", "fi", "sv")

# The printed words, by language in the order of LANGUAGES.
_WORDS: Mapping[str, tuple[str, str, str, str]] = {
    "title": ("Ticket", "Pilet", "Lippu", "Biljett"),
    "valid": ("Valid", "Kehtib", "Voimassa", "Giltig"),
    "traveller": ("Traveller", "Reisija", "Matkustaja", "Resenär"),
    "group": (
        "One code for a group of {count}: one scan at each gate lets all in together.",
        "Üks kood {count}-liikmelisele rühmale: igas väravas lubab üks lugemine kõik koos sisse.",
        "Yksi koodi {count} hengen ryhmälle: jokaisella portilla yksi luku päästää kaikki yhdessä.",
        "En kod för en grupp på {count}: en avläsning vid varje spärr släpper in alla tillsammans.",
    ),
    "uses": ("Rides", "Sõite", "Matkoja", "Resor"),
    "ride": ("Ride", "Sõit", "Matka", "Resa"),
    "departure": ("Departure", "Väljumine", "Lähtö", "Avgång"),
    "arrival": ("Arrival", "Saabumine", "Saapuminen", "Ankomst"),
    "check_in": ("check in by", "registreerimine kuni", "lähtöselvitys viimeistään", "incheckning senast"),
    "control": ("Control code", "Kontrollkood", "Tarkastuskoodi", "Kontrollkod"),
    "operators_ticket": (
        "Ticket of the operator",
        "Vedaja pilet",
        "Liikennöitsijän lippu",
        "Operatörens biljett",
    ),
    "more_in_the_app": (
        "The operator has given a page or file too: it is in the app.",
        "Vedaja on andnud ka lehe või faili: see on rakenduses.",
        "Liikennöitsijä on antanut myös sivun tai tiedoston: se on sovelluksessa.",
        "Operatören har också gett en sida eller fil: den finns i appen.",
    ),
    "conditions": ("Conditions", "Tingimused", "Ehdot", "Villkor"),
    "demo": (
        "DEMO: no money was paid, this ticket opens demo gates only",
        "DEMO: raha ei makstud, see pilet avab ainult demoväravaid",
        "DEMO: rahaa ei maksettu, tämä lippu avaa vain demoportit",
        "DEMO: inga pengar har betalats, biljetten öppnar endast demospärrar",
    ),
}
_Said = tuple[str, str, str, str]
# The use of the code: for a journey, and by its kind for a pass.
_ONE_JOURNEY: _Said = (
    "Show this code at the gate or to the inspector. Each ride can be taken once.",
    "Näidake seda koodi väravas või kontrolörile. Iga sõidu saab teha ühe korra.",
    "Näytä tämä koodi portilla tai tarkastajalle. Jokaisen matkan voi tehdä kerran.",
    "Visa koden vid spärren eller för kontrollanten. Varje resa kan göras en gång.",
)
_OPENS: Mapping[str, _Said] = {
    "pass": (
        "Show this code at the gate or to the inspector. While it is valid, one person rides with its operators as often as you like.",
        "Näidake seda koodi väravas või kontrolörile. Kehtivuse ajal sõidab üks inimene selle vedajatega nii tihti kui soovib.",
        "Näytä tämä koodi portilla tai tarkastajalle. Voimassaoloaikana yksi henkilö matkustaa niin usein kuin haluaa.",
        "Visa koden vid spärren eller för kontrollanten. Under giltighetstiden reser en person så ofta den vill.",
    ),
    "carnet": (
        "Show this code at the gate or to the inspector. Each person takes one of its rides at each boarding, while any are left.",
        "Näidake seda koodi väravas või kontrolörile. Iga inimene kulutab iga sõiduga ühe sõidukorra, kuni neid jätkub.",
        "Näytä tämä koodi portilla tai tarkastajalle. Jokainen henkilö käyttää joka matkalla yhden matkan, kunnes ne loppuvat.",
        "Visa koden vid spärren eller för kontrollanten. Varje person använder en av resorna för varje resa, så länge de räcker.",
    ),
    "return": (
        "Show this code at the gate or to the inspector. Each direction can be taken once.",
        "Näidake seda koodi väravas või kontrolörile. Kummaski suunas saab sõita ühe korra.",
        "Näytä tämä koodi portilla tai tarkastajalle. Kumpaankin suuntaan voi matkustaa kerran.",
        "Visa koden vid spärren eller för kontrollanten. Varje riktning kan resas en gång.",
    ),
}
_COPIES: _Said = (
    "Do not pass on copies: the first person who shows the code travels, and a second use is found.",
    "Ärge jagage koopiaid: sõidab see, kes näitab koodi esimesena, ja teine kasutus leitakse.",
    "Älä jaa kopioita: ensimmäisenä koodin näyttävä matkustaa, ja toinen käyttö havaitaan.",
    "Dela inte kopior: den som visar koden först reser, och en andra användning upptäcks.",
)
_PROOF: _Said = (
    "A reduced fare needs its proof on the way.",
    "Soodushinnaga pileti puhul peab tõend kaasas olema.",
    "Alennuslippu edellyttää todistusta matkalla.",
    "Rabatterat pris kräver intyg under resan.",
)
_JOURNEY_BACK: _Said = (
    "Refunds follow the strictest conditions of the operators on this ticket, until the first departure.",
    "Raha tagastatakse pileti vedajate rangeimate tingimuste järgi kuni esimese väljumiseni.",
    "Palautus lipun liikennöitsijöiden tiukimpien ehtojen mukaan ensimmäiseen lähtöön asti.",
    "Återbetalning enligt de strängaste villkoren bland biljettens operatörer, fram till första avgången.",
)
_PASS_BACK: _Said = (
    "It is given back only whole and before its first use, by the strictest conditions of its operators, counted to its first hour.",
    "Tagastada saab ainult tervikuna ja enne esimest kasutust, vedajate rangeimate tingimuste järgi, arvestades kehtivuse algust.",
    "Palautus vain kokonaan ja ennen ensimmäistä käyttöä, liikennöitsijöiden tiukimpien ehtojen mukaan voimassaolon alkuun nähden.",
    "Återbetalas bara hel och före första användningen, enligt operatörernas strängaste villkor, räknat till giltighetstidens början.",
)
_UNREADABLE: _Said = (
    "No readable code? Staff find this ticket by its control code.",
    "Kood ei ole loetav? Teenindajad leiavad pileti kontrollkoodi järgi.",
    "Eikö koodi ole luettavissa? Henkilökunta löytää lipun tarkastuskoodilla.",
    "Går koden inte att läsa? Personalen hittar biljetten med kontrollkoden.",
)
_CODE_MM = 62
_OPERATORS_CODE_MM = 38
# More than a printer shows of a code.
_MOST_PIXELS = 2000
_LONGEST_NUMBER = 200


def pdf(ticket: Printable, language: str) -> bytes:
    """Print one ticket on A4; another language than those of LANGUAGES is English."""
    words = {name: texts[_at(language)] for name, texts in _WORDS.items()}
    page = Page()
    page.set_creation_date(ticket.issued_at)
    page.set_title(words["title"])
    page.add_page()
    page.text_line(f"Throughfare  {words['title']}", size=20, style="B", height=11)
    if ticket.demo:
        page.text_line(words["demo"], size=10, style="B", height=6)
    top = page.get_y() + 2
    page.image(io.BytesIO(barcode.png(ticket.token)), x=MARGIN_MM - 3, y=top, w=_CODE_MM)
    page.set_y(top + _CODE_MM + 3)
    zone = ZoneInfo(ticket.legs[0].time_zone if ticket.legs else ticket.zone)
    span = f"{_exact(ticket.not_before, zone)} - {_exact(ticket.expires_at, zone)}"
    if ticket.season is not None:
        _season(page, ticket.season, words)
    for name, value in (
        ("valid", span),
        ("traveller", _travellers(ticket.riders)),
        ("control", _grouped(ticket.control_code)),
    ):
        page.text_line(f"{words[name]}: {value}", size=11, height=6)
    count = sum(many for _, many in ticket.riders)
    if count > 1:
        page.text_line(words["group"].format(count=count), size=12, style="B", height=7)
    for place, leg in enumerate(ticket.legs):
        _leg(page, place + 1, leg, words)
        _papers(page, ticket.papers.get(place, ()), words)
    page.ln(4)
    page.text_line(words["conditions"], size=12, style="B", height=7)
    for texts in _conditions(ticket.season):
        page.text_line(f"-  {texts[_at(language)]}", size=9, height=5)
    for text in _answered_for(ticket, language):
        page.text_line(f"-  {text}", size=9, height=5)
    return bytes(page.output())


def _answered_for(ticket: Printable, language: str) -> list[str]:
    """Say of each connection between two operators, once, who guarantees it, or that nobody does."""
    rides = ((leg.operator, leg.operator_name) for leg in ticket.legs)
    told = connections_of(rides, language, ticket.guarantors)
    return list(dict.fromkeys(one.text for one in told if one.contract != "through"))


def _season(page: Page, sold: PrintedPass, words: Mapping[str, str]) -> None:
    """Write a pass: its name and operators, and how many rides it was sold with."""
    page.text_line(", ".join([sold.name, *sold.operators]), size=12, style="B", height=7)
    if sold.uses is not None:
        page.text_line(f"{words['uses']}: {sold.uses}", size=11, height=6)


def _conditions(season: PrintedPass | None) -> tuple[_Said, ...]:
    """The conditions of a journey, or of a pass by its kind."""
    opens, back = (_ONE_JOURNEY, _JOURNEY_BACK) if season is None else (_OPENS[season.kind], _PASS_BACK)
    return opens, _COPIES, _PROOF, back, _UNREADABLE


def _leg(page: Page, number: int, leg: Leg, words: Mapping[str, str]) -> None:
    zone = ZoneInfo(leg.time_zone)
    page.ln(2)
    page.text_line(f"{words['ride']} {number}: {leg.operator_name}, {leg.line}", size=11, style="B", height=6)
    departs, arrives = _moment(leg.departure, zone), _moment(leg.arrival, ZoneInfo(leg.arrival_time_zone))
    late = leg.check_in_until
    check_in = f" ({words['check_in']} {_moment(late, zone)})" if late else ""
    page.text_line(f"{words['departure']}: {departs}  {leg.start.name}{check_in}", size=10, height=5)
    page.text_line(f"{words['arrival']}: {arrives}  {leg.end.name}", size=10, height=5)


def _papers(page: Page, papers: Sequence[OperatorPaper], words: Mapping[str, str]) -> None:
    """Write what the operators' own staff read, of each member of a group apart."""
    for holder in dict.fromkeys(paper.holder for paper in papers):
        _papers_of(page, holder, [paper for paper in papers if paper.holder == holder], words)


def _papers_of(page: Page, holder: str, papers: Sequence[OperatorPaper], words: Mapping[str, str]) -> None:
    """Write what an operator handed over for one person: its references and numbers in words, its codes drawn, its pages named."""
    numbers = [
        paper.content for paper in papers if paper.kind == "number" and len(paper.content) <= _LONGEST_NUMBER
    ]
    references = [paper.reference for paper in papers]
    papers_told = ", ".join(dict.fromkeys(filter(None, [*references, *numbers])))
    whose = f", {holder}" if holder else ""
    page.text_line(f"{words['operators_ticket']}{whose}: {papers_told}", size=10, style="B", height=5)
    drawn = [image for paper in papers if (image := _drawn(paper)) is not None]
    for image in drawn:
        if page.will_page_break(_OPERATORS_CODE_MM):
            page.add_page()
        page.image(image, x=MARGIN_MM, w=_OPERATORS_CODE_MM)
    if len(drawn) + len(numbers) < len(papers):
        page.text_line(words["more_in_the_app"], size=9, height=5)


def _drawn(paper: OperatorPaper) -> io.BytesIO | None:
    """A code as a picture; None for what is no code, or no picture that can be read."""
    try:
        if paper.kind != "number" and paper.media_type in {"image/png", "image/jpeg"}:
            return _redrawn(base64.b64decode(paper.content, validate=True))
        if paper.kind == "qr_code" and paper.media_type == "text/plain":
            return io.BytesIO(barcode.png(paper.content))
    except Exception as error:  # noqa: BLE001  an operator's picture may be anything, and readers of pictures raise anything
        _log.warning("an operator's code cannot be printed", kind=paper.kind, reason=type(error).__name__)
    return None


def _redrawn(content: bytes) -> io.BytesIO | None:
    """Read a picture whole and write it anew, in grey: what is printed is ours; None for one too large for a code."""
    with Image.open(io.BytesIO(content), formats=("PNG", "JPEG")) as found:
        if max(found.size) > _MOST_PIXELS:  # told by its head, before anything of it is unpacked
            return None
        drawn = io.BytesIO()
        found.convert("L").save(drawn, "PNG")
    drawn.seek(0)
    return drawn


def _moment(at: datetime, zone: ZoneInfo) -> str:
    return f"{at.astimezone(zone):%d.%m.%Y %H:%M}"


def _exact(at: datetime, zone: ZoneInfo) -> str:
    """A moment by the local clock, with that clock's distance from UTC."""
    offset = f"{at.astimezone(zone):%z}"
    return f"{_moment(at, zone)} (UTC{offset[:3]}:{offset[3:]})"


def _travellers(riders: Sequence[tuple[str, int]]) -> str:
    """Name the travellers: `adult`, or `2 × adult, 1 × child` of a group."""
    alone = len(riders) == 1 and riders[0][1] == 1
    return riders[0][0] if alone else ", ".join(f"{many} × {rider}" for rider, many in riders)


def _grouped(code: str) -> str:
    return f"{code[:5]} {code[5:]}"


def _at(language: str) -> int:
    return LANGUAGES.index(language) if language in LANGUAGES else 0
