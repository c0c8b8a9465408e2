"""Calls made with DingTalk's own typed package, `alibabacloud-dingtalk`; only the address it is told is not DingTalk's.

Run by an interpreter that has the package, with the stand-in's `host:port`. Reads one call a line on stdin:
`{"module": "todo_1_0", "action": "CreateTodoTask", "parts": [...], "request": {...}, "token": "..."}`, with the request as it
is on the wire and the parts of the path in order. Answers one line each: `{"body": {...}}`, or `{"status": ..., "code": ...}`.
"""

from __future__ import annotations

import importlib
import json
import sys
from typing import Any

from alibabacloud_tea_openapi.models import Config
from alibabacloud_tea_util.models import RuntimeOptions
from Tea.exceptions import TeaException


def call(endpoint: str, module: str, action: str, parts: list[str], request: dict[str, Any], token: str) -> Any:
    client_module = importlib.import_module(f"alibabacloud_dingtalk.{module}.client")
    models = importlib.import_module(f"alibabacloud_dingtalk.{module}.models")
    client = client_module.Client(Config(protocol="http", endpoint=endpoint))
    # Its methods are named after the actions, with underscores put in here and there.
    name = f"{action}WithOptions".lower()
    method = getattr(client, next(each for each in dir(client) if each.replace("_", "") == name))
    arguments: list[Any] = list(parts)
    if hasattr(models, f"{action}Request"):
        arguments.append(getattr(models, f"{action}Request")().from_map(request))
    if hasattr(models, f"{action}Headers"):
        arguments.append(getattr(models, f"{action}Headers")(x_acs_dingtalk_access_token=token))
        arguments.append(RuntimeOptions())
    else:
        arguments += [{}, RuntimeOptions()]
    body = method(*arguments).body
    return body.to_map() if hasattr(body, "to_map") else body


def main(endpoint: str) -> None:
    for line in sys.stdin:
        asked = json.loads(line)
        try:
            told = {"body": call(endpoint, asked["module"], asked["action"], asked["parts"], asked["request"], asked["token"])}
        except TeaException as error:
            told = {"code": error.code, "message": error.message, "status": getattr(error, "statusCode", 0)}
        print(json.dumps(told), flush=True)


if __name__ == "__main__":
    main(sys.argv[1])
