"""Online documents in a workspace: created by name, and overwritten (reference 13.2). Operators are unionIds.

A name can be used once in a workspace, so that a name with the alarm's id in it is a key; overwriting is idempotent.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from simulators.dingtalk.calls import Call, Done, Handler
from simulators.dingtalk.directory import Directory
from simulators.dingtalk.fields import Fields, new_family
from simulators.dingtalk.ledger import Effect
from simulators.dingtalk.routes import CallName
from simulators.dingtalk.wire import Chance, NewFamilyError, new_id

CONTENT_MAX = 50_000
DOCUMENTS_MAX = 2_000
TYPES = ("DOC", "WORKBOOK", "MIND", "FOLDER")
INVALID = new_family("invalidRequest.inputArgs.invalid")


@dataclass(slots=True)
class Document:
    """uuid: the other id that calls take. content: markdown."""

    key: str
    uuid: str
    workspace_id: str
    name: str
    kind: str
    url: str
    content: str = ""
    changed_us: int = 0


class Documents:
    """documents: by key."""

    def __init__(self, directory: Directory, workspaces: tuple[str, ...], chance: Chance) -> None:
        self._directory = directory
        self._workspaces = workspaces
        self._chance = chance
        self.documents: dict[str, Document] = {}

    def calls(self) -> Mapping[CallName, Handler]:
        return {CallName.DOCUMENT_CREATE: self.create, CallName.DOCUMENT_OVERWRITE: self.overwrite}

    def create(self, call: Call) -> Done:
        """`POST v1.0/doc/workspaces/{workspaceId}/docs`."""
        if call.parts["workspaceId"] not in self._workspaces:
            raise NewFamilyError(404, "invalidRequest.workspace.notFound", "知识库不存在")
        fields = Fields(call.body, INVALID)
        self._check_operator(fields.text("operatorId"))
        name, kind = fields.text("name"), fields.text("docType")
        fields.allow("parentNodeId", "templateId", "templateType")
        if kind not in TYPES:
            raise INVALID(f"docType must be one of {', '.join(TYPES)}")
        workspace_id = call.parts["workspaceId"]
        if any(each.name == name and each.workspace_id == workspace_id for each in self.documents.values()):
            raise NewFamilyError(400, "invalidRequest.workspaceNode.nameConflict", f"{name} 已存在")
        key = new_id(self._chance)[:16]
        url = f"https://alidocs.dingtalk.com/i/nodes/{key}"
        document = Document(key, new_id(self._chance), workspace_id, name, kind, url, changed_us=call.now_us)
        self.documents[key] = document
        while len(self.documents) > DOCUMENTS_MAX:
            del self.documents[next(iter(self.documents))]
        answer = {"workspaceId": workspace_id, "nodeId": key, "docKey": key, "dentryUuid": document.uuid, "url": url}
        return Done(answer, Effect.DOCUMENT_WRITTEN, key, fields.notes())

    def overwrite(self, call: Call) -> Done:
        """`POST v1.0/doc/suites/documents/{docKey}/overwriteContent?operatorId=`."""
        self._check_operator(call.request.query.get("operatorId", ""))
        key = call.parts["docKey"]
        document = next((each for each in self.documents.values() if key in (each.key, each.uuid)), None)
        if document is None:
            raise NewFamilyError(404, "invalidRequest.document.notFound", "文档不存在")
        fields = Fields(call.body, INVALID)
        if fields.text("dataType", "markdown") != "markdown":
            raise INVALID("dataType: the stand-in takes markdown only")
        document.content, document.changed_us = fields.text("content", longest=CONTENT_MAX), call.now_us
        return Done({"success": True, "result": {"data": {}}}, Effect.DOCUMENT_WRITTEN, document.key, fields.notes())

    def _check_operator(self, union_id: str) -> None:
        if self._directory.person_by_union_id(union_id) is None:
            raise INVALID(f"operatorId {union_id} is no unionId of this organisation")
