"""Hold the code below the limits of what a person can read; `python -m benchmarks.house` prints the counts."""

import ast
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

from benchmarks import house
from tests.prose import (
    MOST_WORDS,
    Sentence,
    asking_sentences_of_code,
    asks,
    is_long,
    sentences_of_pages,
    sentences_of_texts,
    split,
)
from tests.source_tree import ROOT, sources, tree_of

FEW_FIELDS = 6
FEW_LINES = 8
VAGUE = {"found", "made", "one", "told"}
ASKING = re.compile(r"(What|Who|Whose|Whom|Whoever|Whether|Which|How|Where|When|Everything that|Nothing)\b")
# Rows that are read by the million go into their values as they come.
_BY_PLACE = {"JournalLine", "OtherLine", "ShareLine", "TaxLine", "Pattern"}
_MOST_CROWDED, _MOST_LEFT_ALONE = 20, 60
# The rest belongs to what comes from outside or goes there: lower it when there are fewer.
_MOST_OPEN = 518
# The three of the fare engine are there for speed, and say so.
_MOST_DENSE = {
    "conditional expressions in another": 0,
    "comprehensions in another": 0,
    "comprehensions with 3 or more clauses": 0,
    "conditions with 5 or more operands": 0,
}
# Sentences that are left: mend one, and lower its number.
_MOST_ASKING_OF_PAGES, _MOST_LONG_OF_PAGES, _MOST_ASKING_OF_TEXTS = 0, 4, 0
_TEXTS = (
    "ticketing/connections/sentences.json",
    "gate/throughfare_gate/gate/sentences.json",
    "ticketing/console/texts/en.json",
    "ticketing/delay_papers/words.json",
    "ticketing/notices/letters.json",
    "ticketing/purchase/words.json",
    "ticketing/search/words.json",
)
_DICT = ("dict[str, Any]",)
_COUNT_MONEY = (
    "ticketing/books",
    "ticketing/frozen",
    "ticketing/purchase",
    "ticketing/quote",
    "ticketing/settlement",
)


def hold(faults: list[str], advice: str) -> None:
    """Fail with a line for each fault, and with what to do about it."""
    if faults:
        pytest.fail("\n".join([*faults, f"-> {advice}"]), pytrace=False)


def hold_number(found: list[str], most: int, subject: str, advice: str) -> None:
    """Fail where there are more than so many, and name all of them."""
    hold([] if len(found) <= most else [*found, f"{len(found)} {subject}, at most {most}"], advice)


def test_no_file_is_longer_than_a_person_reads_at_once() -> None:
    long = [
        f"{one.path}: {one.lines} lines, at most {house.MOST_LINES}"
        for one in house.sources()
        if one.lines > house.MOST_LINES
    ]

    hold(long, "move what belongs together to a module of its own, by a commit of moves only")


def test_few_calls_give_many_values_by_their_place() -> None:
    hold_number(
        house.crowded_calls(house.sources()),
        _MOST_CROWDED,
        f"calls give {house.MANY_VALUES} or more values by their place",
        "name the values of the new call",
    )


def test_no_function_has_more_branches_than_a_person_follows() -> None:
    branchy = [f"{one}: at most {house.MOST_BRANCHES} branches" for one in house.too_branchy(house.sources())]

    hold(branchy, "give a decision of it a function and a name")


def test_the_formatter_is_hardly_ever_switched_off() -> None:
    packages = (*house.PACKAGES, "tests", "benchmarks", "migrations")
    left_alone = [
        f"{one.path}:{at}"
        for one in house.sources(*packages)
        for at, line in enumerate(one.text.splitlines(), 1)
        if "# fmt: " + "skip" in line
    ]

    hold_number(
        left_alone,
        _MOST_LEFT_ALONE,
        "lines are left alone by the formatter",
        "let it lay out the new one (`make format`)",
    )


def test_values_with_many_fields_are_made_by_name() -> None:
    by_place = {name: one.path for one in house.sources() for name in _made_by_place(one.nodes)}
    new = [
        f"{path}: {name} has more than {FEW_FIELDS} fields"
        for name, path in by_place.items()
        if name not in _BY_PLACE
    ]

    hold(new, "make it a dataclass(kw_only=True)")
    hold(sorted(_BY_PLACE - set(by_place)), "these are made by name by now: take them out of _BY_PLACE")


