"""The papers of an order, read as their reader gets them."""

import io

import pypdf

from tests.api import Api


def receipt(api: Api, order: str, token: str, language: str = "en") -> str:
    """The text of a receipt, its spaces single."""
    return text_of(api, f"/v1/orders/{order}/receipt.pdf", token, language)


def text_of(api: Api, path: str, token: str, language: str) -> str:
    """The text of a PDF, its spaces single."""
    answer = api.client.get(path, headers={"Authorization": f"Bearer {token}", "Accept-Language": language})
    assert answer.status_code == 200, answer.json
    pages = pypdf.PdfReader(io.BytesIO(answer.data)).pages
    return " ".join(" ".join(page.extract_text() for page in pages).split())
