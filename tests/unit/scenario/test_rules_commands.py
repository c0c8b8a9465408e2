"""`andon rules` and `andon report enforcement` as commands: what they write, say, and refuse."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest
from openpyxl import load_workbook

from tests.andon_command import Ran, run
from tests.unit.config.folders import boiler_house


def andon(*arguments: object, lang: str = "en") -> Ran:
    return run(*arguments, "--lang", lang)


@pytest.fixture
def plant(tmp_path: Path) -> Path:
    return boiler_house(tmp_path)


def content(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def exported(plant: Path, file: Path) -> list[list[str]]:
    assert andon("rules", "export", plant, "--to", file).exit_code == 0
    return list(csv.reader(io.StringIO(file.read_bytes().decode("utf-8-sig"))))


def edit(file: Path, rule: str, **cells: str) -> None:
    """What an engineer does to an exported list, in Excel's Chinese edition: values, and another encoding."""
    rows = list(csv.reader(io.StringIO(file.read_bytes().decode("utf-8-sig"))))
    row = next(row for row in rows if row[0] == rule)
    for heading, text in cells.items():
        row[rows[0].index(heading.replace("_", " "))] = text
    text = io.StringIO()
    csv.writer(text).writerows(rows)
    file.write_bytes(text.getvalue().encode("gb18030"))


@pytest.mark.parametrize(("name", "lang"), [("list.xlsx", "zh"), ("list.CSV", "en")])
def test_out_and_back_changes_no_byte(plant: Path, tmp_path: Path, name: str, lang: str) -> None:
    before, file = content(plant), tmp_path / name
    assert andon("rules", "export", plant, "--to", file, lang=lang).exit_code == 0
    ran = andon("rules", "import", plant, file, lang=lang)
    assert ran.exit_code == 0
    assert content(plant) == before


def test_what_was_changed_is_shown_first_then_written_then_the_same(plant: Path, tmp_path: Path) -> None:
    file, before = tmp_path / "list.csv", content(plant)
    exported(plant, file)
    edit(file, "steam_high", limit="１１", owner="锅炉班", priority="高")
    dry = andon("rules", "import", plant, file, "--dry-run")
    assert dry.exit_code == 0
    assert dry.stdout.splitlines() == [
        "steam_high (rules/boilers.yaml:2:3)",
        "  limit: {steam_high} -> 11",
        "  priority: medium -> high",
        "  owner: (none) -> 锅炉班",
        "1 rules would change, 3 values in them. Nothing was written: leave --dry-run out to do it.",
    ]
    assert content(plant) == before
    assert "1 rules changed, 3 values in them: rules/boilers.yaml." in andon("rules", "import", plant, file).stdout
    changed = content(plant).keys() - before.keys() | {name for name, data in before.items() if content(plant)[name] != data}
    assert changed == {"rules/boilers.yaml"}
    assert "The list says what the plant says" in andon("rules", "import", plant, file).stdout
    again = exported(plant, tmp_path / "again.csv")
    row = next(row for row in again if row[0] == "steam_high")
    assert row[again[0].index("owner")] == "锅炉班"


@pytest.mark.parametrize("way", [("--dry-run",), ()], ids=["dry run", "written"])
def test_a_warning_that_the_list_brings_is_said_by_its_row(plant: Path, tmp_path: Path, way: tuple[str, ...]) -> None:
    file = tmp_path / "list.csv"
    exported(plant, file)
    edit(file, "steam_high", **{"action (zh)": "", "action (en)": ""})
    lines = andon("rules", "import", plant, file, *way).stdout.splitlines()
    warned = [line for line in lines if "warning" in line]
    assert warned == [
        'list.csv, row 2, column A (rule): warning: "steam_high" is medium and says nothing of what to do: write guidance'
    ]
    assert lines.index(warned[0]) == len(lines) - 2


def test_a_warning_that_was_there_before_is_not_said_again(plant: Path, tmp_path: Path) -> None:
    rules = plant / "rules" / "boilers.yaml"
    lines = rules.read_text(encoding="utf-8").splitlines(keepends=True)
    rules.write_text("".join(line for line in lines if "guidance" not in line), encoding="utf-8")
    assert "says nothing of what to do" in andon("check", plant).stdout
    exported(plant, tmp_path / "list.csv")
    edit(tmp_path / "list.csv", "steam_high", owner="PE")
    ran = andon("rules", "import", plant, tmp_path / "list.csv")
    assert (ran.exit_code, "warning" in ran.stdout) == (0, False)


def test_one_error_anywhere_and_nothing_is_written(plant: Path, tmp_path: Path) -> None:
    file, before = tmp_path / "list.csv", content(plant)
    exported(plant, file)
    edit(file, "burner_fault", owner="PE")
    edit_again = file.read_bytes().decode("gb18030").replace("{steam_high}", "eleven")
    file.write_text(edit_again, encoding="utf-8")
    ran = andon("rules", "import", plant, file)
    assert ran.exit_code == 1
    assert ran.stderr.splitlines() == [
        'list.csv, row 2, column H (limit): error: must be a number, or a parameter such as {limit} in braces, is "eleven"',
        "Nothing was written. Errors in the list: 1.",
    ]
    assert content(plant) == before


