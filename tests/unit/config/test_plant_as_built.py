"""What a right folder becomes: devices, rules, policy, secrets, scenarios."""

from __future__ import annotations

from pathlib import Path

from drivers.modbus.address import Table
from drivers.modbus.config import ModbusConnection, ModbusPoint
from edge.config.plant import Plant
from edge.config.scenarios.steps import (
    CutCloud,
    ExpectAlarm,
    ExpectCount,
    ExpectNothing,
    ExpectTold,
    FailDevice,
    MendCloud,
    MendDevice,
    Press,
    RampTags,
    SetTags,
)
from edge.model.alarm import AlarmState, Priority
from edge.model.moment import HOUR, MINUTE, SECOND, from_iso
from edge.model.person import Role
from edge.model.tag import SESSION
from edge.response.flood import FloodLimits
from rules.definition import Kind
from tests.unit.config.folders import BOILER_HOUSE, boiler_house, plant_of

DEVICES = (BOILER_HOUSE / "devices" / "boilers.yaml").read_text(encoding="utf-8")
SECOND_BOILER = """
  BOILER.2:
    type: boiler
    area: boiler_1
    words: {zh: 2号锅炉, en: boiler 2}
    connection: {host: 127.0.0.1, port: 5020, unit_id: 2}
    parameters: {steam_high: 9.5}
"""


def test_a_switch_reads_yes_and_no_unless_it_has_words_of_its_own(tmp_path: Path) -> None:
    plain = plant_of(BOILER_HOUSE).policy.tag("BOILER.1.burner_fault")
    assert plain is not None and plain.is_plain_switch
    assert plain.states == {0.0: {"zh": "否", "en": "no"}, 1.0: {"zh": "是", "en": "yes"}}
    states = "address: discrete 0, states: {true: {zh: 故障, en: failed}}"
    named = plant_of(boiler_house(tmp_path, devices__boilers=DEVICES.replace("address: discrete 0", states)))
    tag = named.policy.tag("BOILER.1.burner_fault")
    assert tag is not None and not tag.is_plain_switch
    assert tag.states == {1.0: {"zh": "故障", "en": "failed"}}
    pressure = named.policy.tag("BOILER.1.steam_pressure")
    assert pressure is not None and pressure.states == {}


def test_a_device_has_its_own_connection_and_the_tags_of_its_type() -> None:
    device = plant_of(BOILER_HOUSE).devices["BOILER.1"]
    assert (device.type, device.driver, device.area) == ("boiler", "modbus", "boiler_1")
    assert device.words == {"zh": "锅炉", "en": "boiler"}
    assert isinstance(device.connection, ModbusConnection)
    assert (device.connection.unit_id, device.connection.every) == (1, SECOND)
    pressure, fault, session = device.tags
    assert (pressure.name, pressure.unit, pressure.stale_after) == ("BOILER.1.steam_pressure", "bar", 10 * SECOND)
    assert isinstance(pressure.point, ModbusPoint)
    assert (pressure.point.address.table, pressure.measure.scale) == (Table.HOLDING, 0.01)
    assert (fault.key, fault.stale_after) == ("burner_fault", None)
    assert (session.key, session.point, session.words["zh"]) == (SESSION, None, "通信连接")


def test_a_rule_for_a_type_is_one_rule_for_each_of_its_devices_with_its_own_parameters(tmp_path: Path) -> None:
    plant = plant_of(boiler_house(tmp_path, devices__boilers=DEVICES + SECOND_BOILER))
    limits = {rule.id: (rule.limit, rule.tag) for rule in plant.rules if rule.key == "steam_high"}
    assert limits == {
        "BOILER.1/steam_high": (12.0, "BOILER.1.steam_pressure"),
        "BOILER.2/steam_high": (9.5, "BOILER.2.steam_pressure"),
    }


def test_a_rule_for_one_device_is_for_no_other(tmp_path: Path) -> None:
    plant = plant_of(boiler_house(tmp_path, devices__boilers=DEVICES + SECOND_BOILER))
    assert [rule.device for rule in plant.rules if rule.kind is Kind.COMM_LOSS] == ["BOILER.1"]


def test_rules_are_sorted_by_id_and_carry_all_that_the_engine_needs() -> None:
    rules = plant_of(BOILER_HOUSE).rules
    assert [rule.id for rule in rules] == sorted(rule.id for rule in rules)
    by_key = {rule.key: rule for rule in rules}
    high = by_key["steam_high"]
    assert (high.kind, high.priority, high.deadband, high.on_delay) == (Kind.HIGH, Priority.MEDIUM, 0.2, 10 * SECOND)
    assert (high.device_type, high.area, high.words["en"]) == ("boiler", "boiler_1", "steam pressure high")
    assert (by_key["burner_fault"].limit, by_key["steam_stale"].stale_after) == (1.0, 10 * SECOND)
    assert by_key["boiler_comm_loss"].tag == "BOILER.1.session"


def test_parameters_reach_the_drivers_part_of_a_tag_also_inside_a_longer_text(tmp_path: Path) -> None:
    text = DEVICES.replace("parameters: {steam_high: 12}", "parameters: {steam_high: 12, at: 4, factor: 0.5}")
    text = text.replace("address: holding 0", 'address: "holding {at}"').replace("scale: 0.01", 'scale: "{factor}"')
    text += SECOND_BOILER.replace("{steam_high: 9.5}", "{at: 40}")
    plant = plant_of(boiler_house(tmp_path, devices__boilers=text))
    tags = [device.tags[0] for device in plant.devices.values()]
    assert [(str(tag.point.address), tag.measure.scale) for tag in tags if isinstance(tag.point, ModbusPoint)] == [
        ("holding 4", 0.5),
        ("holding 40", 0.5),
    ]


