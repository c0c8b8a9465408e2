"""What an engineer would ask about a configuration that is right by itself: here, whether the card template is. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from cloud_bridge.base import Remark
from cloud_bridge.dingtalk.card_template import differences, read_variables
from cloud_bridge.dingtalk.config import DingTalkConfig

_AT = ("card_template_file",)


def remarks(config: DingTalkConfig, read: Callable[[str], str | None]) -> Iterator[Remark]:
    """The variables that the template file does not declare, or declares otherwise than we fill them, by name."""
    file = config.card_template_file
    if file is None:
        return
    text = read(file)
    declared = None if text is None else read_variables(text)
    if declared is None:
        yield Remark(_AT, "dingtalk.template.unreadable" if text is None else "dingtalk.template.no_template", {"file": file})
        return
    found = differences(declared)
    if found.missing:
        yield Remark(_AT, "dingtalk.template.missing", {"file": file, "names": ", ".join(found.missing)})
    for name, (is_, wanted) in found.mistyped.items():
        yield Remark(_AT, "dingtalk.template.mistyped", {"file": file, "name": name, "is_": is_, "wanted": wanted})
