"""An OPC UA server that nobody here wrote, asyncua's own, in a process of its own; and the end of the wire by which a test
tells it what its nodes show and its alarms do. It takes seconds to start: tests share one (`opcua_line` in `conftest.py`)."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from subprocess import DEVNULL, PIPE, Popen
from typing import Any

from tests.modbus_server import free_port

START_DEADLINE_S = 20.0
URI = "urn:test:line"
PASSWORD = "secret"
RANGE = 200.0


class OpcUaServer:
    """A server in another process, which begins to start at once. It lets in nobody in particular, and the user `edge` with
    `PASSWORD`. more: `cert`, `key`: files, then it wants security and somebody in particular; `trusted`: file of the one
    certificate that clients may have; `user_cert`: file of one that somebody may have in place of a password. Its nodes, in a
    namespace of its own below the object `Line`: `Temp` (Double, 20.5, range 0 to 200), `Count` (Int32), `Run` (Boolean),
    `Recipe` (String), `Curve` (array of Double), `Big` (UInt64), `Speed` (Float), `Fixed` (Double, read only). Its alarms:
    `Line/Hot`, `Line/Jam`."""

    def __init__(self, **more: str) -> None:
        self.port = free_port()
        self.url = f"opc.tcp://127.0.0.1:{self.port}"
        given = json.dumps({"url": self.url, **more})
        root = Path(__file__).parents[1]
        self._process = Popen(
            [sys.executable, "-m", "tests.opcua_server", given],
            stdin=PIPE, stdout=PIPE, stderr=DEVNULL, cwd=root, env={**os.environ, "PYTHONPATH": str(root)},
        )  # fmt: skip
        self._is_up = False

    async def up(self) -> None:
        """Once it has started."""
        if not self._is_up:
            assert await self._answer() == "up"
            self._is_up = True

    async def tell(self, **what: Any) -> Any:
        """set: {name: value} with status; alarm: its name, active, severity, message; ask: what was written or acknowledged;
        mute: the subscriptions that there are publish nothing any more, not even that they are there."""
        await self.up()
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(what).encode() + b"\n")
        self._process.stdin.flush()
        return await self._answer()

    async def _answer(self) -> Any:
        """Over threads, so that tests may share it whose loops differ."""
        assert self._process.stdout is not None
        async with asyncio.timeout(START_DEADLINE_S):
            line = await asyncio.to_thread(self._process.stdout.readline)
        assert line, "the server ended"
        return json.loads(line)

    def stop(self) -> None:
        """Without a farewell."""
        self._process.kill()
        self._process.wait()


# --- in the other process -------------------------------------------------------------------------------------------


def _mute(subscriptions: Iterable[Any]) -> None:
    for subscription in subscriptions:
        subscription._task.cancel()


async def _serve(given: dict[str, str]) -> None:
    import gc
    import logging

    # Its thousands of nodes stay: without this, garbage is looked for among them for a third of the time it takes to start.
    gc.disable()

    from asyncua import Server, ua
    from asyncua.crypto.permission_rules import SimpleRoleRuleset, User, UserRole
    from asyncua.crypto.uacrypto import der_from_x509 as as_der
    from asyncua.crypto.uacrypto import load_certificate
    from asyncua.server.monitored_item_service import MonitoredItemService

    logging.getLogger("asyncua").setLevel(logging.CRITICAL)

    known = {name: await load_certificate(given[name]) for name in ("trusted", "user_cert") if name in given}
    users = [as_der(known["user_cert"])] if "user_cert" in known else []

    class Users:
        def get_user(self, iserver: Any, username: Any = None, password: Any = None, certificate: Any = None) -> Any:
            is_somebody = (username, password) == ("edge", PASSWORD) or (username is None and certificate in users)
            is_let_in = is_somebody or (username is None and "cert" not in given)
            return User(role=UserRole.User) if is_let_in else None

    def is_beyond(service: Any, values: Any, wanted: Any) -> bool:
        """The library's server knows no percentages; `Temp` alone has a range."""
        now, before = values.get_current_datavalue(), values.get_old_datavalue()
        if before is None or now.Value is None or before.Value is None or wanted.DeadbandType == ua.DeadbandType.None_:
            return True
        is_percent = wanted.DeadbandType == ua.DeadbandType.Percent
        limit = wanted.DeadbandValue * (RANGE / 100 if is_percent else 1)
        return abs(now.Value.Value - before.Value.Value) > limit

    MonitoredItemService._is_deadband_exceeded = is_beyond

    server = Server(user_manager=Users())
    await server.init()
    server.set_endpoint(given["url"])
    if "cert" in given:
        server.set_security_policy(
            [
                ua.SecurityPolicyType.Basic256Sha256_SignAndEncrypt,
                ua.SecurityPolicyType.Aes128Sha256RsaOaep_SignAndEncrypt,
                ua.SecurityPolicyType.Aes256Sha256RsaPss_Sign,
            ],
            permission_ruleset=SimpleRoleRuleset(),
        )
        await server.load_certificate(given["cert"])
        await server.load_private_key(given["key"], format="pem")
    else:
        server.set_security_policy([ua.SecurityPolicyType.NoSecurity])
    if "trusted" in given:
        from asyncua.common.utils import ServiceError

        async def validate(certificate: Any, description: Any) -> None:
            if certificate != known["trusted"]:
                raise ServiceError(ua.StatusCodes.BadCertificateUntrusted)

        server.set_certificate_validator(validate)
    await server.register_namespace("urn:test:other")
    index = await server.register_namespace(URI)
    line = await server.nodes.objects.add_object(index, "Line")
    forms = {
        "Temp": (20.5, ua.VariantType.Double),
        "Count": (7, ua.VariantType.Int32),
        "Run": (True, ua.VariantType.Boolean),
        "Recipe": ("A-17 钢", ua.VariantType.String),
        "Curve": ([1.0, 2.5, 4.0], ua.VariantType.Double),
        "Big": (2**60 + 1, ua.VariantType.UInt64),
        "Speed": (1.5, ua.VariantType.Float),
        "Fixed": (3.0, ua.VariantType.Double),
    }
    nodes = {}
    for name, (value, form) in forms.items():
        node_id = ua.NodeId(f"Line.{name}", index)
        nodes[name] = await line.add_variable(node_id, ua.QualifiedName(name, index), value, form)
        if name != "Fixed":
            await nodes[name].set_writable()
    for alarm in ("Hot", "Jam"):
        await line.add_object(ua.NodeId(f"Line.{alarm}", index), ua.QualifiedName(alarm, index))
    low_high = ua.Range(0.0, RANGE)
    await nodes["Temp"].add_property(0, "EURange", low_high)
    starts = await server.get_event_generator(ua.ObjectIds.RefreshStartEventType)
    ends = await server.get_event_generator(ua.ObjectIds.RefreshEndEventType)
    server_emits = await server.get_event_generator(ua.ObjectIds.AlarmConditionType, server.nodes.server)
    standing: dict[str, dict[str, Any]] = {}
    acknowledged: list[str] = []
    refuses: list[int] = []

    async def trigger(said: dict[str, Any], subscription: int | None = None) -> None:
        event = server_emits.event
        event.SourceName = "Line"
        event.ConditionName = said["alarm"]
        event.NodeId = ua.NodeId(f"Line.{said['alarm']}", index)
        event.Severity = said["severity"]
        event.Retain = True
        event.BranchId = ua.NodeId()
        setattr(event, "ActiveState/Id", said["active"])
        setattr(event, "AckedState/Id", said.get("acked", False))
        setattr(event, "EnabledState/Id", True)
        at = datetime.fromtimestamp(said["at"], UTC) if "at" in said else None
        await server_emits.trigger(time_attr=at, message=said["message"], subscription_id=subscription)
        standing[said["alarm"]] = {**said, "id": event.EventId.Value.decode()}

    async def refresh(parent: Any, subscription: Any) -> None:
        number = int(subscription.Value)
        await starts.trigger(message="start", subscription_id=number)
        for said in list(standing.values()):
            if said["active"]:
                await trigger(said, number)
        await ends.trigger(message="end", subscription_id=number)

    async def acknowledge(parent: Any, event_id: Any, comment: Any) -> Any:
        if refuses:
            return ua.StatusCode(refuses[0])
        known = next((each for each in standing.values() if each["id"] == event_id.Value.decode()), None)
        if known is None:
            return ua.StatusCode(ua.StatusCodes.BadEventIdUnknown)
        acknowledged.append(f"{known['alarm']}: {comment.Value.Text}")
        await trigger({**known, "acked": True})
        return ua.StatusCode(ua.StatusCodes.Good)

    server.link_method(server.get_node(ua.NodeId(ua.ObjectIds.ConditionType_ConditionRefresh)), refresh)
    server.link_method(server.get_node(ua.NodeId(ua.ObjectIds.AcknowledgeableConditionType_Acknowledge)), acknowledge)
    async with server:
        gc.freeze()
        gc.enable()
        print('"up"', flush=True)
        lines = asyncio.StreamReader()
        await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(lines), sys.stdin)
        while line_read := await lines.readline():
            asked = json.loads(line_read)
            answer: Any = "done"
            for name, value in asked.get("set", {}).items():
                status = ua.StatusCode(asked.get("status", 0))
                variant = ua.Variant(value, forms[name][1])
                now = ua.DateTime.now(UTC)
                stamp = datetime.fromtimestamp(asked["at"], UTC) if "at" in asked else now
                await nodes[name].write_value(ua.DataValue(variant, status, stamp, now))
            if "alarm" in asked:
                await trigger(asked)
            _mute(server.iserver.subscription_service.subscriptions.values() if "mute" in asked else ())
            if "refuse" in asked:
                refuses[:] = [asked["refuse"]] if asked["refuse"] else []
            if asked.get("ask") == "acknowledged":
                answer = acknowledged
            elif "ask" in asked:
                answer = await nodes[asked["ask"]].read_value()
            print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    asyncio.run(_serve(json.loads(sys.argv[1])))
