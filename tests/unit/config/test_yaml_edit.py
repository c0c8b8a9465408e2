"""Values change in the text of a file, and not one character besides."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.config.text.finding import Findings
from edge.config.text.source import parse
from edge.config.text.yaml_edit import Edit, NotEditable, Scalar, edited, written

FILE = """\
# rules of the hall
rules:
  hot:   # since 2019
    for: motor
    limit:   80        # ISO 10816
    deadband: "3"
    on_delay: 10s
    words: {zh: 热, en: "hot, very"}
    guidance:
      zh: >-
        停机
        检查
      en: Stop.   # at once

  flat: {for: motor, kind: high, limit: 5, words: {zh: 平, en: flat}}
"""


def change(*edits: Edit, text: str = FILE) -> str:
    return edited(text.encode(), "f.yaml", edits).decode()


@pytest.mark.parametrize(
    ("path", "value", "was", "comes"),
    [
        (("rules", "hot", "limit"), 82.5, "limit:   80        # ISO", "limit:   82.5        # ISO"),
        (("rules", "hot", "deadband"), 4, 'deadband: "3"', "deadband: 4"),
        (("rules", "hot", "limit"), "{bearing_high}", "80  ", '"{bearing_high}"  '),
        (("rules", "hot", "words", "en"), "hot", '"hot, very"', "hot"),
        (("rules", "hot", "guidance", "en"), "Stop: now", "Stop.   # at once", '"Stop: now"   # at once'),
        (("rules", "hot", "guidance", "zh"), "停", ">-\n        停机\n        检查\n", "停\n"),
        (("rules", "flat", "limit"), 6, "limit: 5", "limit: 6"),
        (("rules", "flat", "words", "zh"), "高", "zh: 平", "zh: 高"),
        (("rules", "hot", "deadband"), None, '    deadband: "3"\n', ""),
        (("rules", "hot", "words"), None, '    words: {zh: 热, en: "hot, very"}\n', ""),
        (("rules", "hot", "limit"), None, "limit:   80        # ISO", "# ISO"),
        (("rules", "hot", "guidance"), None, FILE[FILE.index("    guidance:") : FILE.index("\n  flat")], "    # at once\n"),
        (("rules", "flat", "limit"), None, "limit: 5, ", ""),
        (("rules", "flat", "words"), None, ", words: {zh: 平, en: flat}", ""),
        (("rules", "flat", "for"), None, "for: motor, ", ""),
    ],
)
def test_only_the_value_changes(path: tuple[str, ...], value: Scalar | None, was: str, comes: str) -> None:
    assert FILE.count(was) == 1
    assert change(Edit(path, value)) == FILE.replace(was, comes)


@pytest.mark.parametrize(
    ("key", "comes"),
    [
        ("limit", "{\n    # eighty\n    band: 2,   # two\n    words: {zh: 热} # hot\n  }\n"),
        ("band", "{\n    limit: 80,   # eighty\n    # two\n    words: {zh: 热} # hot\n  }\n"),
        ("words", "{\n    limit: 80,   # eighty\n    band: 2   # two\n     # hot\n  }\n"),
    ],
)
def test_a_comment_stays_when_its_key_goes_in_brackets_too(key: str, comes: str) -> None:
    text = "hot: {\n    limit: 80,   # eighty\n    band: 2,   # two\n    words: {zh: 热} # hot\n  }\n"
    assert change(Edit(("hot", key), None), text=text) == "hot: " + comes


def test_a_new_key_comes_behind_the_one_that_usually_stands_before_it() -> None:
    order = ("for", "limit", "deadband", "on_delay", "off_delay", "owner")
    came = change(
        Edit(("rules", "hot", "off_delay"), "20s", order),
        Edit(("rules", "hot", "owner"), "hall 2", order),
        Edit(("rules", "hot", "cause"), {"zh": "缺油", "en": "no oil: dry"}, order),
        Edit(("rules", "flat", "deadband"), 1, order),
    )
    expected = FILE.replace("on_delay: 10s\n", "on_delay: 10s\n    off_delay: 20s\n    owner: hall 2\n" + CAUSE)
    assert came == expected.replace("limit: 5,", "limit: 5, deadband: 1,")


CAUSE = '    cause: {zh: 缺油, en: "no oil: dry"}\n'


def test_a_neighbour_that_goes_is_no_neighbour() -> None:
    order = ("for", "limit", "deadband", "on_delay")
    came = change(Edit(("rules", "hot", "on_delay"), None), Edit(("rules", "hot", "deadband"), None))
    both = change(
        Edit(("rules", "hot", "deadband"), None, order),
        Edit(("rules", "hot", "on_delay"), None, order),
        Edit(("rules", "hot", "off_delay"), "1s", (*order, "off_delay")),
    )
    assert both == came.replace("# ISO 10816\n", "# ISO 10816\n    off_delay: 1s\n")


def test_files_of_windows_keep_their_line_ends_and_a_last_line_needs_none() -> None:
    windows = FILE.replace("\n", "\r\n")
    assert change(Edit(("rules", "hot", "owner"), "x", ("on_delay", "owner")), text=windows) == windows.replace(
        "10s\r\n", "10s\r\n    owner: x\r\n"
    )
    assert change(Edit(("a", "c"), 2), text="a:\n  b: 1") == "a:\n  b: 1\n  c: 2"


@pytest.mark.parametrize(
    "edit",
    [
        Edit(("rules", "cold", "limit"), 1),
        Edit(("rules", "hot", "owner"), None),
        Edit(("rules", "hot", "words"), "hot"),
        Edit(("rules", "hot", "guidance", "fr", "x"), "y"),
    ],
    ids=["no such rule", "nothing to take away", "a mapping is no value", "nowhere"],
)
def test_what_cannot_be_changed_is_said_and_nothing_is_half_done(edit: Edit) -> None:
    with pytest.raises(NotEditable) as refused:
        change(Edit(("rules", "hot", "limit"), 1), edit)
    assert str(refused.value.place).startswith("f.yaml:")


@given(st.text(st.characters(exclude_categories=("Cs", "Cc", "Co", "Cn"), exclude_characters="\u2028\u2029\ufeff"), min_size=1))
def test_every_text_comes_back_as_it_was_written(text: str) -> None:
    for form in (f"a: {written(text)}\n", f"{{a: {written(text)}}}\n"):
        findings = Findings()
        root = parse(form.encode(), "f.yaml", findings)
        assert root is not None
        assert root.plain() == {"a": text}


KEYS = st.sampled_from(["limit", "on_delay", "owner", "deadband", "new"])


@settings(max_examples=40)  # each reads the file three times
@given(st.dictionaries(KEYS, st.text("ab:#{},'\"- 7", min_size=1)))
def test_whatever_is_asked_for_is_what_the_file_says_then(asked: dict[str, str]) -> None:
    came = change(*(Edit(("rules", rule, key), value) for key, value in asked.items() for rule in ("hot", "flat")))
    before, after = parse(FILE.encode(), "f", Findings()), parse(came.encode(), "f", Findings())
    assert before is not None
    assert after is not None
    wanted = before.plain()
    for rule in ("hot", "flat"):
        wanted["rules"][rule] |= asked
    assert after.plain() == wanted
    assert came.count("#") >= FILE.count("#")


TAGS = """\
types:
  boiler:
    tags:
      pressure:          # of the drum
        address: holding 0
        valid: [0, 16]   # the transmitter's
        range:
          - 0
          - 16
        words: {zh: 压力, en: pressure}   # as on the plate
      # the next one is spare
    parameters: {a: 1}
