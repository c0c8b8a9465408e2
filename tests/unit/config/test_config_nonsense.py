"""Nonsense in every key of a plant, and mutated plants: always a clear message inside the file, never an exception."""

from __future__ import annotations

import copy
import io
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from ruamel.yaml import YAML

from edge.config.text.finding import Findings
from edge.config.text.source import Node, parse
from edge.model.errors import Problem
from tests.plant_part import part_of
from tests.unit.config.folders import BOILER_HOUSE, COLD_ROLLING_MILL, check

FILES = sorted(str(path.relative_to(BOILER_HOUSE)) for path in BOILER_HOUSE.rglob("*.yaml"))

#: The smallest plant with something in every file: its mutations are loaded.
SMALL = {
    "gateway.yaml": "site: a\nagent: b\ntime_zone: UTC\napi: {port: 9000}\nareas: {c: {zh: 区, en: area}}\n",
    "devices/d.yaml": """types:
  t:
    words: {zh: 泵, en: pump}
    driver: modbus
    parameters: {p: 5}
    tags: {x: {address: holding 0, type: int16, stale_after: 10s, words: {zh: 压力, en: pressure}}}
devices:
  D.1: {type: t, area: c, words: {zh: 泵, en: pump}, connection: {host: 127.0.0.1, every: 1s}, parameters: {p: 6}}
""",
    "rules/r.yaml": """rules:
  r: {for: t, tag: x, kind: high, limit: "{p}", on_delay: 5s, priority: low, words: {zh: 高, en: high}}
""",
    "people.yaml": "persons: {m: {name: M, language: zh, dingtalk: {user_id: m}}}\nteams: {n: {members: [m]}}\n",
    "response.yaml": "routes: {all: {to: [team:n], priorities: [low]}}\nshelve: {reasons: {s: {zh: 修, en: repair}}}\n",
    "cloud.yaml": "dingtalk: {client_id: i, client_secret: '${env:S}', card_template_id: k}\n",
    "scenarios/s.yaml": """title: {zh: 试, en: trial}
start: 2026-05-04T08:00:00Z
steps:
  - {at: 0s, ramp: {D.1.x: {to: 7, over: 5s}}}
  - {within: {from: 10s, to: 20s}, expect: {card: {person: m, alarm: D.1/r}}}
""",
}

Path_ = tuple[str | int, ...]


def leaves(node: Node, path: Path_ = ()) -> Iterator[tuple[Path_, Node]]:
    """Every scalar of a document with its path."""
    children: list[tuple[str | int, Node]] = [*node.entries.items(), *enumerate(node.items)]
    if not children:
        yield path, node
    for step, child in children:
        yield from leaves(child, (*path, step))


def offset_of(text: str, node: Node) -> int:
    lines = text.split("\n")
    return sum(len(line) + 1 for line in lines[: node.place.line - 1]) + node.place.column - 1


def written(node: Node, text: str) -> str:
    """A scalar as the file writes it."""
    rest = text[offset_of(text, node) :]
    if rest[0] in "\"'":
        return rest[: rest.index(rest[0], 1) + 1]
    value = str(node.value).lower() if isinstance(node.value, bool) else str(node.value)
    assert rest.startswith(value), f"{node.place}: {rest[:20]!r} is not {value!r}"
    return value


def replaced(text: str, node: Node, nonsense: str) -> str:
    start = offset_of(text, node)
    return text[:start] + nonsense + text[start + len(written(node, text)) :]


def document(name: str, text: str) -> Node:
    node = parse(text.encode(), name, Findings())
    assert node is not None
    return node


def is_inside(problem: Problem, folder: Path) -> bool:
    path = folder / problem.file
    if not path.is_file():
        # Only a file that is missing altogether is spoken of without being there.
        return problem.file == "gateway.yaml" and (problem.line, problem.column) == (1, 1)
    lines = path.read_bytes().decode("utf-8", errors="replace").split("\n")
    return 1 <= problem.line <= len(lines) and 1 <= problem.column <= len(lines[problem.line - 1]) + 1


def keys_of_plant(folder: Path) -> dict[str, list[tuple[Path_, Node, str]]]:
    found = {}
    for path in sorted(folder.rglob("*.yaml")):
        name = str(path.relative_to(folder))
        text = path.read_text(encoding="utf-8")
        # A library is not read at all when `libraries.yaml` is broken too.
        if name != "simulation.yaml" and not name.startswith("libraries/"):
            found[name] = [(leaf, node, text) for leaf, node in leaves(document(name, text)) if not node.is_mapping]
    return found


ONE_OF_EACH_TYPE = (
    *("CRM.LINE", "CRM.ST3.STAND", "CRM.ST3.MOTOR", "CRM.ST3.BUR_TOP.DS", "CRM.AGC.HYDRAULICS", "CRM.CO2.OIL_CELLAR"),
    *("CRM.EMULSION", "CRM.LAB", "CRM.FUME_FAN", "CRM.COIL_CAR"),
)

#: What no key of any file takes.
NONSENSE = ["{nonsense: 1}", "[[nonsense]]", "''", '"' + "x" * 66_000 + '"']