def test_a_workbook_has_the_list_to_work_in_and_the_alarms_to_look_at(plant: Path, tmp_path: Path) -> None:
    assert "4 rules" in andon("rules", "export", plant, "--to", tmp_path / "list.xlsx").stdout
    book = load_workbook(tmp_path / "list.xlsx")
    assert book.sheetnames == ["alarm list", "alarms"]
    book["alarm list"]["H2"] = "=11"
    book.save(tmp_path / "list.xlsx")
    ran = andon("rules", "import", plant, tmp_path / "list.xlsx", lang="zh")
    assert ran.exit_code == 1
    assert "list.xlsx 第 2 行 H 列（限值）：错误：这个单元格是公式" in ran.stderr


def test_expanded_is_one_row_for_each_alarm_and_does_not_go_back(plant: Path, tmp_path: Path) -> None:
    file = tmp_path / "alarms.csv"
    assert "only to be read" in andon("rules", "export", plant, "--to", file, "--expanded").stdout
    rows = list(csv.DictReader(io.StringIO(file.read_bytes().decode("utf-8-sig"))))
    assert [(row["alarm"], row["limit"]) for row in rows][2:3] == [("BOILER.1/steam_high", "12")]
    assert "this is the list of single alarms" in andon("rules", "import", plant, file).stderr


def test_a_review_is_put_on_record_and_enforcement_says_what_differs_since(plant: Path) -> None:
    assert andon("rules", "review", plant, "--by", "process engineer", "--all", "--on", "2026-03-05").exit_code == 0
    fine = andon("report", "enforcement", plant)
    assert (fine.exit_code, fine.stdout) == (
        0,
        "4 rules run as reviewed, 0 differ, 0 were never reviewed, 0 reviewed ones are gone.\n",
    )
    rules = plant / "rules" / "boilers.yaml"
    rules.write_text(rules.read_text(encoding="utf-8").replace('"{steam_high}"', "14"), encoding="utf-8")
    ran = andon("report", "enforcement", plant)
    assert ran.exit_code == 1
    assert ran.stdout.splitlines()[:2] == [
        "steam_high: differs from the review by process engineer on 2026-03-05",
        "  limit: reviewed 12, running 14",
    ]
    assert json.loads(andon("report", "enforcement", plant, "--format", "json").stdout)["counts"]["differs"] == 1
    assert andon("rules", "review", plant, "steam_high", "--by", "PE").exit_code == 0
    assert andon("report", "enforcement", plant).exit_code == 0
    assert andon("check", plant).exit_code == 0


def test_a_review_in_the_list_goes_on_record_with_its_values(plant: Path, tmp_path: Path) -> None:
    file = tmp_path / "list.csv"
    exported(plant, file)
    edit(file, "steam_high", limit="11", reviewed_by="工艺", reviewed_on="2026年3月5日")
    assert andon("rules", "import", plant, file).exit_code == 0
    (reviewed,) = [
        each for each in json.loads(andon("report", "enforcement", plant, "--format", "json").stdout)["rules"] if each["by"]
    ]
    assert (reviewed["rule"], reviewed["standing"], reviewed["on"]) == ("steam_high", "as_reviewed", "2026-03-05")


def test_reviews_of_rules_that_are_gone_go_with_a_review_of_all(plant: Path) -> None:
    assert andon("rules", "review", plant, "--by", "PE", "--all").exit_code == 0
    reviewed = plant / "rules" / "reviewed.yaml"
    reviewed.write_text(reviewed.read_text(encoding="utf-8").replace("burner_fault:", "old_rule:"), encoding="utf-8")
    assert "Reviewed, but gone: old_rule" in andon("report", "enforcement", plant).stdout
    assert "1 reviews of rules that are gone" in andon("rules", "review", plant, "--by", "PE", "--all").stdout
    assert "0 were never reviewed, 0 reviewed ones are gone" in andon("report", "enforcement", plant).stdout


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (
            ("rules", "review", "PLANT", "steam_hihg", "--by", "PE"),
            1,
            'there is no rule "steam_hihg", did you mean "steam_high"?',
        ),
        (("rules", "review", "PLANT", "--by", "PE"), 2, "--all"),
        (("rules", "review", "PLANT", "--all", "--by", " "), 2, "empty"),
        (("rules", "review", "PLANT", "--all", "--by", "PE", "--on", "soon"), 2, "2026-11-21"),
        (("rules", "review", "PLANT", "--all", "--by", "PE", "--on", "2099-01-01"), 2, "still to come"),
        (("rules", "export", "PLANT", "--to", "list.xls"), 2, ".xlsx or .csv"),
        (("rules", "export", "PLANT", "--to", "nowhere/list.csv"), 3, "cannot be written"),
        (("rules", "import", "PLANT", "nowhere.csv"), 3, "cannot be read"),
        (("report", "enforcement", "nowhere"), 1, "cannot be read"),
    ],
)
def test_what_cannot_be_done_is_said(plant: Path, arguments: tuple[str, ...], code: int, said: str) -> None:
    before = content(plant)
    ran = andon(*(str(plant) if each == "PLANT" else each for each in arguments))
    assert ran.exit_code == code
    assert said in " ".join(ran.stderr.replace("│", " ").split())
    assert content(plant) == before


def test_a_record_that_cannot_be_used_stops_what_needs_it_and_is_not_lost(plant: Path) -> None:
    reviewed = plant / "rules" / "reviewed.yaml"
    reviewed.write_text("reviewed: [\n", encoding="utf-8")
    ran = andon("rules", "review", plant, "--by", "PE", "--all")
    assert ran.exit_code == 1
    assert "rules/reviewed.yaml:1:11: error" in ran.stderr
    assert "rules/reviewed.yaml cannot be used" in ran.stderr
    assert reviewed.read_text(encoding="utf-8") == "reviewed: [\n"
