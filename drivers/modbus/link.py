"""Modbus over sockets and serial ports: the only file of this driver that knows pymodbus.

pymodbus carries the bytes: its transport layer connects over TCP, TLS and serial ports and says when bytes came and when the
connection ended. Which request they answer is decided by `exchange.py`. Time-outs are ours, one for the whole of a request,
connecting included; on a serial line the time that the characters take is added. After silence, a cut or bytes that are no
answer the connection is closed and the next request makes a new one; transaction ids go on counting over connections, so that
a gateway's late answer to the old one is not taken either. A serial port stays open. Not here: when to ask, what a failure
means (`driver.py`).
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import logging
import ssl
import termios
from collections.abc import Callable
from functools import partial
from typing import Any

from pymodbus.transport import CommParams, CommType, ModbusProtocol

from drivers.base import ConnectionLost
from drivers.modbus.exchange import Exchange, RtuExchange, TcpExchange
from drivers.modbus.frame import (
    CRC_BYTES,
    EXCEPTION_MEANING,
    BadFrame,
    Data,
    FrameFault,
    Refusal,
    answer_length,
    read_pdu,
    write_pdu,
)
from edge.model.errors import DeviceRefused, DeviceUnreachable
from edge.ports import ModbusAccess, ModbusTls, SerialLine

_PARITY = {"none": "N", "even": "E", "odd": "O"}
#: pymodbus wants one for connecting; ours ends first.
LIBRARY_TIMEOUT_FACTOR = 2
#: pyserial lets pass what the system says of settings that a port does not have: termios.error is no OSError.
_SETTINGS_REFUSED = (termios.error, ValueError, NotImplementedError)


class SocketModbusLink:
    """One connection to a Modbus server. timeout_s: for the whole of one request."""

    def __init__(self, host: str, port: int, access: ModbusAccess, *, timeout_s: float) -> None:
        # It logs what fails; what we refuse, we say ourselves.
        logging.getLogger("pymodbus.logging").setLevel(logging.CRITICAL + 1)
        self._host, self._port, self._access, self._timeout_s = host, port, access, timeout_s
        self._where = f"{host}:{port}" if access.line is None else host
        self._turns = asyncio.Semaphore(access.max_in_flight if access.transport in ("tcp", "tls") else 1)
        self._connecting = asyncio.Lock()
        self._connection: _Connection | None = None
        self._connections = 0
        self._rtu = RtuExchange(echo=access.echo, may_spare=access.may_spare) if access.transport.startswith("rtu") else None
        self._exchange: Exchange = self._rtu or TcpExchange(1 + number % 0xFFFF for number in itertools.count())
        self._quiet_from = 0.0
        self._late_until = 0.0

    @property
    def connections(self) -> int:
        return self._connections

    async def read(self, unit: int, function: int, address: int, count: int, *, timeout_s: float | None = None) -> bytes:
        """See `edge.ports.ModbusLink`. Raises ConnectionLost when no connection can be made, DeviceUnreachable for silence or a
        cut, DeviceRefused, or BadFrame."""
        return await self._transact(unit, read_pdu(function, address, count), may_repeat=True, timeout_s=timeout_s)

    async def write(self, unit: int, function: int, address: int, data: bytes) -> None:
        """See `edge.ports.ModbusLink`. Raises as `read` does."""
        await self._transact(unit, write_pdu(function, address, data), may_repeat=False)

    async def close(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.end(_Cut(f"{self._where}: closed", ours=True))

    async def _transact(self, unit: int, pdu: bytes, *, may_repeat: bool, timeout_s: float | None = None) -> bytes:
        place = f"{self._where} unit {unit}"
        connection: _Connection | None = None
        is_sent = False
        async with self._turns:
            try:
                whole_s, answer_s = self._timeout_s, self._timeout_s if timeout_s is None else min(timeout_s, self._timeout_s)
                characters_s = 0.0
                if self._rtu is not None:
                    await self._wait_for_the_late(self._rtu, unit, pdu)
                    characters_s = self._characters_s(pdu)
                async with asyncio.timeout(whole_s + characters_s) as limit:
                    while True:
                        connection = None
                        connection, is_new = await self._stand()
                        if answer_s < whole_s:
                            limit.reschedule(asyncio.get_running_loop().time() + answer_s + characters_s)
                        try:
                            if self._rtu is not None and await self._told_apart(self._rtu, connection, place, unit, pdu):
                                limit.reschedule(asyncio.get_running_loop().time() + answer_s + characters_s)
                            is_sent = True
                            return await self._ask(connection, place, unit, pdu)
                        except _Cut as cut:
                            # Servers close idle connections: one that closes as we ask has not failed, if asking anew works.
                            # And another request's failure is none of this one's.
                            if not may_repeat or not (cut.ours or not (is_new or connection.got_bytes)):
                                raise
            except DeviceRefused:
                raise  # a proper answer: the connection is as good as before
            except TimeoutError:
                if connection is None:
                    await self.close()
                    raise ConnectionLost(f"{self._where}: no connection within {self._timeout_s:g} s") from None
                self._after_failure(connection)
                raise _unanswered(f"{place}: no answer within {answer_s:g} s", is_sent=is_sent or may_repeat) from None
            except BaseException:
                if connection is not None:
                    self._after_failure(connection)
                raise

    async def _ask(self, connection: _Connection, place: str, unit: int, pdu: bytes) -> bytes:
        if self._access.line is not None:
            await _sleep_until(self._quiet_from)
            if not connection.stands:
                raise _Cut(f"{self._where}: the port was closed before it was asked", ours=True)
        key, frame = self._exchange.ask(unit, pdu)
        answer = connection.expect(key)
        try:
            try:
                connection.send(frame)
            except OSError as error:
                # A serial port that is gone, before anything read from it told so.
                connection.end(_Cut(f"{self._where}: {error.strerror or error}", ours=False))
            said = await answer
        except BaseException:
            self._exchange.give_up(key)
            self._not_answered(pdu)
            raise
        finally:
            connection.waiting.pop(key, None)
        self._quiet_for(0.0)
        match said:
            case Data(data):
                return data
            case Refusal(code):
                meaning = EXCEPTION_MEANING.get(code, "a code of the device's own")
                raise DeviceRefused(f"{place}: exception {code}, {meaning}", code)
            case FrameFault():
                self._not_answered(pdu)
                raise BadFrame(place, said, connection.last_bytes)

    def _not_answered(self, pdu: bytes) -> None:
        """The answer may yet come, and on a serial line it may be coming just now."""
        self._late_until = asyncio.get_running_loop().time() + self._timeout_s
        self._quiet_for(self._characters_s(pdu))

    def _quiet_for(self, seconds: float) -> None:
        if self._access.line is not None:
            self._quiet_from = asyncio.get_running_loop().time() + seconds + self._access.line.silence_us / 1e6

    def _after_failure(self, connection: _Connection) -> None:
        """Others on their way over it ask anew over the next one."""
        if self._access.line is None or not connection.stands:
            if self._connection is connection:
                self._connection = None
            connection.end(_Cut(f"{self._where}: closed after another request failed", ours=True))

    async def _stand(self) -> tuple[_Connection, bool]:
        """A connection that stands, and whether it was made just now."""
        if self._connection is not None and self._connection.stands:
            return self._connection, False
        async with self._connecting:
            if self._connection is not None and self._connection.stands:
                return self._connection, False
            await self.close()
            connection = _Connection(_params(self._host, self._port, self._access, self._timeout_s), self._exchange)
            try:
                await connection.open(self._access.tls)
            except OSError as error:
                # An SSL error is an OSError, too, and says what is wrong with a certificate.
                raise ConnectionLost(f"{self._where}: no connection: {error.strerror or error}") from None
            except _SETTINGS_REFUSED as error:
                line = self._access.line
                if line is None:
                    raise
                raise ConnectionLost(f"{self._where}: the port refuses {_settings(line)}: {error.args[-1]}") from None
            self._connection = connection
            self._connections += 1
            return connection, True

    async def _wait_for_the_late(self, exchange: RtuExchange, unit: int, pdu: bytes) -> None:
        """Where an answer could not be told from those that may yet come, these get one more time-out to do so: else request
        and late answer would often meet on the line."""
        if not exchange.late(unit).is_clear(pdu):
            await _sleep_until(self._late_until)

    async def _told_apart(self, exchange: RtuExchange, connection: _Connection, place: str, unit: int, pdu: bytes) -> bool:
        """Probe until the answer to `pdu` can be told from all that may yet come (`late.py`); whether that took a probe. Raises
        what `_ask` raises."""
        late = exchange.late(unit)
        if late.is_clear(pdu):
            return False
        for _ in range(late.KINDS):
            # A refusal may be a late one of the same function: then it tells nothing, and the next kind is asked for.
            with contextlib.suppress(DeviceRefused):
                await self._ask(connection, place, unit, late.probe(pdu))
            if late.is_clear(pdu):
                late.has_worked()
                return True
        raise DeviceUnreachable(f"{place}: its answers could not be told from late ones")

    def _characters_s(self, pdu: bytes) -> float:
        """How long request and answer are on a serial line."""
        line = self._access.line
        return 0.0 if line is None else (len(pdu) + answer_length(pdu) + 2 * (1 + CRC_BYTES)) * line.character_us / 1e6


class _Cut(DeviceUnreachable):
    """The connection was closed before the answer was whole. ours: by us, because of another request."""

    def __init__(self, text: str, *, ours: bool) -> None:
        super().__init__(text)
        self.ours = ours


class _Connection(ModbusProtocol):
    """One connection, from connecting to the first thing that goes wrong with it. waiting: answers by key of the request."""

    def __init__(self, params: CommParams, exchange: Exchange) -> None:
        super().__init__(params, is_server=False)
        self._exchange = exchange
        self.waiting: dict[int, asyncio.Future[Data | Refusal | FrameFault]] = {}
        self.stands = False
        self.got_bytes = False
        self.last_bytes = b""

    async def open(self, tls: ModbusTls | None) -> None:
        """Raises OSError; of a serial port `_SETTINGS_REFUSED`, too."""
        connect: Callable[..., Any] = self.call_create
        if tls is not None:
            context = await asyncio.to_thread(_tls_context, tls)
            connect = partial(connect, ssl=context, server_hostname=tls.server_name)
        self._exchange.begin()
        # Not `connect()`: it keeps to itself why there is no connection.
        self.transport, _ = await connect()
        self.stands = True

    def end(self, cut: _Cut) -> None:
        """Close it; whoever waits for an answer is told."""
        self.stands = False
        waiting, self.waiting = self.waiting, {}
        for answer in waiting.values():
            if not answer.done():
                answer.set_exception(cut)
        # Of an adapter that was pulled out, closing fails as everything else does.
        with contextlib.suppress(OSError, termios.error):
            self.close()

    def expect(self, key: int) -> asyncio.Future[Data | Refusal | FrameFault]:
        answer = self.waiting[key] = asyncio.get_running_loop().create_future()
        self.got_bytes = False
        return answer

    def data_received(self, data: bytes) -> None:
        """In place of pymodbus' own, whose buffer of 516 bytes is for one answer at a time."""
        self.got_bytes = True
        self.last_bytes = data
        for key, said in self._exchange.receive(data):
            answer = self.waiting.get(key)
            if answer is not None and not answer.done():
                answer.set_result(said)
        if self._exchange.is_astray:
            # Whatever comes next on this connection cannot be trusted.
            self.end(_Cut("closed after bytes that nobody asked for", ours=True))

    def callback_connected(self) -> None:
        """Known from `open`."""

    def callback_disconnected(self, exc: Exception | None) -> None:
        self.end(_Cut(f"{self.comm_params.comm_name}: the connection was closed before the answer was whole", ours=False))

    def callback_data(self, data: bytes, addr: object = None) -> int:
        """Never called: `data_received` is ours."""
        return len(data)

    def callback_new_connection(self) -> ModbusProtocol:
        """Of servers."""
        return self


