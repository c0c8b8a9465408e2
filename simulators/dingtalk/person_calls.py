"""Who is looking at a page: a code from the person's phone, exchanged by the app (reference 1; log-in inside DingTalk).

Two ways. Inside DingTalk a page asks the phone for a code, and the app exchanges it with its own token for a userId:
`topapi/v2/user/getuserinfo`. Elsewhere the person logs in on a page of DingTalk, and the app exchanges the code for a token of
that person: `v1.0/oauth2/userAccessToken`, and asks with it who it is. A code is good once, for 5 minutes.
"""

from __future__ import annotations

import hmac
from collections.abc import Mapping

from simulators.dingtalk.calls import Call, Done, Handler, text_of
from simulators.dingtalk.ledger import Effect
from simulators.dingtalk.organisation import App
from simulators.dingtalk.routes import CallName
from simulators.dingtalk.tokens import LIFE_S, UserTokens
from simulators.dingtalk.wire import NewFamilyError, OldFamilyError


class PersonCalls:
    def __init__(self, app: App, users: UserTokens) -> None:
        self._app = app
        self._users = users

    def calls(self) -> Mapping[CallName, Handler]:
        return {
            CallName.USER_TOKEN: self.user_token,
            CallName.USER_BY_CODE: self.user_by_code,
            CallName.CONTACT_ME: self.who_am_i,
        }

    def user_by_code(self, call: Call) -> Done:
        """`POST topapi/v2/user/getuserinfo` `{code}`, with the app's token."""
        code = text_of(call.body, "code")
        if not code:
            raise OldFamilyError(40035, "缺少参数 code")
        person = self._users.redeem(code, call.now_us)
        if person is None:
            raise OldFamilyError(40078, "不存在的临时授权码")
        result = {
            "userid": person.user_id,
            "unionid": person.union_id,
            "associated_unionid": person.union_id,
            "device_id": f"device-{person.user_id}",
            "name": person.name,
            "sys": False,
            "sys_level": 0,
        }
        return Done({"errcode": 0, "errmsg": "ok", "result": result}, Effect.LOOKED_UP, person.user_id)

    def user_token(self, call: Call) -> Done:
        """`POST v1.0/oauth2/userAccessToken`: by a code, or by a refresh token."""
        body = call.body
        secret = text_of(body, "clientSecret").encode()
        if text_of(body, "clientId") != self._app.client_id or not hmac.compare_digest(
            secret, self._app.client_secret.encode()
        ):
            raise NewFamilyError(400, "invalidClientIdOrSecret", "无效的clientId或者clientSecret")
        grant = text_of(body, "grantType")
        if grant == "authorization_code":
            person, problem = self._users.redeem(text_of(body, "code"), call.now_us), "invalidParameter.authCode.notFound"
        elif grant == "refresh_token":
            person, problem = self._users.refresh(text_of(body, "refreshToken"), call.now_us), "invalidParameter.refreshToken"
        else:
            raise NewFamilyError(400, "invalidParameter.grantType", f"grantType 不合法: {grant}")
        if person is None:
            raise NewFamilyError(400, problem, "不合法的临时授权码或刷新令牌")
        token, refresh = self._users.issue(person.user_id, call.now_us)
        answer = {"accessToken": token, "refreshToken": refresh, "expireIn": LIFE_S, "corpId": self._app.corp_id}
        return Done(answer, Effect.TOKEN_ISSUED, person.user_id)

    def who_am_i(self, call: Call) -> Done:
        """`GET v1.0/contact/users/me`, with the person's token."""
        person = self._users.person_of(call.token, call.now_us)
        if person is None or call.parts["unionId"] not in ("me", person.union_id):
            raise NewFamilyError(400, "tokenTypeError", "该接口仅支持用户访问凭证")
        answer = {"nick": person.name, "unionId": person.union_id, "openId": f"open-{person.user_id}", "stateCode": "86"}
        return Done(answer | ({"mobile": person.mobile} if person.mobile else {}), Effect.LOOKED_UP, person.user_id)
