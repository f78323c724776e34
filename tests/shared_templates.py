"""Let every application of the suite share the pages that Jinja has compiled.

An application keeps its own, and each test has its own application, so that a test of the console compiled each of its pages
anew: a fifth of what such tests took. Pages are kept by name and text; all applications have the same filters and tests.
"""

from types import CodeType

from flask import Flask
from jinja2.bccache import Bucket, BytecodeCache


class _Kept(BytecodeCache):
    """Compiled pages in memory."""

    def __init__(self) -> None:
        self._pages: dict[tuple[str, str], CodeType] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        """Give the page of the same name with the same text, if there is one."""
        bucket.code = self._pages.get((bucket.key, bucket.checksum))

    def dump_bytecode(self, bucket: Bucket) -> None:
        """Keep a page that was compiled."""
        assert bucket.code is not None
        self._pages[bucket.key, bucket.checksum] = bucket.code


def begin() -> None:
    """Share from now on."""
    Flask.jinja_options = {**Flask.jinja_options, "bytecode_cache": _Kept()}
