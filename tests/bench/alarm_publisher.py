"""What goes in at the alarm bench, in a process of its own: small MQTT messages at a steady rate, each with the moment it left.

`python -m tests.bench.alarm_publisher PORT FIRST COUNT RATE VALUE` publishes `{"v":VALUE}` to `bench/FIRST` and the topics
after it, QoS 0, RATE a second (0: as fast as the broker takes them), and prints the moments as JSON, in nanoseconds on the
clock that all processes of a machine share.
"""

from __future__ import annotations

import json
import socket
import sys
import time


def packet(number: int, value: str) -> bytes:
    topic, payload = f"bench/{number}".encode(), f'{{"v":{value}}}'.encode()
    body = len(topic).to_bytes(2, "big") + topic + payload
    return bytes([0x30, len(body)]) + body


def main() -> None:
    port, first, count, rate = map(int, sys.argv[1:5])
    packets = [packet(first + number, sys.argv[5]) for number in range(count)]
    there = socket.create_connection(("127.0.0.1", port))
    there.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    there.sendall(bytes.fromhex("100d00044d515454040200000001") + b"q")
    assert there.recv(4)[3] == 0
    left = []
    begun = time.monotonic_ns()  # noqa: TID251 - the clock that the receiver reads too
    if rate == 0:
        there.sendall(b"".join(packets))
        left = [begun] * count
    else:
        for number, each in enumerate(packets):
            due = begun + number * 1_000_000_000 // rate
            while (wait := due - time.monotonic_ns()) > 0:  # noqa: TID251 - as above
                time.sleep(wait / 1_000_000_000)
            left.append(time.monotonic_ns())  # noqa: TID251 - as above
            there.sendall(each)
    there.sendall(bytes([0xE0, 0]))
    # The broker closes when it has read our farewell, and so all before it.
    there.recv(1)
    print(json.dumps(left))


if __name__ == "__main__":
    main()