def missed_by_the_check(plant: Path, folder: Path, turns: int) -> list[str]:
    """Places of a copy of the plant where nonsense is not refused on its line. One key of each file at a time: the files have
    different problems, and all are said in one run. The kinds of nonsense take turns."""
    keys = keys_of_plant(plant)
    shutil.copytree(plant, folder)
    missed = []
    for turn in range(0, max(map(len, keys.values())), turns):
        broken = {}
        for number, (name, entries) in enumerate(keys.items()):
            if turn < len(entries):
                leaf, node, text = entries[turn]
                nonsense = NONSENSE[(turn // turns + number) % len(NONSENSE)]
                (folder / name).write_text(replaced(text, node, nonsense), encoding="utf-8")
                broken[name] = (leaf, node)
        problems = check(folder).problems
        assert all(is_inside(problem, folder) for problem in problems)
        for name, (leaf, node) in broken.items():
            lines = [problem.line for problem in problems if problem.file == name and problem.severity == "error"]
            if node.place.line not in lines:
                missed.append(f"{name}: {leaf}: {lines}")
            shutil.copyfile(plant / name, folder / name)
    return missed


def test_nonsense_in_every_key_of_the_boiler_house_is_refused_on_its_line(tmp_path: Path) -> None:
    assert missed_by_the_check(BOILER_HOUSE, tmp_path / "plant", turns=1) == []


def test_nonsense_in_every_twentieth_key_of_the_mill_is_refused_on_its_line(tmp_path: Path) -> None:
    mill = part_of(COLD_ROLLING_MILL, tmp_path / "mill", ONE_OF_EACH_TYPE).folder
    assert missed_by_the_check(mill, tmp_path / "plant", turns=20) == []


@pytest.mark.parametrize("nonsense", ["&a x", "*a", "!!python/name:os.system x", "@x", "'open", "{", "]", "\t", "%"])
def test_yaml_nonsense_in_a_value_is_refused_in_its_file(nonsense: str, tmp_path: Path) -> None:
    folder = tmp_path / "plant"
    shutil.copytree(BOILER_HOUSE, folder)
    for name, entries in keys_of_plant(BOILER_HOUSE).items():
        _, node, text = entries[len(entries) // 2]
        (folder / name).write_text(replaced(text, node, nonsense), encoding="utf-8")
    problems = check(folder).problems
    assert {problem.file for problem in problems if problem.severity == "error"} == set(FILES)
    assert all(is_inside(problem, folder) for problem in problems)


VALUES: st.SearchStrategy[Any] = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(-(10**20), 10**20),
        st.floats(allow_nan=True, allow_infinity=True),
        st.text(max_size=12),
        st.sampled_from(
            ["10s", "-1s", "${env:A}", "{x}", "{steam_high}", "boiler", "fitter", "BOILER.1", "high", "*", "a.b/c", "0"]
        ),
    ),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=5,
)


def places(tree: Any, path: Path_ = ()) -> list[Path_]:
    """The paths of all values in a plain tree."""
    steps = list(tree) if isinstance(tree, dict) else list(range(len(tree))) if isinstance(tree, list) else []
    return [path, *(inner for step in steps for inner in places(tree[step], (*path, step)))]


@st.composite
def mutated_files(draw: st.DrawFn) -> dict[str, bytes]:
    """One or two files of the plant with a value or a key changed, moved, doubled or removed, or their bytes cut or swapped."""
    changed = {}
    for name in draw(st.lists(st.sampled_from(sorted(SMALL)), min_size=1, max_size=2, unique=True)):
        tree = copy.deepcopy(PLAIN[name])
        for _ in range(draw(st.integers(1, 3))):
            path = draw(st.sampled_from([path for path in places(tree) if path] or [()]))
            if not path:
                break
            parent = tree
            for step in path[:-1]:
                parent = parent[step]
            how = draw(st.sampled_from(["value", "remove", "key", "swap"]))
            if how == "value" or isinstance(parent, list):
                parent[path[-1]] = draw(VALUES)
            elif how == "remove":
                del parent[path[-1]]
            elif how == "key":
                parent[draw(st.text(max_size=8))] = parent.pop(path[-1])
            else:
                other = draw(st.sampled_from(sorted(parent)))
                parent[path[-1]], parent[other] = parent[other], parent[path[-1]]
        data = dump(tree)
        if draw(st.integers(0, 4)) == 0:
            cut = draw(st.integers(0, len(data)))
            data = data[:cut] + draw(st.binary(max_size=3)) + data[cut + draw(st.integers(0, 5)) :]
        changed[name] = data
    return changed


def dump(tree: Any) -> bytes:
    stream = io.BytesIO()
    yaml = YAML(typ="safe", pure=True)
    yaml.allow_unicode = True
    yaml.dump(tree, stream)
    return stream.getvalue()


PLAIN = {name: document(name, text).plain() for name, text in SMALL.items()}


def test_the_plant_that_is_mutated_is_right(tmp_path: Path) -> None:
    assert check(written_to(tmp_path, SMALL)).problems == []


def written_to(folder: Path, files: Mapping[str, str | bytes]) -> Path:
    for name, content in files.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_bytes(content.encode() if isinstance(content, str) else content)
    return folder


@given(mutated_files(), st.sampled_from(["zh", "en"]))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
def test_mutated_plants_never_raise_and_every_problem_is_inside_its_file(
    tmp_path_factory: pytest.TempPathFactory, changed: dict[str, bytes], language: str
) -> None:
    folder = written_to(tmp_path_factory.mktemp("mutated"), SMALL | changed)
    loaded = check(folder, language)
    assert all(is_inside(problem, folder) for problem in loaded.problems)
    assert loaded.problems == sorted(loaded.problems)
    assert (loaded.plant is None) == any(problem.severity == "error" for problem in loaded.problems)
