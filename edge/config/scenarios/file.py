"""How `scenarios/*.yaml` write a scenario, and the steps that this means. Pure.

Not here: whether what a step names is in the plant (`reader.py`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from edge.config.scenarios.steps import (
    Action,
    BeginMaintenance,
    Button,
    ConfirmTag,
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
    Form,
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
    RemoveTag,
    SampleAct,
    Say,
    SetQuota,
    SetTags,
    Step,
    WriteTag,
)
from edge.config.text.finding import Place
from edge.config.text.values import FileModel, Name, ShortText, SwitchOrNumber, TwoLanguages, duration, refuse
from edge.model.alarm import AlarmState
from edge.model.command import Rejection
from edge.model.moment import Span, from_iso
from edge.model.stage import PLANT, Stage

CLOUD = "cloud"

At = Annotated[Span, duration("0s", "7d")]


def _start(given: str) -> str:
    try:
        from_iso(given)
    except (ValueError, OverflowError):
        raise refuse("config.moment_form") from None
    return given


class Within(FileModel):
    from_: At = Field(alias="from")
    to: At

    @model_validator(mode="after")
    def _runs_forward(self) -> Self:
        if self.from_ >= self.to:
            raise refuse("config.window_backwards")
        return self


class RampFile(FileModel):
    to: SwitchOrNumber
    over: At


class PressFile(FileModel):
    person: Name
    alarm: str
    button: Button
    choice: Name | None = None

    @model_validator(mode="after")
    def _chooses_for_shelve(self) -> Self:
        if (self.button == "shelve") != (self.choice is not None):
            raise refuse("config.press_choice")
        return self


class SayFile(FileModel):
    person: Name
    text: ShortText


class PromoteFile(FileModel):
    """only: `person:ID`, `team:ID` or `group:ID`; it and `for` are of commissioning alone."""

    to: Stage
    scope: str = PLANT
    only: tuple[str, ...] = ()
    for_: Annotated[Span, duration("1s", "12h")] | None = Field(alias="for", default=None)

    @model_validator(mode="after")
    def _a_trial_names_and_ends(self) -> Self:
        is_trial = self.to is Stage.COMMISSIONING
        if is_trial != bool(self.only) or is_trial != (self.for_ is not None):
            raise refuse("config.trial_wants")
        return self


class MaintenanceFile(FileModel):
    window: ShortText
    devices: Annotated[tuple[str, ...], Field(min_length=1, max_length=100)]
    for_: Annotated[Span, duration("1s", "30d")] = Field(alias="for")
    owner: Name


class WriteFile(FileModel):
    """by: a person's id; their role must suffice for the grant."""

    tag: str
    value: SwitchOrNumber | ShortText
    by: Name


class ConfirmWriteFile(FileModel):
    tag: str
    by: Name


class EnterFile(FileModel):
    values: Annotated[Mapping[str, SwitchOrNumber | ShortText], Field(min_length=1)]
    by: Name


class ForceFile(FileModel):
    values: Annotated[Mapping[str, SwitchOrNumber | ShortText], Field(min_length=1)]
    by: Name
    for_: Annotated[Span, duration("1s", "8h")] = Field(alias="for")


class ReleaseFile(FileModel):
    tags: Annotated[tuple[str, ...], Field(min_length=1, max_length=100)]
    by: Name


class HangTagFile(FileModel):
    device: str
    by: Name


class OneRecipient(FileModel):
    """A person or a group."""

    person: Name | None = None
    group: Name | None = None

    @model_validator(mode="after")
    def _is_one(self) -> Self:
        if self.person is not None and self.group is not None:
            raise refuse("config.recipient_one")
        return self

    @property
    def recipient(self) -> str | None:
        if self.person is not None:
            return f"person:{self.person}"
        return f"group:{self.group}" if self.group is not None else None


class ToldFile(OneRecipient):
    contains: ShortText | None = None
    alarm: str | None = None
    state: AlarmState | None = None

    @model_validator(mode="after")
    def _is_somebody(self) -> Self:
        if self.recipient is None:
            raise refuse("config.recipient_one")
        return self


class CountFile(OneRecipient):
    cards: Annotated[int, Field(ge=0, le=100_000)] | None = None
    messages: Annotated[int, Field(ge=0, le=100_000)] | None = None

    @model_validator(mode="after")
    def _counts_one_thing(self) -> Self:
        if (self.cards is None) == (self.messages is None):
            raise refuse("config.count_one")
        return self


class ExpectFile(FileModel):
    """Exactly one of: alarm with state, card, message, none, count, written, refused. The last one stands beside what a person
    asks for: it says with which reason that is refused."""

    alarm: str | None = None
    state: AlarmState | None = None
    card: ToldFile | None = None
    message: ToldFile | None = None
    none: OneRecipient | None = None
    count: CountFile | None = None
    written: Annotated[Mapping[str, SwitchOrNumber | ShortText], Field(min_length=1)] | None = None
    refused: Rejection | None = None

    @model_validator(mode="after")
    def _is_one(self) -> Self:
        forms = (self.alarm, self.card, self.message, self.none, self.count, self.written, self.refused)
        given = [each for each in forms if each is not None]
        if len(given) != 1 or (self.alarm is None) != (self.state is None):
            raise refuse("config.expect_one")
        return self


