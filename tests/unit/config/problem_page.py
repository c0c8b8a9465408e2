"""The page of all codes that `andon check` knows, put together from the code that makes findings and the sentences it names.

python -m tests.unit.config.problem_page > docs/problems.md
"""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path

from edge.config.text.finding import code_of, meaning_of
from edge.texts import catalogue

ROOT = Path(__file__).parents[3]
PAGE = ROOT / "docs" / "problems.md"
#: Sentences of `config` that are no problems: what is printed around them, and pieces that stand inside them.
AROUND = ("config.check_", "config.table_", "config.priority.", "config.explain_", "config.shares_")
PIECES = {
    "did_you_mean",
    "known_are",
    "none_known",
    "without_quotes",
    "a_mapping",
    "a_list",
    "nothing",
    "session_words",
    "switch_yes",
    "switch_no",
} | {
    "gateway_elsewhere",
    "expression_meant",
    "own_keys_are",
    "zone_of_two",
    "zone_by_city",
    "zone_by_offset",
}
#: Where drivers and channels say what is wrong with their parts of a file; what they say while running is elsewhere.
OTHERS = ("drivers/*/config.py", "drivers/*/address.py", "cloud_bridge/*/config.py")

SAID = re.compile(r"""(?<!Phrase\()"((?:drivers|dingtalk|apprise|mqtt|quota|webhook)\.[a-z0-9_.]+)\"""")

HEAD = """\
# Problems

What `andon check` finds in a plant folder, by code: the word in brackets at the end of a line, `code` in `--format json`,
`ruleId` in `--format sarif`. A code keeps its meaning, and is the same in every language. An *error* refuses the configuration;
a *warning* is only said, and is an error with `strict: true` in `gateway.yaml`; a *note* is only said. A secret that is not set
is a note to `check` and an error to `run`. `…` stands for names and values.

| code | | English | 中文 |
|---|---|---|---|
"""


@cache
def codes() -> dict[str, str]:
    """Every code with its severity, sorted."""
    keys = {
        key
        for key in catalogue("en")
        if key.startswith("config.") and not key.startswith(AROUND) and key.removeprefix("config.") not in PIECES
    }
    for path in (path for pattern in OTHERS for path in ROOT.glob(pattern)):
        said = SAID.findall(path.read_text(encoding="utf-8"))
        keys |= {key for key in said if key in catalogue("en")}
    warnings, notes = (
        _keys_given_to("warn"),
        _keys_given_to("note")
        | {f"config.secret_{key}" for key in ("env_empty", "file_empty", "file_missing", "file_unreadable")},
    )
    return {
        code_of(key): "warning" if key in warnings else "note" if key in notes else "error" for key in sorted(keys, key=code_of)
    }


def _keys_given_to(method: str) -> set[str]:
    """What is named as the second argument of a call of `warn` or `note`."""
    trees = [ast.parse(path.read_text(encoding="utf-8")) for path in (ROOT / "edge" / "config").rglob("*.py")]
    calls = [node for tree in trees for node in ast.walk(tree) if isinstance(node, ast.Call) and len(node.args) > 1]
    return {
        f"config.{call.args[1].value}"
        for call in calls
        if isinstance(call.func, ast.Attribute) and call.func.attr == method and isinstance(call.args[1], ast.Constant)
    }


def page() -> str:
    rows = (
        f"| `{code}` | {severity} | {_cell(meaning_of(code, 'en'))} | {_cell(meaning_of(code, 'zh'))} |\n"
        for code, severity in codes().items()
    )
    return HEAD + "".join(rows)


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("<", "&lt;").replace("*", "\\*").lstrip(", ")


if __name__ == "__main__":
    print(page(), end="")
