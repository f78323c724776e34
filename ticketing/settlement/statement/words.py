"""The words of statements in the languages of the first region; every other language reads English."""

LANGUAGES = ("en", "et", "fi", "sv")
_WORDS = {
    "statement": ("Statement", "Aruanne", "Tilitys", "Avräkning"),
    "number": ("No.", "Nr", "Nro", "Nr"),
    "page": ("page {number} of {of}", "leht {number}/{of}", "sivu {number}/{of}", "sida {number}/{of}"),
    "summary_sheet": ("Summary", "Kokkuvõte", "Yhteenveto", "Sammandrag"),
    "issued_by": ("From", "Väljastaja", "Lähettäjä", "Från"),
    "made_for": ("To", "Saaja", "Vastaanottaja", "Till"),
    "vat_number": ("VAT number", "KMKR number", "ALV-tunniste", "Momsregistreringsnummer"),
    "register_number": ("Register number", "Registrikood", "Rekisterinumero", "Organisationsnummer"),
    "operator": ("Operator", "Vedaja", "Liikenteenharjoittaja", "Trafikföretag"),
    "period": ("Period", "Periood", "Kausi", "Period"),
    "run": ("Run", "Arveldus", "Tilitysajo", "Körning"),
    "digest": ("Digest", "Räsi", "Tiiviste", "Kontrollsumma"),
    "booked_at": ("Booked", "Kirjendatud", "Kirjattu", "Bokförd"),
    "kind": ("Kind", "Liik", "Laji", "Slag"),
    "ticket": ("Ticket", "Pilet", "Lippu", "Biljett"),
    "journey": ("Journey", "Teekond", "Matka", "Resa"),
    "seq": ("No.", "Nr", "Nro", "Nr"),
    "rule": ("Rule", "Reegel", "Sääntö", "Regel"),
    "original_period": ("Original period", "Algne periood", "Alkuperäinen kausi", "Ursprunglig period"),
    "gross": ("Gross", "Bruto", "Brutto", "Brutto"),
    "vat": ("VAT", "Käibemaks", "ALV", "Moms"),
    "fee": ("Fee", "Tasu", "Palkkio", "Avgift"),
    "net": ("Net", "Neto", "Netto", "Netto"),
    "net_minor": ("Net, minor units", "Neto, sentides", "Netto, sentteinä", "Netto, cent"),
    "currency": ("Currency", "Valuuta", "Valuutta", "Valuta"),
    "line": ("Line", "Rida", "Rivi", "Rad"),
    "lines": ("Lines", "Read", "Rivit", "Rader"),
    "opening": ("Carried forward from", "Üle toodud perioodist", "Siirretty kaudelta", "Överfört från"),
    "total": ("Total", "Kokku", "Yhteensä", "Summa"),
    "carried": ("Carried forward", "Kantakse üle", "Siirretään", "Överförs"),
    "position": ("To be paid", "Maksta", "Maksetaan", "Att betala"),
    "owes": (
        "Balance: {party} owes the scheme", "Saldo: {party} võlgneb skeemile",
        "Saldo: {party} on velkaa järjestelmälle", "Saldo: {party} är skyldig systemet",
    ),
    "is_paid": (
        "The scheme pays {party} {amount}, due on {due}, reference {reference}",
        "Skeem maksab: {party} saab {amount}, tähtaeg {due}, viide {reference}",
        "Järjestelmä maksaa: {party} saa {amount}, eräpäivä {due}, viite {reference}",
        "Systemet betalar {party} {amount}, förfaller {due}, referens {reference}",
    ),
    "pays": (
        "{party} pays the scheme {amount}, due on {due}, reference {reference}",
        "{party} maksab skeemile {amount}, tähtaeg {due}, viide {reference}",
        "{party} maksaa järjestelmälle {amount}, eräpäivä {due}, viite {reference}",
        "{party} betalar systemet {amount}, förfaller {due}, referens {reference}",
    ),
    "pay_to": (
        "Account of the scheme to pay to: {account}", "Skeemi konto, kuhu maksta: {account}",
        "Järjestelmän tili, jolle maksetaan: {account}", "Systemets konto att betala till: {account}",
    ),
    "pay_to_nobody": (
        "The scheme has named no account to pay to: ask it before you pay",
        "Skeem ei ole nimetanud kontot, kuhu maksta: küsige enne maksmist",
        "Järjestelmä ei ole nimennyt tiliä, jolle maksetaan: kysy ennen kuin maksat",
        "Systemet har inte angett något konto att betala till: fråga innan ni betalar",
    ),
    "summary": ("By line, route and day", "Liinide, teekondade ja päevade kaupa", "Linjoittain, reiteittäin ja päivittäin", "Per linje, sträcka och dag"),
    "day": ("Day", "Päev", "Päivä", "Dag"),
    "ride_line": ("Line", "Liin", "Linja", "Linje"),
    "route": ("Route", "Teekond", "Reitti", "Sträcka"),
    "no_ride": ("without a ride", "ilma sõiduta", "ei matkaa", "utan resa"),
    "rest": (
        "{count} more lines are in the CSV and XLSX files", "Veel {count} rida on CSV- ja XLSX-failides",
        "Loput {count} riviä ovat CSV- ja XLSX-tiedostoissa", "Ytterligare {count} rader finns i CSV- och XLSX-filerna",
    ),
    "specimen": (
        "SPECIMEN - NOT PAID: demo payments, no money has moved",
        "SPECIMEN - MAKSMATA: näidismaksed, raha ei ole liikunud",
        "SPECIMEN - EI MAKSETTU: esittelymaksuja, rahaa ei ole siirtynyt",
        "SPECIMEN - EJ BETALD: demobetalningar, inga pengar har flyttats",
    ),
}  # fmt: skip

