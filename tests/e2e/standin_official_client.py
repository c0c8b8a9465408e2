"""An app made with DingTalk's own `dingtalk-stream` package; only the address it is told is not DingTalk's.

Answers a press by showing who has it, and a message by raising a card in the same chat. Run by the tests with
DINGTALK_OPENAPI_ENDPOINT set; prints one line for each thing it got.
"""

from __future__ import annotations

import json
import sys

import dingtalk_stream
from dingtalk_stream import AckMessage, CallbackMessage


def tell(**what: object) -> None:
    print(json.dumps(what), flush=True)


class Presses(dingtalk_stream.CallbackHandler):
    async def process(self, message: CallbackMessage) -> tuple[int, dict[str, object]]:
        press = dingtalk_stream.CardCallbackMessage.from_dict(message.data)
        tell(press=press.content["cardPrivateData"]["actionIds"], user=press.user_id, card=press.card_instance_id)
        return AckMessage.STATUS_OK, {
            "cardUpdateOptions": {"updateCardDataByKey": True},
            "cardData": {"cardParamMap": {"state": "acknowledged", "state_text": f"{press.user_id} has it"}},
        }


class Messages(dingtalk_stream.ChatbotHandler):
    async def process(self, message: CallbackMessage) -> tuple[int, str]:
        said = dingtalk_stream.ChatbotMessage.from_dict(message.data)
        replier = dingtalk_stream.CardReplier(self.dingtalk_client, said)
        params = {"headline": f"you said {said.text.content}", "buttons": '[{"action":"acknowledge","label":"OK"}]'}
        card = replier.create_and_send_card("andon-alarm-card.schema", params)
        replier.put_card_data(card, params | {"footer": "updated"})
        self.reply_text("heard", said)
        tell(said=said.text.content, card=card, token=self.dingtalk_client.get_access_token())
        return AckMessage.STATUS_OK, "OK"


class Events(dingtalk_stream.EventHandler):
    async def process(self, event: dingtalk_stream.EventMessage) -> tuple[int, str]:
        tell(event=event.headers.event_type, data=event.data)
        return AckMessage.STATUS_OK, "OK"


if __name__ == "__main__":
    client = dingtalk_stream.DingTalkStreamClient(dingtalk_stream.Credential(sys.argv[1], sys.argv[2]))
    client.register_callback_handler(dingtalk_stream.Card_Callback_Router_Topic, Presses())
    client.register_callback_handler(dingtalk_stream.ChatbotMessage.TOPIC, Messages())
    client.register_all_event_handler(Events())
    client.start_forever()
