"""What people write to the robot: orders are read as they are written, and nothing else is taken for one."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloud_bridge.dingtalk.sentences import Mistake, Order, Question, Sentence, Verb, read_sentence

ACK_17 = Order(Verb.ACKNOWLEDGE, 17)


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("ack 17", ACK_17),
        ("ACK 17", ACK_17),
        ("  ack17 ", ACK_17),
        ("ack #17", ACK_17),
        ("17 ack", ACK_17),
        ("acknowledge 17.", ACK_17),
        ("确认 17", ACK_17),
        ("确认17号", ACK_17),
        ("17号确认", ACK_17),
        ("１７ 确认。", ACK_17),
        ("收到17", ACK_17),
        ("@安灯 确认 17", ACK_17),
        ("@Andon @安灯 ack 17", ACK_17),
        ("ack 17 valve was open", Order(Verb.ACKNOWLEDGE, 17, said="valve was open")),
        ("确认 17，阀门没关", Order(Verb.ACKNOWLEDGE, 17, said="阀门没关")),
        ("on my way 17", Order(Verb.ON_MY_WAY, 17)),
        ("OMW 17", Order(Verb.ON_MY_WAY, 17)),
        ("我去 17", Order(Verb.ON_MY_WAY, 17)),
        ("17 我去处理", Order(Verb.ON_MY_WAY, 17)),
        ("done 17", Order(Verb.CONFIRM, 17)),
        ("完成17", Order(Verb.CONFIRM, 17)),
        ("shelve 17 30", Order(Verb.SHELVE, 17, 30)),
        ("shelve 17 2h new bearing", Order(Verb.SHELVE, 17, 120, "new bearing")),
        ("搁置 17 30", Order(Verb.SHELVE, 17, 30)),
        ("搁置17 30分钟 检修中", Order(Verb.SHELVE, 17, 30, "检修中")),
        ("搁置 17 2小时", Order(Verb.SHELVE, 17, 120)),
        ("list", Question.LIST),
        ("列表", Question.LIST),
        ("help", Question.HELP),
        ("？", Question.HELP),
        ("帮助", Question.HELP),
        ("ack", Mistake.NUMBER_MISSING),
        ("确认", Mistake.NUMBER_MISSING),
        ("ack 0", Mistake.NUMBER_MISSING),
        ("shelve 17", Mistake.MINUTES_MISSING),
        ("shelve 17 soon", Mistake.MINUTES_MISSING),
        ("shelve 17 0", Mistake.MINUTES_MISSING),
    ],
)
def test_it_is_read_as_it_is_meant(text: str, read: Sentence) -> None:
    assert read_sentence(text) == read


@pytest.mark.parametrize(
    "text",
    [
        "",
        "17",
        "who will ack 17",
        "do not ack 17",
        "不要确认 17",
        "backpack 17",
        "ack 17th of May",
        "ack 123456",
        "ack -17",
        "ack seventeen",
        "我去吃饭",
    ],
)
def test_what_is_not_clearly_an_order_is_none(text: str) -> None:
    assert read_sentence(text) is Mistake.NOT_UNDERSTOOD


@given(st.text(max_size=400))
def test_whatever_is_written_is_read(text: str) -> None:
    read = read_sentence(text)
    assert not isinstance(read, Order) or (1 <= read.number <= 99_999 and len(read.said) <= 300)
