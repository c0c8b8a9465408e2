"""Events: what happened, in the past tense; the rows of the journal.

An event says nothing about when it was recorded or by which boot: that belongs to its `JournalRow`, so that a live run, a
scenario and a replay of the same input give the same canonical events, byte for byte.

Kinds and their data, by stream (moments are ISO texts, spans are seconds as floats):

alarm       raised         occurrence, priority, began, value, limit, quality, suppressed, realarm (bool: raised again from
                           acknowledged), context_began, context, facts, first_out, chattering
                           (stage: shadow or commissioning, only: who alone may be told; both absent where not.
                           forced: those of its tags that people have forced just now; absent for none)
            returned       occurrence, began, raised, value, peak, acknowledged (bool), suppressed, context
                           (context: by name of tag, the values when it was raised or returned, of context_began when it
                           began: a number, a text, or null while it is bad or unknown; absent where the rule names no tags.
                           facts: by name, what the rule's signal had found: numbers, texts or null, at most 16; absent where
                           the rule compares the tag itself.
                           suppressed: what hides it from people, texts such as `shelved` or `parent:AIR/low`; empty: nothing.
                           first_out: {group, rank, tie, within}, absent where the rule is in no group; rank 1 was first, tie:
                           not to be told apart from the first, within: seconds; where a PLC's word names the first one, also
                           by: plc_word, or source_time with why: silent | bad | nobody | several | unknown | old | not_raised.
                           chattering: true while it does, else absent)
            acknowledged   occurrence, by, via, comment, coming (bool: "on my way")
            passed_on      occurrence, end (done | failed | unknown | expired), detail: what became of an acknowledgement at the
                           device whose own alarm it is
            on_my_way      occurrence, by, via                        (already acknowledged before)
            unacknowledged occurrence, by, via, reason
            confirmed      occurrence, by, via, comment
            commented      by, via, text
            shelved        by, via, until, reason, one_shot
            unshelved      by, via, cause (person | expired | returned), and STANDING
            suppressed     occurrence, suppressed                     (by design, while active or latched)
            released       cause (what hid it last, or kept it to a few: commissioning, maintenance:NAME), and STANDING
            taken_out_of_service    by, via, reason, work_order
            returned_to_service     by, via, and STANDING
                           (STANDING: active, occurrence, priority, began, value, limit, quality, suppressed, acknowledged,
                           announce (bool: people must be told of the occurrence again; then also stage, only and
                           forced, as of a raise). value: the newest; of released the one of the raise)
            realarmed      occurrence, priority, count                (still unacknowledged: a reminder)
            severer        before, and STANDING                      (its rule has become more urgent while it is active)
            reset          by, via
            first_out_moved  group, occurrence, before, by            (it was first, not the one before: a late sample proves it
                                                                      (source_time), or the PLC says so (plc_word))
            chattering     occurrence, count, within                  (so often within so many seconds: told once, then not)
            settled        occurrence, count, lasted, active          (it has been quiet)
            learning       by, via, reason                            (its statistics learn their normal anew)
            sums_reset     by, via, reason                            (its cumulative sums are zero again)
            rejected       by, via, command, reason, and with already_acknowledged: acknowledged_by, acknowledged_at
            filtered       began, lasted                              (on-delay cancelled: for tuning, told to nobody)
            retired        occurrence, state, cause (rule_removed | rule_changed)
                                                                      (its rule is gone: nobody needs to wait for it)
plant       stage_set      by, via, stage, before, reason, only, until
            stage_ended    stage, before                              (a trial is over: back to what was before)
            maintenance_planned     by, via, devices, begin, end, permit, reason
            maintenance_begun       owner, devices, end, permit
            maintenance_ending      owner, end, and LEFT              (in 15 min)
            maintenance_ended       owner, cause (over | person), and LEFT; by a person also by, via
                           (LEFT: open, alarms that are active; shelved, others on a shelf; silent, devices that say nothing,
                           then alarms that nothing can be said of)
            hang_tag_hung  by, via, tag, order, phone, reason         (subject: the device; nothing is written to it)
            hang_tag_removed        by, via, tag, hung_by, reason
            hang_tag_old   tag, hung_by, since, order, phone, reason  (it hangs for more than 12 h; said once)
            entered        by, via, value, measured_at, confirmed    (subject: a tag without a wire)
            forced         by, via, value, until, reason, again (bool: it was forced already)
            force_ended    cause (expired | person | tag_gone), forced_by; by a person also by, via
            rejected       by, via, command, reason
write       asked          write, value, by, via, reason, valid_until; of a rule `by` is `rule:ALARM` and there is no reason;
                           until somebody else agrees also confirm_until
            confirmed      write, by, via
            sent           write                                      (in time: when it left us)
            done           write, value, shown, detail                (found: true where a read-back has ended an unknown one)
            different      the same                                   (the device shows another value)
            failed         the same                                   (the device said no)
            unknown        the same                                   (it may have been carried out: nobody sends it again)
            expired        the same                                   (its time was over before anything left us)
            withdrawn      write, cause (rule | hang_tag)             (no longer wanted before anything left us)
            held_back      cause (hang_tag | forced_value | a Rejection: what the grant has against it), value
                           and, of a forced value, alarm, forced (tags)
                                                                      (a rule's value waits)
            locked         until, refused                             (asked so often that it takes no writes for a while)
            unlocked       -
            rejected       by, via, command, reason, value (of a confirmation also write)
            left           points                                     (before a stop: subject is the agent's name)
            (subject: the tag; value and shown: a number in its unit, or a text)
line        state          before, state (a name, or null while nobody knows)
delivery    delivered, refused, unknown, withdrawn, expired, quarantined
                           intent, recipient, purpose, alarm, occurrence, detail, late_by, possible_repeat
            replayed       intent, recipient, purpose, alarm, occurrence, by, via: a person has it tried anew
            rejected       intent, by, via, command, reason
            unrouted       occurrence, priority, recipient, detail (no_route | unknown_recipient | no_address | left): not
                           told to anybody, or not to this recipient
            folded         occurrence, priority, recipients, floods (`POSITION#NUMBER`): they are told of it in the digests of
                           these floods alone
            missed         occurrence, priority, recipients: it began and ended while they were not reached, a digest says so
            fell_back      occurrence, priority, recipient, before, channel, detail (channel_fails | not_told | perhaps |
                           nothing_heard): the channel before does not surely reach them; they are told by this one, too
            flood_entered  number, count                              (a position has heard so many alarms in ten minutes: from
                                                                      now on they are folded into digests)
            flood_left     number, began, count, peak, folded, first_out, top ([alarm, how often] of the most frequent)
person      left           via                                        (subject: the person's id; no longer in the organisation,
                                                                      as the channel `via` says: tells nothing, takes nothing)
            came_back      via
system      started        epoch, outage
            clock_stepped  by
            heard_again    since, cards                               (subject: a channel; its way back was lost: so many cards
                                                                      are drawn again)
            foreign_press  card, by                                   (subject: a channel; a card that we never made)
config      applied        revision, layout
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from edge.model.moment import Moment


class Stream(StrEnum):
    """The streams of the one journal."""

    ALARM = "alarm"
    LINE = "line"
    PLANT = "plant"
    WRITE = "write"
    INCIDENT = "incident"
    ORDER = "order"
    CALL = "call"
    DELIVERY = "delivery"
    PERSON = "person"
    CONFIG = "config"
    SYSTEM = "system"


@dataclass(frozen=True, slots=True)
class Event:
    """subject: what it happened to (an alarm id, an intent key, the agent's name). time: when it became true, in source
    time where a device knows it. command: (source, message_id) of the inbox row it answers, else None."""

    stream: Stream
    kind: str
    subject: str
    time: Moment
    data: Mapping[str, Any]
    command: tuple[str, str] | None = None


@dataclass(frozen=True, slots=True)
class JournalRow:
    """An event as recorded. (site, agent, epoch, sequence) is its identity; hash covers the row and the previous hash."""

    site: str
    agent: str
    epoch: int
    sequence: int
    recorded_at: Moment
    event: Event
    previous_hash: str
    hash: str
