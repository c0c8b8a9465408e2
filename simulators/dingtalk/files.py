"""The files of the stand-in: the card template and the sample organisation it ships, and organisations people write."""

from __future__ import annotations

from pathlib import Path

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from simulators.dingtalk.organisation import Organisation
from simulators.dingtalk.organisation_file import OrganisationError, load
from simulators.dingtalk.template import Template, parse_template

HERE = Path(__file__).parent
SAMPLE = HERE / "sample.yaml"


def bundled_template() -> Template:
    """The card template `andon-alarm-card.schema`."""
    return parse_template((HERE / "card_template.json").read_text(encoding="utf-8"))


def read_organisation(path: Path) -> Organisation:
    """An organisation from a YAML or JSON file; raises OrganisationError with every problem, and the file's name."""
    try:
        data = YAML(typ="safe").load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise OrganisationError([f"{path}: cannot be read: {error}"]) from error
    except YAMLError as error:
        raise OrganisationError([f"{path}: is not YAML: {error}"]) from error
    try:
        return load(data)
    except OrganisationError as error:
        raise OrganisationError([f"{path}: {problem}" for problem in error.problems]) from None
