"""The device types that come with Andon: each goes into a plant by one verb, is read in few requests, and says what its maker's
table says. The registers below are written by hand from those tables, not by our codec."""

from __future__ import annotations

import struct
from collections.abc import Mapping

import pytest

from cloud_bridge.catalog import CHANNELS
from drivers.catalog import DRIVERS
from drivers.memory import MemoryLinks
from drivers.modbus.config import ModbusConnection, ModbusPoint
from edge.config.load import Loaded, load
from edge.model.sample import Quality
from edge.model.tag import SESSION, Device
from edge.probe.plan import outlines_of
from edge.runtime.virtual import VirtualClock, run_virtually
from edge.starter.device_types import NotAddable, added, bundled_types
from edge.starter.folder import starter_files, wish_of, write_starter
from edge.texts import LANGUAGES
from tests.driver_rig import Rig, Row, until

TYPES = bundled_types(DRIVERS)
#: Requests of each scan group of a device on a network, the shortest period first.
REQUESTS = {
    "eastron_sdm630": [1, 2],
    "invt_goodrive300": [2],
    "plc_status_block": [1],
    "banner_qm30vt2": [1],
    "omron_e5cc": [1],
}


#: What a device must say of itself besides.
OWN = {"omron_e5cc": ", parameters: {count: 1}"}


def floats(first: int, values: Mapping[int, float]) -> dict[int, int]:
    """Two registers each, the high word first; by protocol address."""
    found: dict[int, int] = {}
    for number, value in values.items():
        found[first + number], found[first + number + 1] = struct.unpack(">HH", struct.pack(">f", value))
    return found


#: By type: registers by protocol address, and what the tags must be.
SHOWN: dict[str, tuple[dict[int, int], dict[str, float | str]]] = {
    "eastron_sdm630": (
        floats(0, {0: 229.5, 2: 230.25, 6: 12.5, 12: 2750.0, 30: 0.96875, 52: 8200.5, 62: -0.5, 70: 50.0, 72: 12345.5})
        | floats(0, {84: 7900.0, 86: 9100.0, 224: 1.5}),
        {
            "voltage_l1": 229.5,
            "voltage_l2": 230.25,
            "current_l1": 12.5,
            "power_l1": 2750.0,
            "power_factor_l1": 0.96875,
            "power": 8200.5,
            "power_factor": -0.5,
            "frequency": 50.0,
            "energy_import": 12345.5,
            "demand": 7900.0,
            "demand_max": 9100.0,
            "current_neutral": 1.5,
        },
    ),
    "invt_goodrive300": (
        {0x2100: 4, 0x2102: 7, 0x3000: 5012, 0x3001: 5000, 0x3002: 5375, 0x3003: 380, 0x3004: 123, 0x3005: 1480}
        | {0x3006: 0xFFF6, 0x3007: 1005},
        {
            "state": 4.0,
            "fault_code": 7.0,
            "frequency": 50.12,
            "frequency_set": 50.0,
            "bus_voltage": 537.5,
            "output_voltage": 380.0,
            "output_current": 12.3,
            "speed": 1480.0,
            "output_power": -1.0,
            "output_torque": 100.5,
        },
    ),
    "plc_status_block": (
        {0: 41, 1: 3, 2: 0b1101, 3: 0x8001, 5: 17, 6: 1, 7: 2, 8: 0, 9: 9, 10: 612, 11: 1234, 12: 0x4331, 13: 0x3200},
        {
            "heartbeat": 41.0,
            "state": 3.0,
            "sum_fault": 1.0,
            "sum_warning": 0.0,
            "emergency_stop": 1.0,
            "guard_open": 1.0,
            "local_control": 0.0,
            "alarm_word_1": 32769.0,
            "fault_code": 17.0,
            "good_count": 65538.0,
            "bad_count": 9.0,
            "cycle_time": 6.12,
            "speed": 123.4,
            "product": "C12",
        },
    ),
    "banner_qm30vt2": (
        {5201: 4512, 5203: 0xFF38, 5205: 980, 5206: 1250, 5208: 297, 5212: 3012, 5214: 4100, 5217: 6400, 5219: 1400, 5221: 87},
        {
            "z_velocity": 4.512,
            "temperature": -2.0,
            "x_velocity": 0.98,
            "z_acceleration_peak": 1.25,
            "z_velocity_frequency": 29.7,
            "z_kurtosis": 3.012,
            "z_crest_factor": 4.1,
            "z_velocity_peak": 6.4,
            "x_velocity_peak": 1.4,
            "x_acceleration_hf": 0.087,
        },
    ),
    "omron_e5cc": (
        {0: 0xFFFF, 1: 0xFFF6, 2: 0b101_1000_0000, 3: 0b0001_0100_0100_0101, 5: 180, 7: 123, 9: 755},
        {
            "pv": -10.0,
            "sp": 180.0,
            "autotuning": 1.0,
            "stopped": 1.0,
            "manual": 1.0,
            "heater_overcurrent": 1.0,
            "ad_error": 1.0,
            "input_error": 1.0,
            "heating": 0.0,
            "cooling": 0.0,
            "heater_burnout": 1.0,
            "alarm_1": 1.0,
            "alarm_2": 0.0,
            "heater_current": 12.3,
            "mv_heating": 75.5,
            "mv_cooling": 0.0,
        },
    ),
}
each_type = pytest.mark.parametrize("name", sorted(TYPES))


