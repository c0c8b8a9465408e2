"""What a request costs its link: before the first from what the link is, later from measured round trips. Pure.

A request costs its link a fixed time, whatever it asks for, and a time for each register: on a serial line the characters of
frames, the silences around them and the device's turnaround; on a network the way there and back. Their ratio is how many
registers that no tag names are worth reading to save one request: 14 at 9600 baud, more than a request may hold on a network.
Not here: which reads follow from it (`plan.py`).
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from itertools import combinations
from statistics import median

from drivers.modbus.config import ModbusConnection
from edge.model.moment import MILLISECOND, Span
from edge.ports import SerialLine

BITS_OF_REGISTER = 16
#: A request of functions 1 to 4 is 8 characters; its answer has 5 beside the data (unit, function, byte count, CRC).
CHARACTERS_OF_REQUEST = 8 + 5
#: What devices on serial lines commonly take to begin their answer.
TURNAROUND: Span = 10 * MILLISECOND


@dataclass(frozen=True, slots=True)
class LinkCost:
    """Microseconds of the link's time, also parts of one: for a request, and for each register or bit that it asks for."""

    per_request_us: float
    per_register_us: float
    per_bit_us: float

    def of(self, count: int, *, of_bits: bool) -> float:
        """One request for so many registers, or bits; microseconds."""
        return self.per_request_us + count * (self.per_bit_us if of_bits else self.per_register_us)


#: A device on the plant's network; more than half of it is the device. Measured round trips soon stand in for it.
TYPICAL_TCP = LinkCost(per_request_us=2_000.0, per_register_us=2.0, per_bit_us=2.0 / BITS_OF_REGISTER)
#: The quickest that anything on a network has been seen to answer.
QUICKEST_TCP = LinkCost(per_request_us=30.0, per_register_us=0.0, per_bit_us=0.0)


def serial_cost(line: SerialLine, *, turnaround: Span = TURNAROUND) -> LinkCost:
    """Of a serial line. turnaround 0: what the wire alone takes, less than which it never is."""
    per_register_us = 2 * line.character_us
    return LinkCost(
        CHARACTERS_OF_REQUEST * line.character_us + 2 * line.silence_us + turnaround,
        per_register_us,
        per_register_us / BITS_OF_REGISTER,
    )


def cost_of(connection: ModbusConnection) -> LinkCost:
    """What a device's link costs as far as its configuration tells. A serial line behind a converter is taken for one of 19200
    baud until it has been measured."""
    access = connection.access
    if access.line is not None or access.transport == "rtu_over_tcp":
        return serial_cost(access.line or SerialLine())
    return TYPICAL_TCP


def least_cost_of(connection: ModbusConnection) -> LinkCost:
    """Less than which it never is, whatever the device: what is impossible at this, is impossible."""
    line = connection.access.line
    return serial_cost(line, turnaround=0) if line is not None else QUICKEST_TCP


#: Of so many sizes of requests the round trips are kept, so many each; a size counts from so many on.
SIZES_MAX, KEPT_EACH, NEEDED_EACH = 12, 15, 5


class RoundTrips:
    """Measured round trips, and the cost of the link that follows from them.

    Theil and Sen's line through the median of each size: fewer than half of the round trips of a size may be as far off as they
    like (a retransmission, a busy device, our own machine) without moving it. All requests of one size say what a request costs
    and nothing of a register: then the share of registers stays as it was believed."""

    def __init__(self) -> None:
        self._of_size: dict[float, deque[Span]] = {}

    def note(self, count: int, round_trip: Span, *, of_bits: bool) -> None:
        """count: registers or bits that were asked for. Of too many sizes the one that was not met for longest is forgotten."""
        size = count / BITS_OF_REGISTER if of_bits else float(count)
        known = self._of_size.pop(size, None)
        if known is None:
            known = deque(maxlen=KEPT_EACH)
            if len(self._of_size) >= SIZES_MAX:
                del self._of_size[next(iter(self._of_size))]
        known.append(round_trip)
        self._of_size[size] = known

    @property
    def sizes(self) -> int:
        return len(self._of_size)

    def estimate(self, believed: LinkCost) -> LinkCost:
        """What the link costs; `believed` itself while too little was measured."""
        points = sorted((size, median(each)) for size, each in self._of_size.items() if len(each) >= NEEDED_EACH)
        if not points:
            return believed
        slopes = [(b - a) / (longer - shorter) for (shorter, a), (longer, b) in combinations(points, 2)]
        if slopes:
            per_register = max(median(slopes), 0.0)
        else:
            ((size, whole),) = points
            per_register = believed.per_register_us * whole / (believed.per_request_us + believed.per_register_us * size)
        per_request = max(median(whole - per_register * size for size, whole in points), 1.0)
        return LinkCost(per_request, per_register, per_register / BITS_OF_REGISTER)
