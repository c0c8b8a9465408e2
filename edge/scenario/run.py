"""Play a plant's scenarios: do what the steps say, watch what comes of it, compare with what they expect."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial

from edge.config.plant import Plant
from edge.config.scenarios.steps import (
    Action,
    BeginMaintenance,
    CutCloud,
    DeviceAct,
    EndMaintenance,
    Enter,
    ExpectAlarm,
    Expectation,
    ExpectCount,
    ExpectNothing,
    ExpectTold,
    ExpectWritten,
    FailDevice,
    Force,
    HangTag,
    HangTagAct,
    Leave,
    MendCloud,
    MendDevice,
    PhoneAct,
    PlantAct,
    Play,
    Press,
    Promote,
    RampTags,
    Release,
    SampleAct,
    Say,
    Scenario,
    SetQuota,
    SetTags,
    Step,
    WriteTag,
)
from edge.model import command
from edge.model.command import (
    ConfirmWrite,
    EnterValue,
    ForceValue,
    Hang,
    HangTagCommand,
    InboxRow,
    PersonCommand,
    PlanMaintenance,
    PlantCommand,
    ReleaseValue,
    RemoveHangTag,
    SetStage,
    WriteCommand,
    WritePoint,
    body_kind,
)
from edge.model.deed import Value
from edge.model.event import JournalRow, Stream
from edge.model.moment import MILLISECOND, SECOND, Moment
from edge.model.permission import Permission, may
from edge.model.stage import Stage as AlarmStage
from edge.response.point import Write, WriteState, write_name
from edge.runtime.virtual import VirtualClock, run_virtually
from edge.scenario.memory_cloud import Told
from edge.scenario.stage import Stage
from edge.scenario.verdict import Entry, Verdict, Who
from simulators.devices.line import UnknownSubject
from simulators.dingtalk.presses import PersonError

#: How often phones and expectations are looked at. Virtual, so it costs little.
LOOK_EVERY = 100 * MILLISECOND
#: Journal rows that people need not read in a timeline.
QUIET = frozenset({"filtered"})
#: What the gateway itself does to stages and windows when their time has come.
TURNS = frozenset(
    {"stage_ended", "maintenance_begun", "maintenance_ending", "maintenance_ended", "force_ended", "hang_tag_old"}
)

#: What people want to read of writes to devices.
WRITE_ENDS = frozenset({"done", "different", "failed", "unknown", "expired", "held_back", "locked"})

#: By the cause for which a rule's value is held back; all others are what its grant has against it.
WAITS_FOR: Mapping[str, str] = {"hang_tag": "", "forced_value": "_forced"}


def run_scenarios(plant: Plant, *, only: str | None = None) -> Iterator[Verdict]:
    """Play each scenario of the plant, or only the one of that name, from its own start on a fresh gateway."""
    for scenario in plant.scenarios:
        if only in (None, scenario.name):
            entries = run_virtually(partial(_play, plant, scenario), scenario.start)
            yield Verdict(scenario, tuple(entries))


async def _play(plant: Plant, scenario: Scenario, clock: VirtualClock) -> list[Entry]:
    return await _Player(plant, scenario, clock).play()


@dataclass(frozen=True, slots=True)
class _Found:
    """What an expectation found: whether it holds, and what was there, for people."""

    holds: bool
    instead: str


class _Player:
    def __init__(self, plant: Plant, scenario: Scenario, clock: VirtualClock) -> None:
        self._plant = plant
        self._scenario = scenario
        self._clock = clock
        # It asks who would be told, also of a plant that is still in shadow.
        self._stage = Stage(replace(plant, stage=AlarmStage.LIVE), clock)
        self._entries: list[Entry] = []
        self._asked = 0
        self._owners: dict[str, str] = {}

    async def play(self) -> list[Entry]:
        steps = sorted(self._scenario.steps, key=lambda step: step.since)
        # What is so at 0 s was so before the gateway first looked.
        first = [
            step for step in steps if step.since == 0 and isinstance(step.does, SetTags | RampTags | FailDevice | CutCloud)
        ]
        for step in first:
            self._act(step)
        journal = self._stage.gateway.follow()
        await self._stage.open()
        watching = [asyncio.create_task(self._watch_journal(journal)), asyncio.create_task(self._watch_phones())]
        expected: list[asyncio.Task[None]] = []
        try:
            for step in steps:
                if step in first:
                    continue
                await self._clock.sleep_until(self._scenario.start + step.since)
                if isinstance(step.does, Expectation):
                    expected.append(asyncio.create_task(self._expect(step, step.does)))
                elif isinstance(step.does, PhoneAct):
                    self._by_phone(step, step.does)
                elif isinstance(step.does, DeviceAct):
                    await self._ask_of_device(step, step.does)
                elif isinstance(step.does, SampleAct):
                    await self._act_on_samples(step, step.does)
                elif isinstance(step.does, HangTagAct):
                    await self._hang(step, step.does)
                elif isinstance(step.does, PlantAct):
                    await self._ask(step, step.does)
                else:
                    self._act(step)
            await asyncio.gather(*expected)
        finally:
            for task in (*watching, *expected):
                task.cancel()
            await asyncio.gather(*watching, *expected, return_exceptions=True)
            await self._stage.close()
        return self._entries

    # --- doing ----------------------------------------------------------------------------------------------------

    def _act(self, step: Step) -> None:
        devices = self._stage.devices
        does = step.does
        assert isinstance(does, Action)
        match does:
            case SetTags(values):
                for tag, value in values.items():
                    devices.set(tag, value)
                    shown = value if isinstance(value, str) else f"{value:g}"
                    self._note(Who.LINE, "set", tag=tag, value=shown, unit=self._unit(tag))
            case RampTags(targets):
                for tag, (value, over) in targets.items():
                    devices.ramp(tag, value, over)
                    self._note(Who.LINE, "ramp", tag=tag, value=f"{value:g}", unit=self._unit(tag), over=f"{over / SECOND:g}")
            case FailDevice(device):
                devices.fail(device)
                self._note(Who.LINE, "fail", device=device)
            case MendDevice(device):
                devices.mend(device)
                self._note(Who.LINE, "mend", device=device)
            case Play(upset):
                try:
                    devices.play(upset)
                except UnknownSubject as error:
                    self._fail(step, Who.LINE, "cannot_play", upset=upset, reason=str(error))
                else:
                    self._note(Who.LINE, "play", upset=upset)
            case CutCloud():
                self._stage.cloud.cut()
                self._note(Who.LINE, "cut")
            case MendCloud():
                self._stage.cloud.mend()
                self._note(Who.LINE, "mend_cloud")
            case SetQuota(spent):
                self._stage.cloud.set_quota(spent=spent)
                self._note(Who.LINE, "quota_spent" if spent else "quota_renewed")

    def _by_phone(self, step: Step, act: PhoneAct) -> None:
        match act:
            case Press():
                self._press(step, act)
            case Say(person, text):
                self._tried(step, "say", lambda: self._stage.cloud.say(person, text), person=person, text=text)
            case Leave(person):
                self._tried(step, "leave", lambda: self._stage.cloud.leave(person), person=person)

    def _tried(self, step: Step, key: str, act: Callable[[], None], **about: str) -> None:
        try:
            act()
        except PersonError as error:
            self._fail(step, Who.PERSON, f"cannot_{key}", reason=str(error), **about)
            return
        self._note(Who.PERSON, key, **about)

    def _press(self, step: Step, press: Press) -> None:
        """Press the button on the person's newest card of the alarm, in whichever chat it shows."""
        about = {"person": press.person, "button": press.button, "alarm": press.alarm}
        cards = [told for told in self._stage.cloud.told_to(press.person) if told.card and self._alarm_of(told) == press.alarm]
        if not cards:
            self._fail(step, Who.PERSON, "no_card_to_press", **about)
            return
        card = cards[-1].card or ""
        self._tried(step, "press", lambda: self._stage.cloud.press(press.person, card, press.button, press.choice), **about)

    async def _ask(self, step: Step, act: PlantAct) -> None:
        """What somebody asks of many alarms at once, at the console."""
        who, asked, about = _command_of(act, self._owners, self._clock.now())
        if isinstance(act, BeginMaintenance):
            self._owners[act.window] = act.owner
        await self._answered(step, who, asked, about)

    async def _act_on_samples(self, step: Step, act: SampleAct) -> None:
        now = self._clock.now()
        match act:
            case Enter(values, by):
                for tag, value in values.items():
                    await self._answered(step, by, EnterValue(tag, value, now), f"{tag} = {value}")
            case Force(values, by, lasts):
                for tag, value in values.items():
                    await self._answered(step, by, ForceValue(tag, value, lasts, "scenario"), f"{tag} = {value}")
            case Release(tags, by):
                for tag in tags:
                    await self._answered(step, by, ReleaseValue(tag), tag)

    async def _hang(self, step: Step, act: HangTagAct) -> None:
        if isinstance(act, HangTag):
            asked: HangTagCommand = Hang(act.device, "scenario", "", "scenario")
        else:
            hanging = [tag for tag in self._stage.gateway.hang_tags() if tag.device == act.device]
            own = [tag for tag in hanging if tag.by == act.by]
            name = next((tag.name for tag in (*own, *hanging)), f"{act.device}~0")
            role = self._plant.policy.directory.persons[act.by].role
            asked = RemoveHangTag(name, "scenario", may(role, Permission.MAINTAIN))
        await self._answered(step, act.by, asked, act.device)

    async def _answered(self, step: Step, who: str, asked: PersonCommand, about: str, value: Value = "") -> None:
        """Ask, and compare the answer with what the step says of it."""
        self._asked += 1
        row = InboxRow("console", f"step-{self._asked}", who, asked, self._clock.now())
        event = await self._stage.gateway.answer(row)
        reason = event.data["reason"] if event is not None and event.kind == "rejected" else None
        if reason != step.refused:
            key = "refused" if reason is not None else "not_refused"
            self._fail(step, Who.PERSON, key, about=about, reason=reason or step.refused)
        elif reason is not None:
            self._entries.append(Entry(self._at(), Who.PERSON, "refused", {"about": about, "reason": reason}, held=True))
        else:
            self._note(Who.PERSON, body_kind(asked), about=about, by=who, value=value)

    async def _ask_of_device(self, step: Step, act: DeviceAct) -> None:
        """What somebody writes at the console, with the role that people.yaml gives them."""
        person = self._plant.policy.directory.persons[act.person]
        if isinstance(act, WriteTag):
            asked: WriteCommand = WritePoint(act.tag, act.value, "scenario", person.role)
        else:
            point = self._stage.gateway.points().get(act.tag)
            asked = ConfirmWrite(write_name(act.tag, 0 if point is None else point.count), person.role)
        await self._answered(step, act.person, asked, act.tag, act.value if isinstance(act, WriteTag) else "")

    # --- expecting ------------------------------------------------------------------------------------------------

    async def _expect(self, step: Step, expected: Expectation) -> None:
        """Look until it holds or the window is over; "nothing" has to hold during the whole window."""
        until = self._scenario.start + step.until
        before = len(self._stage.cloud.told())
        while True:
            found = self._look(step, expected, before)
            over = self._clock.now() >= until
            if over or found.holds != isinstance(expected, ExpectNothing):
                break
            await self._clock.sleep_until(min(until, self._clock.now() + LOOK_EVERY))
        key, arguments = _described(expected)
        if found.holds:
            self._entries.append(Entry(self._at(), Who.EXPECTED, key, arguments, held=True))
        else:
            self._fail(step, Who.EXPECTED, f"{key}_not", **arguments, instead=found.instead)

    def _look(self, step: Step, expected: Expectation, before: int) -> _Found:
        told = self._stage.cloud.told()
        match expected:
            case ExpectAlarm(alarm, state):
                actual = self._stage.gateway.engine.view(alarm).state
                return _Found(actual is state, str(actual))
            case ExpectTold():
                since = self._scenario.start + step.since
                return self._look_for(expected, [each for each in told if each.recipient == expected.recipient], since)
            case ExpectNothing(recipient):
                new = [each for each in told[before:] if recipient in (None, each.recipient)]
                return _Found(not new, new[0].text.split("\n")[0] if new else "")
            case ExpectWritten(values):
                return self._look_at_points(values)
            case ExpectCount(form, recipient, count):
                number = sum(each.form == form and recipient in (None, each.recipient) for each in told)
                return _Found(number == count, str(number))

    def _look_at_points(self, values: Mapping[str, float | str]) -> _Found:
        points = self._stage.gateway.points()
        newest = {tag: points[tag].writes[-1] for tag in values if tag in points and points[tag].writes}
        wrong = [tag for tag, value in values.items() if tag not in newest or _is_not_done(newest[tag], value)]
        instead = "; ".join(
            f"{tag} = {newest[tag].value} {newest[tag].state}" if tag in newest else f"{tag}: -" for tag in wrong
        )
        return _Found(not wrong, instead)

    def _look_for(self, expected: ExpectTold, told: list[Told], since: int) -> _Found:
        """A card counts as long as it shows this; a message counts when it came within the window, or at `at` at all."""
        seen = [each for each in told if each.form == expected.form]
        for each in seen:
            if (
                expected.contains in each.text
                and expected.state in (None, each.state)
                and (expected.alarm is None or each.card is None or self._alarm_of(each) == expected.alarm)
            ):
                return _Found(True, "")
        last = seen[-1] if seen else None
        return _Found(False, "-" if last is None else f"{last.text.splitlines()[0] if last.text else ''} [{last.state or ''}]")

    def _alarm_of(self, told: Told) -> str | None:
        found = self._stage.store.find_card(told.card or "")
        return None if found is None else found[0]

    # --- watching -------------------------------------------------------------------------------------------------

    async def _watch_journal(self, journal: asyncio.Queue[JournalRow]) -> None:
        while True:
            event = (await journal.get()).event
            if event.stream is Stream.PLANT and event.kind in TURNS:
                self._note(Who.GATEWAY, f"event.{event.kind}", subject=event.subject)
            if event.stream is Stream.WRITE and event.kind in WRITE_ENDS:
                suffix = WAITS_FOR.get(event.data.get("cause", ""), "_grant") if event.kind == "held_back" else ""
                self._note(Who.GATEWAY, f"write.{event.kind}{suffix}", tag=event.subject, value=event.data.get("value", ""))
            if event.stream is Stream.ALARM and event.kind not in QUIET:
                data = event.data
                hidden = ", ".join(data.get("suppressed", ()))
                suffix = "_hidden" if hidden and event.kind in ("raised", "returned") else ""
                self._note(
                    Who.GATEWAY,
                    f"event.{event.kind}{suffix}",
                    alarm=event.subject,
                    hidden=hidden,
                    cause=data.get("cause", ""),
                    occurrence=data.get("occurrence", ""),
                    value=data.get("value", ""),
                    by=data.get("by", ""),
                    reason=data.get("reason", ""),
                )

    async def _watch_phones(self) -> None:
        known: dict[str, Told] = {}
        seen: list[Told] = []
        while True:
            if seen is self._stage.cloud.told():
                await self._clock.sleep_until(self._clock.now() + LOOK_EVERY)
                continue
            seen = self._stage.cloud.told()
            for told in seen:
                key = f"{told.recipient}/{told.key}"
                if known.get(key) == told:
                    continue
                verb = "message" if told.form == "message" else "card_new" if key not in known else "card_changed"
                known[key] = told
                self._note(
                    Who.PHONE, verb, recipient=told.recipient.partition(":")[2], text=told.headline, state=told.state or ""
                )
            await self._clock.sleep_until(self._clock.now() + LOOK_EVERY)

    # --- writing down ---------------------------------------------------------------------------------------------

    def _at(self) -> int:
        return self._clock.now() - self._scenario.start

    def _note(self, who: Who, key: str, **arguments: object) -> None:
        self._entries.append(Entry(self._at(), who, key, arguments))

    def _fail(self, step: Step, who: Who, key: str, **arguments: object) -> None:
        self._entries.append(Entry(self._at(), who, key, arguments, held=False, where=step.place))

    def _unit(self, tag: str) -> str:
        return next(each.unit for device in self._plant.devices.values() for each in device.tags if each.name == tag)