"""


def test_a_new_entry_among_mappings_stands_behind_the_last_in_lines_of_its_own() -> None:
    new = {"address": "holding 1", "unit": "°C", "valid": [-5, 90.5], "words": {"zh": "温度", "en": "temperature"}}
    comes = change(Edit(("types", "boiler", "tags", "temp"), new), text=TAGS)
    added = """\
      temp:
        address: holding 1
        unit: °C
        valid: [-5, 90.5]
        words: {zh: 温度, en: temperature}
"""
    assert comes == TAGS.replace("# as on the plate\n", f"# as on the plate\n{added}")


def test_a_new_entry_among_mappings_in_brackets_stays_on_their_line() -> None:
    text = "tags: {a: {address: 40001, words: {zh: 甲, en: a}}} # two\n"
    comes = change(Edit(("tags", "b"), {"address": 40002, "words": {"zh": "乙", "en": "b"}}), text=text)
    assert comes == text.replace("a}}}", "a}}, b: {address: 40002, words: {zh: 乙, en: b}}}")


def test_a_list_in_brackets_changes_as_a_whole_and_one_in_lines_is_left_to_people() -> None:
    assert change(Edit(("types", "boiler", "tags", "pressure", "valid"), [-1, 16]), text=TAGS) == TAGS.replace(
        "[0, 16]", "[-1, 16]"
    )
    with pytest.raises(NotEditable):
        change(Edit(("types", "boiler", "tags", "pressure", "range"), [-1, 16]), text=TAGS)
