"""What an expression may say, what is refused, and where the finger points."""

from __future__ import annotations

import pytest

from rules.expression import Expression, Problems, Reason, Yields, compile_expression
from rules.expression.parse import TEXT_MAX


def understood(text: str, wanted: Yields = Yields.EITHER) -> Expression:
    compiled = compile_expression(text, wanted)
    assert isinstance(compiled, Expression), compiled
    return compiled


def refused(text: str, wanted: Yields = Yields.EITHER) -> list[tuple[Reason, int]]:
    compiled = compile_expression(text, wanted)
    assert isinstance(compiled, Problems), compiled
    return [(problem.reason, problem.column) for problem in compiled.all]


def arguments(text: str) -> dict[str, str | int | float]:
    compiled = compile_expression(text)
    assert isinstance(compiled, Problems), compiled
    return dict(compiled.all[0].args)


def test_a_name_with_dots_is_one_name() -> None:
    expression = understood("de_temp > CRM.ST3.MOTOR.de_temp and de_temp > 5")
    assert expression.names == ("de_temp", "CRM.ST3.MOTOR.de_temp")
    assert expression.columns == (1, 11)


def test_a_name_that_is_not_pythons_stands_in_quotes() -> None:
    assert understood("""'3M-1.de-temp' > "in" """).names == ("3M-1.de-temp", "in")


@pytest.mark.parametrize(
    ("text", "yields"),
    [
        ("a", Yields.EITHER),
        ("a if b else c", Yields.EITHER),
        ("a if b else 2", Yields.NUMBER),
        ("a if b else c > 1", Yields.CONDITION),
        ("-a + 2 * (b - 1) ** 2", Yields.NUMBER),
        ("max(a, b, 0) // 3 % 2", Yields.NUMBER),
        ("20 < a <= b != 4", Yields.CONDITION),
        ("not a or b and true", Yields.CONDITION),
        ("running == True", Yields.CONDITION),
        ("(a > 1) == (b > 1) != false", Yields.CONDITION),
        ("between(a, 1, 2) and bit(b, 3) and at_least(2, a, b > 1, not c)", Yields.CONDITION),
        ("\n  a\n  > 5\n", Yields.CONDITION),
        ("1e3 + .5 + 5. + +a", Yields.NUMBER),
    ],
)
def test_what_it_yields_is_known_beforehand(text: str, yields: Yields) -> None:
    assert understood(text).yields is yields


def test_a_tag_can_be_what_is_wanted() -> None:
    assert understood("a", Yields.NUMBER).yields is Yields.NUMBER
    assert understood("a", Yields.CONDITION).yields is Yields.CONDITION
    assert understood("a", Yields.CONDITION) != understood("a", Yields.NUMBER)


def test_equal_shapes_have_equal_programs_whatever_the_names_and_constants() -> None:
    one, other = understood("de_temp > ambient + 40"), understood("winding>(oil+-25)")
    assert one.program == other.program
    assert (one.constants, other.constants) == ((40.0,), (-25.0,))
    assert understood("a > a + 40").program != one.program
    assert understood("a >= b + 40").program != one.program


@pytest.mark.parametrize(
    ("text", "problems"),
    [
        ("", [(Reason.EMPTY, 1)]),
        (" \n ", [(Reason.EMPTY, 1)]),
        ("a >", [(Reason.SYNTAX, 4)]),
        ("  (a", [(Reason.SYNTAX, 3)]),
        ("a b", [(Reason.SYNTAX, 3)]),
        ("'a", [(Reason.SYNTAX, 1)]),
        ("a && b || !c", [(Reason.OPERATOR, 3), (Reason.OPERATOR, 8), (Reason.OPERATOR, 11)]),
        ("a = 5", [(Reason.OPERATOR, 3)]),
        ("a AND b", [(Reason.OPERATOR, 3)]),
        ("温度 > 5", [(Reason.CHARACTER, 1), (Reason.CHARACTER, 2)]),
        ("'a温'", [(Reason.CHARACTER, 3)]),
        ("a[0]", [(Reason.CHARACTER, 2), (Reason.CHARACTER, 4)]),
        ("{limit} > a", [(Reason.CHARACTER, 1), (Reason.CHARACTER, 7)]),
        ("__import__('os')", [(Reason.FUNCTION, 1)]),
        ("a in b", [(Reason.WORD, 3)]),
        ("a.import > 1", [(Reason.WORD, 3)]),
        ("lambda", [(Reason.WORD, 1)]),
        ("ST.3M.x > 1", [(Reason.NAME, 4)]),
        ("'a b' > 1", [(Reason.NAME, 1)]),
        ("_a > 1", [(Reason.NAME, 1)]),
        ("3M.x > 1", [(Reason.NUMBER, 1)]),
        ("80and a", [(Reason.NUMBER, 1)]),
        ("0x10 > a", [(Reason.NUMBER, 1)]),
        ("1e999 > a", [(Reason.NUMBER, 1)]),
        ("9" * 400 + " > a", [(Reason.NUMBER, 1)]),
        ("a, b", [(Reason.NOT_ALLOWED, 1)]),
        ("... > a", [(Reason.NOT_ALLOWED, 1)]),
        ("b'a' > a", [(Reason.NOT_ALLOWED, 1)]),
        ("(a + 1).real > 2", [(Reason.NOT_ALLOWED, 1)]),
        ("a.b(2)", [(Reason.NOT_ALLOWED, 1)]),
        ("min(*a, 1)", [(Reason.NOT_ALLOWED, 1)]),
        ("min(1, 2, **a)", [(Reason.NOT_ALLOWED, 1)]),
        ("eval(a)", [(Reason.FUNCTION, 1)]),
        ("min(a)", [(Reason.ARGUMENTS, 1)]),
        ("abs(a, b)", [(Reason.ARGUMENTS, 1)]),
        ("a ** b", [(Reason.WHOLE_NUMBER_WANTED, 6)]),
        ("a ** 9", [(Reason.WHOLE_NUMBER_WANTED, 6)]),
        ("a ** 0.5", [(Reason.WHOLE_NUMBER_WANTED, 6)]),
        ("a ** -1", [(Reason.WHOLE_NUMBER_WANTED, 6)]),
        ("bit(a, 53)", [(Reason.WHOLE_NUMBER_WANTED, 8)]),
        ("at_least(3, a, b)", [(Reason.WHOLE_NUMBER_WANTED, 10)]),
        ("between(a, 80, 20)", [(Reason.EMPTY_RANGE, 12)]),
        ("clamp(a, 1, -1)", [(Reason.EMPTY_RANGE, 10)]),
        (
            "a / 0 + a // -0.0 + a % 0",
            [(Reason.DIVISION_BY_ZERO, 5), (Reason.DIVISION_BY_ZERO, 14), (Reason.DIVISION_BY_ZERO, 25)],
        ),
        ("1 > 0", [(Reason.NO_TAG, 1)]),
        ("true", [(Reason.NO_TAG, 1)]),
    ],
)
def test_everything_that_is_wrong_is_said_with_its_column(text: str, problems: list[tuple[Reason, int]]) -> None:
    assert refused(text) == problems


