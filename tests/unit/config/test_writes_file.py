"""`writes.yaml`: grants are read, and what no grant can be for is refused where it stands."""

from __future__ import annotations

from pathlib import Path

import pytest

from edge.model.moment import MINUTE, SECOND
from edge.model.person import Role
from edge.response.grants import NO_GRANTS, Grant, OnFault, Purpose, ReadBack, RuleWrite, Until
from tests.unit.config.folders import boiler_house, check, plant_of

DEVICES = """types:
  boiler:
    words: {zh: 锅炉, en: boiler}
    driver: modbus
    tags:
      pressure: {address: holding 0, type: int16, unit: bar, range: [0, 16], words: {zh: 压力, en: pressure}}
      lamp: {address: coil 0, words: {zh: 报警灯, en: andon light}}
      note: {address: holding 20, type: string, length: 8, words: {zh: 备注, en: note}}
      fault: {address: coil 9, words: {zh: 故障, en: fault}}
      gas: {address: holding 30, type: int16, words: {zh: 燃气浓度, en: gas}}
      guarded: {address: coil 5, class: safety, words: {zh: 光幕, en: light curtain}}
      %s: {address: coil 7, words: {zh: %s, en: %s}}
    derived:
      dim: {expression: "1 - lamp", words: {zh: 暗, en: dim}}
devices:
  B1: {type: boiler, area: east, words: {zh: 炉, en: b1}, connection: {host: 127.0.0.1, unit_id: 1, every: 1s}}
  B2: {type: boiler, area: east, words: {zh: 炉, en: b2}, connection: {host: 127.0.0.1, unit_id: 2, every: 1s}}
"""
GATEWAY = "site: a\nagent: b\nareas: {east: {zh: 东, en: East}}\n"
RULES = """rules:
  fault: {for: boiler, tag: fault, kind: discrete, priority: low, words: {zh: 故障, en: fault}%s}
  dark: {for: B1, tag: lamp, kind: discrete, value: false, priority: low, words: {zh: 灭, en: dark}%s}
  gas: {for: boiler, tag: gas, kind: high, limit: 5, class: safety, priority: high, words: {zh: 燃气, en: gas}}
"""
LAMP = "{purpose: lamp, values: [0, 1], rules: true, rest: 0}"


def folder_of(
    tmp_path: Path, writes: str | None, fault: str = "", dark: str = "", name: tuple[str, str, str] = ("spare", "备用", "spare")
) -> Path:
    rules = RULES % (f", {fault}" if fault else "", f", {dark}" if dark else "")
    folder = boiler_house(tmp_path, gateway=GATEWAY, devices__boilers=DEVICES % name, rules__boilers=rules)
    (folder / "scenarios" / "steam.yaml").unlink()
    if writes is not None:
        (folder / "writes.yaml").write_text(f"writes:\n  {writes}\n", encoding="utf-8")
    return folder


def problems(folder: Path) -> list[tuple[str, str]]:
    """Where, and which; errors only."""
    found = check(folder).problems
    return [(f"{each.file}:{each.line}:{each.column}", each.code) for each in found if each.severity == "error"]


def test_without_the_file_nothing_is_granted(tmp_path: Path) -> None:
    assert plant_of(folder_of(tmp_path, None)).policy.grants == NO_GRANTS


def test_a_grant_says_all_of_it_and_one_of_a_device_goes_before_its_type(tmp_path: Path) -> None:
    own = (
        "{purpose: setpoint, range: [2, 8], step: 0.5, times: 3, per: 5min, role: worker, two_step: 2min,"
        " read_back: {within: 2s, tolerance: 0.1}, valid_for: 5s, on_fault: value, fault_value: 3}"
    )
    grants = plant_of(
        folder_of(tmp_path, f"B1.pressure: {own}\n  boiler.pressure: {{purpose: display, range: [0, 16], read_back: off}}")
    ).policy.grants
    assert grants.by_tag["B2.pressure"] == Grant("B2.pressure", range=(0, 16), read_back=None, purpose=Purpose.DISPLAY)
    assert grants.by_tag["B1.pressure"] == Grant(
        "B1.pressure",
        range=(2, 8),
        step=0.5,
        times=3,
        per=5 * MINUTE,
        role=Role.WORKER,
        two_step=2 * MINUTE,
        read_back=ReadBack(2 * SECOND, 0.1),
        valid_for=5 * SECOND,
        on_fault=OnFault.VALUE,
        fault_value=3,
        purpose=Purpose.SETPOINT,
    )


