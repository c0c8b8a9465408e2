"""Acts against the stand-in in memory: what people then have, whatever became of the answer.

Each act is carried out three ways: undisturbed; with the answer lost after the cloud had done it, then repeated as the outbox
repeats it; and with a cloud that fails at first. What is to be seen afterwards is the same: one of it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from typing import Any

import pytest
from structlog.testing import capture_logs

from cloud_bridge.base import ChannelOpening
from cloud_bridge.delivery.retry import Done, after
from cloud_bridge.dingtalk.channel import DingTalkChannel
from cloud_bridge.dingtalk.codes import EMPTY_BALANCE
from cloud_bridge.dingtalk.people import Shifts
from cloud_bridge.dingtalk.verdicts import Nobody
from edge.model.act import (
    Act,
    Call,
    CallMedium,
    CloseConference,
    CloseGroup,
    CloseOrder,
)
from edge.model.intent import Claim, Delivered, Outcome, Purpose, Refused, Unknown
from edge.model.moment import MINUTE, SECOND, from_iso
from edge.runtime.virtual import VirtualClock, run_virtually
from simulators.dingtalk.faults import Fault, FaultKind
from tests.unit.cloud_bridge.acts_plant import APPROVAL, CONFERENCE, GROUP, ORDER, ORG, PLANT, REVIEW, ROW
from tests.unit.cloud_bridge.harness import DIRECTORY, SECRETS, START, StandIn, config, intent


class Plant:
    """A channel towards the stand-in, and what the outbox keeps of its deliveries."""

    def __init__(self, clock: VirtualClock, **behaviour: Any) -> None:
        self.clock = clock
        self.standin = StandIn(clock, organisation_data=ORG, **behaviour)
        self.cloud = self.standin.cloud
        self.receipts: dict[str, str] = {}
        self.channel = self.boot()

    def boot(self) -> DingTalkChannel:
        """A channel that knows nothing but what the outbox kept."""

        async def find_receipt(card: str) -> str | None:
            return self.receipts.get(card)

        async def find_card(_card: str) -> tuple[str, int] | None:
            return None

        self.channel = DingTalkChannel(
            ChannelOpening(
                config=config(**PLANT),
                directory=DIRECTORY,
                clock=self.clock,
                transport=self.standin.transport,
                secret=SECRETS.__getitem__,
                find_card=find_card,
                shelve_for=30 * MINUTE,
                late_after=10 * MINUTE,
                find_receipt=find_receipt,
            )
        )
        return self.channel

    async def perform(self, act: Act, *, count: int = 0) -> Outcome:
        """As the outbox does: until it is done, with a new boot between two attempts."""
        wanted = intent(count=count)
        wanted = replace(wanted, act=act, created_at=self.clock.now(), wanted_at=self.clock.now())
        after_unknown = False
        for number in range(1, 9):
            claim = Claim(wanted, number, after_unknown)
            outcome = await self.channel.deliver(claim)
            now = self.clock.now()
            following = after(outcome, claim, keyed=self.channel.is_keyed(wanted), now=now)
            if isinstance(following, Done):
                if isinstance(outcome, Delivered):
                    self.receipts.setdefault(wanted.card, outcome.receipt)
                return outcome
            after_unknown = after_unknown or isinstance(outcome, Unknown)
            await self.clock.sleep_until(following.moment)
            self.boot()
        raise AssertionError(f"still not done: {outcome}")

    def fault(self, kind: FaultKind, call: str, **more: Any) -> None:
        self.cloud.ask_fault(Fault(kind, call, **more), self.clock.now())


def in_plant(story: Callable[[Plant], Awaitable[None]], **behaviour: Any) -> None:
    async def main(clock: VirtualClock) -> None:
        plant = Plant(clock, **behaviour)
        ticking = asyncio.create_task(plant.standin.run(), name="stand-in")
        await story(plant)
        await plant.channel.close()
        ticking.cancel()

    run_virtually(main, START)


def orders(plant: Plant) -> list[tuple[str, bool]]:
    return [(task.source_id, task.done) for task in plant.cloud.todos]


def group_titles(plant: Plant) -> list[str]:
    return [plant.cloud.directory.group(each).title for each in plant.cloud.scene_groups.scenes]


def conference_titles(plant: Plant) -> list[str]:
    return [each.title for each in plant.cloud.conferences]


def rows(plant: Plant) -> list[Mapping[str, Any]]:
    return [row.cells for row in plant.cloud.tables.sheets["base1", "工单"].rows.values()]


def approvals(plant: Plant) -> int:
    return len(list(plant.cloud.approvals))


#: (act, the call that makes it, what is to be seen, what shall be seen)
MADE: list[tuple[Act, str, Callable[[Plant], Any], Any]] = [
    (ORDER, "v1.0/todo/users/{unionId}/tasks", orders, [("WO-17", False)]),
    (GROUP, "v1.0/im/sceneGroup/create", group_titles, ["3号机架 主电机"]),
    (CONFERENCE, "v1.0/conference/videoConferences", conference_titles, ["3号机架 主电机 INC-4"]),
    (ROW, "v1.0/notable/bases/{baseId}/sheets/{sheet}/records", rows, [{"设备": "3号机架", "工单号": "WO-17"}]),
    (APPROVAL, "v1.0/workflow/processInstances", approvals, 1),
]
DING = "v1.0/robot/ding/send"
ACTS = [type(row[0]).__name__ for row in MADE]


@pytest.mark.parametrize(("act", "call", "seen", "wanted"), MADE, ids=ACTS)
def test_an_act_makes_one_of_it(act: Act, call: str, seen: Callable[[Plant], Any], wanted: Any) -> None:
    async def story(plant: Plant) -> None:
        assert isinstance(await plant.perform(act), Delivered)
        assert seen(plant) == wanted

    in_plant(story)


@pytest.mark.parametrize("kind", [FaultKind.BACKEND_TIMEOUT, FaultKind.NEVER_ANSWER, FaultKind.CLOSE, FaultKind.HALF])
@pytest.mark.parametrize(("act", "call", "seen", "wanted"), MADE, ids=ACTS)
def test_an_answer_that_is_lost_after_the_cloud_did_it_makes_no_second_one(
    act: Act, call: str, seen: Callable[[Plant], Any], wanted: Any, kind: FaultKind
) -> None:
    async def story(plant: Plant) -> None:
        plant.fault(kind, call)
        assert isinstance(await plant.perform(act), Delivered)
        assert seen(plant) == wanted

    in_plant(story)


@pytest.mark.parametrize(("act", "call", "seen", "wanted"), MADE, ids=ACTS)
def test_a_cloud_that_fails_at_first_is_asked_again(act: Act, call: str, seen: Callable[[Plant], Any], wanted: Any) -> None:
    async def story(plant: Plant) -> None:
        plant.fault(FaultKind.FAIL, call, times=2, status=500, code="system.error")
        assert isinstance(await plant.perform(act), Delivered)
        assert seen(plant) == wanted

    in_plant(story)


def test_where_looking_orders_up_is_not_allowed_an_order_is_still_there_once() -> None:
    async def story(plant: Plant) -> None:
        plant.fault(FaultKind.CLOSE, "v1.0/todo/users/{unionId}/tasks")
        assert isinstance(await plant.perform(ORDER), Delivered)
        assert orders(plant) == [("WO-17", False)]

    in_plant(story, sdk_only_calls="refused")


# --- what was opened is closed ----------------------------------------------------------------------------------------


def test_an_order_is_taken_off_the_list() -> None:
    async def story(plant: Plant) -> None:
        await plant.perform(ORDER)
        plant.boot()
        assert isinstance(await plant.perform(CloseOrder("WO-17"), count=1), Delivered)
        assert orders(plant) == [("WO-17", True)]

    in_plant(story)


def test_an_order_whose_receipt_is_forgotten_is_found_by_its_name() -> None:
    async def story(plant: Plant) -> None:
        await plant.perform(ORDER)
        plant.receipts.clear()
        assert isinstance(await plant.perform(CloseOrder("WO-17"), count=1), Delivered)
        assert orders(plant) == [("WO-17", True)]

    in_plant(story)


@pytest.mark.parametrize(("archive", "titles"), [(True, ["已结束 · 【高】3号机架 主电机 驱动端轴承温度过高 8…"]), (False, [])])
def test_a_group_is_archived_or_dissolved(archive: bool, titles: list[str]) -> None:
    async def story(plant: Plant) -> None:
        await plant.perform(GROUP)
        assert isinstance(await plant.perform(CloseGroup("INC-4", archive), count=1), Delivered)
        open_groups = [plant.cloud.directory.group(each) for each in plant.cloud.scene_groups.scenes]
        assert [group.title for group in open_groups if not group.disbanded] == titles
        assert isinstance(await plant.perform(CloseGroup("INC-4", archive), count=2), Delivered)

    in_plant(story)


def cards_in_groups(plant: Plant) -> list[str]:
    chats = plant.cloud.phone("lead.a").chats
    return [str(each.card.params["state_text"]) for chat in chats for each in chat.messages if each.card is not None]


def test_the_live_card_stands_in_the_group_once_and_changes_there() -> None:
    async def story(plant: Plant) -> None:
        group = replace(GROUP, members=("fitter", "li"))
        made = await plant.perform(group)
        assert isinstance(made, Delivered)
        assert cards_in_groups(plant) == [intent().message.state_text]
        await plant.perform(group, count=1)
        changed = replace(intent().message, state_text="已确认")
        state = replace(intent(Purpose.STATE, message=changed), address={"conversation_id": made.receipt})
        assert isinstance(await plant.channel.deliver(Claim(state, 1)), Delivered)
        assert cards_in_groups(plant) == ["已确认"]

    in_plant(story)


@pytest.mark.parametrize("status", [403, 500])
def test_a_group_without_its_card_is_a_group_and_is_not_opened_again(status: int) -> None:
    async def story(plant: Plant) -> None:
        code = {403: "Forbidden.AccessDenied.AccessTokenPermissionDenied", 500: "system.busy"}[status]
        plant.fault(FaultKind.FAIL, "v1.0/card/instances/createAndDeliver", times=9, status=status, code=code)
        assert isinstance(await plant.perform(GROUP), Delivered)
        assert group_titles(plant) == ["3号机架 主电机"]
        assert cards_in_groups(plant) == []

    with capture_logs() as logs:
        in_plant(story)
    assert "its card is not in it" in str(logs)


@pytest.mark.parametrize("is_remembered", [True, False])
def test_a_conference_is_closed_also_when_it_must_be_looked_for(is_remembered: bool) -> None:
    async def story(plant: Plant) -> None:
        await plant.perform(CONFERENCE)
        if not is_remembered:
            plant.receipts.clear()
        assert isinstance(await plant.perform(CloseConference("INC-4"), count=1), Delivered)
        assert plant.cloud.conferences.going_on == ()
        assert isinstance(await plant.perform(CloseConference("INC-4"), count=2), Delivered)

    in_plant(story)


def test_a_row_and_a_document_are_written_anew() -> None:
    async def story(plant: Plant) -> None:
        for act in (ROW, REVIEW):
            plant.receipts.clear()
            await plant.perform(act)
            assert isinstance(await plant.perform(replace(act, cells={"分钟": 13}), count=1), Delivered)
        assert rows(plant) == [{"设备": "3号机架", "工单号": "WO-17", "分钟": 13}]
        (document,) = plant.cloud.documents.documents.values()
        assert document.name == "CRM-17 复盘"
        assert "**分钟** 13" in document.content

    in_plant(story)


# --- people are rung --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("medium", CallMedium)
def test_a_person_is_rung(medium: CallMedium) -> None:
    async def story(plant: Plant) -> None:
        assert isinstance(await plant.perform(Call(medium)), Delivered)
        assert len(plant.cloud.dings.of_person("fitter.a")) == 1

    in_plant(story)


@pytest.mark.parametrize("kind", [FaultKind.CLOSE, FaultKind.HALF, FaultKind.BACKEND_TIMEOUT])
@pytest.mark.parametrize(("medium", "times"), [(CallMedium.APP, 2), (CallMedium.SMS, 1), (CallMedium.PHONE, 1)])
def test_whose_answer_is_lost_is_repeated_in_the_app_only(medium: CallMedium, times: int, kind: FaultKind) -> None:
    async def story(plant: Plant) -> None:
        for balance in plant.cloud.balances.values():
            balance.left = 5  # a second call would not be refused for want of money
        plant.fault(kind, DING)
        await plant.perform(Call(medium))
        rung = sorted(plant.cloud.dings.of_person("fitter.a"), key=lambda ding: ding.sent_us)
        assert len(rung) == times
        assert ["可能重复" in ding.content for ding in rung] == [False, True][:times]

    in_plant(story)


def test_a_paid_call_that_failed_within_the_cloud_may_ring_and_is_not_made_again() -> None:
    async def story(plant: Plant) -> None:
        plant.fault(FaultKind.FAIL, DING, status=500, code="system.error")
        assert isinstance(await plant.perform(Call(CallMedium.PHONE)), Unknown)
        plant.fault(FaultKind.FAIL, DING, status=403, code="Forbidden.AccessDenied.QpsLimitForApi")
        assert isinstance(await plant.perform(Call(CallMedium.PHONE), count=1), Delivered)

    in_plant(story)


def test_when_the_balance_is_empty_the_call_is_refused_at_once() -> None:
    async def story(plant: Plant) -> None:
        assert isinstance(await plant.perform(Call(CallMedium.PHONE)), Delivered)
        began = plant.clock.now()
        outcome = await plant.perform(Call(CallMedium.PHONE), count=1)
        assert isinstance(outcome, Refused)
        assert EMPTY_BALANCE in outcome.reason
        assert plant.clock.now() - began < 2 * SECOND

    in_plant(story)


# --- people -----------------------------------------------------------------------------------------------------------


def test_people_are_found_by_mobile_and_by_id_and_who_left_is_nobody() -> None:
    async def story(plant: Plant) -> None:
        people = plant.channel.people
        assert await people.user_id_of_mobile("13900000001") == "fitter.a"
        assert await people.union_id("fitter.a") == "union-fitter.a"
        assert isinstance(await people.user("stranger"), Nobody)
        assert isinstance(await people.user_id_of_mobile("13900000002"), Nobody)

    in_plant(story)


def test_departments_and_their_people_are_found_and_remembered_for_a_while() -> None:
    async def story(plant: Plant) -> None:
        people = plant.channel.people
        for _ in range(3):
            departments = await people.departments()
            assert isinstance(departments, tuple)
            assert [(each.id, each.name, each.parent) for each in departments] == [(2, "设备部", 1), (3, "轧机班", 2)]
        assert await people.users_of(3) == ("fitter.a",)
        assert len(plant.standin.effects("topapi/v2/department/listsub")) == 3
        await plant.clock.sleep_until(plant.clock.now() + 15 * MINUTE)
        await people.departments()
        assert len(plant.standin.effects("topapi/v2/department/listsub")) == 6

    in_plant(story)


def test_who_is_on_shift_is_asked_once_until_the_shift_changes() -> None:
    async def story(plant: Plant) -> None:
        shifts = plant.channel.shifts
        assert isinstance(shifts, Shifts)
        users = ("fitter.a", "lead.a")
        await plant.clock.sleep_until(from_iso("2026-05-04T19:30:00+08:00"))
        for _ in range(5):
            assert await shifts.on_shift(users) == {"fitter.a"}
        await plant.clock.sleep_until(from_iso("2026-05-04T20:00:00+08:00"))
        assert await shifts.on_shift(users) == {"lead.a"}
        assert len(plant.standin.effects("topapi/attendance/schedule/listbyusers")) == 2
        await plant.clock.sleep_until(from_iso("2026-05-05T00:00:00+08:00"))
        assert await shifts.on_shift(users) == frozenset(), "the one whose shift it is is on leave"

    in_plant(story)


def test_errors_of_old_calls_name_the_permission_that_is_missing() -> None:
    async def story(plant: Plant) -> None:
        plant.cloud.admission.missing_scopes = frozenset({"qyapi_get_member"})
        outcome = await plant.channel.deliver(Claim(replace(intent(), act=ORDER), 1))
        assert "qyapi_get_member" in outcome.reason  # type: ignore[union-attr] # it is a Retry

    in_plant(story)
