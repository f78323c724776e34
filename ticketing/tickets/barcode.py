"""Draw a ticket's QR code as PNG or SVG. Issuing never depends on drawing."""

import io

import segno

# Up to here level M stays at version 18 (89 modules); a longer token keeps that size at level L.
_LONGEST_AT_M = 560


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
    """The QR version that a token needs: its modules are 4 x version + 17."""
    return int(_code(token).version)


def _code(token: str) -> segno.QRCode:
    return segno.make_qr(token, error="m" if len(token) <= _LONGEST_AT_M else "l", boost_error=False)
