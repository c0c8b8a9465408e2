"""The IoT calls of DingTalk, behind a switch: both generations are closed to new apps (reference 15.1, 15.2).

With `behaviour.iot_calls` open or bound this organisation is one of those that have them still. A device event is forwarded to
the group of `device_events` in the organisation file and rings its owner by an app DING; the real console has such rules.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from simulators.dingtalk.calls import Call, Done, Handler
from simulators.dingtalk.dings import Ding, DingBook, Medium, Receipt
from simulators.dingtalk.directory import Directory
from simulators.dingtalk.fields import Fields, new_family
from simulators.dingtalk.ledger import Effect
from simulators.dingtalk.organisation import DeviceEvents
from simulators.dingtalk.routes import CallName
from simulators.dingtalk.timeline import Kind, Timeline
from simulators.dingtalk.wire import Chance, NewFamilyError, new_id

DEVICES_MAX, EVENTS_MAX = 5_000, 5_000
EVENT_TYPE_MAX, DEVICE_CODE_MAX = 20, 128
EVENT_NAME_MIN = 4
PAGE_MAX = 50
INVALID = new_family("parameter.error")


@dataclass(frozen=True, slots=True)
class Device:
    """uuid: given by DingTalk; the id is the caller's."""

    device_id: str
    name: str
    uuid: str


@dataclass(frozen=True, slots=True)
class DeviceEvent:
    event_id: str
    event_type: str
    name: str
    text: str
    occurred_ms: int
    device_id: str


