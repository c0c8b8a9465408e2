"""The first line: 40 characters at most, the priority always whole, the value whole or not there; and the whole line."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from edge.response.headline import HEADLINE_MAX, compose_headline, shorten, squeeze, whole_headline
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
    whole = whole_headline(prefix, place, device, what, value)
    assert line.endswith(value) or (len(whole) > HEADLINE_MAX and value not in line)
    assert whole.startswith(prefix.rstrip())
    assert all(" ".join(part.split()) in whole for part in (what, value))


@given(ANY_WORDS, ANY_WORDS, ANY_WORDS, ANY_WORDS)
def test_even_a_value_without_end_leaves_the_line_at_forty_characters(place: str, device: str, what: str, unit: str) -> None:
    assert len(compose_headline("[CRITICAL still] ", place, device, what, f"84.2 {unit}")) <= HEADLINE_MAX


@pytest.mark.parametrize(
    ("words", "line"),
    [
        # Everything that fits stands there as it is.
        (("【高】", "3号机架", "主电机", "轴承温度高", "84.2 °C"), "【高】3号机架 主电机 轴承温度高 84.2 °C"),
        (("[LOW] ", "Stand 3", "fan", "running", ""), "[LOW] Stand 3 fan running"),
        # The place gives way first,
        (("[HIGH] ", "Stand 3", "main motor", "bearing hot", "84.2 °C"), "[HIGH] main motor bearing hot 84.2 °C"),
        # then device and what is wrong; the number and the last word stay.
        (("[HIGH still] ", "Pumps", "pump 1", "bearing temperature high", "86 °C"), "[HIGH still] pump 1 bearing… high 86 °C"),
        (
            ("[LOW] ", "Pumps", "pump 1", "bearing temperature: sensor fault", "says 850 °C"),
            "[LOW] pump 1 bearing… fault says 850 °C",
        ),
        (("[HIGH] ", "Hall 2", "hydraulic station pump 1", "oil hot", "86 °C"), "[HIGH] hydraulic… pump 1 oil hot 86 °C"),
        (("[HIGH still] ", "Stand 3", "main motor", "bearing hot", "84.2 °C"), "[HIGH still] main… bearing hot 84.2 °C"),
        (
            ("【紧急·已恢复】", "1号循环水泵房", "12号循环水泵驱动电机", "驱动端轴承温度传感器有故障", "示值 850 °C"),
            "【紧急·已恢复】12号…驱动电机 驱动端轴承温度传感器有故障 示值 850 °C",
        ),
        (
            ("[MEDIUM OK] ", "Line", "M1", "overtemperaturewarningofthemotor", "83.2 °C"),
            "[MEDIUM OK] M1 overtemperaturew… 83.2 °C",
        ),
        # A shop that names a device by its place, or a fault by its device, does not say it twice.
        (("【中】", "3号机架", "3号机架主电机", "油压低", "1.1 bar"), "【中】3号机架主电机 油压低 1.1 bar"),
        (("【中】", "3号机架", "主电机", "主电机油压低", "1.1 bar"), "【中】3号机架 主电机油压低 1.1 bar"),
        # Which machine it is comes before how much,
        (("[CRITICAL still] ", "Stand 3", "main motor", "bearing hot", "84.2 °C"), "[CRITICAL still] main motor bearing hot"),
        (("[CRITICAL still] ", "Hall 2", "fan 2", "vibration dangerous", "9.7 mm/s"), "[CRITICAL still] fan 2 …dangerous"),
        # and a state in words, which says the same once more, goes before it would make half a sentence.
        (("[CRITICAL] ", "", "gateway", "DingTalk dead", "does not deliver"), "[CRITICAL] gateway DingTalk dead"),
        (("[HIGH OK] ", "", "mill gateway", "delivers nothing", "delivers"), "[HIGH OK] mill gateway delivers nothing"),
        # A line break in a name does not break the line.
        (("【低】", "3号\n机架", "主 \t电机", "停", ""), "【低】3号 机架 主 电机 停"),
        # Nothing to say but the priority.
        (("[LOW] ", "", "", "", ""), "[LOW]"),
    ],
)
def test_lines_of_a_shop(words: tuple[str, str, str, str, str], line: str) -> None:
    assert compose_headline(*words) == line


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (("[HIGH] ", "Stand 3", "main motor", "bearing hot", "84.2 °C"), "[HIGH] Stand 3 main… bearing hot 84.2 °C"),
        (("[HIGH still] ", "Stand 3", "main motor", "bearing hot", "84.2 °C"), "[HIGH still] Stand 3 bearing hot 84.2 °C"),
        (("[CRITICAL still] ", "Stand 3", "main motor", "bearing hot", "84.2 °C"), "[CRITICAL still] Stand 3 bearing hot"),
    ],
)
def test_where_several_devices_go_by_the_same_words_the_place_stays_longer(
    words: tuple[str, str, str, str, str], line: str
) -> None:
    assert compose_headline(*words, has_namesakes=True) == line


@example("000⺀\x85", 3)
@given(ANY_WORDS, st.integers(2, 40))
def test_a_squeezed_text_has_only_words_of_the_text_around_one_ellipsis(text: str, length: int) -> None:
    short = squeeze(text, length)
    assert len(short) <= length
    head, ellipsis, tail = short.partition("…")
    if text != short and "…" not in text:
        assert ellipsis or short == ""
        assert text.startswith(head) and text.rstrip().endswith(tail.strip())


@given(st.text(max_size=30), st.integers(-3, 40))
def test_a_shortened_text_is_a_beginning_and_an_ellipsis_or_nothing(text: str, length: int) -> None:
    short = shorten(text, length)
    assert len(short) <= max(0, length)
    assert short in (text, "") or (short.endswith("…") and text.startswith(short[:-1]))
