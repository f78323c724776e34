"""What is wrong between us and the database when it is no fault of the program: said in a line, with the remedy."""

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
    if isinstance(original, psycopg.OperationalError):
        return f"PostgreSQL does not answer: {said}"
    return next((told for begin, told in _SQLITE.items() if begin in said), None)
