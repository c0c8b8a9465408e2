"""The calls of to-dos (reference 10). Every person is a unionId: a userId in its place is a parameter error.

`sourceId` is the app's business key: a second create with the same one is refused, and the refusal names the old task.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from simulators.dingtalk.calls import Call, Done, Handler
from simulators.dingtalk.dings import Ding, DingBook, Medium, Receipt
from simulators.dingtalk.directory import Directory
from simulators.dingtalk.events import Tell
from simulators.dingtalk.fields import Fields, Refuse, new_family
from simulators.dingtalk.ledger import Effect
from simulators.dingtalk.routes import CallName
from simulators.dingtalk.timeline import Timeline
from simulators.dingtalk.todos import Task, TodoBook
from simulators.dingtalk.tokens import UserTokens
from simulators.dingtalk.wire import Chance, NewFamilyError, new_id

SUBJECT_MAX, DESCRIPTION_MAX = 1_024, 4_096
PERSONS_MAX = 1_000
URL_BYTES_MAX = 1_024
PAGE = 20
#: The end of the year 9999: no calendar shows what comes after it.
LAST_MS = 253_402_300_799_000
PRIORITIES = (10, 20, 30, 40)

CREATE, UPDATE = new_family("todo.taskCreate.paramError"), new_family("todo.taskUpdate.paramError")
STATUS, DELETE = new_family("todo.taskExecutorStatusUpdate.paramError"), new_family("todo.taskDelete.paramError")
LOOK = new_family("todo.paramError")


class TodoCalls:
    """tell: where events go."""

    def __init__(
        self,
        directory: Directory,
        book: TodoBook,
        dings: DingBook,
        users: UserTokens,
        timeline: Timeline,
        chance: Chance,
        tell: Tell,
    ) -> None:
        self._directory = directory
        self._book = book
        self._dings = dings
        self._users = users
        self._timeline = timeline
        self._chance = chance
        self._tell = tell

    def calls(self) -> Mapping[CallName, Handler]:
        return {
            CallName.TODO_CREATE: self.create,
            CallName.TODO_UPDATE: self.update,
            CallName.TODO_DELETE: self.delete,
            CallName.TODO_EXECUTOR_STATUS: self.update_executors,
            CallName.TODO_BY_SOURCE: self.by_source,
            CallName.TODO_LIST: self.list,
            CallName.TODO_PERSONAL: self.create_personal,
        }

    def create(self, call: Call) -> Done:
        """`POST v1.0/todo/users/{unionId}/tasks?operatorId=`."""
        owner, operator = self._persons_of(call, CREATE)
        fields = Fields(call.body, CREATE)
        source_id = fields.text("sourceId", "")
        old = self._book.by_source(source_id)
        if old is not None:
            raise CREATE(f"task exist, taskId: {old.task_id}")
        detail = fields.object("detailUrl")
        urls = {key: value for key in ("appUrl", "pcUrl") if isinstance(value := detail.get(key), str) and value}
        if not urls:
            raise CREATE("detailUrl is missing")
        if any(len(url.encode()) > URL_BYTES_MAX for url in urls.values()):
            raise CREATE(f"detailUrl is oversize: more than {URL_BYTES_MAX} bytes")
        creator = fields.text("creatorId", owner)
        task = self._task(fields, call, owner=owner, creator=creator, operator=operator or creator)
        task.source_id, task.detail_url = source_id, urls
        task.only_executors = fields.flag("isOnlyShowExecutor", default=False)
        task.priority = fields.whole("priority", 20)
        if task.priority not in PRIORITIES:
            raise CREATE(f"priority must be 10, 20, 30 or 40, is {task.priority}")
        task.todo_type = fields.text("todoType", "TODO")
        task.content_fields = tuple(entry.plain() for entry in fields.objects("contentFieldList"))
        fields.allow("actionList", "bizCategoryId", "thirdExtension", "remindNotifyConfigs", "reminderTimeStamp")
        self._keep(task, call.now_us)
        answer = task.as_answer() | {"requestId": new_id(self._chance)}
        return Done(answer, Effect.TODO_CREATED, source_id or task.task_id, fields.notes())

    def create_personal(self, call: Call) -> Done:
        """`POST v1.0/todo/users/me/personalTasks`: with the token of the person, who may tick it."""
        person = self._users.person_of(call.token, call.now_us)
        if person is None:
            raise NewFamilyError(400, "tokenTypeError", "该接口仅支持用户访问凭证")
        fields = Fields(call.body, CREATE)
        task = self._task(fields, call, owner=person.union_id, creator=person.union_id, operator=person.union_id)
        if not task.executors:
            raise CREATE("executorIds is missing")
        task.personal = True
        fields.allow("reminderTimeStamp")
        self._keep(task, call.now_us)
        answer = {"taskId": task.task_id, "createdTime": task.created_ms}
        return Done(answer, Effect.TODO_CREATED, task.task_id, fields.notes())

    def update(self, call: Call) -> Done:
        """`PUT .../tasks/{taskId}?operatorId=`: what is not named stays."""
        _owner, operator = self._persons_of(call, UPDATE)
        task = self._existing(call, UPDATE)
        fields = Fields(call.body, UPDATE)
        now_ms = call.now_us // 1_000
        subject = fields.text("subject", task.subject, longest=SUBJECT_MAX)
        description = fields.text("description", task.description, longest=DESCRIPTION_MAX)
        due_ms = _due(fields, UPDATE, task.due_ms)
        executors = self._persons(fields, "executorIds", UPDATE)
        participants = self._persons(fields, "participantIds", UPDATE)
        content_fields = tuple(entry.plain() for entry in fields.objects("contentFieldList"))
        done = fields.flag("done", default=task.done)
        task.subject, task.description, task.due_ms = subject, description, due_ms
        if fields.has("executorIds"):
            task.executors = {executor: task.executors.get(executor, False) for executor in executors}
        if fields.has("participantIds"):
            task.participants = participants
        if fields.has("contentFieldList"):
            task.content_fields = content_fields
        if fields.has("done"):
            task.set_done(done, now_ms)
        return self._changed(task, operator, call, fields.notes())

    def update_executors(self, call: Call) -> Done:
        """`PUT .../tasks/{taskId}/executorStatus?operatorId=`."""
        _owner, operator = self._persons_of(call, STATUS)
        task = self._existing(call, STATUS)
        fields = Fields(call.body, STATUS)
        states = []
        for entry in fields.objects("executorStatusList", mandatory=True, most=PERSONS_MAX):
            union_id = entry.text("id")
            if union_id not in task.executors:
                raise STATUS(f"{union_id} is no executor of the task")
            states.append((union_id, entry.flag("isDone", default=False)))
        for union_id, done in states:
            task.set_executor(union_id, done, call.now_us // 1_000)
        return self._changed(task, operator, call, fields.notes())

    def delete(self, call: Call) -> Done:
        """`DELETE .../tasks/{taskId}?operatorId=`."""
        self._persons_of(call, DELETE)
        task = self._existing(call, DELETE)
        self._book.remove(task)
        self._timeline.changed()
        self._report("todo_task_delete", task, call.now_us)
        return Done({"result": True, "requestId": new_id(self._chance)}, Effect.TODO_DELETED, task.source_id or task.task_id)

    def by_source(self, call: Call) -> Done:
        """`GET .../tasks/sources/{sourceId}`: how an unknown outcome of a create is resolved."""
        self._persons_of(call, LOOK)
        task = self._book.by_source(call.parts["sourceId"])
        if task is None:
            raise LOOK("task not exist")
        return Done(task.as_answer() | {"requestId": new_id(self._chance)}, Effect.LOOKED_UP, task.source_id)

    def list(self, call: Call) -> Done:
        """`POST .../org/tasks/query`: the person's tasks, a page at a time."""
        owner, _operator = self._persons_of(call, LOOK)
        fields = Fields(call.body, LOOK)
        start = fields.text("nextToken", "0")
        if not start.isdecimal():
            raise LOOK(f"nextToken {start} is not one of ours")
        done = fields.flag("isDone", default=False)
        todo_type = fields.text("todoType", "TODO")
        fields.allow("roleTypes")
        found = [task for task in self._book.of_person(owner) if task.done is done and task.todo_type == todo_type]
        page = found[int(start) : int(start) + PAGE]
        answer: dict[str, Any] = {"todoCards": [_card(task) for task in page]}
        if len(found) > int(start) + PAGE:
            answer["nextToken"] = str(int(start) + PAGE)
        return Done(answer, Effect.LOOKED_UP, owner, fields.notes())

    def _task(self, fields: Fields, call: Call, *, owner: str, creator: str, operator: str) -> Task:
        now_ms = call.now_us // 1_000
        executors = self._persons(fields, "executorIds", CREATE)
        notify = {key: str(value) for key, value in fields.object("notifyConfigs").items()}
        return Task(
            task_id=f"task{new_id(self._chance)}",
            owner_id=owner,
            subject=fields.text("subject", longest=SUBJECT_MAX),
            creator_id=self._union_id(creator, "creatorId", CREATE),
            created_ms=now_ms,
            modified_ms=now_ms,
            modifier_id=operator,
            executors=dict.fromkeys(executors, False),
            participants=self._persons(fields, "participantIds", CREATE),
            description=fields.text("description", "", longest=DESCRIPTION_MAX),
            due_ms=_due(fields, CREATE, 0),
            notify=notify,
        )

    def _keep(self, task: Task, now_us: int) -> None:
        self._book.add(task)
        if task.notify.get("dingNotify") == "1":
            # Nobody is rung for what that person made.
            persons = [self._directory.person_by_union_id(key) for key in task.executors if key != task.creator_id]
            receipts = {person.user_id: Receipt.DELIVERED for person in persons if person is not None}
            if receipts:
                sender = self._directory.app.name
                self._dings.add(Ding(new_id(self._chance), Medium.APP, task.subject, sender, now_us, receipts))
        self._timeline.changed()
        self._report("todo_task_create", task, now_us)

    def _changed(self, task: Task, operator: str, call: Call, notes: tuple[str, ...]) -> Done:
        task.modified_ms, task.modifier_id = call.now_us // 1_000, operator or task.modifier_id
        self._timeline.changed()
        self._report("todo_task_update", task, call.now_us)
        answer = {"result": True, "requestId": new_id(self._chance)}
        return Done(answer, Effect.TODO_UPDATED, task.source_id or task.task_id, notes)

    def _report(self, event_type: str, task: Task, now_us: int) -> None:
        union_ids = list(dict.fromkeys((*task.executors, *task.participants)))
        self._tell(event_type, {"unionIdList": union_ids, "bizTag": "isv", "taskId": task.task_id}, now_us)

    def _persons_of(self, call: Call, refuse: Refuse) -> tuple[str, str]:
        """The unionIds of the path and of the operator (empty = none named)."""
        operator = call.request.query.get("operatorId", "")
        if operator:
            self._union_id(operator, "operatorId", refuse)
        return self._union_id(call.parts["unionId"], "unionId", refuse), operator

    def _persons(self, fields: Fields, name: str, refuse: Refuse) -> tuple[str, ...]:
        return tuple(self._union_id(key, name, refuse) for key in fields.texts(name, most=PERSONS_MAX))

    def _union_id(self, key: str, name: str, refuse: Refuse) -> str:
        if self._directory.person_by_union_id(key) is None:
            raise refuse(f"{name} {key} is no unionId of this organisation")
        return key

    def _existing(self, call: Call, refuse: Refuse) -> Task:
        task = self._book.find(call.parts["taskId"])
        if task is None:
            raise refuse("task not exist")
        if task.personal:
            raise refuse("task not belong to bizTag")
        return task


def _due(fields: Fields, refuse: Refuse, default: int) -> int:
    due_ms = fields.whole("dueTime", default)
    if not 0 <= due_ms <= LAST_MS:
        raise refuse("dueTime is invalid")
    return due_ms


def _card(task: Task) -> dict[str, Any]:
    return {
        "taskId": task.task_id,
        "subject": task.subject,
        "dueTime": task.due_ms,
        "isDone": task.done,
        "sourceId": task.source_id,
        "detailUrl": task.detail_url,
        "bizTag": "isv",
        "priority": task.priority,
        "creatorId": task.creator_id,
        "createdTime": task.created_ms,
        "modifiedTime": task.modified_ms,
    }
