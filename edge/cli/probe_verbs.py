"""Looking at a device before it is in a plant folder."""

from __future__ import annotations

import asyncio
import json
import os
from enum import StrEnum
from typing import Annotated

import typer

from edge.cli.asked import CANNOT_RUN, FINE, Language, language_of
from edge.cli.progress import progress_bar

probe = typer.Typer(no_args_is_help=True, help="Look at a device before it is in a plant folder. 探测设备")


class Parity(StrEnum):
    EVEN = "even"
    ODD = "odd"
    NONE = "none"


@probe.command(name="modbus", help="What stands in a Modbus device's registers, in every type and order. 探测 Modbus 设备")
def probe_modbus(
    where: Annotated[
        str,
        typer.Argument(
            metavar="HOST[:PORT] | PORT", help="Device, gateway or serial port. 设备、网关或串口", show_default=False
        ),
    ],
    unit: Annotated[int, typer.Option(min=0, max=255, help="Unit id. 单元号")] = 1,
    address: Annotated[str, typer.Option(help="As in a plant folder: holding 0, 40001, 4x0001. 地址")] = "holding 0",
    count: Annotated[int | None, typer.Option(min=1, max=60, help="How many registers or bits. 数量")] = None,
    type_: Annotated[str, typer.Option("--type", help="What they are said to be: int16, float32, string. 类型")] = "",
    expect: Annotated[float | None, typer.Option(help="What the machine's display shows. 设备显示的数值")] = None,
    scan: Annotated[str, typer.Option(metavar="UNITS", help="Which of these unit ids answer: 1-32. 扫描单元号")] = "",
    measure: Annotated[bool, typer.Option("--measure", help="Round trips, and settings that follow. 测量往返时间")] = False,
    baud: Annotated[int | None, typer.Option(help="Of a serial port; 19200 if not said. 波特率")] = None,
    parity: Annotated[Parity | None, typer.Option(help="Of a serial port; even if not said. 校验")] = None,
    stop_bits: Annotated[int | None, typer.Option(min=1, max=2, help="Of a serial port. 停止位")] = None,
    echo: Annotated[bool, typer.Option("--echo", help="The converter hears what we send. 转换器有回显")] = False,
    rtu: Annotated[bool, typer.Option("--rtu", help="RTU frames over TCP. TCP 透传 RTU")] = False,
    tls: Annotated[bool, typer.Option("--tls", help="With TLS; certificates are checked. 使用 TLS")] = False,
    ca: Annotated[str, typer.Option(help="PEM file of who signed its certificate. 签发者证书文件")] = "",
    cert: Annotated[str, typer.Option(help="PEM file of our certificate. 客户端证书文件")] = "",
    key: Annotated[str, typer.Option(help="PEM file of its private key. 客户端私钥文件")] = "",
    server_name: Annotated[str, typer.Option(help="The name in its certificate. 证书中的名称")] = "",
    timeout: Annotated[float, typer.Option(min=0.05, max=60, help="Seconds to wait for each answer. 超时（秒）")] = 1.0,
    lang: Language = "",
    as_json: Annotated[bool, typer.Option("--json", help="As JSON. 以 JSON 输出")] = False,
) -> None:
    from drivers.links import SocketLinks
    from edge.probe.modbus import NoAnswer, ask
    from edge.probe.modbus_text import document_of, text_of
    from edge.probe.modbus_wish import NotAWish, Way, wish_of
    from edge.probe.registers import Window
    from edge.runtime.clock import SteadyClock

    language = language_of(lang)
    line = {"baud": baud, "parity": parity, "stop_bits": stop_bits, "echo": echo or None}
    files = {"ca": ca, "cert": cert, "key": key, "server_name": server_name}
    way = Way(
        {name: said for name, said in line.items() if said is not None}, rtu, files if tls or any(files.values()) else None
    )
    try:
        wish = wish_of(
            where,
            unit=unit,
            address=address,
            count=count,
            kind=type_,
            units=scan or None,
            way=way,
            expected=expect,
            is_measured=measure,
        )
    except NotAWish as error:
        raise typer.BadParameter(error.render(language)) from error
    clock = SteadyClock()
    with progress_bar() as progress:
        came = asyncio.run(ask(SocketLinks(clock), clock, wish, timeout, progress))
    failed = isinstance(came, NoAnswer)
    if as_json:
        typer.echo(json.dumps(document_of(came, wish, language), ensure_ascii=False))
    else:
        typer.echo(text_of(came, wish, language), err=failed)
    raise typer.Exit(CANNOT_RUN if failed or (isinstance(came, Window) and came.is_all_refused) else FINE)


