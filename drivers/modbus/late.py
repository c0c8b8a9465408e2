"""What may yet come of requests to a unit that were given up, where no frame says which request it answers (RTU). Pure.

Theory of operation. A unit answers in the order in which it was asked, each request once or never; how late, nobody knows. Two
answers can be told apart by their *shape*: the function, and of a read the number of bytes. So of each shape that may yet come
the first and the last request, as numbers, are kept. When an answer of a shape comes

    that no request given up has      it is to the request that waits, and of all those before it nothing can come any more
    that only requests given up have  it is dropped, and of those before the first of them nothing can come any more
    that both have                    the same: it may be the first of them

A request whose answer would have a shape that may yet come is not sent. A *probe* goes before it, whose answer nobody believes
but which tells, by a shape of its own, that nothing older comes. There are three, by turns, because no device answers all:

    narrower    the same registers, fewer of them
    wider       the same and some behind them; only where registers may be read for nothing
    echo        function 8, return query data: the number that was sent, or the refusal of a function that nothing else asks for

An exception has the shape of all that its function may answer. Not here: time, bytes that came (`exchange.py`), who waits
(`link.py`).
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator

from drivers.modbus.frame import DIAGNOSE, EXCEPTION_BIT, READ_COILS, READ_DISCRETE, READS, data_length, read_pdu

#: (function, bytes of data; 0 of all but reads); of an exception the function with its bit.
Shape = tuple[int, int]
#: How many registers, or bytes of bits, a read asks for, to those a probe may ask for instead, the best first.
Sizes = Callable[[int], range]
#: Application protocol V1.1b3, 6.8.1.
RETURN_QUERY_DATA = 0
#: What a probe asks for beside a read's own; and the most data an answer has.
WIDER_MAX, DATA_BYTES_MAX = 4, 250
BITS_OF_BYTE = 8


def shape_of_request(pdu: bytes) -> Shape:
    """Of the answer to it that is no refusal."""
    return pdu[0], data_length(pdu[0], int.from_bytes(pdu[3:5], "big")) if pdu[0] in READS else 0


class Late:
    """Of one unit. may_spare: whether registers may be read for nothing."""

    #: Of probes.
    KINDS = 3

    def __init__(self, *, may_spare: bool) -> None:
        self._may_spare = may_spare
        self._number = 0
        self._owed: dict[Shape, tuple[int, int]] = {}
        self._known = self._probe = b""
        self._turn = 0

    def __bool__(self) -> bool:
        """Whether anything may yet come."""
        return bool(self._owed)

    def may_be(self, shape: Shape) -> bool:
        return bool(self._numbers(shape))

    def given_up(self, pdu: bytes) -> None:
        """A request will be waited for no longer. In the order in which they were sent."""
        self._number += 1
        shape = shape_of_request(pdu)
        first, _ = self._owed.get(shape, (self._number, 0))
        self._owed[shape] = first, self._number

    def came(self, shape: Shape) -> None:
        """An answer to one of those given up."""
        gone = min(self._numbers(shape))
        self._owed = {each: (max(first, gone + 1), last) for each, (first, last) in self._owed.items() if last > gone}

    def answered(self, pdu: bytes, shape: Shape) -> None:
        """The request that waited was answered, as far as one can tell. An echo is told by the number in it."""
        if pdu != self._probe and shape[0] == pdu[0] and pdu[0] in READS:
            self._known = pdu
        if not self.may_be(shape) or shape[0] == DIAGNOSE:
            self._owed.clear()
        else:
            self.came(shape)
            self.given_up(pdu)

    def is_clear(self, pdu: bytes) -> bool:
        """Whether the answer to a request can be told from all that may yet come."""
        return shape_of_request(pdu) not in self._owed

    def probe(self, pdu: bytes) -> bytes:
        """What is to be asked before `pdu`. Each call takes the next kind."""
        kinds = (self._narrower, self._wider, self._echo)
        for step in range(self.KINDS):
            turn = (self._turn + step) % self.KINDS
            found = next(kinds[turn](pdu), None)
            if found is not None:
                self._turn, self._probe = turn + 1, found
                return found
        raise AssertionError("an echo can always be asked for")

    def has_worked(self) -> None:
        """The last probe told what was asked: its kind is the first next time."""
        self._turn -= 1

    def _numbers(self, shape: Shape) -> list[int]:
        """The first requests given up that an answer of this shape may be to."""
        function, _ = shape
        if function & EXCEPTION_BIT:
            return [first for (asked, _), (first, _) in self._owed.items() if asked == function ^ EXCEPTION_BIT]
        return [self._owed[shape][0]] if shape in self._owed else []

    def _narrower(self, pdu: bytes) -> Iterator[bytes]:
        return self._of_sizes(pdu, lambda size: range(size - 1, 0, -1))

    def _wider(self, pdu: bytes) -> Iterator[bytes]:
        return self._of_sizes(pdu, lambda size: range(size + 1, size + 1 + WIDER_MAX)) if self._may_spare else iter(())

    def _of_sizes(self, pdu: bytes, sizes: Sizes) -> Iterator[bytes]:
        """Reads from where `pdu`, or the last read that was answered, begins, whose answers are not among what may yet come
        from before `pdu`."""
        base = pdu if pdu[0] in READS else self._known
        if not base:
            return
        function, address, count = struct.unpack(">BHH", base)
        each = BITS_OF_BYTE if function in (READ_COILS, READ_DISCRETE) else 1
        _, last = self._owed.get(shape_of_request(pdu), (0, 0))
        for size in sizes(-(-count // each)):
            asked = read_pdu(function, address, size * each)
            shape = shape_of_request(asked)
            if (
                shape[1] <= DATA_BYTES_MAX
                and address + size * each <= 0x10000
                and self._owed.get(shape, (last + 1, 0))[0] > last
            ):
                yield asked

    def _echo(self, pdu: bytes) -> Iterator[bytes]:
        # Not a count that anything could be read by, should a device take it for one.
        yield struct.pack(">BHH", DIAGNOSE, RETURN_QUERY_DATA, 0x8000 | self._number & 0x7FFF)
