"""Other addresses for a plant, without another folder: for demonstrations, tests and moves of a device.

127.0.0.1:5020=127.0.0.1:5021                      host and port: of devices, brokers, our own API and console
https://api.dingtalk.com=http://127.0.0.1:8380     the beginning of an address: of the cloud
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from pydantic import BaseModel

from edge.config.plant import Address, Plant
from edge.model.tag import Device

Redirects = Mapping[str, str]


def parse_redirects(texts: Iterable[str]) -> Redirects:
    """`OLD=NEW` each. ValueError names the one that is not of that form."""
    redirects: dict[str, str] = {}
    for text in texts:
        old, separator, new = text.partition("=")
        if not separator or not old or not new or ("://" in old) != ("://" in new):
            raise ValueError(f"{text}: host:port=host:port, https://...=http://...")
        if "://" not in old and not all(side.rpartition(":")[2].isdigit() for side in (old, new)):
            raise ValueError(f"{text}: host:port=host:port")
        redirects[old.rstrip("/")] = new.rstrip("/")
    return redirects


def redirected(plant: Plant, redirects: Redirects) -> Plant:
    """The plant with every address that is named in `redirects` replaced; all else is as it was."""
    if not redirects:
        return plant
    devices = {name: _device(device, redirects) for name, device in plant.devices.items()}
    return replace(
        plant,
        devices=devices,
        policy=replace(plant.policy, devices=devices),
        channels={name: _urls(config, redirects) for name, config in plant.channels.items()},
        api=_address(plant.api, redirects),
        console=_address(plant.console, redirects),
    )


def _device(device: Device, redirects: Redirects) -> Device:
    connection = device.connection
    if not isinstance(connection, BaseModel):
        return device
    host, port = getattr(connection, "host", None), getattr(connection, "port", None)
    new = redirects.get(f"{host}:{port}")
    if new is None:
        return device
    new_host, _, new_port = new.rpartition(":")
    return replace(device, connection=connection.model_copy(update={"host": new_host, "port": int(new_port)}))


def _urls(config: BaseModel, redirects: Redirects) -> BaseModel:
    changed = {
        name: redirects[value.rstrip("/")]
        for name, value in config
        if isinstance(value, str) and value.rstrip("/") in redirects and "://" in value
    }
    return config.model_copy(update=changed)


def _address(address: Address, redirects: Redirects) -> Address:
    new = redirects.get(f"{address.host}:{address.port}")
    if new is None:
        return address
    host, _, port = new.rpartition(":")
    return Address(host, int(port))
