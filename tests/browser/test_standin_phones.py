"""The phones in a real browser: several side by side, live in place, cards pressed, both languages, nothing smuggled in."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from itertools import pairwise
from typing import Any
from urllib.parse import quote, urlencode

import pytest
from playwright.sync_api import Locator, Page, ViewportSize, expect, sync_playwright

from tests.e2e.standin_process import GROUP, HTTP, StandIn, eventually, running_standin

ROBOT = "cid-robot-"
WINDOW: ViewportSize = {"width": 1440, "height": 900}
OURS = ("http://127.0.0.1:", "about:blank")


@pytest.fixture(scope="module")
def standin() -> Iterator[StandIn]:
    with running_standin() as running:
        yield running


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
        yield launched
        launched.close()


@pytest.fixture(scope="module")
def tab(browser: Any) -> Iterator[tuple[Page, list[str]]]:
    """One page for all tests, and what it must not do: a new one costs the browser twice as much."""
    opened = browser.new_page(viewport=WINDOW)
    surprises: list[str] = []
    opened.on("pageerror", lambda error: surprises.append(str(error)))
    opened.on("dialog", lambda dialog: (surprises.append(dialog.message), dialog.dismiss()))
    opened.on("request", lambda request: None if request.url.startswith(OURS) else surprises.append(request.url))
    yield opened, surprises
    opened.close()


@pytest.fixture
def page(tab: tuple[Page, list[str]]) -> Iterator[Page]:
    """A page that allows no error, no dialog and nothing from elsewhere."""
    opened, surprises = tab
    opened.set_viewport_size(WINDOW)
    yield opened
    # A page that is left has nothing under way: what comes late is not the next test's.
    opened.goto("about:blank")
    assert surprises == []


def show(page: Page, standin: StandIn, *people: str, chat: str = GROUP, language: str = "en") -> None:
    """These persons' phones side by side, each with that chat open."""
    query = {"people": ",".join(people), "lang": language} | {f"chat.{user}": chat for user in people if chat}
    page.goto(f"{standin.phones_url}?{urlencode(query)}")


def phone(page: Page, user: str) -> Locator:
    return page.locator(f'.handset[data-user="{user}"]')


def card_on(page: Page, user: str, out_track_id: str) -> Locator:
    return phone(page, user).locator(f'[data-card="{out_track_id}"]')


def update(standin: StandIn, out_track_id: str, **params: str) -> None:
    body = {
        "outTrackId": out_track_id,
        "cardData": {"cardParamMap": params},
        "cardUpdateOptions": {"updateCardDataByKey": True},
    }
    headers = {"x-acs-dingtalk-access-token": standin.token()}
    assert HTTP.put(f"{standin.url}/v1.0/card/instances", json=body, headers=headers).status_code == 200


def say(standin: StandIn, user: str, text: str) -> None:
    standin.control("say", {"user_id": user, "conversation_id": GROUP, "text": text})


def rows(*lines: tuple[str, str]) -> str:
    return json.dumps([{"label": label, "text": text} for label, text in lines])


# --- live -----------------------------------------------------------------------------------------------------------


def test_a_press_on_one_phone_changes_the_card_on_all_phones_without_a_reload(standin, page):
    standin.raise_card("browser-1")
    answer = {
        "cardUpdateOptions": {"updateCardDataByKey": True},
        "cardData": {"cardParamMap": {"state": "acknowledged", "state_text": "Lead A has it", "buttons": "[]"}},
    }
    with standin.app(lambda _data: answer) as got:
        show(page, standin, "lead.a", "fitter.a")
        page.evaluate("window.sinceTheStart = true")
        expect(card_on(page, "fitter.a", "browser-1").locator(".banner .badge")).to_have_text("Not acknowledged")
        card_on(page, "lead.a", "browser-1").get_by_role("button", name="Acknowledge").click()
        for user in ("lead.a", "fitter.a"):
            expect(card_on(page, user, "browser-1").locator(".banner .badge")).to_have_text("Lead A has it")
            expect(card_on(page, user, "browser-1")).to_have_class(re.compile("changed"))
            expect(card_on(page, user, "browser-1").locator(".button")).to_have_count(0)
        expect(card_on(page, "lead.a", "browser-1").get_by_role("status")).to_have_text("Delivered")
        expect(card_on(page, "fitter.a", "browser-1").get_by_role("status")).to_have_count(0)
    assert page.evaluate("window.sinceTheStart") is True
    assert [data["outTrackId"] for data in got] == ["browser-1"]