class StepFile(FileModel):
    """`at` or `within`, and exactly one thing that is done or expected; or what a person asks for, and that it is refused."""

    at: At | None = None
    within: Within | None = None
    set: Annotated[Mapping[str, SwitchOrNumber | ShortText], Field(min_length=1)] | None = None
    ramp: Annotated[Mapping[str, RampFile], Field(min_length=1)] | None = None
    fail: str | None = None
    mend: str | None = None
    play: Name | None = None
    cut: Literal["cloud"] | None = None
    quota: Literal["spent", "renewed"] | None = None
    press: PressFile | None = None
    say: SayFile | None = None
    leave: Name | None = None
    promote: PromoteFile | None = None
    maintenance: MaintenanceFile | None = None
    end_maintenance: ShortText | None = None
    write: WriteFile | None = None
    confirm_write: ConfirmWriteFile | None = None
    enter: EnterFile | None = None
    force: ForceFile | None = None
    release: ReleaseFile | None = None
    hang_tag: HangTagFile | None = None
    remove_hang_tag: HangTagFile | None = None
    expect: ExpectFile | None = None

    @model_validator(mode="after")
    def _is_one(self) -> Self:
        on_the_line = (self.set, self.ramp, self.fail, self.mend, self.play, self.cut, self.quota)
        by_phone = (self.press, self.say, self.leave)
        of_plant = (self.promote, self.maintenance, self.end_maintenance, self.hang_tag, self.remove_hang_tag)
        asked = (*of_plant, self.write, self.confirm_write, self.enter, self.force, self.release)
        if self.refused is not None:
            if self.at is None or _number_of(asked) != 1 or _number_of((*on_the_line, *by_phone)):
                raise refuse("config.step_refused")
            return self
        if _number_of((*on_the_line, *by_phone, *asked, self.expect)) != 1:
            raise refuse("config.step_one")
        if (self.at is None) == (self.within is None):
            raise refuse("config.step_time")
        if self.within is not None and self.expect is None:
            raise refuse("config.step_window")
        if self.at is not None and self.expect is not None and self.expect.none is not None:
            raise refuse("config.none_window")
        return self

    @property
    def refused(self) -> Rejection | None:
        return None if self.expect is None else self.expect.refused


def _number_of(given: Iterable[object]) -> int:
    return sum(each is not None for each in given)


class ScenarioFile(FileModel):
    """The steps are read by themselves."""

    title: TwoLanguages
    start: Annotated[str, AfterValidator(_start)]


def step_of(file: StepFile, place: Place) -> Step:
    """The step that a checked `StepFile` means."""
    since = file.within.from_ if file.within is not None else file.at or 0
    until = file.within.to if file.within is not None else since
    does = _action(file) if file.expect is None or file.refused is not None else _expectation(file.expect)
    return Step(since, until, does, place, file.refused)


def _action(file: StepFile) -> Action:
    if (phone := _phone_act(file)) is not None:
        return phone
    if (act := _plant_act(file) or _device_act(file) or _sample_act(file) or _hang_tag_act(file)) is not None:
        return act
    if file.cut is not None:
        return CutCloud()
    if file.quota is not None:
        return SetQuota(spent=file.quota == "spent")
    if file.mend is not None:
        return MendCloud() if file.mend == CLOUD else MendDevice(file.mend)
    return _on_the_line(file)


def _phone_act(file: StepFile) -> PhoneAct | None:
    if file.press is not None:
        return Press(file.press.person, file.press.alarm, file.press.button, file.press.choice)
    if file.say is not None:
        return Say(file.say.person, file.say.text)
    return None if file.leave is None else Leave(file.leave)


def _plant_act(file: StepFile) -> PlantAct | None:
    if (promote := file.promote) is not None:
        return Promote(promote.scope, promote.to, promote.only, promote.for_ or 0)
    if (work := file.maintenance) is not None:
        return BeginMaintenance(work.window, work.devices, work.for_, work.owner)
    return None if file.end_maintenance is None else EndMaintenance(file.end_maintenance)


def _device_act(file: StepFile) -> DeviceAct | None:
    if (write := file.write) is not None:
        return WriteTag(write.tag, write.value, write.by)
    return None if file.confirm_write is None else ConfirmTag(file.confirm_write.tag, file.confirm_write.by)


def _sample_act(file: StepFile) -> SampleAct | None:
    if (entered := file.enter) is not None:
        return Enter(dict(entered.values), entered.by)
    if (force := file.force) is not None:
        return Force(dict(force.values), force.by, force.for_)
    return None if file.release is None else Release(file.release.tags, file.release.by)


def _hang_tag_act(file: StepFile) -> HangTagAct | None:
    if (hung := file.hang_tag) is not None:
        return HangTag(hung.device, hung.by)
    return None if file.remove_hang_tag is None else RemoveTag(file.remove_hang_tag.device, file.remove_hang_tag.by)


def _on_the_line(file: StepFile) -> Action:
    if file.set is not None:
        return SetTags(dict(file.set))
    if file.ramp is not None:
        return RampTags({tag: (ramp.to, ramp.over) for tag, ramp in file.ramp.items()})
    if file.fail is not None:
        return FailDevice(file.fail)
    if file.play is not None:
        return Play(file.play)
    raise ValueError("a step does exactly one thing")


def _expectation(file: ExpectFile) -> Expectation:
    if file.alarm is not None and file.state is not None:
        return ExpectAlarm(file.alarm, file.state)
    if file.none is not None:
        return ExpectNothing(file.none.recipient)
    if file.written is not None:
        return ExpectWritten(dict(file.written))
    if file.count is not None:
        form: Form = "card" if file.count.cards is not None else "message"
        return ExpectCount(form, file.count.recipient, file.count.cards or file.count.messages or 0)
    if file.card is not None:
        return _told("card", file.card)
    if file.message is not None:
        return _told("message", file.message)
    raise ValueError("an expectation expects exactly one thing")


def _told(form: Form, file: ToldFile) -> ExpectTold:
    return ExpectTold(form, file.recipient or "", file.contains or "", file.alarm, file.state)
