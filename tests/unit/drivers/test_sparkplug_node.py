"""The session with an edge node, told as stories and against a twin that knows no timers."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.sparkplug.node import AHEAD_MAX, HELD_MAX, Act, Cause, Effect, Kind, NodeSession, Said, State
from edge.model.moment import MINUTE, NEVER, SECOND

T0 = 1_777_852_800 * SECOND
REORDER, GRACE = 2 * SECOND, 10 * SECOND

Short = tuple[str, str | None, int | None]


def session(*devices: str, may_ask: bool = True) -> NodeSession[None]:
    node: NodeSession[None] = NodeSession(devices, reorder=REORDER, birth_within=GRACE, may_ask=may_ask)
    node.connected(T0)
    return node


def nbirth(bd_seq: int | None = 0, seq: int = 0) -> Said[None]:
    return Said(Kind.NBIRTH, None, seq, bd_seq, None)


def ndeath(bd_seq: int | None = 0) -> Said[None]:
    return Said(Kind.NDEATH, None, None, bd_seq, None)


def data(seq: int | None, device: str | None = None) -> Said[None]:
    return Said(Kind.NDATA if device is None else Kind.DDATA, device, seq, None, None)


def dbirth(seq: int, device: str = "D") -> Said[None]:
    return Said(Kind.DBIRTH, device, seq, None, None)


def short(effects: Sequence[Effect[None]]) -> list[Short]:
    return [(effect.act.value, effect.device, effect.said.seq if effect.said else None) for effect in effects]


def test_a_birth_is_asked_for_at_once_and_then_after_ever_longer() -> None:
    node: NodeSession[None] = NodeSession((), reorder=REORDER, birth_within=GRACE, may_ask=True)
    assert short(node.connected(T0)) == [("ask_birth", None, None)]
    asked = []
    while len(asked) < 6:
        moment = node.next_due
        asked += [moment - T0 for effect in node.due(moment) if effect.act is Act.ASK_BIRTH]
    assert asked == [seconds * SECOND for seconds in (5, 15, 35, 75, 135, 195)]


def test_nothing_is_asked_of_a_node_where_that_is_not_wanted() -> None:
    node: NodeSession[None] = NodeSession((), reorder=REORDER, birth_within=GRACE, may_ask=False)
    effects = [*node.connected(T0), *node.hear(data(3), T0), *node.due(T0 + MINUTE)]
    assert Act.ASK_BIRTH not in {effect.act for effect in effects}


def test_a_node_without_a_birth_is_lost_after_a_while_and_comes_with_its_birth() -> None:
    node = session("D")
    assert short(node.due(T0 + GRACE))[:2] == [("lost", None, None), ("lost", "D", None)]
    assert short(node.hear(nbirth(), T0 + GRACE)) == [("born", None, 0)]


def test_a_death_counts_for_its_own_birth_only() -> None:
    node = session()
    node.hear(nbirth(bd_seq=4), T0)
    (left_out,) = node.hear(ndeath(3), T0)
    assert (left_out.act, left_out.cause, node.state) == (Act.LEFT_OUT, Cause.OLD_DEATH, State.ALIVE)
    assert short(node.hear(ndeath(4), T0)) == [("lost", None, None)]
    assert node.state is State.GONE


@pytest.mark.parametrize(("born", "died"), [(None, 4), (4, None), (None, None)])
def test_a_death_whose_number_cannot_be_compared_counts(born: int | None, died: int | None) -> None:
    node = session()
    node.hear(nbirth(bd_seq=born), T0)
    assert short(node.hear(ndeath(died), T0)) == [("lost", None, None)]


def test_data_before_a_birth_is_left_out_and_a_birth_asked_for_not_too_often() -> None:
    node = session()
    assert short(node.hear(data(7), T0 + SECOND)) == [("left_out", None, 7)], "asked a second ago"
    assert short(node.hear(data(8), T0 + 6 * SECOND)) == [("ask_birth", None, None), ("left_out", None, 8)]


def test_births_and_gaps_in_turn_ask_no_more_often_than_every_five_seconds() -> None:
    node = session()
    asked = []
    for tick in range(0, 60):
        now = T0 + tick * SECOND
        effects = [*node.hear(nbirth(), now), *node.hear(data(9), now), *node.hear(data(200), now)]
        asked += [now for effect in effects if effect.act is Act.ASK_BIRTH]
    assert len(asked) >= 5
    assert all(later - earlier >= 5 * SECOND for earlier, later in pairwise(asked))


def test_a_message_that_comes_early_waits_for_those_before_it() -> None:
    node = session()
    node.hear(nbirth(), T0)
    assert short(node.hear(data(2), T0)) == []
    assert short(node.hear(data(1), T0 + SECOND)) == [("data", None, 1), ("data", None, 2)]
    assert node.next_due == NEVER


def test_what_is_missing_for_too_long_brings_doubt_and_what_was_held_is_taken() -> None:
    node = session()
    node.hear(nbirth(), T0)
    node.hear(data(3), T0 + MINUTE)
    node.hear(data(2), T0 + MINUTE)
    due = short(node.due(T0 + MINUTE + REORDER))
    assert due == [("doubt", None, None), ("data", None, 2), ("data", None, 3), ("ask_birth", None, None)]
    assert short(node.hear(data(4), T0 + MINUTE + REORDER)) == [("data", None, 4)]


def test_what_comes_too_late_is_left_out_and_does_not_stop_the_rest() -> None:
    node = session()
    node.hear(nbirth(), T0)
    node.hear(data(2), T0)
    node.due(T0 + REORDER)
    assert short(node.hear(data(1), T0 + REORDER)) == [("left_out", None, 1)]
    assert short(node.hear(data(3), T0 + REORDER)) == [("data", None, 3)]


def test_a_number_that_lies_behind_brings_doubt_because_the_node_may_have_begun_anew() -> None:
    node = session()
    node.hear(nbirth(seq=0), T0)
    for seq in range(1, 60):
        node.hear(data(seq), T0)
    assert short(node.hear(data(1), T0)) == [("doubt", None, None), ("left_out", None, 1)]


def test_what_nobody_can_read_brings_doubt_at_once_and_each_time_and_asks_for_a_birth() -> None:
    node = session()
    node.hear(nbirth(), T0)
    assert short(node.unreadable(Kind.NDATA, T0 + MINUTE)) == [("doubt", None, None), ("ask_birth", None, None)]
    assert short(node.hear(data(1), T0 + MINUTE)) == [("data", None, 1)]
    assert short(node.unreadable(Kind.NDATA, T0 + MINUTE)) == [("doubt", None, None)]
    assert short(node.hear(data(None), T0 + MINUTE)) == [("doubt", None, None), ("left_out", None, None)]


def test_a_node_whose_death_nobody_can_read_is_gone_and_one_not_born_is_in_no_doubt() -> None:
    node = session("D")
    assert short(node.unreadable(Kind.NDATA, T0)) == []
    node.hear(nbirth(), T0)
    assert short(node.unreadable(Kind.NDEATH, T0)) == [("lost", None, None), ("lost", "D", None)]
    assert node.state is State.GONE


def test_a_node_whose_births_are_never_understood_is_asked_ever_more_rarely() -> None:
    node = session("D")
    asked, now = [], T0
    while len(asked) < 7:
        now = node.next_due
        if Act.ASK_BIRTH in {effect.act for effect in node.due(now)}:
            asked.append(now - T0)
            node.hear(nbirth(), now)
            node.unreadable(Kind.DBIRTH, now)
    assert asked == [seconds * SECOND for seconds in (5, 15, 20, 30, 50, 90, 150)]


def test_numbers_go_round() -> None:
    node = session()
    node.hear(nbirth(), T0)
    taken = [effect.act for seq in range(1, 600) for effect in node.hear(data(seq % 256), T0)]
    assert taken == [Act.DATA] * 599


def test_a_device_is_up_from_its_birth_to_its_death() -> None:
    node = session("D")
    node.hear(nbirth(), T0)
    assert short(node.hear(data(1, "D"), T0)) == [("left_out", "D", 1)]
    assert short(node.hear(dbirth(2), T0)) == [("born", "D", 2)]
    assert short(node.hear(data(3, "D"), T0)) == [("data", "D", 3)]
    assert short(node.hear(Said(Kind.DDEATH, "D", 4, None, None), T0)) == [("lost", "D", None)]


def test_a_rebirth_keeps_the_devices_up_and_those_that_are_not_born_again_are_lost() -> None:
    node = session("D", "E")
    node.hear(nbirth(bd_seq=1), T0)
    node.hear(dbirth(1, "D"), T0)
    node.hear(dbirth(2, "E"), T0)
    assert short(node.hear(nbirth(bd_seq=1), T0 + SECOND)) == [("reborn", None, 0)]
    node.hear(dbirth(1, "E"), T0 + SECOND)
    assert short(node.due(T0 + SECOND + GRACE)) == [("lost", "D", None)]


def test_a_birth_of_another_session_loses_the_devices_of_the_old_one() -> None:
    node = session("D")
    node.hear(nbirth(bd_seq=1), T0)
    node.hear(dbirth(1), T0)
    assert short(node.hear(nbirth(bd_seq=2), T0)) == [("born", None, 0), ("lost", "D", None)]


def test_no_more_is_held_than_the_limit() -> None:
    node = session()
    node.hear(nbirth(), T0)
    effects = [effect for seq in range(2, HELD_MAX + 4) for effect in node.hear(data(seq), T0)]
    assert [effect.act for effect in effects].count(Act.DATA) == HELD_MAX + 2
    assert effects[0].act is Act.DOUBT


@given(st.permutations(range(1, 40)))
def test_any_order_of_arrival_within_the_time_gives_the_order_of_sending(arriving: list[int]) -> None:
    node = session()
    node.hear(nbirth(), T0)
    taken = [effect for seq in arriving for effect in node.hear(data(seq), T0)]
    assert short(taken) == [("data", None, seq) for seq in range(1, 40)]


# --- against a twin -------------------------------------------------------------------------------------------------


class Twin:
    """The same promises without timers: it is asked every tick, and searches a list. Seconds for moments."""

    def __init__(self) -> None:
        self.alive, self.doubt = False, False
        self.expected, self.bd_seq = 0, 0
        self.waiting: list[tuple[int, int]] = []
        self.awaited_since: int | None = 0

    def tick(self, now: int) -> list[Short]:
        out: list[Short] = []
        if any(arrived + 2 <= now for _, arrived in self.waiting):
            out = self.give_up()
        if self.awaited_since is not None and now >= self.awaited_since + 10:
            self.awaited_since = None
            out.append(("lost", None, None))
        return out

    def give_up(self) -> list[Short]:
        self.doubt = True
        ordered = sorted((seq - self.expected) % 256 for seq, _ in self.waiting)
        taken = [(ahead + self.expected) % 256 for ahead in ordered]
        self.waiting = []
        if taken:
            self.expected = (taken[-1] + 1) % 256
        return [("doubt", None, None), *(("data", None, seq) for seq in taken)]

    def hear(self, said: Said[None], now: int) -> list[Short]:
        if said.kind is Kind.NBIRTH:
            again = self.alive and self.bd_seq == said.bd_seq
            self.alive, self.doubt, self.waiting, self.awaited_since = True, False, [], None
            self.bd_seq, self.expected = said.bd_seq or 0, ((said.seq or 0) + 1) % 256
            return [("reborn" if again else "born", None, said.seq)]
        if said.kind is Kind.NDEATH:
            if self.alive and said.bd_seq != self.bd_seq:
                return [("left_out", None, None)]
            self.alive, self.waiting, self.awaited_since = False, [], None
            return [("lost", None, None)]
        assert said.seq is not None
        if not self.alive:
            return [("left_out", None, said.seq)]
        if (said.seq - self.expected) % 256 >= 128:
            return [*([] if self.doubt else self.give_up()), ("left_out", None, said.seq)]
        if said.seq not in [seq for seq, _ in self.waiting]:
            self.waiting.append((said.seq, now))
        out: list[Short] = []
        while found := [entry for entry in self.waiting if entry[0] == self.expected]:
            self.waiting.remove(found[0])
            out.append(("data", None, self.expected))
            self.expected = (self.expected + 1) % 256
        return out


HEARD = st.one_of(
    st.builds(nbirth, st.integers(0, 1), st.sampled_from([0, 0, 250])),
    st.builds(ndeath, st.integers(0, 1)),
    st.builds(data, st.integers(0, 12)),
    st.builds(data, st.integers(0, 12)),
    st.builds(data, st.integers(0, 12)),
    st.builds(data, st.integers(245, 255)),
)


@given(st.lists(st.tuples(st.integers(0, 3), HEARD), max_size=40))
def test_whatever_is_heard_whenever_the_twin_says_the_same(story: list[tuple[int, Said[None]]]) -> None:
    node: NodeSession[None] = NodeSession((), reorder=2, birth_within=10, may_ask=False)
    node.connected(0)
    twin, now = Twin(), 0
    for pause, said in story:
        for _ in range(pause):
            now += 1
            assert short(node.due(now)) == twin.tick(now)
        assert short(node.hear(said, now)) == twin.hear(said, now)
    assert AHEAD_MAX == 128