def _made_by_place(nodes: Iterable[ast.AST]) -> Iterator[str]:
    """Name the dataclasses with many fields of their own that may be given by their place."""
    for node in nodes:
        if not isinstance(node, ast.ClassDef) or node.bases:
            continue
        words = [ast.unparse(one) for one in node.decorator_list]
        fields = [one for one in node.body if isinstance(one, ast.AnnAssign) and _is_given(one)]
        made_by = next((word for word in words if word.startswith("dataclass")), None)
        if made_by is not None and len(fields) > FEW_FIELDS and "kw_only=True" not in made_by:
            yield node.name


def _is_given(field: ast.AnnAssign) -> bool:
    said = "" if field.value is None else ast.unparse(field.value)
    return "ClassVar" not in ast.unparse(field.annotation) and "init=False" not in said


def test_no_document_is_asked_for_money_by_a_key() -> None:
    hold(house.money_by_key(house.sources()), "read the document into its type, and ask that for Money")


def test_a_document_that_is_asked_for_money_by_a_key_is_found() -> None:
    text = "def owed(line): return line['amount_minor'] + line['legs'][0]"
    asked = house.Source(Path("owed.py"), text, ast.parse(text))

    assert house.money_by_key([asked]) == ["owed.py:1 line['amount_minor']"]


@pytest.mark.parametrize("kind", house.DENSE)
def test_an_expression_is_short(kind: str) -> None:
    dense = house.dense(house.sources(), house.DENSE[kind])

    hold_number(
        dense, _MOST_DENSE[kind], kind, "give what is inside a name: a value, a function, a generator"
    )


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("conditional expressions in another", "a if b else c if d else e"),
        ("comprehensions in another", "[[leg for leg in way] for way in ways]"),
        ("comprehensions in another", "[way for way in ways if any(leg for leg in way)]"),
        ("comprehensions with 3 or more clauses", "[leg for way in ways if way for leg in way]"),
        ("conditions with 5 or more operands", "(a and b) or (c and not d) or e"),
    ],
)
def test_an_expression_that_is_dense_is_found(kind: str, text: str) -> None:
    dense = {name for name, finder in house.DENSE.items() if list(finder(ast.parse(f"known = {text}")))}

    assert dense == {kind}


def test_a_condition_that_is_all_that_a_function_does_is_not_dense() -> None:
    predicate = house.Source(
        Path("rule.py"), "", ast.parse("def fits():\n    return a and b and c and d and e")
    )

    assert house.dense([predicate], house.DENSE["conditions with 5 or more operands"]) == []


def test_packages_that_count_money_pass_types_and_no_open_documents() -> None:
    """A reader of a file may take a `Mapping[str, Any]`, which nobody can fill; it gives a type."""
    found = house.open_signatures(house.sources(*_COUNT_MONEY), _DICT)

    hold([f"{one}: takes or gives {_DICT[0]}" for one in found], "give the value a frozen dataclass")


def test_open_documents_become_fewer() -> None:
    found = house.open_signatures(house.sources())
    over = [f"{len(found)} functions take or give one of {', '.join(house.OPEN)}; at most {_MOST_OPEN}"]
    advice = (
        "give the new one a type. Which it is: `.venv/bin/python -m benchmarks.house --open > after`, the same into "
        "`before` without your change, and `diff before after`"
    )

    hold(over if len(found) > _MOST_OPEN else [], advice)


def test_a_fault_is_told_with_its_number_its_limit_and_advice() -> None:
    with pytest.raises(pytest.fail.Exception, match=r"a\.py:1 f\n2 calls, at most 1\n-> name them"):
        hold_number(["b.py:1 f", "a.py:1 f"], 1, "calls", "name them")


def test_the_limits_are_looked_for_in_the_code() -> None:
    assert len(house.sources()) > 100
    assert all(Path(package).is_dir() for package in house.PACKAGES)


def test_no_test_module_lends_to_another() -> None:
    """Helpers of several test modules lie in a module beside them: a test module may go without others falling."""
    lent = [
        f"{one.path}:{node.lineno} imports {node.module}"
        for one in house.sources("tests", "benchmarks")
        for node in one.nodes
        if isinstance(node, ast.ImportFrom) and (node.module or "").rpartition(".")[2].startswith("test_")
    ]

    hold(lent, "move what both need to a module beside them whose name does not begin with test_")


