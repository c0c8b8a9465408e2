"""HTTP requests from the cloud to the app: what waits to be sent, what waits for its answer, and what came of it.

WAITING --answered in time--> settled, with the answer
        --not, or no connection--> sent again while `again_us` lasts, else settled without one

No socket here: a shell takes the posts that are due, sends them, and tells what was answered. An answer that comes too late is
none, and the ledger tells.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from simulators.dingtalk.ledger import Direction, Effect, Ledger

POSTS_MAX = 5_000


@dataclass(frozen=True, slots=True)
class PostAnswer:
    """What the app answered over HTTP."""

    status: int
    body: bytes


@dataclass(slots=True)
class Post:
    """post_id: for the shell. name, reference: for the ledger. again_us: how long after each sending it is sent again. body:
    makes the body and headers anew for each sending, because both may carry the time."""

    post_id: str
    name: str
    reference: str
    url: str
    make: Callable[[int], tuple[Mapping[str, str], Mapping[str, str], bytes]]
    """Of the moment: query, headers, body."""
    within_us: int
    again_us: tuple[int, ...]
    is_good: Callable[[PostAnswer], bool]
    on_outcome: Callable[[PostAnswer | None, int], None]
    """Called once: with a good answer, or None; and now."""
    cost: Mapping[str, int] = field(default_factory=dict)
    sent_us: int = 0
    due_us: int = 0
    is_resting: bool = False


@dataclass(frozen=True, slots=True)
class Sending:
    """What a shell sends now, by POST. within_us: how long it waits for the answer."""

    post_id: str
    url: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes
    within_us: int


class Posts:
    """is_cut: asks whether nothing reaches the app now."""

    def __init__(self, ledger: Ledger, is_cut: Callable[[], bool]) -> None:
        self._ledger = ledger
        self._is_cut = is_cut
        self._posts: dict[str, Post] = {}
        self._sendings: list[Sending] = []

    def add(self, post: Post, now_us: int) -> None:
        self._posts[post.post_id] = post
        self._send(post, now_us)
        while len(self._posts) > POSTS_MAX:
            self._settle(next(iter(self._posts.values())), None, now_us)

    def take(self) -> list[Sending]:
        """What is to be sent now; it is gone from here then."""
        sendings, self._sendings = self._sendings, []
        return sendings

    def answered(self, post_id: str, answer: PostAnswer | None, now_us: int) -> None:
        """The app answered, or could not be reached (None)."""
        self.tick(now_us)
        post = self._posts.get(post_id)
        if post is None or post.is_resting:
            effect = Effect.LATE_ANSWER_IGNORED
            self._ledger.add(
                now_us, Direction.FROM_APP, "callback", effect, subject=post_id, status=answer.status if answer else 0
            )
        elif answer is not None and post.is_good(answer):
            self._settle(post, answer, now_us)
        else:
            self._failed(post, "no connection" if answer is None else f"HTTP {answer.status} {answer.body[:200]!r}", now_us)

    def tick(self, now_us: int) -> None:
        for post in [post for post in self._posts.values() if post.due_us <= now_us]:
            if post.is_resting:
                post.again_us = post.again_us[1:]
                self._send(post, now_us)
            else:
                self._failed(post, "not answered in time", now_us)

    def next_due(self) -> int | None:
        return min((post.due_us for post in self._posts.values()), default=None)

    def _send(self, post: Post, now_us: int) -> None:
        effect = Effect.REDELIVERED if post.is_resting else Effect.POSTED
        cost = {} if post.is_resting else post.cost
        post.sent_us, post.is_resting = now_us, False
        post.due_us = now_us + post.within_us
        self._ledger.add(now_us, Direction.TO_APP, post.name, effect, subject=post.reference, notes=(post.url,), cost=cost)
        if self._is_cut():
            self._failed(post, "the way is cut", now_us)
            return
        query, headers, body = post.make(now_us)
        self._sendings.append(Sending(post.post_id, post.url, query, headers, body, post.within_us))

    def _failed(self, post: Post, why: str, now_us: int) -> None:
        if not post.again_us:
            self._settle(post, None, now_us, why)
            return
        post.is_resting = True
        post.due_us = post.sent_us + post.again_us[0]
        self._ledger.add(now_us, Direction.FROM_APP, post.name, Effect.FAILED_ANSWER, subject=post.reference, notes=(why,))

    def _settle(self, post: Post, answer: PostAnswer | None, now_us: int, why: str = "") -> None:
        del self._posts[post.post_id]
        effect = Effect.ANSWER if answer else Effect.NO_ANSWER
        status = answer.status if answer else 0
        notes = (why,) if why else ()
        self._ledger.add(now_us, Direction.FROM_APP, post.name, effect, subject=post.reference, status=status, notes=notes)
        post.on_outcome(answer, now_us)
