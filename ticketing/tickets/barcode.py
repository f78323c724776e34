"""Draw a ticket's code, QR or Aztec, as PNG or SVG. Issuing never depends on drawing."""

import io
from collections.abc import Iterable
from typing import Literal

import segno
from aztec_code_generator import AztecCode

Symbol = Literal["qr", "aztec"]

# Up to here level M stays at version 18 (89 modules); a longer token keeps that size at level L.
_LONGEST_AT_M = 560
_AZTEC_CORRECTION_PERCENT = 23
_MODULE_PIXELS = 6
_QUIET_MODULES = 4


def png(token: str, symbol: Symbol = "qr") -> bytes:
    """A PNG for screens and paper, with the quiet zone."""
    buffer = io.BytesIO()
    if symbol == "aztec":
        drawn = _aztec(token).image(module_size=_MODULE_PIXELS, border=_QUIET_MODULES)
        drawn.save(buffer, format="PNG")
    else:
        _code(token).save(buffer, kind="png", scale=_MODULE_PIXELS, border=_QUIET_MODULES)
    return buffer.getvalue()


def svg(token: str, symbol: Symbol = "qr", *, scale: int = 1) -> bytes:
    """An SVG that scales; a module of a QR code is so many units wide."""
    if symbol == "aztec":
        return _aztec_svg(token)
    buffer = io.BytesIO()
    _code(token).save(buffer, kind="svg", scale=scale, border=4, xmldecl=False, svgclass=None, lineclass=None)
    return buffer.getvalue()


def version(token: str) -> int:
    """The QR version that a token needs: its modules are 4 x version + 17."""
    return int(_code(token).version)


def _code(token: str) -> segno.QRCode:
    return segno.make_qr(token, error="m" if len(token) <= _LONGEST_AT_M else "l", boost_error=False)


def _aztec(token: str) -> AztecCode:
    return AztecCode(token, ec_percent=_AZTEC_CORRECTION_PERCENT)


def _aztec_svg(token: str) -> bytes:
    """One path of unit squares, like the QR code's."""
    code = _aztec(token)
    side = code.size + 2 * _QUIET_MODULES
    path = "".join(_row_path(y, row) for y, row in enumerate(code.matrix))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{side}" height="{side}" viewBox="0 0 {side} {side}">'
        f'<rect width="{side}" height="{side}" fill="#fff"/><path d="{path}"/></svg>'
    ).encode()


def _row_path(y: int, row: Iterable[int]) -> str:
    """The dark squares of one row."""
    dark = (x for x, is_dark in enumerate(row) if is_dark)
    return "".join(f"M{x + _QUIET_MODULES} {y + _QUIET_MODULES}h1v1h-1z" for x in dark)