def test_a_docstring_begins_with_what_a_thing_is_or_does() -> None:
    """A sentence that begins with a question word has its subject further on, and is read twice."""
    folders = ("ticketing", "operators", "tariffs", "gate/throughfare_gate", "benchmarks", "tests")
    asking = [
        f"{path.relative_to(ROOT)}: {first}"
        for path in sources(*folders)
        for first in first_words(tree_of(path))
        if ASKING.match(first)
    ]

    hold(asking, "begin with what the thing is or does, no question word: subject, verb, object")


def first_words(tree: ast.Module) -> Iterator[str]:
    """Yield the first line of each docstring."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef):
            yield (ast.get_docstring(node) or "").partition("\n")[0]


@pytest.mark.parametrize(
    ("text", "is_asking"),
    [
        ("Whoever pays for it gets a ticket.", True),
        ("The hold lapses; what was paid comes back.", True),
        ("**Refunds**: who leaves a group gets less.", True),
        ("What does a ticket cost?", False),
        ("A gate says what it did.", False),
    ],
)
def test_a_clause_as_the_subject_of_a_statement_is_found(text: str, is_asking: bool) -> None:
    assert any(asks(Sentence("page", 1, sentence)) for sentence in split(text)) is is_asking


def test_documents_name_the_subject_first_and_keep_their_sentences_short() -> None:
    """A clause as a subject hides who acts, and a long sentence is read twice."""
    sentences = list(sentences_of_pages(*pages()))

    hold_number(
        [str(one) for one in sentences if asks(one)],
        _MOST_ASKING_OF_PAGES,
        "sentences of documents have a clause as their subject",
        "name the person or the thing: 'the holder who pays', not 'who pays'",
    )
    hold_number(
        [str(one) for one in sentences if is_long(one)],
        _MOST_LONG_OF_PAGES,
        f"sentences of documents have more than {MOST_WORDS} words",
        "make two sentences of it, or a list",
    )


def pages() -> list[Path]:
    """List the documents for people outside and inside."""
    return [
        *sorted(ROOT.glob("*.md")),
        *sorted((ROOT / "docs").rglob("*.md")),
        ROOT / "gate/README.md",
        ROOT / "tests/README.md",
    ]


def test_messages_and_texts_name_the_subject_first() -> None:
    messages = asking_sentences_of_code(
        *sources("ticketing", "operators", "tariffs", "gate/throughfare_gate")
    )
    texts = sentences_of_texts(*(ROOT / name for name in _TEXTS))

    hold([str(one) for one in messages], "name the person or the thing first")
    hold_number(
        [str(one) for one in texts if asks(one)],
        _MOST_ASKING_OF_TEXTS,
        "texts for people have a clause as their subject",
        "name the person or the thing first",
    )


def test_a_name_that_says_nothing_lives_in_eight_lines_at_most() -> None:
    """A vague name is understood at a glance, or the value has a name of its own."""
    lost = [
        f"{one.path}:{node.lineno} {node.name}: {', '.join(sorted(names))}"
        for one in house.sources()
        for node in one.nodes
        if isinstance(node, ast.FunctionDef) and lines_of(node) > FEW_LINES and (names := vague_names(node))
    ]

    assert lost == []


def lines_of(function: ast.FunctionDef) -> int:
    """Count the lines of a function's body, its docstring left out."""
    body = function.body[1:] if ast.get_docstring(function) else function.body
    return (body[-1].end_lineno or 0) - body[0].lineno + 1 if body else 0


def vague_names(function: ast.FunctionDef) -> set[str]:
    """Name the vague names that a function takes or sets, those of its comprehensions and of functions inside left out."""
    taken = {argument.arg for argument in (*function.args.args, *function.args.kwonlyargs)}
    return VAGUE & (taken | set(names_set(function)))


def names_set(node: ast.AST) -> Iterator[str]:
    """Yield the names that are set below a node, but not in comprehensions and in functions of their own."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.FunctionDef | ast.ClassDef | ast.comprehension):
            continue
        if isinstance(child, ast.Name) and isinstance(child.ctx, ast.Store):
            yield child.id
        yield from names_set(child)
