"""Promises P2 and P3 of the bridge, for any mix of faults: real store in memory, real channel, the stand-in, virtual time."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from structlog.testing import capture_logs

from edge.model.intent import Intent, Purpose
from edge.model.moment import SECOND
from simulators.dingtalk.faults import Fault, FaultKind
from tests.unit.cloud_bridge.harness import TO_BOARD, TO_CHEN, Bench, Outbox, intent, message, on_bench

CALLS = (
    "v1.0/card/instances/createAndDeliver",
    "PUT v1.0/card/instances",
    "v1.0/robot/oToMessages/batchSend",
    "v1.0/oauth2/accessToken",
    "robot/send",
)
#: All but FAIL and BAN are executed, so whatever was tried is on a phone.
KINDS = tuple(FaultKind)
FAULTS = st.lists(st.tuples(st.sampled_from(CALLS), st.sampled_from(KINDS), st.integers(1, 3)), max_size=8)


def wanted_at(start: int, address: Mapping[str, Any]) -> list[Intent]:
    """Two occurrences of one alarm for one recipient, each raised, changed, reminded and returned, in this order."""
    return [
        intent(
            purpose,
            occurrence=occurrence,
            address=address,
            created_at=start + 10 * occurrence + number,
            message=message(headline=f"{occurrence} {purpose}"),
        )
        for occurrence in (1, 2)
        for number, purpose in enumerate((Purpose.RAISED, Purpose.STATE, Purpose.REMINDER, Purpose.RETURNED))
    ]


def seen_on(bench: Bench, user_id: str, chat_kind: str) -> list[tuple[str, bool]]:
    """(what, marked as a possible repeat) of a chat, eldest first; a card counts by its name, which states do not change."""
    (chat,) = [chat for chat in bench.standin.cloud.phone(user_id).chats if chat.kind == chat_kind]
    return [
        (each.card.out_track_id, False) if each.card else (each.text.split(" · ")[0].splitlines()[0], "可能重复" in each.text)
        for each in chat.messages
    ]


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(FAULTS, st.lists(st.integers(1, 40), max_size=2))
def test_nothing_is_lost_reordered_or_repeated_without_a_mark(
    faults: list[tuple[str, FaultKind, int]], cuts: list[int]
) -> None:
    async def story(bench: Bench) -> None:
        start = bench.clock.now()
        for call, kind, times in faults:
            code = "-1" if call == "robot/send" else "system.error"
            bench.standin.cloud.ask_fault(Fault(kind, call, times, code=code, delay_us=2 * SECOND), start)
        outbox = Outbox(bench.clock)
        delivery = outbox.delivery(bench.channel)
        running = asyncio.create_task(delivery.run())
        to_chen, to_board = wanted_at(start, TO_CHEN), wanted_at(start, TO_BOARD)
        outbox.write(*to_chen, *to_board)
        delivery.wake()
        for seconds in cuts:
            await bench.wait(seconds)
            bench.standin.cloud.cut(bench.clock.now())
            await bench.wait(seconds)
            bench.standin.cloud.mend(bench.clock.now())
        await bench.until(lambda: len(outbox.receipts) == len(to_chen) + len(to_board), seconds=7_200)
        running.cancel()

        # A cloud that bans us for half an hour outlasts a reminder: it may have been told by then, or not.
        expired = {receipt.intent for receipt in outbox.receipts if receipt.outcome == "expired"}
        given_up = [w for w in (*to_chen, *to_board) if w.key in expired]
        assert {w.purpose for w in given_up} <= {Purpose.REMINDER}
        may_be_missing = {w.message.headline for w in given_up}
        names_of_chen = [w.card if w.purpose is Purpose.RAISED else w.message.headline for w in to_chen]
        names_of_board = [w.message.headline for w in to_board]
        for seen, names in (
            (seen_on(bench, "fitter.a", "robot"), names_of_chen),
            (seen_on(bench, "lead.a", "group"), names_of_board),
        ):
            firsts = list(dict.fromkeys(name for name, _ in seen))
            shown = [
                name for name in names if not name.endswith(Purpose.STATE) and (name in firsts or name not in may_be_missing)
            ]
            assert firsts == shown, "something is missing or out of order"
            repeats = [marked for number, (name, marked) in enumerate(seen) if name in {n for n, _ in seen[:number]}]
            assert all(repeats), "a repeat without a mark"

    with capture_logs():
        on_bench(story)
