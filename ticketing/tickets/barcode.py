"""Draw a ticket's QR code: error level M, as PNG or SVG. Issuing never depends on drawing."""

import io

import segno


def png(token: str) -> bytes:
    """A PNG for screens and paper, with the quiet zone."""
    buffer = io.BytesIO()
    _code(token).save(buffer, kind="png", scale=6, border=4)
    return buffer.getvalue()


def svg(token: str) -> bytes:
    """An SVG that scales."""
    buffer = io.BytesIO()
    _code(token).save(buffer, kind="svg", scale=1, border=4, xmldecl=False, svgclass=None, lineclass=None)
    return buffer.getvalue()


def version(token: str) -> int:
    """The QR version that a token needs at level M."""
    return int(_code(token).version)


def _code(token: str) -> segno.QRCode:
    return segno.make_qr(token, error="m", boost_error=False)
