"""What has ended stays ended, whatever people and the app try: DINGs, conferences, approvals."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from simulators.dingtalk.approvals import Instance, Result, Status, Task, TaskStatus
from simulators.dingtalk.conferences import Attendance, Conference, Participant, Step
from simulators.dingtalk.dings import Ding, Medium, Receipt, Touch

WAITING = {Receipt.DELIVERED, Receipt.RINGING}
PERSONS = st.sampled_from(["a", "b", "c"])


@given(st.sampled_from(Medium), st.lists(st.tuples(PERSONS, st.sampled_from(Touch)), max_size=20))
def test_a_receipt_that_no_longer_waits_never_changes(medium, touches):
    first = Receipt.RINGING if medium is Medium.PHONE else Receipt.DELIVERED
    ding = Ding("d", medium, "x", "Andon", 0, dict.fromkeys("ab", first))
    for moment, (person, touch) in enumerate(touches, 1):
        before = dict(ding.receipts)
        changed = ding.touch(person, touch, moment)
        moved = {each for each in before if before[each] is not ding.receipts[each]}
        assert moved == ({person} if changed else set())
        assert all(before[each] in WAITING for each in moved)
        assert set(ding.ended_us) == {each for each, receipt in ding.receipts.items() if receipt not in WAITING}


@given(st.lists(st.tuples(PERSONS, st.sampled_from(Step)), max_size=20), st.integers(0, 20))
def test_after_its_end_nobody_is_in_a_conference_and_nobody_comes(steps, end_at):
    conference = Conference("c", "x", "a", "1", "link", 0, 1_000)
    for person in "ab":
        conference.call(Participant(person, person, Attendance.RINGING, 0))
    for moment, (person, step) in enumerate(steps, 1):
        if moment == end_at:
            conference.end(moment)
        before = {key: each.status for key, each in conference.participants.items()}
        moved = conference.step(person, step, moment)
        assert not (moved and conference.ended_us)
        assert moved or before == {key: each.status for key, each in conference.participants.items()}
        if conference.ended_us:
            assert conference.count(Attendance.IN, Attendance.RINGING) == 0


@given(
    st.lists(st.tuples(st.booleans(), st.lists(PERSONS, min_size=1, max_size=3, unique=True)), min_size=1, max_size=3),
    st.lists(st.tuples(PERSONS, st.sampled_from(Result)), max_size=15),
)
def test_an_approval_ends_once_and_as_its_steps_say(steps, decisions):
    tasks = [Task(number, user_id, step) for step, (_, users) in enumerate(steps) for number, user_id in enumerate(users)]
    instance = Instance("i", "P", "x", "a", -1, 0, "b", tuple(any_of for any_of, _ in steps), tasks, ())
    instance.begin(0, 0)
    for moment, (user_id, result) in enumerate(decisions, 1):
        ended = instance.status is not Status.RUNNING
        task = instance.find_task(user_id)
        assert task is None or not ended, "nothing is asked of anybody after the end"
        if task is not None:
            instance.decide(task, result, "", moment)
    agreed = [
        {task.user_id for task in tasks if task.step == step and task.result is Result.AGREE} for step in range(len(steps))
    ]
    complete = [bool(who) if any_of else who == set(users) for who, (any_of, users) in zip(agreed, steps, strict=True)]
    refused = any(task.result is Result.REFUSE for task in tasks)
    assert (instance.result is Result.REFUSE) is refused
    assert (instance.result is Result.AGREE) is (all(complete) and not refused)
    running = [task for task in tasks if task.status in (TaskStatus.NEW, TaskStatus.RUNNING)]
    assert bool(running) is (instance.status is Status.RUNNING)