def test_what_is_written_on_one_phone_is_read_on_the_other_beside_it(standin, page):
    show(page, standin, "lead.a", "fitter.a")
    lead = phone(page, "lead.a")
    lead.get_by_role("button", name="@", exact=True).click()
    lead.get_by_label("Message").press_sequentially("who is on it?")
    lead.get_by_label("Message").press("Enter")
    expect(phone(page, "fitter.a").locator(".bubble").last).to_have_text("@安灯 Andon who is on it?")
    expect(phone(page, "fitter.a").locator(".message").last).not_to_have_class(re.compile("mine"))
    expect(lead.locator(".message").last).to_have_class(re.compile("mine"))
    expect(lead.get_by_label("Message")).to_have_value("")


def test_what_arrives_elsewhere_is_counted_and_announced_and_forgotten_once_it_is_read(standin, page):
    show(page, standin, "engineer.a")
    eventually(lambda: standin.control("phone", user_id="engineer.a")["unread"], lambda unread: unread == 0)
    show(page, standin, "engineer.a", "lead.a", chat="")
    phone(page, "lead.a").locator(f'[data-chat="{ROBOT}lead.a"]').click()
    standin.raise_card("browser-4", headline="fourth")
    standin.raise_card("browser-5", headline="fifth")
    expect(phone(page, "engineer.a").locator(".owner .unread")).to_have_text("2")
    expect(page.locator('[data-person="engineer.a"] .unread')).to_have_text("2")
    expect(phone(page, "lead.a").locator("[data-notice]")).to_contain_text("fifth")
    row = phone(page, "engineer.a").locator(f'.chats [data-chat="{GROUP}"]')
    expect(row.locator(".unread")).to_have_text("2")
    expect(row.locator(".preview")).to_have_text("fifth")
    row.click()
    expect(card_on(page, "engineer.a", "browser-5")).to_be_visible()
    expect(phone(page, "engineer.a").locator(".owner .unread")).to_be_hidden()
    expect(page.locator('[data-person="engineer.a"] .unread')).to_be_hidden()
    phone(page, "lead.a").locator("[data-notice]").click()
    expect(card_on(page, "lead.a", "browser-5")).to_be_visible()


def test_two_hundred_messages_stay_quick_one_change_touches_one_message_and_the_reader_keeps_the_place(standin, page):
    standin.raise_card("browser-busy")
    for number in range(220):
        say(standin, "fitter.a", f"message {number}")
    show(page, standin, "lead.a")
    expect(phone(page, "lead.a").locator(".bubble").last).to_have_text("message 219")
    assert phone(page, "lead.a").locator(".message").count() >= 200
    place = page.evaluate(
        """() => {
          const screen = document.querySelector("[data-screen]");
          screen.scrollTop = screen.scrollHeight / 2;
          window.replaced = 0; window.longest = 0;
          new MutationObserver((changes) => { for (const change of changes) replaced += change.removedNodes.length; })
            .observe(document.querySelector("[data-timeline]"), { childList: true });
          new PerformanceObserver((list) => {
            for (const task of list.getEntries()) longest = Math.max(longest, task.duration);
          }).observe({ type: "longtask" });
          return screen.scrollTop;
        }"""
    )
    with page.expect_response(lambda reply: "/phones/news" in reply.url and "browser-busy" in reply.text()) as news:
        update(standin, "browser-busy", state="acknowledged", state_text="taken")
    expect(card_on(page, "lead.a", "browser-busy").locator(".banner .badge")).to_have_text("taken")
    assert page.evaluate("window.replaced") == 1
    assert len(news.value.body()) < 30_000
    # A task of 50 ms and more is a long one; twice that is what a person begins to see.
    assert page.evaluate("window.longest") < 100
    assert abs(page.evaluate("document.querySelector('[data-screen]').scrollTop") - place) < 5
    say(standin, "fitter.a", "the newest")
    expect(phone(page, "lead.a").get_by_text("New messages")).to_be_visible()
    phone(page, "lead.a").get_by_text("New messages").click()
    expect(phone(page, "lead.a").get_by_text("the newest")).to_be_in_viewport()


# --- pressing -------------------------------------------------------------------------------------------------------