def test_a_rule_writes_by_a_grant_on_its_own_device_or_another(tmp_path: Path) -> None:
    fault = "write: {lamp: true, B1.pressure: 4}, write_until: acknowledged"
    writes = f"boiler.lamp: {LAMP}\n  B1.pressure: {{purpose: display, range: [0, 5], rules: true, rest: 0}}"
    grants = plant_of(folder_of(tmp_path, writes, fault)).policy.grants
    pressure = RuleWrite("B1.pressure", 4, Until.ACKNOWLEDGED)
    assert grants.of_rules == {
        f"{device}/fault": (RuleWrite(f"{device}.lamp", 1, Until.ACKNOWLEDGED), pressure) for device in ("B1", "B2")
    }


@pytest.mark.parametrize(
    ("writes", "at", "code"),
    [
        ("B1.lamp: {values: [0, 2], purpose: display}", "2:25", "grant_of_switch"),
        ("B1.pressure: {range: [0, 20], purpose: display}", "2:28", "grant_beyond_tag"),
        ("B1.pressure: {values: [text], purpose: display}", "2:26", "number_wanted"),
        ("B1.note: {range: [0, 1], purpose: display}", "2:21", "text_wanted_quotes"),
        ("B1.pressure: {step: 1, purpose: display}", "2:16", "grant_values"),
        ("B1.pressure: {range: [0, 1], values: [1], purpose: display}", "2:16", "grant_values"),
        ("B1.pressure: {range: [0, 1], rules: true, purpose: display}", "2:16", "grant_rest"),
        ("B1.pressure: {range: [0, 1], on_fault: value, purpose: display}", "2:16", "grant_fault_value"),
        ("B1.pressure: {range: [0, 1], rest: 2, purpose: display}", "2:38", "write_not_allowed"),
        ("B1.pressure: {range: [0, 1], rules: true, rest: 0, step: 1, purpose: display}", "2:16", "grant_rules_alone"),
        ("B1.pressure: {range: [0, 1], rules: true, rest: 0, two_step: 1min, purpose: display}", "2:16", "grant_rules_alone"),
        ("B1.pressure: {range: [0, 1], rules: true, rest: 0, purpose: setpoint}", "2:16", "grant_rules_setpoint"),
        ("B1.pressure: {range: [0, 1]}", "2:3", "key_missing"),
        ("B1.pressure: {range: [0, 1], purpose: start}", "2:41", None),
        ("B1.guarded: {values: [0, 1], purpose: display}", "2:3", "grant_safety"),
        ("boiler.gas: {range: [0, 1], purpose: display}", "2:3", "grant_of_danger"),
        ("B1.session: {values: [0, 1], purpose: display}", "2:3", "grant_no_point"),
        ("B1.nothing: {values: [0, 1], purpose: display}", "2:3", "unknown_tag"),
        ("B3.lamp: {values: [0, 1], purpose: display}", "2:3", "grant_unknown"),
        ("lamp: {values: [0, 1], purpose: display}", "2:3", "grant_form"),
        ("B1.lamp: {values: [0, 1], role: viewer, purpose: display}", "2:35", None),
    ],
)
def test_what_no_grant_can_say_is_refused_where_it_stands(tmp_path: Path, writes: str, at: str, code: str | None) -> None:
    found = problems(folder_of(tmp_path, writes))
    assert found
    assert code is None or (f"writes.yaml:{at}", code) in found, found