def _unanswered(text: str, *, is_sent: bool) -> DeviceUnreachable:
    """is_sent: False of a write whose probe got no answer: then it cannot have been done."""
    return DeviceUnreachable(text) if is_sent else ConnectionLost(f"{text} to a probe; the write was not sent")


def _params(host: str, port: int, access: ModbusAccess, timeout_s: float) -> CommParams:
    params = CommParams(
        comm_name=f"{host}:{port}",
        comm_type=CommType.TCP,
        reconnect_delay=0,
        timeout_connect=LIBRARY_TIMEOUT_FACTOR * timeout_s,
        host=host,
        port=port,
    )
    if access.tls is not None:
        params.comm_type = CommType.TLS
    if access.line is not None:
        _serial(params, access.line)
    return params


def _serial(params: CommParams, line: SerialLine) -> None:
    params.comm_type, params.comm_name = CommType.SERIAL, params.host
    params.baudrate, params.bytesize = line.baud, 8
    params.parity, params.stopbits = _PARITY[line.parity], line.stop_bits


def _settings(line: SerialLine) -> str:
    return f"{line.baud} baud, parity {line.parity}, {line.stop_bits} stop bit{'s' if line.stop_bits > 1 else ''}"


def _tls_context(tls: ModbusTls) -> ssl.SSLContext:
    """Modbus/TCP Security V2.1: TLS 1.2 or later, both sides by certificate. Raises OSError."""
    context = ssl.create_default_context(cafile=tls.ca)
    if tls.cert is not None:
        context.load_cert_chain(tls.cert, tls.key, password="")
    return context


async def _sleep_until(loop_time: float) -> None:
    loop = asyncio.get_running_loop()
    if loop_time > loop.time():
        await asyncio.sleep(loop_time - loop.time())  # noqa: TID251 - silences of a wire, which only a wire has
