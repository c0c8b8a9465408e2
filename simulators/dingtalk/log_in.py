"""Logging in: the page of DingTalk where a person says yes, and the script that a page inside DingTalk asks for a code. Pure.

    GET /oauth2/auth?client_id=&redirect_uri=&response_type=code&scope=openid&state=
        then back to redirect_uri?authCode=&state=
    GET /standin/dd.js?user_id=
        `dd.requestAuthCode`, as on that person's phone

On the real server the first is a page of login.dingtalk.com, the second the official script inside the client. Whoever reaches
the stand-in may be anybody: its page asks only who.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from html import escape
from urllib.parse import urlencode, urlsplit

from simulators.dingtalk.cloud import Cloud
from simulators.dingtalk.presses import PersonError
from simulators.dingtalk.wire import Reply, json_reply

HTML = {"content-type": "text/html; charset=utf-8", "cache-control": "no-store"}
SCRIPT = {"content-type": "text/javascript; charset=utf-8", "cache-control": "no-store"}

_DD = """\
// What a page inside DingTalk finds as `dd`, on the phone of one person. One code; loading it again brings another.
window.dd = {
  env: { platform: 'android' },
  ready(then) { then(); },
  requestAuthCode({ onSuccess, onFail, success, fail }) {
    const code = codes.pop();
    if (code) (onSuccess || success)({ code });
    else (onFail || fail || (() => {}))({ errorCode: 3, errorMessage: 'no code is left: load the script again' });
  },
};
"""


def log_in_page(cloud: Cloud, query: Mapping[str, str], now_us: int) -> Reply:
    """Who is it? With `user_id` in the query: back to the app, with a code for that person."""
    problem = _problem(cloud, query)
    if problem:
        return Reply(400, f"<!doctype html><meta charset=utf-8><p>{escape(problem)}</p>".encode(), HTML)
    if "user_id" in query:
        try:
            code = cloud.people.issue_code(query["user_id"], now_us)
        except PersonError as error:
            return json_reply(400, {"problem": str(error)})
        given = {"authCode": code, "code": code} | ({"state": query["state"]} if "state" in query else {})
        joint = "&" if urlsplit(query["redirect_uri"]).query else "?"
        return Reply(302, b"", {"location": f"{query['redirect_uri']}{joint}{urlencode(given)}", "cache-control": "no-store"})
    links = "".join(
        f'<li><a href="?{escape(urlencode({**query, "user_id": person.user_id}))}">{escape(person.name)}</a>'
        for person in cloud.directory.persons
    )
    page = f"<!doctype html><meta charset=utf-8><title>钉钉登录</title><h1>钉钉登录 / Log in</h1><ul>{links}</ul>"
    return Reply(200, page.encode(), HTML)


def dd_script(cloud: Cloud, query: Mapping[str, str], now_us: int) -> Reply:
    """`dd` for the person named in the query, with a code in it: a page of another origin could not fetch one."""
    try:
        code = cloud.people.issue_code(query.get("user_id", ""), now_us)
    except PersonError as error:
        return json_reply(400, {"problem": str(error)})
    return Reply(200, f"(() => {{\nconst codes = [{json.dumps(code)}];\n{_DD}}})();\n".encode(), SCRIPT)


def _problem(cloud: Cloud, query: Mapping[str, str]) -> str:
    if query.get("client_id") != cloud.organisation.app.client_id:
        return "client_id: 无效的应用 / no such app"
    if query.get("response_type") != "code":
        return "response_type: must be code"
    if "openid" not in query.get("scope", "").split():
        return "scope: must contain openid"
    if urlsplit(query.get("redirect_uri", "")).scheme not in ("http", "https"):
        return "redirect_uri: must be an address"
    return ""
