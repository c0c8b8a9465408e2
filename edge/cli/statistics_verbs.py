"""Control charts of a gateway that runs: let one learn its normal anew, return the sums of one to zero."""

from __future__ import annotations

from typing import Annotated

import typer

from edge.cli.asked import Language, PlantDir, language_of, loaded, say
from edge.cli.running import Api, By, ask_running

statistics = typer.Typer(no_args_is_help=True, help="Control charts of a gateway that runs. 控制图")

AlarmName = Annotated[str, typer.Argument(metavar="ALARM", help="Such as DEVICE/RULE. 报警", show_default=False)]
Reason = Annotated[str, typer.Option(help="Why; it stands in the journal. 原因", show_default=False)]


@statistics.command(help="Learn from now on what is normal: another product, new rolls. 重新学习基线")
def learn_anew(plant_dir: PlantDir, alarm: AlarmName, reason: Reason, by: By, api: Api = "", lang: Language = "") -> None:
    language = language_of(lang)
    ask_running(loaded(plant_dir, language), api, by, language, lambda client: client.learn_anew(alarm, reason))
    say("learning", language, alarm=alarm)


@statistics.command(help="Return the sums of a CUSUM to zero: the cause is removed. 累积和清零")
def reset_sums(plant_dir: PlantDir, alarm: AlarmName, reason: Reason, by: By, api: Api = "", lang: Language = "") -> None:
    language = language_of(lang)
    ask_running(loaded(plant_dir, language), api, by, language, lambda client: client.reset_sums(alarm, reason))
    say("sums_reset", language, alarm=alarm)