@probe.command(name="mqtt", help="What a broker has to say: topics, payloads, time stamps. 探测 MQTT 服务器")
def probe_mqtt(
    where: Annotated[str, typer.Argument(metavar="HOST[:PORT]", help="The broker. MQTT 服务器", show_default=False)],
    topic: Annotated[str, typer.Option(help="What to listen to, wildcards allowed. 订阅的主题")] = "#",
    for_: Annotated[str, typer.Option("--for", help="How long: 10s, 1min. 时长")] = "10s",
    user: Annotated[str, typer.Option(help="User name. 用户名")] = "",
    password_env: Annotated[str, typer.Option(help="The environment variable with the password. 存放密码的环境变量")] = "",
    tls: Annotated[bool, typer.Option("--tls", help="With TLS; certificates are checked. 使用 TLS")] = False,
    ca: Annotated[str, typer.Option(help="PEM file of who signed the broker's certificate. 签发者证书文件")] = "",
    cert: Annotated[str, typer.Option(help="PEM file of our certificate. 客户端证书文件")] = "",
    key: Annotated[str, typer.Option(help="PEM file of its private key. 客户端私钥文件")] = "",
    server_name: Annotated[str, typer.Option(help="The name in the broker's certificate. 证书中的名称")] = "",
    version: Annotated[str, typer.Option(help="Of MQTT: 3.1.1 or 5. MQTT 版本")] = "3.1.1",
    lang: Language = "",
    as_json: Annotated[bool, typer.Option("--json", help="As JSON. 以 JSON 输出")] = False,
) -> None:
    from drivers.links import SocketLinks
    from edge.probe.mqtt import listen
    from edge.probe.mqtt_text import document_of, text_of
    from edge.probe.mqtt_wish import NotAWish, wish_of
    from edge.runtime.clock import SteadyClock

    language = language_of(lang)
    files = (
        {"ca": ca, "cert": cert, "key": key, "server_name": server_name} if tls or ca or cert or key or server_name else None
    )
    own_id = f"andon-probe-{os.getpid()}"
    try:
        asked = {"topic": topic, "listen_for": for_, "user": user, "password_env": password_env, "version": version}
        wish = wish_of(where, **asked, tls=files, client_id=own_id, environ=os.environ)
    except NotAWish as error:
        raise typer.BadParameter(error.render(language)) from error
    clock = SteadyClock()
    heard = asyncio.run(listen(SocketLinks(clock), clock, wish))
    failed = heard.survey is None
    if as_json:
        typer.echo(json.dumps(document_of(heard, wish, language), ensure_ascii=False))
    else:
        typer.echo(text_of(heard, wish, language), err=failed)
    raise typer.Exit(CANNOT_RUN if failed else FINE)


@probe.command(name="opcua", help="What an OPC UA server has: values, types, alarms. 探测 OPC UA 服务器")
def probe_opcua(
    url: Annotated[str, typer.Argument(metavar="opc.tcp://HOST:PORT", help="The server. 服务器", show_default=False)],
    node: Annotated[str, typer.Option(help="Where to begin: i=85 are the objects. 起始节点")] = "i=85",
    most: Annotated[int, typer.Option(min=1, max=10_000, help="So many values at most. 最多显示的数值")] = 200,
    user: Annotated[str, typer.Option(help="User name. 用户名")] = "",
    password_env: Annotated[str, typer.Option(help="The environment variable with the password. 存放密码的环境变量")] = "",
    plain_password: Annotated[bool, typer.Option("--plain-password", help="It may go readable. 允许明文密码")] = False,
    policy: Annotated[str, typer.Option(help="Basic256Sha256, Aes128_Sha256_RsaOaep, ... 安全策略")] = "",
    sign: Annotated[bool, typer.Option("--sign", help="Signed, but not encrypted. 只签名不加密")] = False,
    cert: Annotated[str, typer.Option(help="Our certificate. 客户端证书文件")] = "",
    key: Annotated[str, typer.Option(help="Its private key. 客户端私钥文件")] = "",
    server_cert: Annotated[str, typer.Option(help="The certificate that it may have. 服务器证书文件")] = "",
    trusted: Annotated[str, typer.Option(help="Folder of trusted certificates. 受信任证书的文件夹")] = "",
    lang: Language = "",
    as_json: Annotated[bool, typer.Option("--json", help="As JSON. 以 JSON 输出")] = False,
) -> None:
    from drivers.links import SocketLinks
    from edge.probe.opcua import look
    from edge.probe.opcua_text import document_of, text_of
    from edge.probe.opcua_wish import NotAWish, wish_of
    from edge.runtime.clock import SteadyClock

    language = language_of(lang)
    files = {"policy": policy, "cert": cert, "key": key, "server_cert": server_cert, "trusted": trusted}
    try:
        wish = wish_of(
            url,
            node=node,
            most=most,
            user=user,
            password_env=password_env,
            plain_password=plain_password,
            security=files,
            sign_only=sign,
            environ=os.environ,
        )
    except NotAWish as error:
        raise typer.BadParameter(error.render(language)) from error
    clock = SteadyClock()
    seen = asyncio.run(look(SocketLinks(clock), clock, wish))
    failed = not seen.namespaces
    if as_json:
        typer.echo(json.dumps(document_of(seen, wish, language), ensure_ascii=False))
    else:
        typer.echo(text_of(seen, wish, language), err=failed)
    raise typer.Exit(CANNOT_RUN if failed else FINE)