def test_a_button_with_choices_asks_from_the_bottom_of_its_phone_and_can_be_left_by_keyboard(standin, page):
    standin.raise_card("browser-2")
    with standin.app(lambda _data: {}) as got:
        show(page, standin, "lead.a", "fitter.a")
        card = card_on(page, "lead.a", "browser-2")
        button, sheet = card.locator("summary.button"), card.locator(".sheet")
        button.focus()
        page.keyboard.press("Enter")
        expect(card.get_by_role("button", name="Waiting for parts")).to_be_focused()
        sheet.evaluate("(sheet) => Promise.all(sheet.getAnimations().map((each) => each.finished))")
        outer, inner = phone(page, "lead.a").locator(".phone").bounding_box(), sheet.bounding_box()
        assert outer["x"] <= inner["x"] and inner["x"] + inner["width"] <= outer["x"] + outer["width"]
        assert 0 <= outer["y"] + outer["height"] - (inner["y"] + inner["height"]) < 15
        update(standin, "browser-2", headline="it goes on")
        expect(card.locator("h3")).to_have_text("it goes on")
        expect(sheet).to_be_visible()
        page.keyboard.press("Escape")
        expect(sheet).to_be_hidden()
        expect(button).to_be_focused()
        button.click()
        card.get_by_role("button", name="Waiting for parts").click()
        expect(card.get_by_role("status")).to_have_text("Delivered")
        expect(sheet).to_be_hidden()
    assert len(got) == 1
    assert '"choice": "parts"' in got[0]["content"]


def test_a_press_nobody_answers_is_shown_as_under_way_and_then_as_such_in_both_languages(standin, page):
    standin.raise_card("browser-3")
    with standin.open_stream():
        show(page, standin, "lead.a")
        card = card_on(page, "lead.a", "browser-3")
        card.get_by_role("button", name="Acknowledge").click()
        expect(card.locator(".button.busy")).to_have_text("Acknowledge")
        expect(card.get_by_role("button", name="Acknowledge")).to_be_disabled()
        expect(card.get_by_role("status")).to_have_text("No answer, please try again later")
        expect(phone(page, "lead.a").get_by_role("alert")).to_have_text("No answer, please try again later")
    page.get_by_role("link", name="中文").click()
    expect(card_on(page, "lead.a", "browser-3").get_by_role("status")).to_have_text("没有响应，请稍后再试")
    expect(page.locator("html")).to_have_attribute("lang", "zh-CN")


def test_a_phone_that_still_shows_an_older_card_sends_its_press_and_sees_what_the_app_says(standin, browser):
    standin.raise_card("browser-stale")
    context = browser.new_context(java_script_enabled=False)
    behind = context.new_page()
    footer = {"userPrivateData": {"cardParamMap": {"footer": "Fitter A already has it"}}}
    options = {"cardUpdateOptions": {"updatePrivateDataByKey": True}}
    with standin.app(lambda _data: footer | options) as got:
        show(behind, standin, "lead.a")
        update(standin, "browser-stale", state="acknowledged", state_text="Fitter A", buttons="[]")
        with behind.expect_navigation():
            card_on(behind, "lead.a", "browser-stale").get_by_role("button", name="Acknowledge").click()
        eventually(lambda: got)
        behind.reload()
        expect(card_on(behind, "lead.a", "browser-stale").locator(".small")).to_have_text("Fitter A already has it")
    context.close()


def test_the_page_works_without_its_script(standin, browser):
    standin.raise_card("browser-7")
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    with standin.app(lambda _data: {}) as got:
        show(page, standin, "lead.a", "fitter.a", chat="")
        phone(page, "lead.a").locator(f'[data-chat="{GROUP}"]').click()
        card_on(page, "lead.a", "browser-7").get_by_role("button", name="Acknowledge").click()
        expect(card_on(page, "lead.a", "browser-7")).to_be_visible()
        expect(phone(page, "fitter.a").locator(".chats")).to_be_visible()
    assert [data["outTrackId"] for data in got] == ["browser-7"]
    context.close()


# --- what is seen ---------------------------------------------------------------------------------------------------


#: Red, green and blue of a background, once its change of colour is over.
COLOUR = """async (element) => {
  await Promise.all(element.getAnimations().map((each) => each.finished));
  return getComputedStyle(element).backgroundColor.match(/\\d+/g).map(Number);
}"""


