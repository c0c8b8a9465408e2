"""The seams: what the gateway needs from outside, as Protocols, a file for each thing outside. Only `edge.agent` and
`edge.scenario` bind them.

Live, they are the wall clock, worker threads, SQLite and sockets; in a scenario, a virtual clock, inline calls, SQLite in
memory and simulated devices and clouds in memory. No code anywhere else asks which of the two it runs on.
"""

from edge.ports.carriers import (
    NO_CARRIERS,
    Barred,
    Carriers,
    Fit,
    Network,
    Notifier,
    Poster,
    Publisher,
    ServiceAnswer,
    ServiceLimits,
)
from edge.ports.clock import Clock, Offload
from edge.ports.cloud import FrameSocket, HttpReply, NoReply, Transport
from edge.ports.history import History, HistoryReader, HistoryWriter
from edge.ports.links import Links
from edge.ports.modbus import PLAIN_TCP, ModbusAccess, ModbusLink, ModbusTls, SerialLine
from edge.ports.mqtt import MqttAccess, MqttLink, MqttMessage, MqttTls, MqttWill
from edge.ports.opcua import (
    OpcUaAccess,
    OpcUaBrowsed,
    OpcUaChange,
    OpcUaCondition,
    OpcUaItem,
    OpcUaLink,
    OpcUaNotice,
    OpcUaRefreshed,
    OpcUaSecurity,
    OpcUaValue,
)
from edge.ports.pulse import Judge, PulseLink
from edge.ports.recording import Cell, Record, RecordingLink, RecordingSource
from edge.ports.s7 import S7Link
from edge.ports.store import (
    Admission,
    Candidate,
    DeedOutbox,
    EngineCommit,
    Inbox,
    Journal,
    Outbox,
    Recovered,
    ResponseCommit,
    Store,
    UsageBook,
)

__all__ = [
    "NO_CARRIERS",
    "PLAIN_TCP",
    "Admission",
    "Barred",
    "Candidate",
    "Carriers",
    "Cell",
    "Clock",
    "DeedOutbox",
    "EngineCommit",
    "Fit",
    "FrameSocket",
    "History",
    "HistoryReader",
    "HistoryWriter",
    "HttpReply",
    "Inbox",
    "Journal",
    "Judge",
    "Links",
    "ModbusAccess",
    "ModbusLink",
    "ModbusTls",
    "MqttAccess",
    "MqttLink",
    "MqttMessage",
    "MqttTls",
    "MqttWill",
    "Network",
    "NoReply",
    "Notifier",
    "Offload",
    "OpcUaAccess",
    "OpcUaBrowsed",
    "OpcUaChange",
    "OpcUaCondition",
    "OpcUaItem",
    "OpcUaLink",
    "OpcUaNotice",
    "OpcUaRefreshed",
    "OpcUaSecurity",
    "OpcUaValue",
    "Outbox",
    "Poster",
    "Publisher",
    "PulseLink",
    "Record",
    "RecordingLink",
    "RecordingSource",
    "Recovered",
    "ResponseCommit",
    "S7Link",
    "SerialLine",
    "ServiceAnswer",
    "ServiceLimits",
    "Store",
    "Transport",
    "UsageBook",
]
