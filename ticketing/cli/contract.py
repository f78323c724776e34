"""The shape of every contract command: one JSON document in, one out, faults as a problem on standard error."""

import json
import sys
from collections.abc import Callable, Iterable
from functools import partial
from typing import Any, NoReturn, TextIO

import click

from throughfare_gate.strictjson import NotStrict, loads
from ticketing.cli.progress import progress, told_by_size
from ticketing.errors import Fault, InvalidRequest, ThroughfareError

Handler = Callable[[Any], Any]

# Letters that some programs take for the end of a line are written as escapes.
_LINE_ENDS = {0x85: "\\u0085", 0x2028: "\\u2028", 0x2029: "\\u2029"}
MAX_DOCUMENT_BYTES = 64 * 1024 * 1024


class RequestFile(click.File):
    """The argument REQUEST: a file, or `-`; one that cannot be opened is a problem document like any bad input."""

    def __init__(self) -> None:
        super().__init__(encoding="utf-8")

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Open the file, or end with the problem."""
        try:
            return super().convert(value, param, ctx)
        except click.BadParameter as error:
            _refuse(InvalidRequest(error.message, [Fault("REQUEST", error.message)]))


def run(request: TextIO, handler: Handler, *, jsonl: bool) -> None:
    """Answer one document, or with `jsonl` one a line; exit 2 on a bad document, 1 if any line was bad."""
    try:
        if jsonl:
            sys.exit(0 if _answer_lines(request, handler) else 1)
        answer = handler(parse(request.read(MAX_DOCUMENT_BYTES)))
    except UnicodeDecodeError as error:
        _refuse(InvalidRequest("the request is not UTF-8", [Fault("", str(error))]))
    except ThroughfareError as error:
        _refuse(error)
    click.echo(json.dumps(answer, ensure_ascii=False, indent=2))


def parse(text: str) -> Any:
    """Read strict JSON: no repeated names, no NaN; raises InvalidRequest."""
    try:
        return loads(text)
    except NotStrict as error:
        raise InvalidRequest(str(error), [Fault("", str(error))]) from None


def problem(error: ThroughfareError) -> dict[str, Any]:
    """The problem document of the contracts (RFC 9457 members plus `errors`)."""
    return {
        "type": f"urn:throughfare:problem:{error.code}",
        "title": error.code.replace("_", " "),
        "detail": error.detail,
        "errors": [{"path": fault.path, "message": fault.message} for fault in error.faults],
    }


def _refuse(error: ThroughfareError) -> NoReturn:
    click.echo(json.dumps(problem(error), ensure_ascii=False), err=True)
    sys.exit(2)


def _answer_lines(lines: TextIO, handler: Handler) -> bool:
    with progress("answering", answers=True) as tell:
        # As bytes: a line ends with a line feed and with nothing else, and one that is no text is a bad line.
        return _answer(told_by_size(lines.buffer, partial(tell, "answering")), handler)


def _answer(lines: Iterable[bytes], handler: Handler) -> bool:
    all_good = True
    for line in lines:
        if not line.strip():
            continue
        try:
            answer = handler(_parse_line(line))
        except ThroughfareError as error:
            answer, all_good = problem(error), False
        click.echo(json.dumps(answer, ensure_ascii=False).translate(_LINE_ENDS))
    return all_good


def _parse_line(line: bytes) -> Any:
    try:
        return parse(line.decode())
    except UnicodeDecodeError as error:
        raise InvalidRequest("the line is not UTF-8", [Fault("", str(error))]) from None
