"""What can be set about the way to a Modbus server: a serial port, RTU frames over TCP, TLS.

Not here: what is asked over it (`config.py`), and how bytes go over it (`link.py`).
"""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field, ValidationInfo, field_validator, model_validator

from edge.config.text.values import FileModel, Host, SecretRef, refuse
from edge.ports import ModbusAccess, ModbusTls, SerialLine

#: Modbus/TCP Security V2.1, 3: the port that IANA gave it.
TLS_PORT = 802
BAUD = (300, 600, 1200, 2400, 4800, 9600, 14400, 19200, 28800, 38400, 57600, 76800, 115200, 230400, 460800, 921600)


class Frames(StrEnum):
    """How requests and answers are framed over TCP."""

    TCP = "tcp"
    RTU = "rtu"
    """As on a serial line, with a check sum: converters and serial servers that pass bytes through."""


def _file(given: str, info: ValidationInfo) -> str:
    """A relative path counts from the plant folder, as those of secrets do."""
    folder = (info.context or {}).get("folder")
    return given if given.startswith("/") or folder is None else f"{folder}/{given}"


def _switched(given: Any) -> Any:
    """`tls: true` is TLS with all its defaults, `tls: false` is none."""
    return ({} if given else None) if isinstance(given, bool) else given


def _baud(given: int) -> int:
    if given not in BAUD:
        raise refuse("drivers.modbus.baud", rates=", ".join(map(str, BAUD)))
    return given


FilePath = Annotated[str, Field(min_length=1, max_length=400, pattern=r"^[^\x00{}]+$"), AfterValidator(_file)]


class Serial(FileModel):
    """A serial line of this machine, in place of host and port. Always RTU; its silences follow from the baud rate."""

    path: str = Field(
        pattern=r"^(/dev/[A-Za-z0-9_./:-]{1,200}|COM[0-9]{1,3})$", description="/dev/ttyUSB0, /dev/serial/by-id/..."
    )
    baud: Annotated[int, AfterValidator(_baud)] = Field(default=19200, description="Characters are 8 bits of data.")
    parity: Literal["even", "odd", "none"] = Field(
        default="even", description="even, as the specification wants it, odd or none."
    )
    stop_bits: Literal[1, 2] = Field(default=1, description="1 or 2; the specification wants 2 without parity, few devices do.")
    echo: bool = Field(default=False, description="Whether the converter hears what we send: it is dropped before the answer.")

    @property
    def shown(self) -> str:
        """`9600 8E1`, with echo where there is one."""
        return f"{self.baud} 8{self.parity[0].upper()}{self.stop_bits}{' echo' if self.echo else ''}"

    @property
    def line(self) -> SerialLine:
        return SerialLine(self.baud, self.parity, self.stop_bits)


class Tls(FileModel):
    """Modbus/TCP Security. The server's certificate is always checked, its name too."""

    ca: FilePath | None = Field(
        default=None, description="PEM file of who signed the server's certificate; left out: those this machine trusts."
    )
    cert: FilePath | None = Field(default=None, description="PEM file of our own certificate; the specification wants one.")
    key: SecretRef | None = Field(default=None, description="Its private key, ${file:path}, without a passphrase.")
    server_name: Host | None = Field(
        default=None, description="The name in the server's certificate, where it is not that of host."
    )

    @field_validator("key")
    @classmethod
    def _key_is_a_file(cls, given: SecretRef | None, info: ValidationInfo) -> SecretRef | None:
        if given is not None and given.kept_in[0] != "file":
            raise refuse("drivers.modbus.tls_key_file")
        if given is not None and info.data.get("cert", "") is None:
            raise refuse("drivers.modbus.tls_key_without_cert")
        return given

    @model_validator(mode="after")
    def _cert_has_its_key(self) -> Tls:
        if self.cert is not None and self.key is None:
            raise refuse("drivers.modbus.tls_cert_without_key")
        return self

    @property
    def files(self) -> ModbusTls:
        return ModbusTls(self.ca, self.cert, None if self.key is None else self.key.kept_in[1], self.server_name)


TlsOrNot = Annotated[Tls | None, BeforeValidator(_switched)]


def access(serial: Serial | None, frames: Frames, tls: Tls | None, max_in_flight: int) -> ModbusAccess:
    """What a link is opened with. max_in_flight: of RTU it does not count."""
    if serial is not None:
        return ModbusAccess("rtu", line=serial.line, echo=serial.echo)
    if frames is Frames.RTU:
        return ModbusAccess("rtu_over_tcp")
    if tls is not None:
        return ModbusAccess("tls", tls=tls.files, max_in_flight=max_in_flight)
    return ModbusAccess(max_in_flight=max_in_flight)
