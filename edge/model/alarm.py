"""The facts about an alarm, and the one name that follows from them.

The facts are stored, the name never is: published lettered state lists disagree (reference: ISA-18.2 and OPC UA Part 9
name the same pairs differently), so the mnemonics below are derived when somebody asks.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from edge.model.moment import Moment


class Priority(StrEnum):
    """How fast people must respond; says nothing about the size of the value."""

    CRITICAL = "critical"
    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"
    JOURNAL = "journal"
    """Written down, never announced."""

    @property
    def rank(self) -> int:
        """0 is the most urgent."""
        return list(Priority).index(self)


#: The share of configured alarms each priority should have (ISA-18.2 / EEMUA 191): highest first.
PRIORITY_SHARE_TARGET = {"critical_and_high": 0.05, "medium": 0.15, "low": 0.80}


class AlarmState(StrEnum):
    """ISA-18.2 / IEC 62682 state names, derived by `AlarmFacts.state`."""

    NORM = "normal"
    UNACK = "unacknowledged"
    ACKED = "acknowledged"
    RTNUN = "returned_unacknowledged"
    LATUN = "latched_unacknowledged"
    LATAK = "latched_acknowledged"
    SHLVD = "shelved"
    DSUPR = "suppressed_by_design"
    OOSRV = "out_of_service"


@dataclass(frozen=True, slots=True)
class AlarmFacts:
    """What is known of one alarm; independent facts, any combination may occur.

    active: the condition after deadband and delays. acked: true in the rest state. confirmed: where a rule asks for it, that
    somebody says the work is done; true in the rest state. latched: set by an activation of a latching rule, cleared only by
    reset. shelved_until: None when not shelved; one_shot: the shelf ends with the activation that it covers, if not before.
    out_of_service: taken out by a person, until a person brings it back. occurrence: counts activations from 1; 0 before the
    first; an acknowledgement names the occurrence it means.
    """

    active: bool = False
    acked: bool = True
    confirmed: bool = True
    latched: bool = False
    shelved_until: Moment | None = None
    one_shot: bool = False
    out_of_service: bool = False
    occurrence: int = 0

    @property
    def state(self) -> AlarmState:
        """The name, as far as these facts say it; what suppresses it by design is not among them."""
        return self.state_when(suppressed=False)

    def state_when(self, *, suppressed: bool) -> AlarmState:
        """The name. suppressed: by design, by another alarm or by the state of the machine."""
        if self.out_of_service:
            return AlarmState.OOSRV
        if self.shelved_until is not None:
            return AlarmState.SHLVD
        return AlarmState.DSUPR if suppressed else self.process_state

    @property
    def retained(self) -> bool:
        """Still of interest (OPC UA Part 9, Retain): it stays on the list of alarms."""
        return self.active or self.latched or not self.acked or not self.confirmed

    @property
    def process_state(self) -> AlarmState:
        """The state under any cover: what the inner machine says (it keeps running while nobody is told)."""
        if self.active:
            return AlarmState.ACKED if self.acked else AlarmState.UNACK
        if self.latched:
            return AlarmState.LATAK if self.acked else AlarmState.LATUN
        return AlarmState.NORM if self.acked else AlarmState.RTNUN


def alarm_id(device: str, rule: str) -> str:
    """`CRM.ST3.MOTOR/de_temp_high`: the rule's key under its device, stable over restarts and reloads."""
    return f"{device}/{rule}"