@pytest.mark.parametrize("name", [("MotorReset", "备用", "spare"), ("q1", "主机启动", "spare"), ("q1", "备用", "fault reset")])
def test_what_starts_resets_or_releases_gets_no_grant_whatever_its_name_is_in(
    tmp_path: Path, name: tuple[str, str, str]
) -> None:
    writes = f"B1.{name[0]}: {{purpose: display, values: [0, 1]}}"
    assert ("writes.yaml:2:3", "grant_forbidden") in problems(folder_of(tmp_path, writes, name=name))


OTHERS = """types:
  press:
    words: {zh: 压力机, en: press}
    driver: s7
    tags:
      guard: {address: I0.4, words: {zh: 防护门, en: guard}}
      lamp: {address: Q0.4, words: {zh: 报警灯, en: andon light}}
  bath:
    words: {zh: 酸洗槽, en: bath}
    driver: manual
    tags: {acid: {words: {zh: 酸浓度, en: acid}}}
  pump:
    words: {zh: 水泵, en: pump}
    driver: replay
    tags: {flow: {column: Flow, words: {zh: 流量, en: flow}}}
devices:
  P1: {type: press, area: east, words: {zh: 压力机, en: press}, connection: {host: 127.0.0.1}}
  BATH: {type: bath, area: east, words: {zh: 酸洗槽, en: bath}}
  PUMP: {type: pump, area: east, words: {zh: 水泵, en: pump}, connection: {file: pump.csv}}
  system: {type: system, area: east, words: {zh: 网关, en: gateway}}
"""


@pytest.mark.parametrize(
    ("tag", "reason"),
    [
        ("P1.guard", "I0.4 is an input"),
        ("BATH.acid", "nobody is there who would take it"),
        ("PUMP.flow", "nobody is there who would take it"),
        ("system.uplink", "nobody is there who would take it"),
    ],
)
def test_where_nothing_can_be_written_no_grant_is_and_why_is_said(tmp_path: Path, tag: str, reason: str) -> None:
    folder = folder_of(tmp_path, f"{tag}: {{values: [0, 1], purpose: display}}\n  P1.lamp: {{values: [0, 1], purpose: lamp}}")
    (folder / "devices" / "others.yaml").write_text(OTHERS, encoding="utf-8")
    (folder / "pump.csv").write_text("time,Flow\n2026-01-01T00:00:00Z,1\n", encoding="utf-8")
    (found,) = (each for each in check(folder).problems if each.severity == "error")
    assert (found.file, found.line, found.column, found.code) == ("writes.yaml", 2, 3, "grant_not_writable")
    assert reason in found.text


@pytest.mark.parametrize(
    ("writes", "fault", "code"),
    [
        ("B1.pressure: {purpose: display, range: [0, 1]}", "write: {lamp: 1}", "write_not_granted"),
        ("boiler.lamp: {purpose: display, values: [0, 1]}", "write: {lamp: 1}", "write_rules_off"),
        (
            "boiler.pressure: {purpose: display, range: [0, 5], rules: true, rest: 0}",
            "write: {pressure: 6}",
            "write_not_allowed",
        ),
        (f"boiler.lamp: {LAMP}", "write: {lam: 1}", "write_unknown_tag"),
        (
            f"boiler.lamp: {LAMP}",
            "write: {lamp: 1}, write_until: acknowledged, ack_required: false",
            "write_never_acknowledged",
        ),
    ],
)
def test_a_rule_that_writes_what_it_may_not_is_refused(tmp_path: Path, writes: str, fault: str, code: str) -> None:
    assert ("rules/boilers.yaml", code) in [
        (where.partition(":")[0], found) for where, found in problems(folder_of(tmp_path, writes, fault))
    ]


def test_a_rule_without_the_file_writes_nothing(tmp_path: Path) -> None:
    assert "write_not_granted" in [code for _, code in problems(folder_of(tmp_path, None, "write: {lamp: 1}"))]


