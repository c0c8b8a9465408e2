"""Between the library's types and those of our port. Pure; only `link.py` uses it, and it alone is loaded with the library."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from asyncua import ua

from drivers.opcua.address import NodeAddress, parse_node
from drivers.opcua.status import Status, quality_of
from edge.model.moment import Moment
from edge.model.sample import Quality
from edge.ports import OpcUaCondition, OpcUaItem, OpcUaRefreshed, OpcUaValue

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

REFRESH_START = ua.NodeId(ua.ObjectIds.RefreshStartEventType)
REFRESH_END = ua.NodeId(ua.ObjectIds.RefreshEndEventType)

#: What is asked of each event, in this order: the type that has it, and its name. ConditionId is the node (Part 9, 5.5.2).
_FIELDS: tuple[tuple[int, tuple[str, ...]], ...] = (
    (ua.ObjectIds.BaseEventType, ("EventId",)),
    (ua.ObjectIds.BaseEventType, ("EventType",)),
    (ua.ObjectIds.BaseEventType, ("SourceName",)),
    (ua.ObjectIds.BaseEventType, ("Time",)),
    (ua.ObjectIds.BaseEventType, ("Message",)),
    (ua.ObjectIds.BaseEventType, ("Severity",)),
    (ua.ObjectIds.ConditionType, ("ConditionName",)),
    (ua.ObjectIds.ConditionType, ("BranchId",)),
    (ua.ObjectIds.ConditionType, ("EnabledState", "Id")),
    (ua.ObjectIds.AcknowledgeableConditionType, ("AckedState", "Id")),
    (ua.ObjectIds.AlarmConditionType, ("ActiveState", "Id")),
    (ua.ObjectIds.ConditionType, ()),
)


def node_id(text: str) -> ua.NodeId:
    address = parse_node(text)
    namespace = address.namespace if isinstance(address.namespace, int) else 0
    kind, _, identifier = address.identifier.partition("=")
    match kind:
        case "i":
            return ua.NodeId(int(identifier), namespace)
        case "s":
            return ua.NodeId(identifier, namespace, ua.NodeIdType.String)
    return ua.NodeId.from_string(f"ns={namespace};{address.identifier}")


def text_of(node: ua.NodeId) -> str:
    if isinstance(node.Identifier, int):
        return str(NodeAddress(int(node.NamespaceIndex), f"i={node.Identifier}"))
    if node.NodeIdType is ua.NodeIdType.String:
        return str(NodeAddress(int(node.NamespaceIndex), f"s={node.Identifier}"))
    return str(NodeAddress(int(node.NamespaceIndex), node.to_string().rpartition(";")[2]))


def moment_of(stamp: datetime | None) -> Moment | None:
    """None for none, and for the ends of the calendar by which a server says that it does not know."""
    if stamp is None or stamp.year <= 1601 or stamp.year >= 9999:
        return None
    return ((stamp if stamp.tzinfo is not None else stamp.replace(tzinfo=UTC)) - _EPOCH) // timedelta(microseconds=1)


def value_of(came: ua.DataValue, now: Moment) -> OpcUaValue:
    variant = came.Value
    kind = 0 if variant is None else int(getattr(variant.VariantType, "value", 0))
    return OpcUaValue(
        status=Status.GOOD if came.StatusCode is None else int(came.StatusCode.value),
        kind=kind,
        value=None if variant is None else _plain(variant.Value),
        source_time=moment_of(came.SourceTimestamp),
        server_time=moment_of(came.ServerTimestamp),
        received_time=now,
    )


def variant_of(value: bool | int | float | str, kind: int) -> ua.Variant:
    """value: of this built-in type."""
    form = ua.VariantType(kind)
    return ua.Variant(ua.LocalizedText(str(value)) if form is ua.VariantType.LocalizedText else value, form)


def browse_path(way: Sequence[tuple[int, str]]) -> ua.BrowsePath:
    elements = [
        ua.RelativePathElement(
            ReferenceTypeId=ua.NodeId(ua.ObjectIds.HierarchicalReferences),
            IsInverse=False,
            IncludeSubtypes=True,
            TargetName=ua.QualifiedName(name, namespace),
        )
        for namespace, name in way
    ]
    return ua.BrowsePath(ua.NodeId(ua.ObjectIds.RootFolder), ua.RelativePath(elements))


def found_at(result: ua.BrowsePathResult) -> str | int:
    code = int(result.StatusCode.value)
    if quality_of(code) is Quality.BAD or not result.Targets:
        return code or int(Status.BAD_NO_MATCH)
    return text_of(result.Targets[0].TargetId)


def monitored(item: OpcUaItem) -> ua.MonitoredItemCreateRequest:
    asked = ua.MonitoringParameters(
        ClientHandle=item.number,
        SamplingInterval=item.sampling_ms,
        QueueSize=item.queue,
        DiscardOldest=True,
    )
    if item.deadband is not None:
        form = ua.DeadbandType.Percent if item.percent else ua.DeadbandType.Absolute
        asked.Filter = ua.DataChangeFilter(ua.DataChangeTrigger.StatusValue, int(form), item.deadband)
    what = ua.ReadValueId(node_id(item.node), ua.AttributeIds.Value)
    return ua.MonitoredItemCreateRequest(what, ua.MonitoringMode.Reporting, asked)


def monitored_events(queue: int) -> ua.MonitoredItemCreateRequest:
    """All events of the server object; which of them are of conditions of ours is looked up when they come."""
    clauses = [
        ua.SimpleAttributeOperand(
            TypeDefinitionId=ua.NodeId(owner),
            BrowsePath=[ua.QualifiedName(name) for name in names],
            AttributeId=ua.AttributeIds.Value if names else ua.AttributeIds.NodeId,
        )
        for owner, names in _FIELDS
    ]
    asked = ua.MonitoringParameters(ClientHandle=0, Filter=ua.EventFilter(clauses), QueueSize=queue, DiscardOldest=True)
    what = ua.ReadValueId(ua.NodeId(ua.ObjectIds.Server), ua.AttributeIds.EventNotifier)
    return ua.MonitoredItemCreateRequest(what, ua.MonitoringMode.Reporting, asked)


def event_of(fields: Sequence[ua.Variant], now: Moment, *, refreshed: bool) -> OpcUaCondition | OpcUaRefreshed | None:
    """None: of no condition, or of one as it was some time ago (a branch)."""
    values = [_plain(field.Value) for field in fields]
    if len(values) != len(_FIELDS):
        return None
    event_id, kind, source, time, message, severity, name, branch, enabled, acked, active, condition = values
    if kind == REFRESH_END:
        return OpcUaRefreshed(now)
    is_branch = isinstance(branch, ua.NodeId) and not branch.is_null()
    if name is None or active is None or is_branch:
        return None
    return OpcUaCondition(
        name=f"{source or ''}/{name}",
        node=text_of(condition) if isinstance(condition, ua.NodeId) else "",
        event_id=event_id if isinstance(event_id, bytes) else b"",
        active=active is True and enabled is not False,
        severity=severity if isinstance(severity, int) else 1,
        message=message if isinstance(message, str) else "",
        acknowledged=acked if isinstance(acked, bool) else None,
        source_time=time if isinstance(time, int) else None,
        received_time=now,
        refreshed=refreshed,
    )


def begins_refresh(fields: Sequence[ua.Variant]) -> bool:
    return len(fields) > 1 and fields[1].Value == REFRESH_START


def _plain(value: Any) -> Any:
    if isinstance(value, ua.LocalizedText):
        return value.Text
    if isinstance(value, datetime):
        return moment_of(value)
    if isinstance(value, list):
        return [_plain(each) for each in value]
    return value
