"""The language of rules over several tags: `de_temp > ambient + 40 and running`.

An expression yields a number or a condition. It is built of

- numbers, `true`, `false`, and names of tags: the key alone (`de_temp`) is the device's own tag, with dots it is another
  device's (`CRM.ST3.MOTOR.de_temp`). Dots never reach into anything: they are part of one name. A name with a hyphen, with a
  part that begins with a figure, or with a word of Python's in it stands in quotes: `'LINE-1.de-temp'`.
- `+ - * / // % **`; an exponent is a whole number from 1 to 8;
- `< <= > >= == !=`, also in chains (`20 < temp <= 80`), `and or not`, `this if condition else that`;
- calls of the functions in `functions.py`.

Nothing else: it is read by Python's parser, but no Python runs. Text, nodes and depth are bounded (`parse.py`), so that none is
slow.

Logic is Kleene's: `false and unknown` is false, `true or unknown` is true. What is worked out of an unknown is unknown, and so
is what has no finite value: a division by 0, an overflow, the root of a negative number. The same tags give the same bits on
every machine, which is why there are no logarithms.

A tag is a number, and as a condition true when it is not 0. What is certainly a number is no condition and the other way round:
`not a + 1` and `(a > 5) + (b > 5)` are refused, for they are seldom meant. Two of three are `at_least(2, a > 5, b > 5, c > 5)`.

    text ── parse.py ──▶ Python's tree ── compile.py ──▶ program ── evaluate.py, over columns ──▶ values

Not here: which tags there are (`Expression.names` says what is read, and where); sentences for people (problems are values).
"""

from __future__ import annotations

from rules.expression.compile import Expression, compile_expression
from rules.expression.problem import Problems, Reason
from rules.expression.program import Yields

__all__ = ["Expression", "Problems", "Reason", "Yields", "compile_expression"]