@pytest.fixture(scope="module")
def works(tmp_path_factory: pytest.TempPathFactory) -> Loaded:
    """A new plant with one device of each type, called as its type is."""
    folder = tmp_path_factory.mktemp("device_types") / "works"
    write_starter(folder, starter_files(wish_of("works", "en")))
    libraries: bytes | None = None
    for bundled in TYPES.values():
        files = added(bundled, libraries)
        libraries = files["libraries.yaml"]
        for name, data in files.items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_bytes(data)
    words = "area: hall_2, words: {zh: 设备, en: device}"
    devices = "".join(
        f"  {name}: {{type: {name}, {words}, connection: {{host: {name}}}{OWN.get(name, '')}}}\n" for name in TYPES
    )
    (folder / "devices" / "own.yaml").write_text(f"devices:\n{devices}", encoding="utf-8")
    return load(folder, DRIVERS, CHANNELS)


def device_of(works: Loaded, name: str) -> Device:
    assert works.plant is not None, "\n".join(map(str, works.problems))
    return works.plant.devices[name]


def test_there_are_as_many_as_are_tested() -> None:
    assert TYPES.keys() == REQUESTS.keys() == SHOWN.keys()


def test_they_go_into_a_plant_without_a_problem(works: Loaded) -> None:
    assert [str(each) for each in works.problems] == []


@each_type
def test_its_rules_are_alarms_of_its_devices(name: str, works: Loaded) -> None:
    assert device_of(works, name).name == name and works.plant is not None
    assert {f"{name}/{rule}" for rule in TYPES[name].rules} <= works.plant.policy.rules.keys()


@each_type
def test_it_is_read_in_no_more_requests_than_its_maker_allows_at_best(name: str, works: Loaded) -> None:
    device = device_of(works, name)
    (outline,) = outlines_of([device], DRIVERS)
    assert [scan["requests"] for scan in outline.scans] == REQUESTS[name]
    assert isinstance(device.connection, ModbusConnection)
    count = outline.columns.index("registers")
    assert all(isinstance(row[count], int) and row[count] <= device.connection.max_registers for row in outline.rows)


@each_type
def test_no_two_of_its_tags_are_the_same_and_all_have_words_in_both_languages(name: str, works: Loaded) -> None:
    device = device_of(works, name)
    points = [tag.point for tag in device.tags if isinstance(tag.point, ModbusPoint)]
    places = [(point.address.table, point.address.number, point.bit, point.byte) for point in points]
    assert len(set(places)) == len(places) == len(device.tags) - 1
    said = [tag.words for tag in device.tags if tag.key != SESSION]
    said += [words for tag in device.tags for words in tag.states.values()]
    assert all(words.keys() == set(LANGUAGES) and all(words.values()) for words in said)
    keys = [tag.words[language] for language in LANGUAGES for tag in device.tags if tag.key != SESSION]
    assert len(set(keys)) == len(keys), "no two tags are called the same"


@each_type
def test_what_its_registers_show_is_what_its_tags_are(name: str, works: Loaded) -> None:
    registers, wanted = SHOWN[name]
    device = device_of(works, name)

    def answer(unit: int, function: int, address: int, count: int) -> bytes:
        assert (unit, function) == (1, 4 if name == "eastron_sdm630" else 3)
        return struct.pack(f">{count}H", *(registers.get(number, 0) for number in range(address, address + count)))

    async def main(clock: VirtualClock) -> list[Row]:
        rig = Rig([device], clock, MemoryLinks(clock, modbus={(name, 502): answer}, mqtt={}))
        async with rig.batches() as arriving:
            return await until(arriving, lambda rows: {f"{name}.{key}" for key in wanted} <= {row.tag for row in rows})

    rows = run_virtually(main, 1_700_000_000_000_000)
    shown = {row.tag.removeprefix(f"{name}."): row for row in rows}
    assert {key: shown[key].text if isinstance(value, str) else shown[key].value for key, value in wanted.items()} == wanted
    assert {row.quality for key, row in shown.items() if key in wanted} == {Quality.GOOD}


@each_type
def test_where_its_registers_are_from_is_said_above_it(name: str) -> None:
    said = " ".join(TYPES[name].source)
    assert "Source" in said or "The map is ours" in said


def test_a_second_type_is_a_second_line_and_the_first_keeps_its_comment() -> None:
    first = added(TYPES["omron_e5cc"], None)["libraries.yaml"]
    commented = b"# ours\n" + first
    both = added(TYPES["plc_status_block"], commented)["libraries.yaml"]
    assert both.startswith(commented)
    assert both.count(b"sha256:") == 2
    assert added(TYPES["omron_e5cc"], both)["libraries.yaml"] == both, "once is enough"
    overrides = b"overrides:\n  rules.x.limit: {value: 1, reason: ours}\n"
    assert overrides in added(TYPES["omron_e5cc"], overrides)["libraries.yaml"]


@pytest.mark.parametrize(
    ("libraries", "place"),
    [(b"libraries:\n  omron_e5cc: {path: a}\n", "libraries.yaml:2:3"), (b"libraries: [\n", "libraries.yaml:1:1")],
)
def test_another_library_of_its_name_or_a_file_that_cannot_be_read_is_left_alone(libraries: bytes, place: str) -> None:
    with pytest.raises(NotAddable) as refused:
        added(TYPES["omron_e5cc"], libraries)
    assert str(refused.value.place) == place
