"""What can be wrong with an expression: a reason from a closed set, a place, and what a sentence about it needs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class Reason(StrEnum):
    """The words behind the dash are the arguments of the problem."""

    EMPTY = "empty"
    """There is nothing."""
    TOO_LONG = "too_long"
    """Longer than most characters - most."""
    TOO_BIG = "too_big"
    """More than most names, numbers and operators - most."""
    TOO_DEEP = "too_deep"
    """Brackets and operators within each other, deeper than most - most."""
    CHARACTER = "character"
    """A character that no expression has - found."""
    OPERATOR = "operator"
    """An operator of another language - found, meant."""
    WORD = "word"
    """A word that Python keeps for itself; a tag of that name stands in quotes - found."""
    SYNTAX = "syntax"
    """It is no expression; the place is where reading stopped."""
    NOT_ALLOWED = "not_allowed"
    """Python, but not of this language - found, as written."""
    NAME = "name"
    """No name that a tag can have - found."""
    NUMBER = "number"
    """No finite real number - found."""
    FUNCTION = "function"
    """No such function - found, known (all there are)."""
    ARGUMENTS = "arguments"
    """Too few or too many arguments - function, least, most, given."""
    WHOLE_NUMBER_WANTED = "whole_number_wanted"
    """Here must stand a whole number, not a tag or another number - where, least, most."""
    EMPTY_RANGE = "empty_range"
    """The lower end is above the upper one - function, low, high."""
    DIVISION_BY_ZERO = "division_by_zero"
    """The divisor is always 0."""
    NUMBER_WANTED = "number_wanted"
    """A condition where only a number makes sense - where (the operator or function; `rule` for the whole)."""
    CONDITION_WANTED = "condition_wanted"
    """A number where only a condition makes sense - where (as above)."""
    NO_TAG = "no_tag"
    """It reads no tag, so it never changes."""


@dataclass(frozen=True, slots=True)
class Problem:
    """column: of the text, from 1. args: what the sentence names."""

    reason: Reason
    column: int
    args: Mapping[str, str | int | float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Problems:
    """Why a text is no expression: at least one problem, by column."""

    all: tuple[Problem, ...]
