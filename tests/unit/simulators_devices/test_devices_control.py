"""What the control port answers, to sense and to nonsense."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulators.devices.control import Control
from simulators.devices.control_server import start_control
from simulators.devices.line import SimulatedLine
from simulators.devices.plan import read_plan
from simulators.process import bind

DEADLINE_S = 5.0
START = 1_767_225_600_000_000
PLAN = """\
machines:
  CRM.ST3.MOTOR:
    modbus: {unit_id: 3}
    points:
      de_temp: {at: holding 0, type: int16, scale: 0.1, signal: 62}
      current: {at: holding 1, type: float32, signal: 210}
"""


class SixTimesClock:
    """Simulated time six times as fast as a wall that stands still until a test moves it."""

    def __init__(self) -> None:
        self.wall = START

    def now(self) -> int:
        return START + 6 * (self.wall - START)

    def wall_of(self, moment: int) -> int:
        return START + (moment - START) // 6

    async def sleep(self, wall_us: int) -> None:
        self.wall += wall_us

    async def sleep_until(self, moment: int) -> None:
        self.wall = max(self.wall, self.wall_of(moment))


@pytest.fixture
def clock() -> SixTimesClock:
    return SixTimesClock()


@pytest.fixture
def line() -> SimulatedLine:
    return read_plan(PLAN, "plan.yaml", START)


@pytest.fixture
def control(line: SimulatedLine, clock: SixTimesClock) -> Control:
    return Control(line, clock, modbus=None, mqtt=None)


async def test_an_answer_says_when_the_value_changed_on_the_wall_and_in_simulated_time(control, clock, line):
    clock.wall = START + 10
    reply = await control.answer("POST", "/set", b'{"point": "CRM.ST3.MOTOR.de_temp", "value": 86}')
    assert (reply.status, reply.body) == (
        200,
        {"point": "CRM.ST3.MOTOR.de_temp", "value": 86.0, "changed_at": START + 10, "simulated_at": START + 60},
    )
    assert line.machines["CRM.ST3.MOTOR"].value("de_temp", START + 60) == 86.0
    clock.wall = START + 20
    assert (await control.answer("GET", "/state", b"")).body == {
        "simulated_now": START + 120,
        "wall_now": START + 20,
        "machines": {
            "CRM.ST3.MOTOR": {
                "reachable": True,
                "points": {
                    "de_temp": {"value": 86.0, "changed_at": START + 10},
                    "current": {"value": 210.0, "changed_at": None},
                },
            }
        },
    }


async def test_ramp_settle_release_fail_and_mend_do_what_they_say(control, clock, line):
    point, machine = '"point": "CRM.ST3.MOTOR.de_temp"', b'{"machine": "CRM.ST3.MOTOR"}'
    motor = line.machines["CRM.ST3.MOTOR"]
    await control.answer("POST", "/ramp", f'{{{point}, "to": 86, "over": "40s"}}'.encode())
    assert motor.value("de_temp", START + 20_000_000) == 74.0
    clock.wall += 10_000_000
    await control.answer("POST", "/settle", f'{{{point}, "to": 50, "time_constant": "1s"}}'.encode())
    assert motor.value("de_temp", START + 600_000_000) == pytest.approx(50.0)
    await control.answer("POST", "/release", f"{{{point}}}".encode())
    assert motor.value("de_temp", clock.now()) == 62.0
    assert (await control.answer("POST", "/fail", machine)).body["reachable"] is False
    assert not motor.is_reachable(clock.now())
    assert (await control.answer("POST", "/mend", machine)).body["reachable"] is True
    assert motor.is_reachable(clock.now())


async def test_a_value_that_is_no_number_is_still_json(control):
    body = b'{"point": "CRM.ST3.MOTOR.current", "value": NaN}'
    assert (await control.answer("POST", "/set", body)).body["value"] == "nan"


@pytest.mark.parametrize(
    ("request_line", "body", "status", "said"),
    [
        ("POST /set", b'{"point": "CRM.ST3.MOTOR.de_tmp", "value": 1}', 404, 'did you mean "CRM.ST3.MOTOR.de_temp"'),
        ("POST /set", b'{"point": "CRM.ST3.MOTOR.de_temp", "value": 9999}', 400, "must be -3276.8 to 3276.7"),
        ("POST /set", b'{"point": "CRM.ST3.MOTOR.de_temp", "value": NaN}', 400, "must be -3276.8 to 3276.7"),
        ("POST /set", b'{"point": "CRM.ST3.MOTOR.de_temp"', 400, "delimiter"),
        ("POST /set", b"\xff", 400, "utf-8"),
        ("POST /set", b"[" * 60_000, 400, "recursion"),
        ("POST /ramp", b'{"point": "CRM.ST3.MOTOR.de_temp", "to": 1, "over": 5}', 400, "a duration with its unit"),
        ("POST /fail", b'{"machine": "CRM.ST3"}', 404, 'no machine is called "CRM.ST3"'),
        ("POST /faults", b'{"faults": []}', 404, "no Modbus machine"),
        ("POST /faults", b'{"faults": [{"kind": "silence"}]}', 400, 'did you mean "silent"'),
        ("POST /fial", b"{}", 404, 'did you mean "/fail"'),
        ("GET /set", b"", 404, "GET /state"),
    ],
)
async def test_nonsense_is_answered_with_what_is_wrong(control, request_line, body, status, said):
    reply = await control.answer(*request_line.split(), body)
    assert (reply.status, said in reply.body["error"]) == (status, True), reply.body


async def test_nothing_that_was_refused_has_changed_anything(control, line, clock):
    before = (await control.answer("GET", "/state", b"")).body
    await control.answer("POST", "/set", b'{"point": "CRM.ST3.MOTOR.de_temp", "value": 9999}')
    assert (await control.answer("GET", "/state", b"")).body == before


@given(st.sampled_from(["/set", "/ramp", "/faults", "/fail", "/"]), st.binary(max_size=40))
def test_garbage_never_crashes_the_control_port(path, body):
    control = Control(read_plan(PLAN, "plan.yaml", START), SixTimesClock(), modbus=None, mqtt=None)
    assert asyncio.run(control.answer("POST", path, body)).status in (400, 404)


@pytest.fixture
async def port(control: Control) -> AsyncIterator[int]:
    listening = bind("127.0.0.1", 0)
    async with await start_control(control, listening):
        yield listening.getsockname()[1]


async def exchanged(port: int, sent: bytes) -> tuple[bytes, dict[str, object]]:
    """The status line and the JSON of the answer to these bytes."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(sent)
    async with asyncio.timeout(DEADLINE_S):
        head, body = (await reader.read()).split(b"\r\n\r\n")
    writer.close()
    assert f"Content-Length: {len(body)}".encode() in head
    return head.split(b"\r\n")[0], json.loads(body)


