"""Explain trouble between us and the database that is no fault of the program: one line, with the remedy."""

import psycopg.errors
import sqlalchemy as sa

_UPGRADE = "the schema is missing or older than this program; run `throughfare db upgrade`"
_UNDEFINED = (psycopg.errors.UndefinedTable, psycopg.errors.UndefinedColumn)
# SQLite has one error class for all of these; the beginnings of its texts are part of its interface (sqlite3ErrStr).
_SQLITE = {
    "no such table": _UPGRADE,
    "no such column": _UPGRADE,
    "has no column named": _UPGRADE,
    "unable to open database file": "SQLite cannot open the file; is it a file, in a folder that can be written?",
    "file is not a database": "the file is not an SQLite database",
    "attempt to write a readonly database": "the file, or its folder, cannot be written",
    "database is locked": "another process has been writing for too long; try again",
    "database or disk is full": "the disk is full",
    "disk I/O error": "the disk cannot be read or written",
    "database disk image is malformed": "the file is damaged; restore it from the backup",
}
# Classes of SQLSTATE that a person must mend: invalid authorization, invalid catalogue name.
_WRONG = ("28", "3D")
# PostgreSQL ended one transaction so that others could go on (40P01, 40001): it may be tried again at once.
_TORN = (psycopg.errors.DeadlockDetected, psycopg.errors.SerializationFailure)
_TAKES_NO_WRITES = psycopg.errors.ReadOnlySqlTransaction
_PASSING = ("database is locked", "database or disk is full", "disk I/O error")


def is_taken(error: BaseException) -> bool:
    """Tell whether a row that may be there once was written by somebody else a moment before: both could not know."""
    if not isinstance(error, sa.exc.IntegrityError):
        return False
    return isinstance(error.orig, psycopg.errors.UniqueViolation) or str(error.orig).startswith(
        "UNIQUE constraint failed"
    )


def refused_for_one_person(error: BaseException) -> str | None:
    """The words with which the database refuses one person the second pair of eyes; None for any other error."""
    if not isinstance(error, sa.exc.IntegrityError):
        return None
    said = str(error.orig).strip().partition("\n")[0]
    return said if said.startswith("who ") else None


def trouble(error: BaseException) -> str | None:
    """Why the database cannot be used and what helps; None for an error that is the program's own."""
    if not isinstance(error, sa.exc.DBAPIError):
        return None
    original = error.orig
    if isinstance(original, _UNDEFINED):
        return _UPGRADE
    said = str(original).strip().partition("\n")[0]
    if isinstance(original, psycopg.errors.InsufficientPrivilege):
        return f"PostgreSQL allows too little: {said}"
    if isinstance(original, _TAKES_NO_WRITES):
        return f"PostgreSQL takes no writes: {said}"
    if isinstance(original, psycopg.OperationalError):
        return f"PostgreSQL does not answer: {said}"
    return next((told for begin, told in _SQLITE.items() if begin in said), None)


def is_away(error: BaseException) -> bool:
    """Tell whether the database does not answer now and may later; a wrong name, password or schema is no such case."""
    if not isinstance(error, sa.exc.DBAPIError) or trouble(error) is None:
        return False
    original = error.orig
    if isinstance(original, _TAKES_NO_WRITES):
        return True
    if isinstance(original, psycopg.OperationalError):
        return not str(original.sqlstate or "").startswith(_WRONG) and not _is_refused(str(original))
    return any(begin in str(original) for begin in _PASSING)


def is_torn(error: BaseException) -> bool:
    """Tell whether the database itself ended a transaction for the sake of others: the same again may well succeed."""
    return isinstance(error, sa.exc.DBAPIError) and isinstance(error.orig, _TORN)


def _is_refused(said: str) -> bool:
    """A connection that never came to be has no SQLSTATE: its text tells a wrong name or password."""
    return any(word in said for word in ("authentication failed", "does not exist", "no pg_hba.conf entry"))
