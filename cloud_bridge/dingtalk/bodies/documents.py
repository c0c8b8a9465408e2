"""An online document, for plants whose plan has no AI tables: a row is a document of its name. Pure. dingtalk-api 13.2.

Two calls: one makes it, one writes it and may be repeated. A name is given once in a folder: that keeps a repeated creation
from making a second document, but tells nobody the key of the first.
"""

from __future__ import annotations

from collections.abc import Mapping

from cloud_bridge.dingtalk.endpoints import DOCUMENT_CREATE, DOCUMENT_WRITE, Request
from cloud_bridge.dingtalk.verdicts import Accepted, Answer
from cloud_bridge.fitting import cut_signs, one_line, plain_markdown
from edge.model.intent import Message

NAME_SIGNS_MAX = 100
CONTENT_SIGNS_MAX = 50_000


def create(workspace: str, name: str, *, operator: str) -> Request:
    """operator: the unionId of a person who may write in the workspace."""
    body = {"name": cut_signs(one_line(name), NAME_SIGNS_MAX), "docType": "DOC", "operatorId": operator}
    return Request(DOCUMENT_CREATE, body, {"workspace": workspace})


def write(document: str, message: Message, cells: Mapping[str, str | float], *, operator: str) -> Request:
    """The whole content, so that writing it again changes nothing."""
    lines = [(label, text) for label, text in message.lines] + [(name, f"{cell}") for name, cell in cells.items()]
    parts = [f"# {plain_markdown(message.headline)}", *(f"**{plain_markdown(a)}** {plain_markdown(b)}" for a, b in lines)]
    parts += [plain_markdown(text) for text in (message.guidance, message.footer) if text]
    body = {"dataType": "markdown", "content": cut_signs("\n\n".join(parts), CONTENT_SIGNS_MAX)}
    return Request(DOCUMENT_WRITE, body, {"document": document}, {"operatorId": operator})


def document_of(answer: Answer) -> str | None:
    """The key of the document that was made; None when the answer holds none."""
    key = answer.body.get("docKey") if isinstance(answer, Accepted) else None
    return str(key) if key else None