def test_a_card_is_red_only_until_somebody_acknowledges_then_blue_and_grey_when_it_is_over(standin, page):
    standin.raise_card("browser-colour")
    show(page, standin, "lead.a")
    card = card_on(page, "lead.a", "browser-colour")
    bands = []
    for state in ("unacknowledged", "acknowledged", "normal"):
        update(standin, "browser-colour", state=state, state_text=state)
        expect(card.locator(".banner .badge")).to_have_text(state)
        bands.append(card.locator(".banner").evaluate(COLOUR))
    red, blue, grey = bands
    assert red[0] > 3 * max(red[1:])
    assert blue[2] - blue[0] > 20
    assert max(grey) - min(grey) < 10
    card.locator(".trace summary").click()
    expect(card.locator(".trace summary")).to_have_text(re.compile(r"Delivered \d\d:\d\d:\d\d · updated 3 times"))
    expect(card.locator(".trace .badge")).to_have_text(["Not acknowledged", "unacknowledged", "acknowledged", "normal"])


LONG_LINES = rows(
    ("Device", "Cold rolling mill · stand 4 · upper backup roll CRM.ST4.BUR_TOP.DS.OIL_PRESSURE_TRANSMITTER"),
    ("Isolation points before work begins", "MCC-3 / Q17, lock-out hasp 3-A"),
    ("Acknowledged by", "Shift engineer · 14:03:22"),
    ("Donaudampfschifffahrtselektrizitätenhauptbetriebswerk", "https://plant.example/drawings/" + "0123456789" * 6),
    ("Value", "84.2 °C"),
)

OVERLAPS = """(card) => {
  const boxes = (element) => {
    const range = document.createRange();
    range.selectNodeContents(element);
    return [...range.getClientRects()];
  };
  const parts = [...card.querySelectorAll("dt, dd")].flatMap((part) => boxes(part).map((box) => [part, box]));
  const edge = card.getBoundingClientRect();
  const outside = parts.filter(([, box]) => box.left < edge.left || box.right > edge.right + 0.5).length;
  let close = 0;
  for (const [a, p] of parts) for (const [b, q] of parts)
    if (a !== b && p.left < q.right + 4 && q.left < p.right + 4 && p.top < q.bottom - 2 && q.top < p.bottom - 2) close += 1;
  return { parts: parts.length, outside, close };
}"""


def test_long_english_labels_never_touch_their_values(standin, page):
    standin.raise_card("browser-long", lines=LONG_LINES, language="en")
    show(page, standin, "engineer.a")
    for width in (320, 390, 1440):
        page.set_viewport_size({"width": width, "height": 844})
        seen = card_on(page, "engineer.a", "browser-long").evaluate(OVERLAPS)
        assert seen["parts"] >= 12
        assert (width, seen["outside"], seen["close"]) == (width, 0, 0)


def test_what_messages_say_is_never_markup_of_the_page(standin, page):
    text = '<img src=x onerror="alert(1)"><script>alert(2)</script>'
    show(page, standin, "lead.a", "fitter.a")
    phone(page, "fitter.a").get_by_role("link", name="Back").click()
    standin.raise_card(
        "browser-6",
        headline=text,
        priority_text=text,
        state_text=text,
        guidance=text,
        footer=text,
        lines=rows((text, text)),
        buttons=json.dumps([{"action": text, "label": text, "choices": [{"id": text, "label": text}]}]),
    )
    say(standin, "fitter.a", text)
    expect(phone(page, "fitter.a").locator(".preview").first).to_have_text(text)
    for _ in ("put in by the script", "drawn by the server"):
        card = card_on(page, "lead.a", "browser-6")
        for part in ("h3", "dt", "dd", ".note", ".small", ".banner b", ".banner .badge", "summary.button"):
            expect(card.locator(part)).to_have_text(text)
        expect(phone(page, "lead.a").locator(".bubble").last).to_have_text(text)
        expect(page.locator(".handset img, .handset script")).to_have_count(0)
        page.reload()


# --- which phones, which language -----------------------------------------------------------------------------------


