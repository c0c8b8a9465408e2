"""Time zones as people write them, and which name of the IANA database they mean. Pure."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Sequence

from edge.config.text.finding import Phrase

_SHANGHAI = "Asia/Shanghai"
#: What people call a zone that the database calls otherwise: cities, countries, abbreviations, the names that Windows has.
_ALSO_CALLED: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(("beijing", "peking", "china", "china_standard_time", "prc_time"), (_SHANGHAI,)),
    **dict.fromkeys(("shenzhen", "guangzhou", "tianjin", "wuhan", "nanjing", "hangzhou", "chengdu", "shenyang"), (_SHANGHAI,)),
    **dict.fromkeys(("北京", "北京时间", "上海", "中国", "中国标准时间", "东八区"), (_SHANGHAI,)),
    **dict.fromkeys(("香港", "hkt"), ("Asia/Hong_Kong",)),
    **dict.fromkeys(("台北", "taipei_standard_time"), ("Asia/Taipei",)),
    "乌鲁木齐": ("Asia/Urumqi",),
    # Three abbreviations that mean something else on each side of an ocean.
    "cst": (_SHANGHAI, "America/Chicago"),
    "ist": ("Asia/Kolkata", "Europe/Dublin"),
    "bst": ("Europe/London", "Asia/Dhaka"),
    **dict.fromkeys(("jst", "tokyo_standard_time"), ("Asia/Tokyo",)),
    **dict.fromkeys(("kst", "korea_standard_time"), ("Asia/Seoul",)),
    **dict.fromkeys(("sgt", "singapore_standard_time"), ("Asia/Singapore",)),
    **dict.fromkeys(("ict", "se_asia_standard_time"), ("Asia/Bangkok", "Asia/Ho_Chi_Minh")),
    **dict.fromkeys(("mumbai", "delhi", "india_standard_time"), ("Asia/Kolkata",)),
    **dict.fromkeys(("cest", "germany", "munich", "w._europe_standard_time"), ("Europe/Berlin",)),
    **dict.fromkeys(("gmt_standard_time", "uk"), ("Europe/London",)),
    **dict.fromkeys(("msk", "russian_standard_time"), ("Europe/Moscow",)),
    **dict.fromkeys(("edt", "eastern_standard_time"), ("America/New_York",)),
    **dict.fromkeys(("cdt", "central_standard_time"), ("America/Chicago",)),
    **dict.fromkeys(("mdt", "mountain_standard_time"), ("America/Denver",)),
    **dict.fromkeys(("pst", "pdt", "pacific_standard_time"), ("America/Los_Angeles",)),
    **dict.fromkeys(("aest", "aedt", "aus_eastern_standard_time"), ("Australia/Sydney",)),
}
#: Zones without summer time, by minutes from UTC, in which a plain offset most often means this one.
_OF_OFFSET = {0: "UTC", 330: "Asia/Kolkata", 420: "Asia/Bangkok", 480: _SHANGHAI, 540: "Asia/Tokyo"}
_OFFSET = re.compile(r"(?:utc|gmt)?_?([+-]?)_?(\d{1,2})(?::?([0-5]\d))?")
_ETC = re.compile(r"Etc/GMT([+-])(\d{1,2})")


def zone_meant(given: str, zones: Iterable[str]) -> Phrase:
    """What to write instead of a name that is not in the database. zones: the names that are."""
    wanted = "_".join(given[:100].lower().split())
    known = sorted(zones)
    cities: dict[str, list[str]] = {}
    for zone in known:
        cities.setdefault(zone.rpartition("/")[2].lower(), []).append(zone)
    city = wanted.rpartition("/")[2]
    if meant := _ALSO_CALLED.get(wanted) or _ALSO_CALLED.get(city):
        return _one_of(meant)
    if found := _OFFSET.fullmatch(wanted):
        return _of_offset(found)
    if len(same := cities.get(city, [])) == 1:
        return _one_of(same)
    lower = {zone.lower(): zone for zone in known}
    if near := difflib.get_close_matches(wanted, lower, n=1, cutoff=0.75):
        return _one_of([lower[near[0]]])
    if near := difflib.get_close_matches(city, cities, n=1, cutoff=0.75):
        return _one_of(cities[near[0]])
    return Phrase("config.zone_by_city")


def reversed_sign(zone: str) -> str | None:
    """`UTC-8` of `Etc/GMT+8`, which most who write it take for the contrary."""
    found = _ETC.fullmatch(zone)
    return None if found is None or found[2] == "0" else f"UTC{'-' if found[1] == '+' else '+'}{found[2]}"


def _of_offset(found: re.Match[str]) -> Phrase:
    behind, hours, minutes = found[1] == "-", int(found[2]), int(found[3] or 0)
    offset = (60 * hours + minutes) * (-1 if behind else 1)
    if offset in _OF_OFFSET:
        return _one_of([_OF_OFFSET[offset]])
    if minutes or not -12 * 60 <= offset <= 14 * 60:
        return Phrase("config.zone_by_city")
    return Phrase("config.zone_by_offset", {"zone": f"Etc/GMT{'+' if behind else '-'}{hours}"})


def _one_of(zones: Sequence[str]) -> Phrase:
    if len(zones) > 1:
        return Phrase("config.zone_of_two", {"near": zones[0], "other": zones[1]})
    return Phrase("config.did_you_mean", {"near": zones[0]})
