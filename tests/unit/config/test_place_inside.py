"""Where a character of a text stands in the file, in every way in which YAML lets people write a text."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.config.parameters import Filling
from edge.config.text.finding import Findings
from edge.config.text.inside import place_inside
from edge.config.text.source import Node, parse

#: In each, the mark is what the place must lead to.
WRITTEN = {
    "plain": "when: a > 1 and §b > 2\n",
    "double quotes": 'when: "a > 1 and §b > 2"\n',
    "single quotes": "when: 'a > 1 and §b > 2'\n",
    "quotes within single quotes": "when: '''a-1'' > 1 and §b > 2'\n",
    "escapes": 'when: "\\"a\\" > 1\\tand \\x61 > 1 and §b"\n',
    "folded": "when: >-\n  a > 1\n  and §b > 2\n",
    "folded, kept": "when: >+\n\n    a > 1\n      and\n\n    §b > 2\n\n",
    "literal, with a comment": "when: |  # twice\n  a > 1\n  and §b > 2\n",
    "plain over two lines": "when: a > 1\n  and §b > 2\n",
    "double quotes over two lines": 'when: "a > 1\n  and \\\n  §b > 2"\n',
    "in brackets": "x: {y: [1, 'a and §b']}\nwhen: 0\n",
}


def texts(node: Node) -> list[Node]:
    below = [*node.entries.values(), *node.items]
    own = [node] if isinstance(node.value, str) else []
    return own + [found for each in below for found in texts(each)]


@pytest.mark.parametrize("marked", WRITTEN.values(), ids=list(WRITTEN))
def test_the_place_of_a_character_is_where_it_stands_in_the_file(marked: str) -> None:
    line = marked[: marked.index("§")].count("\n") + 1
    column = marked.split("\n")[line - 1].index("§") + 1
    root = parse(marked.replace("§", "").encode(), "f.yaml", Findings())
    assert root is not None
    node = next(each for each in texts(root) if "b" in str(each.value))
    assert isinstance(node.value, str)
    place = place_inside(node, node.value.rindex("b") + 1)
    assert (place.line, place.column) == (line, column)


def test_behind_the_end_is_behind_the_last_character() -> None:
    root = parse(b'when: "a >  "\n', "f.yaml", Findings())
    assert root is not None
    assert str(place_inside(root.entries["when"], 99)) == "f.yaml:1:11"


def test_a_text_with_parameters_filled_in_is_pointed_at_as_a_whole() -> None:
    root = parse(b'p: 12345\nwhen: "a > {p} and b"\n', "f.yaml", Findings())
    assert root is not None
    filled = Filling(Findings()).fill(root.entries["when"], {"p": root.entries["p"]}, "t")
    assert filled.value == "a > 12345 and b"
    assert str(place_inside(filled, 15)) == "f.yaml:2:7"


@given(st.text(st.sampled_from("ab'\" \\>"), min_size=1, max_size=20).map(str.strip).filter(bool))
def test_quotes_of_both_sorts_lead_to_the_same_characters(text: str) -> None:
    for quoted in ("'" + text.replace("'", "''") + "'", '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'):
        root = parse(f"k: {quoted}\n".encode(), "f.yaml", Findings())
        assert root is not None
        node = root.entries["k"]
        assert node.value == text
        for position, char in enumerate(text, 1):
            if not char.isspace():
                column = place_inside(node, position).column
                shown = f"k: {quoted}"[column - 1 :]
                assert shown.startswith((char, f"\\{char}"))
