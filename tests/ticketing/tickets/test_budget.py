"""The budget of the code: the longest ticket of each region fits, and scanners read it, even blurred and turned."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
import segno
import zxingcpp

from operators.region import load_region
from tests.ticketing.tickets.mint import SIGNER, phone_jwk, proof
from throughfare_gate.tickets.claims import bound_to
from ticketing.gate.operators import load_gates
from ticketing.tickets import barcode
from ticketing.tickets.issue import TicketOrder, ticket_payload

ROOT = Path(__file__).parents[3]
REGIONS = sorted(path.parent for path in (ROOT / "regions").glob("*/region.toml"))
AT = datetime(2026, 10, 13, tzinfo=UTC)
STATIC_VERSION, DYNAMIC_VERSION = 18, 25


def longest(region_folder: Path, *, bound: bool) -> str:
    """One leg of each operator between the stops with the longest names, and every optional claim of the product.

    A leg that its operator binds to the departure names it.
    """
    region, _ = load_region(region_folder)
    doors = load_gates([region_folder])
    legs = []
    for operator, timetable in sorted(
        region.timetables.items(), key=lambda pair: pair[0] not in doors.boarding
    ):
        first, second = sorted(timetable.stops, key=len, reverse=True)[:2]
        departure = (bound_to(int(AT.timestamp())),) if (operator, region.product) in doors.bound else ()
        legs.append((operator, first, second, *departure))
    order = TicketOrder(
        jti="A" * 22,
        product=region.product,
        legs=tuple(legs[:3]),
        passengers=9,
        category="chil",
        issued_at=AT,
        not_before=AT,
        expires_at=AT + timedelta(hours=12),
        status_list="261013",
        status_index=2**20 - 1,
        binding_key=phone_jwk() if bound else None,
    )
    return SIGNER.sign(
        "ticket+jwt", ticket_payload(order, "throughfare.eu", "https://throughfare.eu/s/261013", demo=False)
    )


@pytest.mark.parametrize("region", REGIONS, ids=lambda path: path.name)
def test_s55_the_longest_product_keeps_the_size_of_the_code(region: Path) -> None:
    """Level M up to its budget, beyond it level L: 718 and 1,273 bytes in the same sizes (ISO/IEC 18004, table 7)."""
    static, bound = longest(region, bound=False), longest(region, bound=True)
    dynamic = f"{bound}~{proof(bound)}"

    assert barcode.version(static) <= STATIC_VERSION
    assert segno.make_qr(dynamic, error="l", boost_error=False).version <= DYNAMIC_VERSION


def test_s55_up_to_560_characters_the_code_has_level_m() -> None:
    assert (
        barcode.version("x" * 560)
        == segno.make_qr("x" * 560, error="m", boost_error=False).version
        == STATIC_VERSION
    )
    assert barcode.version("x" * 561) < segno.make_qr("x" * 561, error="m", boost_error=False).version


def photographed(token: str, *, blur: int = 0, degrees: float = 0) -> np.ndarray:
    """The code as a camera sees it: a box blur of some pixels, a turn about the middle, grey levels."""
    scale = 6
    matrix = np.array(list(segno.make_qr(token, error="m", boost_error=False).matrix), dtype=np.uint8)
    image = np.kron(np.where(matrix == 1, 0, 255), np.ones((scale, scale))).astype(np.float64)
    image = np.pad(image, 12 * scale, constant_values=255)
    if degrees:
        size, angle = image.shape[0], np.deg2rad(degrees)
        rows, columns = np.indices(image.shape) - size / 2
        back_rows = np.rint(np.cos(angle) * rows - np.sin(angle) * columns + size / 2).astype(int)
        back_columns = np.rint(np.sin(angle) * rows + np.cos(angle) * columns + size / 2).astype(int)
        inside = (back_rows >= 0) & (back_rows < size) & (back_columns >= 0) & (back_columns < size)
        turned = np.full(image.shape, 255.0)
        turned[inside] = image[back_rows[inside], back_columns[inside]]
        image = turned
    if blur:
        span = range(-blur, blur + 1)
        for axis in (0, 1):
            image = np.mean([np.roll(image, step, axis) for step in span], axis=0)
    return np.ascontiguousarray(image.astype(np.uint8))


@pytest.mark.parametrize(("blur", "degrees"), [(0, 0), (2, 0), (0, 5), (2, 5)])
@pytest.mark.parametrize("is_bound", [False, True])
def test_a_scanner_reads_the_longest_code_blurred_and_turned(
    is_bound: bool, blur: int, degrees: float
) -> None:
    token = longest(REGIONS[0], bound=is_bound)
    shown = f"{token}~{proof(token)}" if is_bound else token

    found = zxingcpp.read_barcodes(
        photographed(shown, blur=blur, degrees=degrees), formats=zxingcpp.BarcodeFormat.AllMatrix
    )

    assert [code.text for code in found] == [shown]
