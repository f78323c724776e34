"""Days and months as papers write them in each language; English papers have them as ISO 8601 does. Pure."""

from datetime import date

from babel.dates import format_date, format_skeleton


def day_in(day: date | str, language: str) -> str:
    """A day: 10.11.2026 in Finnish."""
    known = date.fromisoformat(day[:10]) if isinstance(day, str) else day
    return f"{known:%Y-%m-%d}" if language == "en" else format_skeleton("yMd", known, locale=language)


def month_in(period: str, language: str) -> str:
    """A month by its name in the books: marraskuu 2026 in Finnish."""
    return format_date(date.fromisoformat(f"{period}-01"), "LLLL y", locale=language)
