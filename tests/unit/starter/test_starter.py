"""`andon init`: what it writes is right at once, says the same in both languages, and never touches what is there."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ruamel.yaml import YAML

import edge.starter
from drivers.catalog import DRIVERS
from edge.config.explain.explain import explain
from edge.config.plant import Plant
from edge.config.text.values import name_form
from edge.model.stage import Stage
from edge.scenario.run import run_scenarios
from edge.starter.folder import NotEmpty, Wish, site_of, starter_files, wish_of, write_starter
from edge.starter.template import written
from tests.andon_command import COMMAND, run
from tests.unit.config.folders import check

LANGUAGES = ("zh", "en")
ROOT = Path(__file__).parents[3]


def new_plant(folder: Path, language: str = "en") -> Plant:
    write_starter(folder, starter_files(Wish("my_plant", language)))
    loaded = check(folder, language)
    assert loaded.problems == []
    assert loaded.plant is not None
    return loaded.plant


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_new_plant_has_no_problem_and_its_story_comes_true(tmp_path: Path, language: str) -> None:
    plant = new_plant(tmp_path / "my_plant", language)
    assert (plant.site, plant.language, plant.stage) == ("my_plant", language, Stage.SHADOW)
    assert {device.driver for device in plant.devices.values()} == {"modbus", "mqtt", "system"}
    (verdict,) = run_scenarios(plant)
    assert verdict.failures == []


def test_both_languages_say_the_same_to_the_gateway() -> None:
    def content(language: str) -> dict[str, Any]:
        texts = starter_files(Wish("my_plant", language))
        return {name: YAML(typ="safe").load(text) for name, text in texts.items() if name.endswith(".yaml")}

    def without_language(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: "-" if key == "language" else without_language(each) for key, each in value.items()}
        return [without_language(each) for each in value] if isinstance(value, list) else value

    chinese, english = content("zh"), content("en")
    assert without_language(chinese) == without_language(english)
    assert chinese["gateway.yaml"]["language"] == "zh"
    assert english["people.yaml"]["persons"]["fitter_a"]["language"] == "en"


def test_comments_are_in_the_language_that_was_asked_for() -> None:
    def comments(language: str) -> str:
        texts = starter_files(Wish("my_plant", language))
        return "\n".join(found for text in texts.values() for found in re.findall("# (.*)", text))

    assert not re.search("[\u4e00-\u9fff]", re.sub(r"\{.*?\}|name: .*", "", comments("en")))
    assert len(re.findall("[\u4e00-\u9fff]", comments("zh"))) > 500
    assert "#zh" not in "".join(starter_files(Wish("my_plant", "en")).values())


def test_both_readmes_have_the_same_parts_and_name_every_file() -> None:
    english, chinese = (starter_files(Wish("my_plant", language)) for language in ("en", "zh"))
    assert set(english) == set(chinese) >= {"README.md", ".gitignore", "gateway.yaml", "scenarios/hot_bearing.yaml"}
    assert commands(english["README.md"]) == commands(chinese["README.md"])
    assert english["README.md"].count("\n## ") == chinese["README.md"].count("\n## ")
    for name in english:
        folder = name.partition("/")[0]
        assert folder in english["README.md"] or folder in (".gitignore", "README.md")
    assert ".andon/" in english[".gitignore"]


def test_what_is_explained_in_one_language_is_explained_in_the_other() -> None:
    folder = Path(edge.starter.__file__).parent / "plant"
    for line in (line for path in folder.rglob("*.yaml") for line in path.read_text(encoding="utf-8").splitlines()):
        tags = re.findall("#(zh|en) ", line)
        if not line.lstrip().startswith(("#zh", "#en")):
            assert tags in ([], ["zh", "en"]), line


def commands(readme: str) -> list[str]:
    return re.findall(r"^ +(andon .*)$", readme, re.MULTILINE)


def test_every_command_of_the_readme_is_one_that_andon_has() -> None:
    found = commands(starter_files(Wish("my_plant", "en"))["README.md"])
    assert {line.split()[1] for line in found} >= {"probe", "plan", "check", "test", "run", "simulate"}
    for line in found:
        command: Any = COMMAND
        words = shlex.split(line)[1:]
        while words and words[0] in getattr(command, "commands", {}):
            command = command.commands[words.pop(0)]
        assert not hasattr(command, "commands"), line
        options = {name for parameter in command.params for name in parameter.opts}
        assert {word for word in words if word.startswith("--")} <= options, line


@pytest.mark.parametrize("readme", ["README.md", "README.zh-CN.md"])
def test_what_the_readme_explains_is_in_the_folder_that_init_writes(readme: str, tmp_path: Path) -> None:
    text = (ROOT / readme).read_text(encoding="utf-8")
    (key,) = re.findall(r"`andon config explain my_plant (\S+)`", text)
    write_starter(tmp_path / "my_plant", starter_files(Wish("my_plant", "en")))
    (explained,) = explain(check(tmp_path / "my_plant").described, DRIVERS, key)
    assert explained.stations


def test_where_the_devices_are_is_written_where_it_belongs(tmp_path: Path) -> None:
    wish = wish_of("my_plant", "en", modbus="plc.example:5020", mqtt="[::1]:1884")
    write_starter(tmp_path / "p", starter_files(wish))
    plant = check(tmp_path / "p").plant
    assert plant is not None
    pump, fan = (plant.devices[name].connection for name in ("PUMP_1", "FAN_1"))
    assert (getattr(pump, "host", None), getattr(pump, "port", None)) == ("plc.example", 5020)
    assert (getattr(fan, "host", None), getattr(fan, "port", None)) == ("::1", 1884)
    assert "andon probe modbus plc.example:5020" in (tmp_path / "p" / "README.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("text", ["a b", "http://a", "a:0", "a:70000", "a#b", "{a}", "'", "a:b:c"])
def test_an_address_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="HOST:PORT"):
        wish_of("my_plant", "en", modbus=text)


@pytest.mark.parametrize("inside", ["notes.txt", "gateway.yaml", ".hidden"])
def test_a_folder_with_anything_in_it_is_refused_and_not_touched(tmp_path: Path, inside: str) -> None:
    (tmp_path / inside).write_text("mine", encoding="utf-8")
    with pytest.raises(NotEmpty):
        write_starter(tmp_path, starter_files(Wish("my_plant", "en")))
    assert [path.name for path in tmp_path.iterdir()] == [inside]
    assert (tmp_path / inside).read_text(encoding="utf-8") == "mine"


def test_a_file_in_the_place_of_the_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "plant").write_text("mine", encoding="utf-8")
    with pytest.raises(NotEmpty):
        write_starter(tmp_path / "plant", starter_files(Wish("my_plant", "en")))
    assert (tmp_path / "plant").read_text(encoding="utf-8") == "mine"


def test_a_repository_without_content_counts_as_empty(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    assert new_plant(tmp_path).site == "my_plant"


@pytest.mark.parametrize(
    ("folder", "site"),
    [
        ("my_plant", "my_plant"),
        ("mill-2", "mill-2"),
        ("Pump house 3", "Pump_house_3"),
        ("2nd_hall", "nd_hall"),
        ("冷轧", "plant"),
        ("冷轧CRM", "CRM"),
        ("", "plant"),
    ],
)
def test_the_site_is_called_as_the_folder_is_where_that_is_a_name(folder: str, site: str) -> None:
    assert site_of(folder) == site


@given(st.text(max_size=200))
def test_whatever_a_folder_is_called_its_site_has_a_name(folder: str) -> None:
    assert name_form(site_of(folder))


def test_a_line_belongs_to_both_languages_but_for_its_comments() -> None:
    template = "#zh 中\n#en E\na: $value   #zh 甲 #en A\nb: 1  #en only\n# c: $$2\n"
    assert written(template, {"value": "7"}, "zh") == "# 中\na: 7   # 甲\nb: 1\n# c: $2\n"
    assert written(template, {"value": "7"}, "en") == "# E\na: 7   # A\nb: 1  # only\n# c: $2\n"
    with pytest.raises(KeyError):
        written(template, {}, "en")


def test_the_command_says_what_is_next_and_refuses_a_second_time(tmp_path: Path) -> None:
    folder = tmp_path / "my plant"
    made = run("init", folder, "--lang", "en", "--modbus", "10.0.0.5")
    assert made.exit_code == 0, made.output
    quoted = shlex.quote(str(folder))
    for command in (f"andon check {quoted}", f"andon test {quoted}", "andon probe modbus 10.0.0.5:502"):
        assert command in made.output
    before = {path: path.stat().st_mtime_ns for path in folder.rglob("*")}
    again = run("init", folder, "--lang", "zh")
    assert again.exit_code == 3
    assert "什么都没有改动" in again.stderr
    assert {path: path.stat().st_mtime_ns for path in folder.rglob("*")} == before
