"""Let every application of the suite share what werkzeug compiles of its routes.

For each route werkzeug writes and compiles two functions that build its address. They follow from the route alone, every
application has the same hundred and more, and making them was half of what an application cost.
"""

import functools
from collections.abc import Callable
from typing import Any

from werkzeug.routing import Rule

_BUILDERS: dict[Any, Callable[..., Any]] = {}


def begin() -> None:
    """Share from now on."""
    made = Rule._compile_builder

    @functools.wraps(made)
    def shared(self: Rule, append_unknown: bool = True) -> Callable[..., Any]:
        converters = tuple((name, type(one)) for name, one in self._converters.items())
        if self.defaults:
            return made(self, append_unknown)
        key = (append_unknown, tuple(self._trace), converters)
        if key not in _BUILDERS:
            _BUILDERS[key] = made(self, append_unknown)
        return _BUILDERS[key]

    Rule._compile_builder = shared  # type: ignore[method-assign]
