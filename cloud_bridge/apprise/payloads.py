"""An intent's message as a title and a body of plain text, within what a service takes. Pure.

Services read text as HTML, Markdown or a dialect of their own, and apprise turns one into the other: so every text is made
harmless (`fitting.py`) before it goes there. Limits are counted in bytes, whatever a service says: WeCom counts bytes, an SMS
is dearer beyond its limit, and a Chinese text that fits in bytes fits in characters, too.
"""

from __future__ import annotations

from cloud_bridge.fitting import ELLIPSIS, fold, plain_markdown, size
from cloud_bridge.marks import Marks, mark_texts
from edge.model.intent import Message
from edge.ports import ServiceLimits

LINES_MAX = 40
#: What a line may take, and the guidance: the rest is in the console.
LINE_BYTES_MAX, GUIDANCE_BYTES_MAX = 1_000, 4_000
#: A title longer than this is cut by mail programs, whatever a service allows.
TITLE_BYTES_MAX = 400


def title_and_body(message: Message, marks: Marks, limits: ServiceLimits, rest: str = "") -> tuple[str, str]:
    """A service without titles gets the title as the first line of the body. The body is never empty. rest: the address of what
    is left out; empty: there is none."""
    link = rest if 3 * size(rest) <= min(limits.body_max, LINE_BYTES_MAX) else ""
    more = f"{ELLIPSIS} {link}".rstrip()
    headline = " · ".join(plain_markdown(text) for text in (message.in_full, *mark_texts(marks, message.language)))
    parts = [f"{plain_markdown(label)}: {plain_markdown(text)}" for label, text in message.lines[:LINES_MAX]]
    parts = [fold(part, LINE_BYTES_MAX, link) for part in parts]
    if len(message.lines) > LINES_MAX:
        parts.append(more)
    if message.guidance:
        parts.append(fold(plain_markdown(message.guidance), GUIDANCE_BYTES_MAX, link))
    state = plain_markdown(message.state_text)
    first = [state] if state else []
    last = [plain_markdown(message.footer)] if message.footer else []
    if limits.title_max == 0:
        return "", _joined([fold(headline, limits.body_max), *first, *parts, *last], limits.body_max, more)
    title = fold(headline, min(limits.title_max, TITLE_BYTES_MAX))
    # Some services put a title into the body all the same: there must be room for both.
    return title, _joined([*first, *parts, *last] or [title], limits.body_max - size(title) - 2, more)


def _joined(parts: list[str], bytes_max: int, more: str) -> str:
    """As many whole lines as fit, and `more` where some do not; of the first, as much as fits."""
    kept = fold(parts[0], bytes_max)
    for number, part in enumerate(parts[1:], start=2):
        after = "" if number == len(parts) else f"\n{more}"
        if size(f"{kept}\n{part}{after}") > bytes_max:
            shown = f"{kept}\n{more}"
            return shown if size(shown) <= bytes_max else kept
        kept = f"{kept}\n{part}"
    return kept