_KINDS = {
    "sale": ("Sale", "Müük", "Myynti", "Försäljning"),
    "refund": ("Refund", "Tagasimakse", "Hyvitys", "Återbetalning"),
    "exchange": ("Exchange", "Vahetus", "Vaihto", "Byte"),
    "chargeback": ("Chargeback", "Tagasinõue", "Takaisinveloitus", "Återdebitering"),
    "correction": ("Correction", "Parandus", "Oikaisu", "Rättelse"),
    "compensation": ("Compensation", "Hüvitis", "Korvaus", "Ersättning"),
    "dispute_lost": ("Card dispute lost", "Kaotatud kaardivaidlus", "Hävitty korttiriita", "Förlorad korttvist"),
    "continuation": ("Carried on after a cancellation", "Edasi viidud pärast tühistamist", "Jatkokuljetus peruutuksen jälkeen", "Vidarebefordran efter inställd avgång"),
    "other_way": ("Another way after a disruption", "Muu tee pärast häiret", "Muu reitti häiriön jälkeen", "Annan väg efter störning"),
    "breakage": ("Unused rides", "Kasutamata sõidud", "Käyttämättömät matkat", "Outnyttjade resor"),
    "suspense_cleared": ("From suspense", "Selgitamata summadest", "Selvittelytililtä", "Från observationskonto"),
    "month_end_pool_filled": ("Paid into a pool", "Ühisrahasse", "Maksettu pooliin", "Inbetalt till pool"),
    "month_end_pool": ("Share of a pool", "Osa ühisrahast", "Osuus poolista", "Andel av pool"),
    "month_end_subsidy": ("Subsidy", "Toetus", "Tuki", "Bidrag"),
    "month_end_resale": ("Commission for sales", "Müügitasu", "Myyntipalkkio", "Försäljningsprovision"),
    "month_end_guarantee": ("Guaranteed minimum", "Tagatud miinimum", "Taattu vähimmäismäärä", "Garanterat minimum"),
}  # fmt: skip


# The parts of a rule: how a share was found. What has no word here (a name with its version) stays as it is.
_RULES = {
    "agreement": ("agreement", "leping", "sopimus", "avtal"),
    "pass": ("pass", "perioodipilet", "kausilippu", "periodbiljett"),
    "group": ("group", "grupp", "ryhmä", "grupp"),
    "cap": ("cap", "hinnalagi", "hintakatto", "pristak"),
    "own fare": ("own fare", "oma hind", "oma hinta", "eget pris"),
    "standalone_fare": (
        "in the ratio of the single fares",
        "üksikhindade suhtes",
        "kertahintojen suhteessa",
        "i förhållande till enkelpriserna",
    ),
    "residual": ("the rest", "ülejäänu", "loppuosa", "resten"),
    "fixed": ("a fixed amount", "kindel summa", "kiinteä summa", "ett fast belopp"),
    "fixed_amount": ("a fixed amount", "kindel summa", "kiinteä summa", "ett fast belopp"),
    "percent": ("a percentage", "protsent", "prosenttiosuus", "en procentandel"),
    "percentage": ("a percentage", "protsent", "prosenttiosuus", "en procentandel"),
    "distance": ("by distance", "vahemaa järgi", "matkan pituuden mukaan", "efter avstånd"),
    "equal": ("in equal parts", "võrdsetes osades", "tasan", "i lika delar"),
}


def rule_words(rule: str, language: str = "en") -> str:
    """The rule of a share in words, for people; the files for programs keep the rule itself."""
    at = LANGUAGES.index(language) if language in LANGUAGES else 0
    return ", ".join(_rule_part(part, at) for part in rule.split(", "))


def _rule_part(part: str, at: int) -> str:
    if part in _RULES:
        return _RULES[part][at]
    first, _, rest = part.partition(" ")
    return f"{_RULES[first][at]} {rest}" if first in _RULES and rest else part


def kind_word(kind: str, language: str = "en") -> str:
    """The word for a kind of line, for people; the files for programs keep the kind itself."""
    found = _KINDS.get(kind, (kind,) * len(LANGUAGES))
    return found[LANGUAGES.index(language)] if language in LANGUAGES else found[0]


def word(key: str, language: str = "en", **values: object) -> str:
    """A word in a language; an unknown language reads English."""
    found = _WORDS[key]
    text = found[LANGUAGES.index(language)] if language in LANGUAGES else found[0]
    return text.format(**values) if values else text
