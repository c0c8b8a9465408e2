"""The first line: 40 characters at most, priority and value always whole."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.response.headline import HEADLINE_MAX, compose_headline, shorten
from edge.texts import LANGUAGES, catalogue

ANY_WORDS = st.text(max_size=60)
PREFIXES = [
    catalogue(language)[f"response.headline.{opening}"].format(priority=catalogue(language)[f"response.priority.{priority}"])
    for language in LANGUAGES
    for opening in ("raised", "reminder", "returned")
    for priority in ("critical", "high", "medium", "low")
]
#: As long as `number_text` makes them, with units of a plant.
VALUES = st.builds(
    "{} {}".format, st.sampled_from(["84.2", "-9999999", "-1.235e+308"]), st.sampled_from(["°C", "kN·m", "m³/h", "µm"])
)


@given(st.sampled_from(PREFIXES), ANY_WORDS, ANY_WORDS, ANY_WORDS, VALUES | st.just(""))
def test_any_words_fit_into_one_line_of_forty_characters_with_priority_and_value_whole(
    prefix: str, place: str, device: str, what: str, value: str
) -> None:
    line = compose_headline(prefix, place, device, what, value)
    assert len(line) <= HEADLINE_MAX
    assert len(line.splitlines()) <= 1
    assert line.startswith(prefix.rstrip())
    assert line.endswith(value)


@given(ANY_WORDS, ANY_WORDS, ANY_WORDS, ANY_WORDS)
def test_even_a_value_without_end_leaves_the_line_at_forty_characters(place: str, device: str, what: str, unit: str) -> None:
    assert len(compose_headline("[CRITICAL still] ", place, device, what, f"84.2 {unit}")) <= HEADLINE_MAX


@pytest.mark.parametrize(
    ("words", "line"),
    [
        # Everything that fits stands there as it is.
        (("【高】", "3号机架", "主电机", "轴承温度高", "84.2 °C"), "【高】3号机架 主电机 轴承温度高 84.2 °C"),
        (("[LOW] ", "Stand 3", "fan", "running", ""), "[LOW] Stand 3 fan running"),
        # The device gives way first,
        (("[HIGH] ", "Stand 3", "main motor", "bearing hot", "84.2 °C"), "[HIGH] Stand 3 main… bearing hot 84.2 °C"),
        # then what is wrong,
        (("[HIGH OK] ", "Stand 3", "main motor", "bearing hot", "76.9 °C"), "[HIGH OK] Stand 3 main… bearing… 76.9 °C"),
        # then the device is left out,
        (("[HIGH still] ", "Stand 3", "main motor", "bearing hot", "84.2 °C"), "[HIGH still] Stand 3 bearing hot 84.2 °C"),
        # then the place.
        (("[CRITICAL still] ", "Stand 3", "main motor", "bearing hot", "84.2 °C"), "[CRITICAL still] bearing hot 84.2 °C"),
        # A shop that names a device by its place, or a fault by its device, does not say it twice.
        (("【中】", "3号机架", "3号机架主电机", "油压低", "1.1 bar"), "【中】3号机架主电机 油压低 1.1 bar"),
        (("【中】", "3号机架", "主电机", "主电机油压低", "1.1 bar"), "【中】3号机架 主电机油压低 1.1 bar"),
        # A line break in a name does not break the line.
        (("【低】", "3号\n机架", "主 \t电机", "停", ""), "【低】3号 机架 主 电机 停"),
        # Nothing to say but the priority.
        (("[LOW] ", "", "", "", ""), "[LOW]"),
    ],
)
def test_lines_of_a_shop(words: tuple[str, str, str, str, str], line: str) -> None:
    assert compose_headline(*words) == line


@given(st.text(max_size=30), st.integers(-3, 40))
def test_a_shortened_text_is_a_beginning_and_an_ellipsis_or_nothing(text: str, length: int) -> None:
    short = shorten(text, length)
    assert len(short) <= max(0, length)
    assert short in (text, "") or (short.endswith("…") and text.startswith(short[:-1]))
