"""The calls of approval processes (reference 11.2): start, look, terminate, comment, decide for a person, find ids."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from simulators.dingtalk.approvals import ApprovalBook, Instance, Result, Status, Task
from simulators.dingtalk.calls import Call, Done, Handler
from simulators.dingtalk.directory import Directory
from simulators.dingtalk.events import Tell
from simulators.dingtalk.fields import Fields, new_family
from simulators.dingtalk.ledger import Effect
from simulators.dingtalk.limits import CHINA
from simulators.dingtalk.organisation import Process
from simulators.dingtalk.routes import CallName
from simulators.dingtalk.timeline import Timeline
from simulators.dingtalk.wire import SECOND_US, Chance, NewFamilyError, new_id

STEPS_MAX, CC_MAX, VALUES_MAX, VALUE_MAX = 20, 50, 150, 65_535
IDS_PER_PAGE_MAX = 20
SPAN_MS, PAST_MS = 120 * 86_400_000, 365 * 86_400_000
#: An instance cannot be terminated right after its start.
SETTLES_US = 15 * SECOND_US

INVALID = new_family("processInstanceInvalidParameter")


class ApprovalCalls:
    """processes: those made in the console, by code."""

    def __init__(
        self,
        directory: Directory,
        processes: tuple[Process, ...],
        book: ApprovalBook,
        timeline: Timeline,
        chance: Chance,
        tell: Tell,
    ) -> None:
        self._directory = directory
        self._processes = {process.code: process for process in processes}
        self._book = book
        self._timeline = timeline
        self._chance = chance
        self._tell = tell

    def calls(self) -> Mapping[CallName, Handler]:
        return {
            CallName.APPROVAL_START: self.start,
            CallName.APPROVAL_GET: self.get,
            CallName.APPROVAL_TERMINATE: self.terminate,
            CallName.APPROVAL_COMMENT: self.comment,
            CallName.APPROVAL_EXECUTE: self.execute,
            CallName.APPROVAL_IDS: self.find_ids,
        }

    def start(self, call: Call) -> Done:
        """`POST v1.0/workflow/processInstances`."""
        fields = Fields(call.body, INVALID)
        process = self._processes.get(fields.text("processCode"))
        if process is None:
            raise NewFamilyError(400, "processCodeError", "获取审批模板失败或者模板已被删除")
        originator = self._user(fields.text("originatorUserId"))
        fields.allow("microappAgentId", "ccPosition", "targetSelectActioners", "bizDetailPageUrl", "requestId")
        values = [
            {"name": entry.text("name"), "value": entry.text("value", "", longest=VALUE_MAX), **entry.plain()}
            for entry in fields.objects("formComponentValues", mandatory=True, most=VALUES_MAX)
        ]
        cc = tuple(self._user(user_id) for user_id in fields.texts("ccList", most=CC_MAX))
        steps = [_step(entry) for entry in fields.objects("approvers", most=STEPS_MAX)]
        department_id = fields.whole("deptId", -1 if steps else None)
        steps = steps or [(False, process.approvers)]
        tasks = [
            Task(self._chance.randrange(10**12), self._user(user_id), number)
            for number, (_any_of, user_ids) in enumerate(steps)
            for user_id in user_ids
        ]
        if not tasks:
            raise INVALID("approvers is missing, and the process has none of its own")
        instance = Instance(
            instance_id=new_id(self._chance),
            process_code=process.code,
            title=f"{self._name(originator)}提交的{process.name}",
            originator_id=originator,
            department_id=department_id,
            started_us=call.now_us,
            business_id=f"{_local(call.now_us):%Y%m%d%H%M%S}{self._chance.randrange(10**6):06d}",
            any_of=tuple(any_of for any_of, _user_ids in steps),
            tasks=tasks,
            values=tuple(values),
            cc_user_ids=cc,
        )
        instance.begin(0, call.now_us)
        self._book.add(instance)
        self.report(instance, "start", call.now_us)
        return Done({"instanceId": instance.instance_id}, Effect.APPROVAL_STARTED, instance.instance_id, fields.notes())

    def get(self, call: Call) -> Done:
        """`GET v1.0/workflow/processInstances?processInstanceId=`: `success` is a text, as the official SDK has it."""
        instance = self._existing(call.request.query.get("processInstanceId", ""))
        return Done({"success": "true", "result": self._described(instance)}, Effect.LOOKED_UP, instance.instance_id)

    def terminate(self, call: Call) -> Done:
        """`POST .../processInstances/terminate`."""
        fields = Fields(call.body, INVALID)
        instance = self._running(fields.text("processInstanceId"))
        fields.allow("remark")
        if not fields.flag("isSystem", default=False):
            self._user(fields.text("operatingUserId"))
        fields.allow("operatingUserId")
        if call.now_us - instance.started_us < SETTLES_US:
            raise NewFamilyError(400, "aflowProcessInstStatusException", "流程发起后 15 秒内不能撤销")
        instance.terminate(call.now_us)
        self.report(instance, "terminate", call.now_us)
        return Done({"success": True, "result": True}, Effect.APPROVAL_CHANGED, instance.instance_id, fields.notes())

    def comment(self, call: Call) -> Done:
        """`POST .../processInstances/comments`."""
        fields = Fields(call.body, INVALID)
        instance = self._existing(fields.text("processInstanceId"))
        text, user_id = fields.text("text"), self._user(fields.text("commentUserId"))
        fields.allow("file")
        instance.comments.append(_record(user_id, "ADD_REMARK", "NONE", call.now_us, text))
        self._timeline.changed()
        return Done({"success": True, "result": True}, Effect.APPROVAL_CHANGED, instance.instance_id, fields.notes())

    def execute(self, call: Call) -> Done:
        """`POST .../processInstances/execute`: decide in a person's name."""
        fields = Fields(call.body, INVALID)
        instance = self._running(fields.text("processInstanceId"))
        task = instance.find_task(self._user(fields.text("actionerUserId")), fields.number("taskId"))
        result = fields.text("result")
        fields.allow("file")
        if result not in ("agree", "refuse"):
            raise INVALID(f"result must be agree or refuse, is {result}")
        if task is None:
            raise INVALID("taskId does not wait for this person")
        self.decide(instance, task, Result(result), fields.text("remark", ""), call.now_us)
        return Done({"success": True, "result": True}, Effect.APPROVAL_CHANGED, instance.instance_id, fields.notes())

    def find_ids(self, call: Call) -> Done:
        """`POST v1.0/workflow/processes/instanceIds/query`: how an unknown outcome of a start is resolved."""
        fields = Fields(call.body, INVALID)
        code, start_ms = fields.text("processCode"), fields.whole("startTime")
        end_ms = fields.whole("endTime", call.now_us // 1_000)
        offset, size = fields.whole("nextToken"), fields.whole("maxResults")
        users, statuses = fields.texts("userIds"), fields.texts("statuses")
        if not 0 <= end_ms - start_ms <= SPAN_MS or start_ms < call.now_us // 1_000 - PAST_MS:
            raise INVALID("startTime, endTime: at most 120 days, of the last 365")
        if not 1 <= size <= IDS_PER_PAGE_MAX or offset < 0:
            raise INVALID(f"maxResults must be 1 to {IDS_PER_PAGE_MAX}")
        found = [
            each.instance_id
            for each in self._book
            if each.process_code == code
            and start_ms <= each.started_us // 1_000 <= end_ms
            and (not users or each.originator_id in users)
            and (not statuses or each.status in statuses)
        ]
        result: dict[str, Any] = {"list": found[offset : offset + size]}
        if len(found) > offset + size:
            result["nextToken"] = str(offset + size)
        return Done({"success": True, "result": result}, Effect.LOOKED_UP, code, fields.notes())

    def decide(self, instance: Instance, task: Task, result: Result, remark: str, now_us: int) -> None:
        """A person's decision, by the phone or by `execute`."""
        instance.decide(task, result, remark, now_us)
        changed = {
            "processInstanceId": instance.instance_id,
            "processCode": instance.process_code,
            "taskId": task.task_id,
            "type": "finish",
            "result": str(result),
            "remark": remark,
            "staffId": task.user_id,
            "title": instance.title,
        }
        self._tell("bpms_task_change", changed, now_us)
        self.report(instance, "finish" if instance.status is Status.COMPLETED else "", now_us)

    def report(self, instance: Instance, change: str, now_us: int) -> None:
        """The phones show it, and the app hears of a change of the instance; empty: of its tasks only."""
        self._timeline.changed()
        if not change:
            return
        event = {
            "processInstanceId": instance.instance_id,
            "processCode": instance.process_code,
            "businessId": instance.business_id,
            "type": change,
            "title": instance.title,
            "staffId": instance.originator_id,
            "createTime": instance.started_us // 1_000,
            "url": f"dingtalk://dingtalkclient/page/approval?procInstId={instance.instance_id}",
        }
        if change != "start":
            event["finishTime"] = instance.finished_us // 1_000
        if instance.result is not None:
            event["result"] = str(instance.result)
        self._tell("bpms_instance_change", event, now_us)

    def _described(self, instance: Instance) -> dict[str, Any]:
        records = [_record(instance.originator_id, "START_PROCESS_INSTANCE", "NONE", instance.started_us, "")]
        records += [
            _record(task.user_id, "EXECUTE_TASK_NORMAL", task.result.upper(), task.finished_us, task.remark)
            for task in instance.tasks
            if task.result is not None
        ]
        described: dict[str, Any] = {
            "title": instance.title,
            "status": str(instance.status),
            "businessId": instance.business_id,
            "createTime": _iso(instance.started_us),
            "originatorUserId": instance.originator_id,
            "originatorDeptId": str(instance.department_id),
            "originatorDeptName": self._directory.app.name,
            "approverUserIds": list(dict.fromkeys(task.user_id for task in instance.tasks)),
            "ccUserIds": list(instance.cc_user_ids),
            "bizAction": "NONE",
            "attachedProcessInstanceIds": [],
            "tasks": [_task(task) for task in instance.tasks],
            "operationRecords": records + instance.comments,
            "formComponentValues": list(instance.values),
        }
        if instance.finished_us:
            described["finishTime"] = _iso(instance.finished_us)
        if instance.result is not None:
            described["result"] = str(instance.result)
        return described

    def _user(self, user_id: str) -> str:
        if self._directory.person(user_id) is None:
            # A unionId in place of a userId ends here as well.
            raise INVALID(f"{user_id} is no userId of this organisation")
        return user_id

    def _name(self, user_id: str) -> str:
        person = self._directory.person(user_id)
        return person.name if person else user_id

    def _existing(self, instance_id: str) -> Instance:
        instance = self._book.find(instance_id)
        if instance is None:
            raise INVALID(f"processInstanceId {instance_id!r} does not exist")
        return instance

    def _running(self, instance_id: str) -> Instance:
        instance = self._existing(instance_id)
        if instance.status is not Status.RUNNING:
            raise NewFamilyError(400, "aflowProcessInstStatusException", "流程已结束")
        return instance


def _step(entry: Fields) -> tuple[bool, tuple[str, ...]]:
    action, user_ids = entry.text("actionType"), entry.texts("userIds", mandatory=True)
    if action not in ("AND", "OR", "NONE") or (action == "NONE") != (len(user_ids) == 1):
        raise INVALID("actionType must be AND or OR for several userIds, NONE for one")
    return action == "OR", user_ids


def _task(task: Task) -> dict[str, Any]:
    result = str(task.result).upper() if task.result else "NONE"
    described = {
        "taskId": task.task_id,
        "userId": task.user_id,
        "status": str(task.status),
        "result": result,
        "createTime": _iso(task.created_us),
        "activityId": f"step_{task.step}",
        "pcUrl": f"aflow.dingtalk.com?taskId={task.task_id}",
        "mobileUrl": f"aflow.dingtalk.com?taskId={task.task_id}",
    }
    return described | ({"finishTime": _iso(task.finished_us)} if task.finished_us else {})


def _record(user_id: str, kind: str, result: str, at_us: int, remark: str) -> dict[str, Any]:
    record: dict[str, Any] = {"userId": user_id, "date": _iso(at_us), "type": kind, "result": result, "ccUserIds": []}
    return record | ({"remark": remark} if remark else {})


def _local(at_us: int) -> datetime:
    return datetime.fromtimestamp(at_us // SECOND_US, UTC).astimezone(CHINA)


def _iso(at_us: int) -> str:
    return f"{datetime.fromtimestamp(at_us // SECOND_US, UTC):%Y-%m-%dT%H:%MZ}"
