"""Draw the noise by OpenDP, whose discrete Laplace mechanism is safe with computers' numbers and takes its entropy from the system."""

import functools
import importlib.util
from collections.abc import Callable, Sequence
from typing import Any, Protocol

from ticketing.errors import Misconfigured
from ticketing.publishing.privacy.rules import Rule

# OpenDP rounds its own arithmetic up, against itself.
_SLACK = 1e-9


class Noise(Protocol):
    """Something that adds noise to counts."""

    def add(self, counts: Sequence[int], rule: Rule) -> list[int]:
        """Give each count with its noise, in the same order."""
        ...


class OpenDpNoise:
    """The noise of a deployment: no seed, so that nobody can draw it again."""

    def add(self, counts: Sequence[int], rule: Rule) -> list[int]:
        """Give each count with its noise; raises Misconfigured where OpenDP is not installed, or promises less than the rule."""
        measure = _measurement(rule.scale)
        proven = measure.map(rule.sensitivity)
        if proven > rule.epsilon + _SLACK:
            raise Misconfigured(f"the noise of scale {rule.scale} spends {proven}, more than {rule.epsilon}")
        return [int(value) for value in measure(list(counts))]


def is_installed() -> bool:
    """Tell whether OpenDP is there."""
    return importlib.util.find_spec("opendp") is not None


@functools.cache
def _measurement(scale: float) -> Any:
    dp = _opendp()
    dp.enable_features("contrib")
    space = dp.vector_domain(dp.atom_domain(T="i64")), dp.l1_distance(T="i64")
    make: Callable[..., Any] = dp.m.make_laplace
    return make(*space, scale=scale)


def _opendp() -> Any:
    try:
        import opendp.prelude as dp  # noqa: PLC0415  an extra, and it takes long to load
    except ImportError:
        raise Misconfigured(
            "publishing numbers about people needs OpenDP: pip install 'throughfare[open-data]' brings it"
        ) from None
    return dp
