"""Messages of a gateway that runs: what waits or did not arrive, and having one tried anew."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated, Any

import typer

from edge.cli.asked import Language, PlantDir, language_of, loaded, say
from edge.cli.running import Api, By, ask_running

if TYPE_CHECKING:
    from edge.client.client import Client

deliveries = typer.Typer(
    no_args_is_help=True, help="Messages that wait or did not arrive; have one tried anew. 未送达的消息，可重发"
)

#: In the order in which somebody should look.
_STATES = ("quarantined", "refused", "unknown", "expired", "waiting", "claimed")
#: Those that can be tried anew.
_MARKED = _STATES[:3]


@deliveries.command(name="list", help="What was set aside, refused, unknown or given up, and what waits. 查看未送达的消息")
def list_(
    plant_dir: PlantDir,
    by: By,
    limit: Annotated[int, typer.Option(min=1, max=500, help="Of each kind, the newest. 每类最多条数")] = 50,
    silent: Annotated[bool, typer.Option("--silent", help="With silent updates of cards. 含卡片的静默更新")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="As JSON. 以 JSON 输出")] = False,
    api: Api = "",
    lang: Language = "",
) -> None:
    from edge.console.delivery_rows import delivery_row
    from edge.console.plant_time import PlantTime
    from edge.console.words import Words

    language = language_of(lang)
    plant = loaded(plant_dir, language)
    listed, now = ask_running(plant, api, by, language, lambda client: _not_told(client, limit, silent=silent))
    if as_json:
        typer.echo(json.dumps(listed, ensure_ascii=False, indent=2))
        return
    words, time = Words(language), PlantTime(plant.time_zone, now)
    for each in listed:
        row = delivery_row(each, words, time)
        about = (row["wanted"], row["recipient"], row["device"], row["alarm"], row["channel"], row["purpose"])
        mark = "!" if each["state"] in _MARKED else " "
        typer.echo(f"{mark} {' · '.join(filter(None, about))}: {row['state']}")
        typer.echo(f"    {each['intent']}")
    if not listed:
        say("all_told", language)


async def _not_told(client: Client, limit: int, *, silent: bool) -> tuple[list[dict[str, Any]], str]:
    """Deliveries by state, and what its clock shows. silent: with updates that tell nobody anything new; what was set aside is
    there in any case, because a person has to decide about it."""
    hidden = {state: "hide" if not silent and state != "quarantined" else "show" for state in _STATES}
    pages = [await client.deliveries(limit, state=state, changes_of_state=hidden[state]) for state in _STATES]
    return [each for page in pages for each in page["deliveries"]], str((await client.site())["now"])


@deliveries.command(name="of", help="Proof for one alarm: who was told, by which channel, accepted, acted. 送达证明")
def of_alarm(
    plant_dir: PlantDir,
    alarm: Annotated[str, typer.Argument(metavar="ALARM", help="Its id, DEVICE/rule. 报警标识", show_default=False)],
    by: By,
    occurrence: Annotated[int | None, typer.Option(min=1, help="Its number; else the newest. 第几次报警")] = None,
    read: Annotated[bool, typer.Option("--read", help="Ask whether it was read: a counted call each. 查询是否已读")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="As JSON. 以 JSON 输出")] = False,
    api: Api = "",
    lang: Language = "",
) -> None:
    from edge.console.plant_time import PlantTime
    from edge.console.proof_rows import proof_rows
    from edge.console.words import Words

    async def ask(client: Client) -> tuple[dict[str, Any], str]:
        return await client.proof(alarm, occurrence, read=read), str((await client.site())["now"])

    language = language_of(lang)
    plant = loaded(plant_dir, language)
    proof, now = ask_running(plant, api, by, language, ask)
    if as_json:
        typer.echo(json.dumps(proof, ensure_ascii=False, indent=2))
        return
    rows = proof_rows(proof, Words(language), PlantTime(plant.time_zone, now))
    for row in rows:
        said = (row["channel"], row["accepted"], row["late"], row["read"], row["acted"])
        typer.echo(f"{row['recipient']}: {' · '.join(filter(None, said))}")
    if not rows:
        say("nobody_told", language, alarm=alarm)


@deliveries.command(help="Have one tried anew that was refused, set aside or perhaps not told. Mend the cause first. 重发")
def replay(
    plant_dir: PlantDir,
    message: Annotated[str, typer.Argument(metavar="MESSAGE", help="As the list has it. 消息标识", show_default=False)],
    by: By,
    api: Api = "",
    lang: Language = "",
) -> None:
    language = language_of(lang)
    ask_running(loaded(plant_dir, language), api, by, language, lambda client: client.replay(message))
    say("replayed", language, message=message)
