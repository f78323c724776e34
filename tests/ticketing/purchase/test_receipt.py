"""The receipt: VAT by Member State that adds up, the reason of the price, in the buyer's language."""

import io

import pypdf
import pytest

from tests.api import Api


def text_of(pdf: bytes) -> str:
    return "\n".join(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(pdf)).pages)


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("en", ("Receipt", "Total: 48.00 EUR", "Joint ticket")),
        ("et", ("Kviitung", "Kokku: 48.00 EUR", "Ühispilet")),
        ("fi", ("Kuitti", "Yhteensä: 48.00 EUR", "Yhteislippu")),
        ("sv", ("Kvitto", "Totalt: 48.00 EUR", "Gemensam biljett")),
    ],
)
def test_a_receipt_speaks_the_buyers_language(api: Api, language: str, words: tuple[str, ...]) -> None:
    bought = api.buy()

    answer = api.client.get(
        f"/v1/orders/{bought.order['id']}/receipt.pdf",
        headers={"Authorization": f"Bearer {bought.token}", "Accept-Language": language},
    )

    text = text_of(answer.data)
    assert (answer.status_code, answer.content_type) == (200, "application/pdf")
    for word in (*words, "EE", "FI", "XX", "24.00 %", "13.50 %"):
        assert word in text
    assert "?" not in text


def test_an_order_that_is_not_paid_has_no_receipt_and_a_stranger_sees_none(api: Api) -> None:
    order, token = api.order()

    assert api.get(f"/v1/orders/{order['id']}/receipt.pdf", token).status_code == 409
    assert api.get(f"/v1/orders/{order['id']}/receipt.pdf", "other").status_code == 404
