"""What rules/README.md shows of the life cycle, out of the code: `python -m tests.unit.rules.life_cycle_page`."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path

from edge.model.alarm import AlarmFacts, AlarmState
from edge.model.command import Rejection
from rules.lifecycle import TRANSITIONS, Action, Input, act
from tests.unit.rules.plant import rule

README = Path(__file__).parents[3] / "rules" / "README.md"
BEGIN, END = "<!-- life cycle: made of the code -->", "<!-- end of life cycle -->"

STATES = {
    AlarmState.NORM: AlarmFacts(occurrence=1),
    AlarmState.UNACK: AlarmFacts(active=True, acked=False, occurrence=1),
    AlarmState.ACKED: AlarmFacts(active=True, occurrence=1),
    AlarmState.RTNUN: AlarmFacts(acked=False, occurrence=1),
    AlarmState.LATUN: AlarmFacts(acked=False, latched=True, occurrence=1),
    AlarmState.LATAK: AlarmFacts(latched=True, occurrence=1),
}
#: Which rules an arrow is of, when it is not of all.
RULES = {"": rule(), "latching": rule(latching=True)}


def table() -> str:
    lines = ["| | " + " | ".join(state.name for state in STATES) + " |", "|---" * (len(STATES) + 1) + "|"]
    for given in Input:
        cells = [_cell(TRANSITIONS[state, given]) for state in STATES]
        lines.append(f"| {given.value} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def _cell(found: Action | Rejection) -> str:
    if isinstance(found, Rejection):
        return f"*{found.value}*"
    return "" if found is Action.NONE else found.name


def diagram() -> str:
    """Where each action leads; in brackets what only latching rules do."""
    arrows: dict[tuple[str, str], list[str]] = defaultdict(list)
    for name, option in RULES.items():
        for (state, given), found in TRANSITIONS.items():
            latched = state in (AlarmState.LATUN, AlarmState.LATAK)
            # An alarm that latches is never just returned, and no other is latched.
            if isinstance(found, Rejection) or (latched and not name) or (state is AlarmState.RTNUN and name):
                continue
            facts = STATES[state]
            if name and state is not AlarmState.NORM:
                facts = AlarmFacts(facts.active, facts.acked, latched=True, occurrence=1)
            after = act(facts, found, option).process_state
            label = given.value + (f" ({name})" if name and not latched else "")
            if after is not state and given.value not in arrows[state.name, after.name]:
                arrows[state.name, after.name].append(label)
    lines = [f"    {a} --> {b}: {', '.join(labels)}" for (a, b), labels in arrows.items() if labels]
    return "\n".join(["```mermaid", "stateDiagram-v2", "    [*] --> NORM", *lines, "```"])


def section() -> str:
    return f"{BEGIN}\n\n{table()}\n\n{diagram()}\n\n{END}"


if __name__ == "__main__":
    text = README.read_text(encoding="utf-8")
    before, _, rest = text.partition(BEGIN)
    README.write_text(before + section() + rest.partition(END)[2], encoding="utf-8")
