"""YAML text to nodes: what a scalar means, where everything stands, and what is refused before it can do harm."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.config.text.finding import Findings
from edge.config.text.source import BYTES_MAX, DEPTH_MAX, Node, parse


def read(text: str | bytes) -> tuple[Node | None, list[str]]:
    findings = Findings()
    node = parse(text.encode() if isinstance(text, str) else text, "f.yaml", findings)
    return node, [f"{problem.line}:{problem.column}: {problem.text}" for problem in findings.problems("en")]


def good(text: str | bytes) -> Node:
    node, said = read(text)
    assert node is not None and said == [], said
    return node


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("62", 62),
        ("-3", -3),
        ("0.1", 0.1),
        ("1e3", 1000.0),
        ("5.", 5.0),
        ("true", True),
        ("false", False),
        ("null", None),
        ("~", None),
        ("", None),
        # What other readers of YAML silently turn into something else stays the text it is.
        ("no", "no"),
        ("on", "on"),
        ("Yes", "Yes"),
        ("012", "012"),
        ("0x10", "0x10"),
        ("1_000", "1_000"),
        ("12:30:45", "12:30:45"),
        ("2026-05-04", "2026-05-04"),
        (".nan", ".nan"),
        (".inf", ".inf"),
        ("1e999", "1e999"),
        ("9" * 400, "9" * 400),
        ("'62'", "62"),
        ('"true"', "true"),
        ("10s", "10s"),
        ("°C", "°C"),
    ],
)
def test_a_scalar_means_what_it_looks_like(written: str, meant: object) -> None:
    value = good(f"key: {written}\n").plain()["key"]
    assert value == meant
    assert type(value) is type(meant)


def test_every_key_and_value_knows_its_place() -> None:
    root = good("a: 1\nb:\n  - x\n  - {c: 2,   d: [3]}\n")
    places = {
        "/".join(map(str, path)): (root.follow(path).key, root.follow(path).place)
        for path in [("a",), ("b",), ("b", 0), ("b", 1), ("b", 1, "c"), ("b", 1, "d"), ("b", 1, "d", 0)]
    }
    assert {path: (str(key), str(place)) for path, (key, place) in places.items()} == {
        "a": ("f.yaml:1:1", "f.yaml:1:4"),
        "b": ("f.yaml:2:1", "f.yaml:3:3"),
        "b/0": ("f.yaml:3:5", "f.yaml:3:5"),
        "b/1": ("f.yaml:4:5", "f.yaml:4:5"),
        "b/1/c": ("f.yaml:4:6", "f.yaml:4:9"),
        "b/1/d": ("f.yaml:4:14", "f.yaml:4:17"),
        "b/1/d/0": ("f.yaml:4:18", "f.yaml:4:18"),
    }


def test_windows_line_ends_count_as_one_line_end() -> None:
    assert str(good("a: 1\r\nb: 2\r\n").follow(("b",)).place) == "f.yaml:2:4"


def test_characters_that_only_the_parser_takes_for_line_ends_do_not_move_the_line() -> None:
    _, said = read("a: x\u2028y\nb: @\n")
    assert said[0].startswith("2:4: ")


def test_columns_count_characters_and_not_bytes() -> None:
    _, said = read("温度: {zh: 轴承, en: @}\n")
    assert said[0].startswith("1:18: ")


def test_an_empty_file_is_an_empty_mapping() -> None:
    assert good("").plain() == {}
    assert good("# only a remark\n").plain() == {}


@pytest.mark.parametrize(
    ("data", "line", "word"),
    [
        (b"\xef\xbb\xbfa: 1\n", 1, "UTF-8 without BOM"),
        ("a: 1\n".encode("utf-16"), 1, "UTF-8 without BOM"),
        ("# 注释\na: 主电机\n".encode("gbk"), 1, "save the file as UTF-8"),
        (b"a: 1\nb: \xd6\xf7\n", 2, "save the file as UTF-8"),
        (b"a: 1\nb: \x00\n", 2, "U+0000"),
        (b"a: 1\nb: x\x1b[31m\n", 2, "U+001B"),
    ],
)
def test_bytes_that_are_no_plain_utf8_text_are_refused_with_what_to_do(data: bytes, line: int, word: str) -> None:
    node, said = read(data)
    assert node is None
    assert len(said) == 1
    assert said[0].startswith(f"{line}:")
    assert word in said[0]


@pytest.mark.parametrize(("escaped", "code"), [(r"\0", "U+0000"), (r"\e", "U+001B"), (r"\ud800", "U+D800")])
def test_escapes_cannot_write_what_a_file_must_not_hold(escaped: str, code: str) -> None:
    _, said = read(f'a: "x{escaped}"\n')
    assert said == [f"1:4: an invisible control character ({code}): delete it"]


def test_a_file_above_the_limit_is_refused_and_not_parsed() -> None:
    node, said = read(b"a: [" + b"[" * BYTES_MAX)
    assert node is None
    assert "at most 1 MB" in said[0]


def test_depth_is_refused_before_it_costs_anything() -> None:
    node, said = read("[" * 50_000)
    assert node is None
    assert said == [f"1:{DEPTH_MAX + 1}: more than {DEPTH_MAX} levels: nothing here is that deep, check the brackets"]


def test_nine_levels_of_aliases_are_refused_and_never_expanded() -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 9)]
    node, said = read("\n".join(lines) + "\n")
    assert node is not None
    assert len(json.dumps(_countable(node))) < 2000
    assert sum("aliases" in line for line in said) == 8 * 9


def _countable(node: Node) -> Any:
    if node.is_mapping:
        return {key: _countable(child) for key, child in node.entries.items()}
    return [_countable(child) for child in node.items] or str(node.value)


def test_an_equal_key_is_refused_with_both_lines_and_the_first_one_stays() -> None:
    node, said = read("a: 1\nb: 2\na: 3\n")
    assert node is not None and node.plain() == {"a": 1, "b": 2}
    assert said == ['3:1: the key "a" stands here a second time, first in line 1: delete one of them']


PLAIN = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**9), 10**9)
    | st.text(st.characters(codec="utf-8", exclude_categories=("C", "Zl", "Zp")), max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text("abcdefgh", min_size=1, max_size=4), inner, max_size=4),
    max_leaves=12,
)


@given(st.dictionaries(st.text("abcdefgh", min_size=1, max_size=4), PLAIN, max_size=5))
@settings(max_examples=60, deadline=None)
def test_what_json_writes_is_read_as_it_was(tree: dict[str, Any]) -> None:
    assert good(json.dumps(tree, ensure_ascii=False)).plain() == tree


@given(st.text(st.sampled_from("ab:{}[]&*!|>'\"%@`#-? \n\t,0é\u2028\u0085"), max_size=40))
@settings(max_examples=300, deadline=None)
def test_no_text_makes_the_parser_fail_in_another_way_than_by_a_finding_inside_the_text(text: str) -> None:
    node, said = read(text)
    assert node is not None or said
    lines = text.split("\n")
    for line in said:
        number, column, _ = line.split(":", 2)
        assert 1 <= int(number) <= len(lines)
        assert 1 <= int(column) <= len(lines[int(number) - 1]) + 1


def test_a_file_that_was_read_before_says_all_of_its_problems_again_and_one_that_was_changed_only_its_own() -> None:
    assert read("a: 1\na: 2\n")[1] == read("a: 1\na: 2\n")[1] != []
    assert good("a: 1\nb: 2\n").plain() == {"a": 1, "b": 2}


def test_the_same_text_in_another_file_has_its_places_there() -> None:
    there = parse(b"a: 1\n", "there.yaml", Findings())
    assert good("a: 1\n").place.file == "f.yaml"
    assert there is not None and there.place.file == "there.yaml"
