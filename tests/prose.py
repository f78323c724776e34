"""The sentences of documents, of messages in the code and of texts for people, and what makes them hard to read."""

import ast
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.source_tree import ROOT, tree_of

MOST_WORDS = 45

# Clauses that begin with these words stand as a subject. "That" and "which" are left out: they join clauses too.
_ASKING = r"(?:What|Who|Whom|Whose|Whoever|Whomever|Whatever|Whichever|Whether)"
# A point inside a number, a version or a file name ends no sentence: a capital, a quote or a figure follows a real end.
_END = re.compile(r"(?<=[.!?])[\"'”’)*_`]*\s+(?=[A-Z\"'“‘(*`_\d\[])")
_CLAUSE = re.compile(rf"[;:]\s+({_ASKING.lower()})\b")
_OPENS = re.compile(rf"[\"'“(*_`\s]*{_ASKING}\b")
_LINK = re.compile(r"!?\[([^\]]*)\]\([^)]*\)")
_CODE = re.compile(r"`[^`]*`")
_LABEL = re.compile(r"^\*\*[^*]*[.:]\*\*\s*")
# A string on a line of code that may ask: only files with one are parsed. Comments and docstrings begin otherwise.
_MAY_ASK = re.compile(
    rf"""^(?!\s*(?:\#|\"{{3}})).*["'](?:[^"'\n]*[;:.!?]\s+)?{_ASKING}\b""", re.MULTILINE | re.IGNORECASE
)


@dataclass(frozen=True)
class Sentence:
    """A sentence of a document or a text, with the file and the line at which its paragraph begins."""

    path: str
    line: int
    text: str

    def __str__(self) -> str:
        """Name the place, and enough of the sentence to find it."""
        return f"{self.path}:{self.line}: {self.text[:160]}"


def sentences_of_pages(*pages: Path) -> Iterator[Sentence]:
    """Yield the sentences of Markdown pages; headings and the cells of tables count, code does not."""
    for page in pages:
        name = str(page.relative_to(ROOT)) if page.is_absolute() else str(page)
        for line, block in _blocks(page.read_text(encoding="utf-8")):
            for text in split(block):
                yield Sentence(name, line, text)


def _blocks(text: str) -> Iterator[tuple[int, str]]:
    """Yield paragraphs, items, headings and cells with the line that each begins at."""
    start, lines, fenced = 0, list[str](), False
    for number, line in enumerate([*text.splitlines(), ""], start=1):
        bare = line.strip()
        fence = bare.startswith("```")
        fenced ^= fence
        begins = fence or not bare or bare[0] in "|#>" or re.match(r"([-*+]|\d+\.)\s", bare) is not None
        code = fenced or fence or (line.startswith("    ") and not lines)
        if (begins or code) and lines:
            yield start, " ".join(lines)
            lines = []
        if code or not bare:
            continue
        if bare[0] == "|":
            yield from ((number, cell.strip()) for cell in bare.strip("|").split(" | ") if cell.strip(" -:"))
            continue
        start = start if lines else number
        lines.append(re.sub(r"^([-*+]|\d+\.|#+|>)\s+", "", bare))


def split(text: str) -> Iterator[str]:
    """Split a paragraph into sentences; links keep their words, code in backticks is one word."""
    plain = _CODE.sub("`x`", _LINK.sub(r"\1", text))
    for part in _END.split(plain):
        if sentence := _LABEL.sub("", part.strip()):
            yield sentence


def asking_sentences_of_code(*files: Path) -> Iterator[Sentence]:
    """Yield the statements in strings of code that have a clause as their subject; docstrings are held elsewhere."""
    for file in files:
        if _MAY_ASK.search(file.read_text(encoding="utf-8")) is None:
            continue
        name = str(file.relative_to(ROOT))
        for line, written in _strings(tree_of(file)):
            yield from filter(asks, (Sentence(name, line, text) for text in split(written)))


def _strings(node: ast.AST) -> Iterator[tuple[int, str]]:
    """Yield each string of a tree with its line, as its reader sees it: an x stands for a value that is filled in."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.Constant):
            if isinstance(child.value, str) and " " in child.value:
                yield child.lineno, child.value
        elif isinstance(child, ast.JoinedStr):
            yield child.lineno, "".join(_filled_in(part) for part in child.values)
        elif not (isinstance(child, ast.Expr) and isinstance(child.value, ast.Constant)):
            yield from _strings(child)


def _filled_in(part: ast.expr) -> str:
    return part.value if isinstance(part, ast.Constant) and isinstance(part.value, str) else "x"


def sentences_of_texts(*files: Path) -> Iterator[Sentence]:
    """Yield the English sentences of JSON files: the texts below a key `en`, or all texts of a file without languages."""
    for file in files:
        for text in _english(json.loads(file.read_text(encoding="utf-8"))):
            for sentence in split(text):
                yield Sentence(str(file.relative_to(ROOT)), 0, sentence)


def _english(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        chosen = [value["en"]] if "en" in value else value.values()
        for part in chosen:
            yield from _english(part)
    elif isinstance(value, list):
        for part in value:
            yield from _english(part)


def asks(sentence: Sentence) -> bool:
    """Tell whether a statement has a clause as its subject, at its beginning or after a semicolon or colon."""
    if sentence.text.endswith("?") or " " not in sentence.text:
        return False
    return _OPENS.match(sentence.text) is not None or _CLAUSE.search(sentence.text) is not None


def is_long(sentence: Sentence) -> bool:
    """Tell whether a sentence has more words than a reader holds."""
    return len(sentence.text.split()) > MOST_WORDS
