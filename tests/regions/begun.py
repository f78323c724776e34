"""The region that `region new` begins with, in a folder that a test may change."""

from pathlib import Path

from operators import skeleton


def write(place: Path) -> Path:
    """Write its files; answers the folder."""
    for path, text in skeleton.files(place.name).items():
        (place / path).parent.mkdir(parents=True, exist_ok=True)
        (place / path).write_text(text, encoding="utf-8")
    return place


def change(path: Path, before: str, after: str) -> None:
    """Replace a text of a file, which must be there."""
    text = path.read_text(encoding="utf-8")
    assert before in text
    path.write_text(text.replace(before, after), encoding="utf-8")
