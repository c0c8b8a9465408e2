"""Certificates for TLS tests, made by openssl in a folder of the test: an authority, a server, a client."""

from __future__ import annotations

import asyncio
import shutil
from asyncio.subprocess import DEVNULL, PIPE
from dataclasses import dataclass
from pathlib import Path

import pytest

OPENSSL = shutil.which("openssl")


@dataclass(frozen=True, slots=True)
class Certificates:
    """PEM files. server: for the names it was asked for."""

    ca: Path
    server: Path
    server_key: Path
    client: Path
    client_key: Path


async def certificates(folder: Path, server_names: str = "DNS:broker.plant") -> Certificates:
    """server_names: a subjectAltName of OpenSSL, as `DNS:broker.plant,IP:127.0.0.1`."""
    if OPENSSL is None:
        pytest.skip("needs openssl")
    key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    authority = ["-CA", folder / "ca.pem", "-CAkey", folder / "ca.key"]
    await _make(folder, "ca", [*key, "-addext", "basicConstraints=critical,CA:TRUE"])
    await _make(folder, "server", [*key, *authority, "-addext", f"subjectAltName={server_names}"])
    await _make(folder, "client", [*key, *authority])
    return Certificates(*(folder / name for name in ("ca.pem", "server.pem", "server.key", "client.pem", "client.key")))


async def authority(folder: Path, name: str = "authority") -> Path:
    """Who signs application certificates; its key lies beside it."""
    if OPENSSL is None:
        pytest.skip("needs openssl")
    await _make(folder, name, ["-newkey", "rsa:2048", "-nodes", "-addext", "basicConstraints=critical,CA:TRUE"])
    return folder / f"{name}.pem"


async def application_certificate(folder: Path, name: str, uri: str, signed_by: Path | None = None) -> tuple[Path, Path]:
    """An application certificate of OPC UA (Part 6, 6.2.2) and its key; PEM. uri: of the application. signed_by: an authority;
    None: itself."""
    if OPENSSL is None:
        pytest.skip("needs openssl")
    by = [] if signed_by is None else ["-CA", signed_by, "-CAkey", signed_by.with_suffix(".key")]
    usage = "keyUsage=digitalSignature,nonRepudiation,keyEncipherment,dataEncipherment"
    more = ["-newkey", "rsa:2048", "-nodes", "-addext", f"subjectAltName=URI:{uri},DNS:localhost", "-addext", usage]
    await _make(folder, name, [*more, *by, "-addext", "extendedKeyUsage=clientAuth,serverAuth"])
    return folder / f"{name}.pem", folder / f"{name}.key"


async def _make(folder: Path, name: str, more: list[str | Path]) -> None:
    output = ["-subj", f"/CN=test {name}", "-days", "2", "-keyout", folder / f"{name}.key", "-out", folder / f"{name}.pem"]
    command = [str(OPENSSL), "req", "-x509", "-sha256", *more, *output]
    process = await asyncio.create_subprocess_exec(*command, stdout=DEVNULL, stderr=PIPE)
    _, said = await process.communicate()
    assert process.returncode == 0, said.decode()
