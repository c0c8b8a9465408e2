"""The TLS context of a connection: the broker's certificate is always checked, and its name too."""

from __future__ import annotations

import ssl
from typing import Any

from drivers.mqtt import trouble
from drivers.mqtt.trouble import BrokerUnreachable
from edge.ports import MqttTls


class _NamedContext(ssl.SSLContext):
    """A TLS context for a broker whose certificate has another name than the address that we connect to."""

    name: str | None = None

    def wrap_socket(self, *arguments: Any, **options: Any) -> ssl.SSLSocket:
        if self.name is not None:
            options["server_hostname"] = self.name
        return super().wrap_socket(*arguments, **options)


def tls_context(tls: MqttTls, where: str) -> ssl.SSLContext:
    """Reads files. where: `host:port`. Raises BrokerUnreachable that names the file which cannot be used."""
    context = _NamedContext(ssl.PROTOCOL_TLS_CLIENT)
    context.name = tls.server_name
    reading = ""
    try:
        if tls.ca is None:
            context.load_default_certs()
        else:
            reading = tls.ca
            context.load_verify_locations(tls.ca)
        if tls.cert is not None:
            reading = f"{tls.cert}, {tls.key}"
            # Without a password, OpenSSL would ask for one on the terminal.
            context.load_cert_chain(tls.cert, tls.key, password="")
    except (OSError, ValueError) as error:
        plainly = error.strerror if isinstance(error, FileNotFoundError | PermissionError) else str(error)
        raise BrokerUnreachable(where, trouble.unreadable_file(reading, str(plainly))) from None
    return context