def _is_not_done(write: Write, value: float | str) -> bool:
    return write.state is not WriteState.DONE or write.value != value


def _command_of(act: PlantAct, owners: Mapping[str, str], now: Moment) -> tuple[str, PlantCommand, str]:
    """Who asks, what, and about what. owners: of the windows so far."""
    match act:
        case Promote(scope, stage, only, lasts):
            return "system", SetStage(scope, stage, "scenario", only, lasts), f"{scope} → {stage}"
        case BeginMaintenance(window, devices, lasts, owner):
            return owner, PlanMaintenance(window, devices, now, now + lasts, "scenario", "scenario"), window
        case EndMaintenance(window):
            return owners.get(window, "system"), command.EndMaintenance(window), window


def _described(expected: Expectation) -> tuple[str, dict[str, object]]:
    """The sentence of an expectation, and what fills it."""
    match expected:
        case ExpectAlarm(alarm, state):
            return "expect_alarm", {"alarm": alarm, "state": state}
        case ExpectTold():
            who = expected.recipient.partition(":")[2]
            what = " ".join(str(part) for part in (expected.contains, expected.state) if part)
            return f"expect_{expected.form}", {"recipient": who, "what": what}
        case ExpectNothing(recipient):
            return "expect_nothing", {"recipient": "*" if recipient is None else recipient.partition(":")[2]}
        case ExpectWritten(values):
            return "expect_written", {"what": ", ".join(f"{tag} = {value}" for tag, value in values.items())}
        case ExpectCount(form, recipient, count):
            who = "*" if recipient is None else recipient.partition(":")[2]
            return "expect_count", {"recipient": who, "count": count, "form": form}