def test_as_many_phones_as_fit_stand_side_by_side_and_the_bar_adds_and_takes_away(standin, page):
    page.goto(f"{standin.phones_url}?lang=en")
    expect(page.locator(".handset")).to_have_count(3)
    boxes = [handset.bounding_box() for handset in page.locator(".handset .phone").all()]
    assert all(left["x"] + left["width"] < right["x"] for left, right in pairwise(boxes))
    assert boxes[0]["x"] >= 0 and boxes[-1]["x"] + boxes[-1]["width"] <= 1440
    page.set_viewport_size({"width": 1024, "height": 768})
    expect(page.locator(".handset")).to_have_count(2)
    page.get_by_role("switch", name="甲班班长").click()
    expect(page.locator(".handset")).to_have_count(1)
    page.get_by_role("switch", name="Shift engineer").press(" ")
    expect(phone(page, "engineer.a")).to_be_visible()
    expect(page).to_have_url(re.compile(r"people=fitter\.a,engineer\.a"))
    page.reload()
    expect(page.locator(".handset")).to_have_count(2)
    expect(page.locator(".handset h2 b")).to_have_text(["甲班钳工", "Shift engineer"])
    expect(phone(page, "engineer.a").locator(".owner small")).to_have_text("Maintenance engineer")


def test_a_narrow_window_shows_one_phone_and_turns_to_another_by_its_tab(standin, page):
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(f"{standin.phones_url}?lang=zh")
    expect(phone(page, "fitter.a")).to_be_in_viewport(ratio=0.9)
    expect(phone(page, "lead.a")).not_to_be_in_viewport()
    page.get_by_role("switch", name="甲班班长").click()
    expect(phone(page, "lead.a")).to_be_in_viewport(ratio=0.9)
    expect(phone(page, "fitter.a")).not_to_be_in_viewport()
    expect(page.locator(".people .here")).to_have_text(re.compile("甲班班长"))


def test_one_phone_alone_fills_a_real_phones_window_in_its_owners_language(standin, page):
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(f"{standin.phones_url}/{quote('engineer.a')}")
    expect(page.locator("html")).to_have_attribute("lang", "en")
    box = page.locator(".phone").bounding_box()
    assert (box["x"], box["width"]) == (0, 390) and box["y"] + box["height"] == 844
    page.locator(f'[data-chat="{GROUP}"]').click()
    page.get_by_label("Message").fill("from my own phone")
    page.get_by_role("button", name="Send").click()
    expect(page.locator(".bubble").last).to_have_text("from my own phone")
    page.get_by_role("link", name="中").click()
    expect(page.get_by_role("button", name="发送")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") == 390


def test_each_phone_can_speak_another_language_and_a_card_keeps_its_own(standin, page):
    standin.raise_card("browser-language", headline="3号机架轴承温度高", state_text="未确认")
    show(page, standin, "lead.a", "fitter.a")
    phone(page, "fitter.a").get_by_role("link", name="中", exact=True).click()
    expect(phone(page, "fitter.a").get_by_role("button", name="发送")).to_be_visible()
    expect(phone(page, "lead.a").get_by_role("button", name="Send")).to_be_visible()
    for user in ("lead.a", "fitter.a"):
        expect(card_on(page, user, "browser-language").locator("h3")).to_have_text("3号机架轴承温度高")
    page.reload()
    expect(phone(page, "fitter.a").get_by_role("button", name="发送")).to_be_visible()


# --- the desk -------------------------------------------------------------------------------------------------------


def test_the_way_is_cut_and_mended_by_hand_and_the_page_says_so_in_both_languages(standin, page):
    show(page, standin, "lead.a")
    desk = page.locator(".desk")
    expect(desk.get_by_role("button", name="Cut", exact=True)).to_be_hidden()
    desk.locator("summary").click()
    desk.get_by_role("button", name="Cut", exact=True).click()
    expect(page.locator(".top").get_by_text("Network cut")).to_be_visible()
    assert standin.control("state")["is_cut"] is True
    page.get_by_role("link", name="中文").click()
    expect(page.locator(".top").get_by_text("网络已切断")).to_be_visible()
    desk.locator("summary").click()
    desk.get_by_role("button", name="恢复", exact=True).click()
    expect(page.get_by_text("网络已切断")).to_have_count(0)
    assert standin.control("state")["is_cut"] is False


def test_every_button_of_the_desk_does_what_the_control_api_can(standin, page):
    show(page, standin, "lead.a")
    page.locator(".desk summary").click()
    buttons = page.locator("[data-standin]")
    assert buttons.count() == 12
    for button in buttons.all():
        with page.expect_response(lambda reply: "/standin/" in reply.url) as reply:
            button.click()
        assert reply.value.status == 200, button.inner_text()
    for path in ("mend", "clear"):
        standin.control(path, {})
    standin.control("quota", {"api_calls_spent": False, "pushes_spent": False})
    eventually(lambda: standin.control("state"), lambda state: not state["is_cut"] and state["faults"] == [])