def test_the_policy_knows_who_is_told_of_what() -> None:
    plant = plant_of(BOILER_HOUSE)
    policy = plant.policy
    (route,) = policy.routes
    assert (route.name, route.to) == ("all", ("team:maintenance", "group:boiler_group"))
    assert (route.priorities, route.repeat_every, route.repeat_max) == (frozenset(), 2 * MINUTE, 10)
    assert policy.directory.teams["maintenance"].members == ("fitter", "lead")
    assert policy.directory.persons["fitter"].role is Role.WORKER
    assert policy.directory.persons["fitter"].addresses == {"dingtalk": {"user_id": "fitter"}}
    assert policy.directory.groups["boiler_group"].addresses == {"dingtalk": {"group": "boilers"}}
    assert (policy.channel, policy.shelve_for, policy.late_after, policy.time_zone) == (
        "dingtalk",
        HOUR,
        MINUTE,
        "Asia/Shanghai",
    )
    assert policy.shelve_reasons == (("known_fault", {"zh": "已知故障", "en": "Known fault"}),)
    assert policy.rules.keys() == {rule.id for rule in plant.rules}


def test_a_file_secret_counts_from_the_plant_folder(tmp_path: Path) -> None:
    cloud = (BOILER_HOUSE / "cloud.yaml").read_text(encoding="utf-8").replace("${env:BOILER_SECRET}", "${file:secrets/app}")
    folder = boiler_house(tmp_path, cloud=cloud)
    (use,) = plant_of(folder).secrets
    assert use.ref.kept_in == ("file", f"{folder}/secrets/app")
    assert str(use.where) == "cloud.yaml:3:18"


def test_addresses_and_data_folder_have_defaults_that_stay_on_this_machine() -> None:
    plant = plant_of(BOILER_HOUSE)
    assert (plant.api.host, plant.console.host) == ("127.0.0.1", "127.0.0.1")
    assert plant.api.port != plant.console.port
    assert plant.data_folder == BOILER_HOUSE / ".andon"


def test_every_kind_of_step_becomes_its_own_value() -> None:
    (scenario,) = plant_of(BOILER_HOUSE).scenarios
    assert (scenario.name, scenario.start) == ("steam", from_iso("2026-05-04T00:00:00Z"))
    alarm = "BOILER.1/steam_high"
    assert [step.does for step in scenario.steps] == [
        SetTags({"BOILER.1.steam_pressure": 13.0}),
        ExpectAlarm(alarm, AlarmState.UNACK),
        ExpectTold("card", "person:fitter", "蒸汽压力高", None, None),
        Press("fitter", alarm, "acknowledge", None),
        RampTags({"BOILER.1.steam_pressure": (8.0, 10 * SECOND)}),
        FailDevice("BOILER.1"),
        MendDevice("BOILER.1"),
        CutCloud(),
        MendCloud(),
        ExpectTold("message", "group:boiler_group", "pressure", None, None),
        ExpectNothing("person:lead"),
        ExpectCount("card", "person:fitter", 1),
    ]
    window = scenario.steps[1]
    assert (window.since, window.until, str(window.place)) == (10 * SECOND, 20 * SECOND, "scenarios/steam.yaml:5:5")


def test_floods_are_told_as_digests_unless_the_plant_says_otherwise(tmp_path: Path) -> None:
    policy = plant_of(BOILER_HOUSE).policy
    assert policy.flood_limits("team:maintenance") == FloodLimits(over=10, under=5, update_every=5 * MINUTE)

    text = (BOILER_HOUSE / "response.yaml").read_text(encoding="utf-8")
    positions = "{group:boiler_group: off, team:maintenance: {over: 8, under: 2}}"
    own = f"flood: {{over: 20, update_every: 10min, positions: {positions}}}\n"
    policy = plant_of(boiler_house(tmp_path, response=text + own)).policy
    assert policy.flood_limits("person:fitter") == FloodLimits(over=20, under=5, update_every=10 * MINUTE)
    assert policy.flood_limits("team:maintenance") == FloodLimits(over=8, under=2, update_every=10 * MINUTE)
    assert policy.flood_limits("group:boiler_group") is None


def test_the_plant_says_of_which_priorities_alarms_are_shelved(tmp_path: Path) -> None:
    def shelvable(plant: Plant) -> set[str]:
        return {rule.key for rule in plant.rules if rule.shelvable}

    assert shelvable(plant_of(BOILER_HOUSE)) == {rule.key for rule in plant_of(BOILER_HOUSE).rules}
    text = (BOILER_HOUSE / "response.yaml").read_text(encoding="utf-8")
    plant = plant_of(boiler_house(tmp_path, response=text.replace("shelve:\n", "shelve:\n  priorities: [medium]\n")))
    assert shelvable(plant) == {"steam_high"}
    assert {rule.key for rule in plant.policy.rules.values() if rule.shelvable} == {"steam_high"}, (
        "as the buttons of cards see it"
    )


def test_a_plant_may_never_be_in_flood(tmp_path: Path) -> None:
    text = (BOILER_HOUSE / "response.yaml").read_text(encoding="utf-8")
    for number, off in enumerate(("off", "false")):
        policy = plant_of(boiler_house(tmp_path / str(number), response=f"{text}flood: {off}\n")).policy
        assert policy.flood_limits("team:maintenance") is None