class Devices:
    """devices, events: by the caller's ids. where: events are forwarded to (settable). is_bound: the system was bound, which
    diot wants before anything else."""

    def __init__(self, directory: Directory, where: DeviceEvents, dings: DingBook, timeline: Timeline, chance: Chance) -> None:
        self._directory = directory
        self.where = where
        self._dings = dings
        self._timeline = timeline
        self._chance = chance
        self.is_bound = directory.behaviour.iot_calls == "bound"
        self.devices: dict[str, Device] = {}
        self.events: dict[str, DeviceEvent] = {}

    def calls(self) -> Mapping[CallName, Handler]:
        return {
            CallName.IOT_BIND: self.bind,
            CallName.IOT_REGISTER: self.register,
            CallName.IOT_DEVICES: self.query_devices,
            CallName.IOT_PUSH_EVENT: self.push_event,
            CallName.IOT_QUERY_EVENTS: self.query_events,
            CallName.DEVICE_REGISTER: self.activate,
            CallName.DEVICE_UPLOAD_EVENT: self.upload_event,
        }

    def bind(self, call: Call) -> Done:
        """`POST v1.0/diot/systems/bind`."""
        fields = Fields(call.body, INVALID)
        client_id, corp_id = fields.text("clientId"), fields.text("corpId")
        fields.text("clientName")
        fields.allow("authCode", "extraData")
        self._check_corp(corp_id)
        self.is_bound = True
        return Done({"clientId": client_id, "corpId": corp_id}, Effect.DEVICE_CHANGED, client_id, fields.notes())

    def register(self, call: Call) -> Done:
        """`POST v1.0/diot/devices/register`."""
        fields = self._bound(call)
        device_id, name = fields.text("id"), fields.text("deviceName")
        if fields.whole("deviceStatus") not in (0, 1):
            raise INVALID("deviceStatus must be 0 online or 1 offline")
        for key in ("deviceType", "deviceTypeName", "productType"):
            fields.text(key)
        fields.allow("nickName", "location", "parentId", "liveUrls")
        self._keep(device_id, name)
        return Done({"deviceId": device_id}, Effect.DEVICE_CHANGED, device_id, fields.notes())

    def query_devices(self, call: Call) -> Done:
        """`GET v1.0/diot/devices?corpId&pageNumber&pageSize`."""
        self._check_bound()
        query = Fields(call.request.query, INVALID)
        number, size = query.number("pageNumber", 1), query.number("pageSize", PAGE_MAX)
        if number < 1 or not 1 <= size <= PAGE_MAX:
            raise INVALID(f"pageNumber from 1, pageSize 1 to {PAGE_MAX}")
        listed = [{"deviceId": each.device_id, "deviceName": each.name} for each in self.devices.values()]
        page = listed[(number - 1) * size : number * size]
        return Done({"data": page, "pageNumber": number, "pageSize": size, "totalCount": len(listed)}, Effect.LOOKED_UP)

    def push_event(self, call: Call) -> Done:
        """`POST v1.0/diot/events/push`: `eventId` is the caller's own."""
        fields = self._bound(call)
        event = DeviceEvent(
            fields.text("eventId"),
            fields.text("eventType", longest=EVENT_TYPE_MAX),
            _event_name(fields),
            fields.text("msg", ""),
            fields.whole("occurrenceTime"),
            fields.text("deviceId", ""),
        )
        fields.allow("location", "picUrls", "extraData")
        if event.event_id in self.events and self._directory.behaviour.repeated_device_event == "ignored":
            return Done({"eventId": event.event_id}, Effect.DUPLICATE_IGNORED, event.event_id, fields.notes())
        self._happened(event, call.now_us)
        return Done({"eventId": event.event_id}, Effect.DEVICE_EVENT, event.event_id, fields.notes())

    def query_events(self, call: Call) -> Done:
        """`POST v1.0/diot/events/query`."""
        fields = self._bound(call)
        event_id, types = fields.text("eventId", ""), fields.texts("eventTypeList")
        devices = fields.texts("deviceIdList")
        number, size = fields.whole("pageNumber", 1), fields.whole("pageSize", PAGE_MAX)
        fields.allow("eventStatusList", "startTime", "endTime")
        found = [
            {
                "eventId": each.event_id,
                "eventName": each.name,
                "eventStatus": 0,
                "eventType": each.event_type,
                "msg": each.text,
                "occurrenceTime": each.occurred_ms,
                "picUrls": [],
            }
            for each in self.events.values()
            if event_id in ("", each.event_id)
            and (not types or each.event_type in types)
            and (not devices or each.device_id in devices)
        ]
        page = found[(number - 1) * size : number * size]
        answer = {"data": page, "pageNumber": number, "pageSize": size, "totalCount": len(found)}
        return Done(answer, Effect.LOOKED_UP, event_id, fields.notes())

    def activate(self, call: Call) -> Done:
        """`POST v1.0/devicemng/customers/devices/registerAndActivate`: `deviceCode` is unique in the organisation."""
        fields = Fields(call.body, INVALID)
        code, name = fields.text("deviceCode", longest=DEVICE_CODE_MAX), fields.text("deviceName")
        fields.allow("introduction", "typeUuid", "roleUuid", "deviceDetailUrl", "deviceCallbackUrl", "deviceCategory")
        for user_id in fields.texts("userIds", most=50):
            if self._directory.person(user_id) is None:
                raise NewFamilyError(400, "userNotExisted", f"用户不存在 {user_id}")
        if code in self.devices:
            raise NewFamilyError(400, "devicekeyAlreadyExist", f"deviceCode {code} 已存在")
        if any(each.name == name for each in self.devices.values()):
            raise NewFamilyError(400, "devicenameAlreadyExist", f"deviceName {name} 已存在")
        device = self._keep(code, name)
        result = {"deviceUuid": device.uuid, "deviceCode": code, "deviceName": name}
        return Done({"success": True, "result": result}, Effect.DEVICE_CHANGED, code, fields.notes())

    def upload_event(self, call: Call) -> Done:
        """`POST v1.0/devicemng/suppliers/events/upload`: there is no key, a repeat is a second event."""
        fields = Fields(call.body, INVALID)
        code, uuid = fields.text("deviceCode", ""), fields.text("deviceUuid", "")
        device = next((each for each in self.devices.values() if code == each.device_id or uuid == each.uuid), None)
        if device is None:
            raise NewFamilyError(400, "deviceNotExist", "设备不存在")
        kind, text = fields.text("eventType"), fields.text("content")
        fields.allow("level", "coverUrl", "eventTime")
        event_id = new_id(self._chance)
        self._happened(DeviceEvent(event_id, kind, device.name, text, call.now_us // 1_000, device.device_id), call.now_us)
        return Done({"success": True, "result": event_id}, Effect.DEVICE_EVENT, device.device_id, fields.notes())

    def _happened(self, event: DeviceEvent, now_us: int) -> None:
        self.events[event.event_id] = event
        while len(self.events) > EVENTS_MAX:
            del self.events[next(iter(self.events))]
        content: dict[str, Any] = {"text": f"{event.name}\n{event.text}".strip()}
        name = self._directory.app.name
        if self.where.conversation_id:
            key = new_id(self._chance)
            self._timeline.show(now_us, self.where.conversation_id, Kind.TEXT, content, message_id=key, sender_name=name)
        if self.where.owner:
            receipts = {self.where.owner: Receipt.DELIVERED}
            self._dings.add(Ding(new_id(self._chance), Medium.APP, content["text"], name, now_us, receipts))
            self._timeline.changed()

    def _keep(self, device_id: str, name: str) -> Device:
        device = self.devices[device_id] = Device(device_id, name, new_id(self._chance))
        while len(self.devices) > DEVICES_MAX:
            del self.devices[next(iter(self.devices))]
        return device

    def _bound(self, call: Call) -> Fields:
        self._check_bound()
        fields = Fields(call.body, INVALID)
        self._check_corp(fields.text("corpId", self._directory.app.corp_id))
        return fields

    def _check_bound(self) -> None:
        if not self.is_bound:
            raise NewFamilyError(401, "corp.not.bind", "企业未绑定")

    def _check_corp(self, corp_id: str) -> None:
        if corp_id != self._directory.app.corp_id:
            raise NewFamilyError(401, "corp.not.bind", f"企业 {corp_id} 未绑定")


def _event_name(fields: Fields) -> str:
    name = fields.text("eventName", longest=EVENT_TYPE_MAX)
    if len(name) < EVENT_NAME_MIN:
        raise INVALID(f"eventName must have {EVENT_NAME_MIN} to {EVENT_TYPE_MAX} characters")
    return name