@pytest.mark.parametrize(
    ("text", "reason", "column"),
    [
        ("(a > 1) + 2", Reason.NUMBER_WANTED, 2),
        ("-(a > 1)", Reason.NUMBER_WANTED, 3),
        ("+(a > 1)", Reason.NUMBER_WANTED, 3),
        ("(a > 1) ** 2", Reason.NUMBER_WANTED, 2),
        ("a < (b > 1)", Reason.NUMBER_WANTED, 6),
        ("a < b == true", Reason.NUMBER_WANTED, 10),
        ("sqrt(not a)", Reason.NUMBER_WANTED, 6),
        ("not a + 1", Reason.CONDITION_WANTED, 5),
        ("a > 1 and b + 1", Reason.CONDITION_WANTED, 11),
        ("a or 5", Reason.CONDITION_WANTED, 6),
        ("(a > 1) == 1", Reason.CONDITION_WANTED, 12),
        ("1 if a + 1 else b", Reason.CONDITION_WANTED, 6),
        ("5 if a else b > 1", Reason.CONDITION_WANTED, 1),
        ("at_least(1, a, b + 1)", Reason.CONDITION_WANTED, 16),
    ],
)
def test_a_number_is_no_condition_and_a_condition_no_number(text: str, reason: Reason, column: int) -> None:
    assert refused(text) == [(reason, column)]


def test_the_whole_must_be_what_the_rule_needs() -> None:
    assert refused("a + 1", Yields.CONDITION) == [(Reason.CONDITION_WANTED, 1)]
    assert refused("a > 1", Yields.NUMBER) == [(Reason.NUMBER_WANTED, 1)]


def test_everything_wrong_is_found_in_one_go_and_told_from_left_to_right() -> None:
    assert refused("sine(a) + min(b) > 5 and not a ** 20") == [
        (Reason.FUNCTION, 1),
        (Reason.ARGUMENTS, 11),
        (Reason.CONDITION_WANTED, 30),
        (Reason.WHOLE_NUMBER_WANTED, 35),
    ]


def test_problems_say_what_a_sentence_about_them_needs() -> None:
    assert arguments("a && b") == {"found": "&&", "meant": "and"}
    assert arguments("a （b）") == {"found": "（", "meant": "("}
    assert arguments("lg(a)")["found"] == "lg"
    assert arguments("min(a)") == {"function": "min", "least": 2, "most": 16, "given": 1}
    assert arguments("bit(a, 1.5)") == {"where": "bit", "least": 0, "most": 52}
    assert arguments("a.b(2) > 1") == {"found": "a.b(2)"}
    assert arguments("(a > 1) + 2") == {"where": "+"}


def test_what_is_too_much_is_refused_at_once() -> None:
    assert refused("a" * (TEXT_MAX + 1)) == [(Reason.TOO_LONG, TEXT_MAX + 1)]
    assert refused("-" * 64 + "a") == [(Reason.TOO_DEEP, 65)]
    assert understood("-" * 63 + "a")
    assert refused("not " * 70 + "a and " + "not " * 70 + "b") == [(Reason.TOO_DEEP, 253)]
    assert refused("(" * 300 + "a" + ")" * 300) == [(Reason.SYNTAX, 201)]
    assert refused("-" * (TEXT_MAX - 1) + "a") == [(Reason.TOO_DEEP, 65)]
    assert understood(">".join("a" * 199))
    assert refused(">".join("a" * 300)) == [(Reason.TOO_BIG, 399)]


def test_chains_within_chains_take_no_more_steps_than_they_have_parts() -> None:
    assert len(understood("a == (" * 60 + "b" + " == b)" * 60).program) < 4 * 180
