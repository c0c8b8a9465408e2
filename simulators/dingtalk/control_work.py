"""The part of `/standin/` that looks at what the app wrote beside chats: rows, documents, approvals, to-dos, groups."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from simulators.dingtalk.cloud import Cloud
from simulators.dingtalk.control_people import Act, ControlError, needed
from simulators.dingtalk.wire import Request


class WorkControl:
    def __init__(self, cloud: Cloud) -> None:
        self._cloud = cloud

    def acts(self) -> Mapping[str, Act]:
        return {
            "GET rows": self._rows,
            "GET documents": self._documents,
            "GET approvals": self._approvals,
            "GET todos": self._todos,
            "GET groups": self._groups,
        }

    def _rows(self, request: Request, _body: Mapping[str, Any], _now_us: int) -> Any:
        sheet = self._cloud.tables.sheets.get((needed(request.query, "base_id"), needed(request.query, "sheet")))
        if sheet is None:
            known = ", ".join(f"{base_id}/{name}" for base_id, name in self._cloud.tables.sheets)
            raise ControlError(f"no such sheet; there are {known or 'none'}")
        return {"rows": [asdict(row) for row in sheet.rows.values()]}

    def _documents(self, _request: Request, _body: Mapping[str, Any], _now_us: int) -> Any:
        return {"documents": [asdict(document) for document in self._cloud.documents.documents.values()]}

    def _approvals(self, _request: Request, _body: Mapping[str, Any], _now_us: int) -> Any:
        return {"approvals": [asdict(instance) for instance in self._cloud.approvals]}

    def _todos(self, _request: Request, _body: Mapping[str, Any], _now_us: int) -> Any:
        return {"todos": [asdict(task) for task in self._cloud.todos]}

    def _groups(self, _request: Request, _body: Mapping[str, Any], _now_us: int) -> Any:
        """Without their webhooks: a token is for whoever sends with it."""
        return {
            "groups": [
                {
                    "conversation_id": group.conversation_id,
                    "title": group.title,
                    "members": group.members,
                    "owner": group.owner,
                    "robot_is_member": group.robot_is_member,
                    "disbanded": group.disbanded,
                    "uuid": scene.uuid if (scene := self._cloud.scene_groups.scenes.get(group.conversation_id)) else "",
                }
                for group in self._cloud.directory.groups
            ]
        }
