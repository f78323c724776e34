"""Hold the documents together: every page is listed where its reader begins, and every link leads somewhere."""

import re
from pathlib import Path

import pytest

DECISIONS = sorted(Path("docs/decisions").glob("0*.md"))
PAGES = sorted(
    [
        *Path().glob("*.md"),
        *Path("docs").rglob("*.md"),
        *Path("tests").rglob("*.md"),
        *Path("gate").rglob("*.md"),
    ]
)
LINK = re.compile(r"\]\(([^)#\s]+)(?:#[^)]*)?\)")


@pytest.mark.parametrize("page", DECISIONS, ids=lambda page: page.name[:4])
def test_a_decision_has_its_number_its_date_its_status_and_its_three_parts(page: Path) -> None:
    lines = page.read_text(encoding="utf-8").splitlines()

    assert lines[0].startswith(f"# {page.name[:4]}. ")
    assert re.fullmatch(r"Date: \d{4}-\d\d-\d\d\. Status: (accepted|replaced by \d{4})\.", lines[2])
    assert all(
        f"**{part}.**" in page.read_text(encoding="utf-8") for part in ("Context", "Choice", "Consequence")
    )


@pytest.mark.parametrize("folder", ["docs", "docs/decisions"])
def test_every_page_is_listed_in_its_folders_index(folder: str) -> None:
    index = Path(folder) / "README.md"
    listed = set(LINK.findall(index.read_text(encoding="utf-8")))

    assert sorted({page.name for page in Path(folder).glob("*.md")} - {"README.md"} - listed) == []


@pytest.mark.parametrize("page", PAGES, ids=str)
def test_every_link_to_a_file_leads_somewhere(page: Path) -> None:
    links = [
        link
        for link in LINK.findall(page.read_text(encoding="utf-8"))
        if "://" not in link and not link.startswith("mailto:")
    ]

    assert [link for link in links if not (page.parent / link).exists()] == []
