"""A derivation in the passenger's words: one sentence a step, in English, Estonian, Finnish and Swedish."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from tariffs.money import Money

LANGUAGES = ("en", "et", "fi", "sv")

# By reason and language; `id` is that of the rule, `before` what it would have cost.
_SENTENCES: Mapping[str, tuple[str, str, str, str]] = {
    "leg_rule": (
        "Ticket {product}: {amount}.", "Pilet {product}: {amount}.", "Lippu {product}: {amount}.",
        "Biljett {product}: {amount}.",
    ),
    "join": (
        "Ticket {product} for the rides together: {amount}.", "Pilet {product} kõigi sõitude peale: {amount}.",
        "Lippu {product} kaikille matkoille yhdessä: {amount}.", "Biljett {product} för resorna tillsammans: {amount}.",
    ),
    "transfer": (
        "Change with ticket {product}: {amount}.", "Ümberistumine piletiga {product}: {amount}.",
        "Vaihto lipulla {product}: {amount}.", "Byte med biljett {product}: {amount}.",
    ),
    "split_cheaper": (
        "Bought ride by ride, because that is cheaper: {amount}.",
        "Sõidud on ostetud eraldi, sest nii on odavam: {amount}.",
        "Matkat on ostettu erikseen, koska se on halvempaa: {amount}.",
        "Köpt resa för resa, eftersom det är billigare: {amount}.",
    ),
    "agreement": (
        "Joint ticket {product}: {amount} instead of {before}.", "Ühispilet {product}: {amount}, eraldi ostes {before}.",
        "Yhteislippu {product}: {amount}, erikseen ostettuna {before}.",
        "Gemensam biljett {product}: {amount} i stället för {before}.",
    ),
    "eligibility": (
        "Your entitlement {id}: {amount}.", "Teie soodusõigus {id}: {amount}.", "Etuutesi {id}: {amount}.",
        "Din rätt {id}: {amount}.",
    ),
    "company": (
        "In company ({id}), as {product}: {amount}.", "Saatjaga ({id}), piletiga {product}: {amount}.",
        "Seurassa ({id}), lippuna {product}: {amount}.", "I sällskap ({id}), som {product}: {amount}.",
    ),
    "pass": (
        "Covered by your ticket {product}: {amount}.", "Kaetud teie piletiga {product}: {amount}.",
        "Sisältyy lippuusi {product}: {amount}.", "Ingår i din biljett {product}: {amount}.",
    ),
    "sale": (
        "Season or multi-ride ticket {product}: {amount}.", "Perioodi- või sarjapilet {product}: {amount}.",
        "Kausi- tai sarjalippu {product}: {amount}.", "Period- eller flerresebiljett {product}: {amount}.",
    ),
    "group": (
        "Your part of the group ticket: {amount} of {before}.", "Teie osa grupipiletist: {amount}, kokku {before}.",
        "Osuutesi ryhmälipusta: {amount}, yhteensä {before}.", "Din del av gruppbiljetten: {amount} av {before}.",
    ),
    "offer": (
        "The operator's offer {product}: {amount}.", "Vedaja pakkumine {product}: {amount}.",
        "Liikennöitsijän tarjous {product}: {amount}.", "Operatörens erbjudande {product}: {amount}.",
    ),
    "cap": (
        "You pay no more than the limit {id}: {amount} instead of {before}.",
        "Te ei maksa üle ülempiiri {id}: {amount}, muidu {before}.",
        "Maksat enintään hintakaton {id} verran: {amount}, muuten {before}.",
        "Du betalar högst taket {id}: {amount} i stället för {before}.",
    ),
    "conversion": (
        "{before} at the reference rate of {id}: {amount}.", "{before} viitekursiga, {id}: {amount}.",
        "{before} viitekurssilla, {id}: {amount}.", "{before} till referenskursen {id}: {amount}.",
    ),
    "clamp": (
        "A discount larger than the price counts as zero.", "Hinnast suurem soodustus loetakse nulliks.",
        "Hintaa suurempi alennus lasketaan nollaksi.", "En rabatt större än priset räknas som noll.",
    ),
    "excluded": (
        "Without the ride {product}: {id} has no price here; buy it from {id}.",
        "Ilma sõiduta {product}: vedajal {id} ei ole siin hinda; ostke see vedajalt {id}.",
        "Ilman matkaa {product}: liikennöitsijällä {id} ei ole täällä hintaa; osta se liikennöitsijältä {id}.",
        "Utan resan {product}: {id} har inget pris här; köp den av {id}.",
    ),
    "on_board": (
        "Without the ride {product}: pay {id} on board.",
        "Ilma sõiduta {product}: makske sõidukis, vedaja on {id}.",
        "Ilman matkaa {product}: maksa kyydissä, liikennöitsijä on {id}.",
        "Utan resan {product}: betala ombord hos {id}.",
    ),
    "unknown": (
        "No price is known for this ride.", "Selle sõidu hind ei ole teada.", "Tämän matkan hintaa ei tiedetä.",
        "Inget pris är känt för resan.",
    ),
}  # fmt: skip
REASONS = tuple(_SENTENCES)
# A ticket for several rides, between which one may change: nothing was changed from.
_WITH_CHANGES = (
    "Ticket {product}, changes included: {amount}.",
    "Pilet {product} koos ümberistumistega: {amount}.",
    "Lippu {product}, vaihdot sisältyvät: {amount}.",
    "Biljett {product}, byten ingår: {amount}.",
)


def decimal(number: str, language: str) -> str:
    """A decimal as a language writes it: `3.20` in English, `3,20` in the others; another language reads as English."""
    return number.replace(".", ",") if language in LANGUAGES[1:] else number


def spoken(amount: Money, language: str) -> str:
    """An amount as a language writes it, with the letters of its currency: `3,20 EUR`."""
    return f"{decimal(amount.text, language)} {amount.currency}"


def _by_id(step: Mapping[str, Any]) -> str:
    return str(step["product"])


def explain(
    derivation: Iterable[Mapping[str, Any]],
    language: str,
    name_of: Callable[[Mapping[str, Any]], str] = _by_id,
) -> list[str]:
    """The steps as sentences; a language that is not one of `LANGUAGES` reads as English. `name_of` says a step's product."""
    at = LANGUAGES.index(language) if language in LANGUAGES else 0
    return [_sentence(step, at, name_of(step)) for step in derivation]


def _sentence(step: Mapping[str, Any], language: int, product: str) -> str:
    rule = step["rule"] or {}
    currency = step["currency"] or ""
    # A conversion names its own currency; everything else is in that of the step.
    tongue = LANGUAGES[language]
    was = decimal(str(step["before"]), tongue)
    before = was if step["reason"] == "conversion" else f"{was} {currency}"
    is_for_several = step["reason"] == "transfer" and len(step["legs"]) > 1
    said = _WITH_CHANGES if is_for_several else _SENTENCES[step["reason"]]
    return said[language].format(
        product=product,
        id=rule.get("id"),
        amount=f"{decimal(str(step['amount']), tongue)} {currency}",
        before=before,
    )
