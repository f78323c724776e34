"""The sentences of documents, of messages in the code and of texts for people, and what makes them hard to read."""

import ast
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.source_tree import ROOT, tree_of

MOST_WORDS = 45

# Only these words ask in every place: "that" and "which" join clauses as well.
_ASKING = r"(?:What|Who|Whom|Whose|Whoever|Whomever|Whatever|Whichever|Whether)"
# A number such as 3.5, an "e.g.", a version and a file name end no sentence: a capital, a quote or a figure follows a real end.
_END = re.compile(r"(?<=[.!?])[\"'”’)*_`]*\s+(?=[A-Z\"'“‘(*`_\d\[])")
_CLAUSE = re.compile(rf"[;:]\s+({_ASKING.lower()})\b")
_OPENS = re.compile(rf"[\"'“(*_`\s]*{_ASKING}\b")
_LINK = re.compile(r"!?\[([^\]]*)\]\([^)]*\)")
_CODE = re.compile(r"`[^`]*`")
_LABEL = re.compile(r"^\*\*[^*]*[.:]\*\*\s*")


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


def sentences_of_code(*files: Path) -> Iterator[Sentence]:
    """Yield the sentences of strings in code that hold a space; docstrings are held elsewhere."""
    for file in files:
        tree = tree_of(file)
        docs = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
        inside = {
            id(part) for node in ast.walk(tree) if isinstance(node, ast.JoinedStr) for part in node.values
        }
        for node in ast.walk(tree):
            if id(node) in docs or id(node) in inside:
                continue
            for text in split(_written(node)):
                if " " in text:
                    yield Sentence(str(file.relative_to(ROOT)), node.lineno, text)


def _written(node: ast.AST) -> str:
    """Write a string as its reader sees it, with an x for each value that is filled in; nothing for another node."""
    if isinstance(node, ast.Constant):
        return node.value if isinstance(node.value, str) else ""
    if isinstance(node, ast.JoinedStr):
        return "".join(_written(part) if isinstance(part, ast.Constant) else "x" for part in node.values)
    return ""


def sentences_of_texts(*files: Path) -> Iterator[Sentence]:
    """Yield the English sentences of JSON files: what stands below a key `en`, or everything where no key is a language."""
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


def begins_with_a_question_word(sentence: Sentence) -> bool:
    """Tell whether a statement has a clause as its subject, at its beginning or after a semicolon or colon."""
    if sentence.text.endswith("?") or " " not in sentence.text:
        return False
    return _OPENS.match(sentence.text) is not None or _CLAUSE.search(sentence.text) is not None


def is_long(sentence: Sentence) -> bool:
    """Tell whether a sentence has more words than a reader holds."""
    return len(sentence.text.split()) > MOST_WORDS


def has_of_which(sentence: Sentence) -> bool:
    """Tell whether a relative clause hangs on a preposition and a noun."""
    return re.search(r"\b(of|by|to|for|in|with|from|on) (which|whom|whose)\b", sentence.text) is not None
