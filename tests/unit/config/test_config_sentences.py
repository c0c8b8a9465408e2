"""Every sentence that the code names is there in both languages, and none is there that nobody says."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import edge.config
from edge.texts import catalogue
from rules.definition import Cause
from rules.expression import Reason

SOURCES = sorted(Path(edge.config.__file__).parent.rglob("*.py"))
#: Calls that name a sentence, and which of their arguments it is.
NAMES_A_SENTENCE = {"error": 1, "warn": 1, "note": 1, "refuse": 0, "Phrase": 0, "knows": 2}


def keys_in_calls() -> Iterator[tuple[str, str]]:
    for path in SOURCES:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Call):
                continue
            name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            position = NAMES_A_SENTENCE.get(name)
            if position is not None and len(node.args) > position:
                key = node.args[position]
                if isinstance(key, ast.Constant) and isinstance(key.value, str):
                    yield f"{path.name}:{node.lineno}", key.value if "." in key.value else f"config.{key.value}"


def test_every_sentence_the_code_names_is_in_both_languages() -> None:
    missing = [
        f"{where}: {key} ({language})"
        for where, key in keys_in_calls()
        for language in ("zh", "en")
        if key not in catalogue(language)
    ]
    assert missing == []


def test_no_sentence_waits_for_somebody_to_say_it() -> None:
    words = " ".join(path.read_text(encoding="utf-8") for path in SOURCES)
    # These are put together from a word of the configuration.
    built = {f"unknown_{kind}" for kind in ("person", "team", "group")}
    built |= {f"expression_{reason}" for reason in Reason}
    built |= {"expression_number_wanted_rule", "expression_condition_wanted_rule"}
    built |= {f"explain_hidden_{cause}" for cause in (Cause.PARENT, Cause.MORE_SEVERE, Cause.GROUP, Cause.INHIBITED)}
    built |= {"secret_env_empty", "secret_file_empty", "check_error", "check_warning", "check_note"}
    unused = [
        key
        for key in (full.removeprefix("config.") for full in catalogue("en") if full.startswith("config."))
        if key not in built and not key.startswith("priority.") and f'"{key}"' not in words and f'"config.{key}"' not in words
    ]
    assert unused == []
