"""The README tells the truth: its sample, its calls, its control addresses and its lines of code."""

from __future__ import annotations

import random
import re

from simulators.dingtalk.cloud import Cloud
from simulators.dingtalk.control import Control
from simulators.dingtalk.files import HERE, SAMPLE, bundled_template, read_organisation
from simulators.dingtalk.routes import CallName
from simulators.dingtalk.wire import Host, Request

README = (HERE / "README.md").read_text(encoding="utf-8")


def test_the_readme_shows_the_sample_file_itself():
    assert f"```yaml\n{SAMPLE.read_text(encoding='utf-8')}```" in README


def test_the_readme_names_every_call():
    assert [name for name in CallName if f"| `{name}` |" not in README] == []


def test_the_readme_names_every_address_of_the_control_api_and_no_other():
    cloud = Cloud(read_organisation(SAMPLE), random.Random(1), [bundled_template()])
    known = Control(cloud).handle(Request("GET", "/standin/", Host.API), 0).json["known"]
    assert sorted(known) == sorted(re.findall(r"^\| `((?:GET|POST) /standin/[^`?]+)", README, re.MULTILINE))


def test_the_readme_names_every_module():
    modules = {path.stem for path in HERE.glob("*.py")} - {"__init__", "files"}
    assert [module for module in sorted(modules) if not re.search(rf"\b{module}\b", README)] == []