def test_rules_that_feed_each_other_by_what_they_write_are_named_in_their_circle(tmp_path: Path) -> None:
    writes = f"B1.lamp: {LAMP}\n  B1.fault: {LAMP}"
    loaded = check(folder_of(tmp_path, writes, "write: {B1.lamp: 1}", "write: {fault: 1}"))
    circles = [each for each in loaded.problems if each.code == "write_circle"]
    assert len(circles) == 1
    assert "B1/dark → B1/fault → B1/dark" in circles[0].text


def test_a_rule_that_feeds_itself_is_a_circle_and_a_chain_is_none(tmp_path: Path) -> None:
    alone = problems(folder_of(tmp_path, f"B1.lamp: {LAMP}", dark="write: {lamp: 1}"))
    assert [code for _, code in alone] == ["write_circle"]
    chain = folder_of(tmp_path / "chain", f"B1.lamp: {LAMP}\n  B1.spare: {LAMP}", "write: {B1.lamp: 1}", "write: {spare: 1}")
    assert problems(chain) == []


def test_a_circle_is_found_through_a_tag_that_is_worked_out(tmp_path: Path) -> None:
    folder = folder_of(tmp_path, f"B1.lamp: {LAMP}")
    rule = "  dim: {for: B1, tag: dim, kind: high, limit: 0, priority: low, words: {zh: 暗, en: dim}, write: {lamp: 1}}\n"
    with (folder / "rules" / "boilers.yaml").open("a", encoding="utf-8") as file:
        file.write(rule)
    assert [code for _, code in problems(folder)] == ["write_circle"]


def test_a_circle_is_found_through_an_alarm_that_hides(tmp_path: Path) -> None:
    """The lamp hides the alarm for which it is lit: it would go off, and on, and off."""
    hidden = folder_of(tmp_path / "rule", f"boiler.lamp: {LAMP}", "write: {lamp: 1}, suppressed_by: [lit]")
    lit = "  lit: {for: boiler, tag: lamp, kind: discrete, priority: low, words: {zh: 亮, en: lit}}\n"
    with (hidden / "rules" / "boilers.yaml").open("a", encoding="utf-8") as file:
        file.write(lit)
    assert {code for _, code in problems(hidden)} == {"write_circle"}
    section = folder_of(tmp_path / "section", f"boiler.lamp: {LAMP}", "write: {lamp: 1}")
    with (section / "rules" / "boilers.yaml").open("a", encoding="utf-8") as file:
        file.write(f"{lit}suppressions:\n  by_lamp: {{while: [boiler/lit], hide: [boiler/fault], same: [device]}}\n")
    assert {code for _, code in problems(section)} == {"write_circle"}


def test_a_circle_is_found_through_what_hides_the_alarm_that_hides(tmp_path: Path) -> None:
    folder = folder_of(tmp_path, f"boiler.lamp: {LAMP}", "write: {lamp: 1}, suppressed_by: [low]")
    low = "  low: {for: boiler, tag: pressure, kind: low, limit: 1, priority: low, words: {zh: 低, en: low}, only_in: always"
    with (folder / "rules" / "boilers.yaml").open("a", encoding="utf-8") as file:
        file.write(f"{low}, suppressed_by: [lit]}}\n")
        file.write("  lit: {for: boiler, tag: lamp, kind: discrete, priority: low, words: {zh: 亮, en: lit}}\n")
    assert {code for _, code in problems(folder)} == {"write_circle"}


def test_a_circle_is_found_through_the_line_in_whose_states_a_rule_matters(tmp_path: Path) -> None:
    line = """lines:
  boilers: {words: {zh: 炉, en: boilers}, areas: [east], states: {%s: {words: {zh: 亮, en: lit}, when: %s}}, otherwise: idle}
"""
    writes = f"B1.lamp: {LAMP}"
    for name, when, codes in (("lit", "B1.lamp > 0", ["write_circle"]), ("hot", "B1.pressure > 5", [])):
        folder = folder_of(tmp_path / name, writes, "write: {B1.lamp: 1}, only_in: [idle]")
        (folder / "gateway.yaml").write_text(GATEWAY + line % (name, when), encoding="utf-8")
        assert sorted({code for _, code in problems(folder)}) == codes