async def test_a_request_is_read_however_it_is_written(port):
    body = b'{"point": "CRM.ST3.MOTOR.de_temp", "value": 70}'
    head = b"POST /set HTTP/1.1\r\nHost: x\r\ncontent-LENGTH:%d\r\n\r\n" % len(body)
    status, said = await exchanged(port, head + body)
    assert (status, said["value"]) == (b"HTTP/1.1 200 OK", 70.0)
    status, said = await exchanged(port, b"GET /state?pretty HTTP/1.0\r\n\r\n")
    assert (status, said["simulated_now"]) == (b"HTTP/1.1 200 OK", START)


@pytest.mark.parametrize(
    ("sent", "said"),
    [
        (b"hello\r\n\r\n", "no HTTP/1.1 request"),
        (b"POST /set HTTP/1.1\r\nContent-Length: 65537\r\n\r\n", "at most 65536 bytes"),
        (b"GET / HTTP/1.1\r\nX: " + b"x" * 17_000 + b"\r\n\r\n", "at most 16384 bytes"),
    ],
)
async def test_what_is_no_request_is_answered_and_closed(port, sent, said):
    status, body = await exchanged(port, sent)
    assert (status, said in str(body["error"])) == (b"HTTP/1.1 400 Bad Request", True)


async def test_a_caller_that_hangs_up_leaves_the_port_in_order(port):
    _, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(b"POST /set HTTP/1.1\r\nContent-Length: 100\r\n\r\n{")
    writer.close()
    await writer.wait_closed()
    status, _ = await exchanged(port, b"GET /state HTTP/1.1\r\n\r\n")
    assert status == b"HTTP/1.1 200 OK"
