"""The phone page in a real browser, against a real simulator. The tests themselves speak for the business."""

import os
import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from tests.browser import find_chromium, running_browser
from tests.simulator.machine import CHARLIE, PHONE, Simulator
from tests.waiting import PATIENCE_SECONDS, eventually

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(find_chromium() is None and "CI" not in os.environ, reason="there is no Chromium here"),
]

HOSTILE = '<img src=x onerror="document.title=1"><script>document.title=1</script> *bold*'
LONG_WORD = "supercalifragilistic" * 20
AA = 4.5
WIDTHS = (320, 390, 559, 560, 768, 879, 880, 1024, 1200, 1366, 1440, 1920)
WITH_SHOP = "Delivered to the shop"
# Every pair of tokens that text is set in: ink, and what it lies on.
INKS = (
    ("--ink", "--scene"), ("--ink-soft", "--scene"), ("--ink-soft", "--surface"), ("--ink-soft", "--surface-sunk"),
    ("--ink-soft", "--wall"), ("--ink-faint", "--wall"), ("--ink-faint", "--theirs"), ("--ink", "--theirs"),
    ("--ink-soft", "--bar"), ("--mine-ink", "--mine"), ("--mine-soft", "--mine"), ("--mine-ink", "--mine-inset"),
    ("--ink", "--theirs-inset"), ("--link", "--mine"), ("--link", "--theirs"), ("--accent", "--scene"),
    ("--accent", "--surface"), ("--accent", "--accent-wash"), ("--accent", "--bar"), ("--on-accent", "--accent-strong"),
    ("--on-accent", "--accent-hover"), ("--danger", "--wall"), ("--danger", "--surface"), ("--notice-ink", "--notice"),
    ("--read", "--theirs"),
)  # fmt: skip
# The tick is a picture, for which AA asks 3 to 1.
PICTURES = (("--read", "--mine"), ("--read", "--wall"), ("--line-strong", "--scene"), ("--on", "--scene"))
# What reaches out of the window. A bubble's tail and the hover area of a person are a few pixels of nothing.
OUTSIDE = """() => {
  const slack = 13;
  const reaching = [...document.querySelectorAll("body *:not(.unseen, .strand, svg *)")]
    .filter((node) => node.checkVisibility({ visibilityProperty: true }))
    .filter((node) => {
      const { left, right } = node.getBoundingClientRect();
      return left < -slack || right > innerWidth + slack;
    })
    .map((node) => node.id || node.className);
  const scrolling = [...document.querySelectorAll("html, #scroller, .panel-scroll")]
    .filter((node) => node.scrollWidth > node.clientWidth)
    .map((node) => `${node.className} scrolls sideways`);
  return [...reaching, ...scrolling];
}"""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    expect.set_options(timeout=1_000 * PATIENCE_SECONDS)
    with running_browser() as browser:
        yield browser


@pytest.fixture
def page(browser: Browser, simulator: Simulator) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": 1440, "height": 900}, locale="en-US", color_scheme="light")
    page = context.new_page()
    page.goto(simulator.url)
    expect(page.locator(".person[aria-current]")).to_have_count(1)  # it has heard who one is
    yield page
    context.close()


@pytest.fixture(scope="module")
def modules(browser: Browser, _shared_simulator: Simulator) -> Iterator[Page]:
    """A page on which to call the page's own modules; it is opened once, as nothing happens to it."""
    page = browser.new_page()
    page.goto(_shared_simulator.url)
    yield page
    page.close()


def write(page: Page, text: str) -> None:
    page.locator("#text").fill(text)
    page.keyboard.press("Enter")


class Held:
    """Calls of the page that have not left yet."""

    def __init__(self, page: Page, address: str) -> None:
        self._page = page
        self._routes: list[Route] = []
        page.route(address, lambda route: self._routes.append(route))

    def wait_for(self, number: int) -> Route:
        """The first, the second, … of them; the page hears of nothing but while it is asked something."""
        eventually(lambda: self._page.evaluate("true") and len(self._routes) >= number)
        return self._routes[number - 1]


def read(simulator: Simulator, message_id: str, **more: object) -> None:
    body = {"messaging_product": "whatsapp", "status": "read", "message_id": message_id}
    assert simulator.graph("POST", f"/{PHONE}/messages", body | more).status == 200


def test_a_newcomer_types_hola_and_sees_it_without_an_error_in_the_console(
    browser: Browser, simulator: Simulator
) -> None:
    complaints: list[str] = []
    page = browser.new_page(locale="en-US")
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto(simulator.url)

    page.get_by_role("textbox", name="Message").fill("hola")
    page.keyboard.press("Enter")

    expect(page.locator(".row-mine .content")).to_have_text("hola")
    expect(page.locator(".row-mine .tick")).to_have_attribute("title", WITH_SHOP)
    assert [item["text"]["body"] for item in simulator.thread(CHARLIE)] == ["hola"]
    assert complaints == []
    page.close()


def test_what_is_written_before_the_simulator_has_said_who_one_is_is_not_lost(
    browser: Browser, simulator: Simulator
) -> None:
    page = browser.new_page(locale="en-US")
    people = Held(page, "**/_sim/users")
    page.goto(simulator.url)

    write(page, "hola")
    page.locator("#text").fill("¿están?")
    people.wait_for(1).continue_()

    expect(page.locator(".row-mine .content")).to_have_text("hola")
    expect(page.locator(".row-mine .tick")).to_have_attribute("title", WITH_SHOP)
    expect(page.locator("#text")).to_have_value("¿están?")
    page.close()


def test_an_empty_phone_invites_to_say_hola_and_one_tap_says_it(page: Page) -> None:
    page.locator("#suggestions").get_by_role("button", name="hola").click()

    expect(page.locator(".row-mine .content")).to_have_text("hola")
    expect(page.locator("#empty")).to_be_hidden()


def test_shift_and_enter_breaks_the_line_and_enter_sends(page: Page, simulator: Simulator) -> None:
    page.locator("#text").press_sequentially("one")
    page.keyboard.press("Shift+Enter")
    page.keyboard.type("two")
    page.keyboard.press("Enter")

    expect(page.locator(".row-mine .tick")).to_have_attribute("title", WITH_SHOP)
    assert simulator.thread(CHARLIE)[0]["text"]["body"] == "one\ntwo"
    expect(page.locator("#text")).to_have_value("")
    expect(page.locator("#text")).to_be_focused()


def test_a_message_of_the_business_appears_without_a_reload(page: Page, simulator: Simulator) -> None:
    simulator.write(CHARLIE, "hola")
    expect(page.locator(".row-mine")).to_have_count(1)

    simulator.send(CHARLIE, text={"body": "*Welcome* to the shop"})

    expect(page.locator(".row-theirs .content strong")).to_have_text("Welcome")
    expect(page.locator("#live")).to_have_text("Hilo says: Welcome to the shop")
    expect(page.locator(".row-theirs .caption")).to_have_attribute("title", "What the business sees: read")


def test_my_ticks_turn_blue_when_the_business_has_read(page: Page, simulator: Simulator) -> None:
    message_id = simulator.write(CHARLIE, "hola")
    tick = page.locator(".row-mine .tick")
    expect(tick).not_to_have_class("tick tick-read")

    read(simulator, message_id)

    expect(tick).to_have_class("tick tick-read")


def test_the_business_is_seen_typing(page: Page, simulator: Simulator) -> None:
    message_id = simulator.write(CHARLIE, "hola")

    read(simulator, message_id, typing_indicator={"type": "text"})

    expect(page.locator("#standing")).to_have_text("typing…")
    expect(page.locator(".bubble-typing")).to_be_visible()


def test_a_message_that_looks_like_markup_stays_text(page: Page) -> None:
    write(page, HOSTILE)

    expect(page.locator(".row-mine .content strong")).to_have_text("bold")
    expect(page.locator(".row-mine .content")).to_have_text(HOSTILE.replace("*", ""), use_inner_text=True)
    expect(page.locator("#messages img, #messages script")).to_have_count(0)
    expect(page).to_have_title("Simulated phone · Hilo")


def test_what_could_not_be_sent_says_so_and_goes_out_on_trying_again(page: Page, simulator: Simulator) -> None:
    page.route("**/messages", lambda route: route.abort())
    write(page, "hola")
    expect(page.locator(".row-mine .caption")).to_contain_text("Not sent")

    page.unroute("**/messages")
    page.get_by_role("button", name="Try again").click()

    expect(page.locator(".row-mine .tick")).to_have_attribute("title", WITH_SHOP)
    assert [item["text"]["body"] for item in simulator.thread(CHARLIE)] == ["hola"]


def test_a_message_whose_answer_was_lost_is_not_sent_twice(page: Page, simulator: Simulator) -> None:
    def lose_the_answer(route: Route) -> None:
        route.fetch()
        route.abort()

    page.route("**/messages", lose_the_answer)

    write(page, "hola")

    expect(page.locator(".row-mine .tick")).to_have_attribute("title", WITH_SHOP)
    expect(page.locator(".row-mine")).to_have_count(1)
    assert len(simulator.thread(CHARLIE)) == 1


def test_what_was_written_while_nobody_answered_goes_out_by_itself(page: Page, simulator: Simulator) -> None:
    page.context.set_offline(True)
    write(page, "are you there?")
    expect(page.locator("#banner-text")).to_have_text("The simulator does not answer. Trying again…")
    expect(page.locator(".row-mine .tick")).to_have_attribute("title", "Not sent")

    page.context.set_offline(False)

    expect(page.locator(".row-mine .tick")).to_have_attribute("title", WITH_SHOP)
    expect(page.locator("#banner")).to_be_hidden()
    assert len(simulator.thread(CHARLIE)) == 1


def test_a_call_that_fails_while_all_else_goes_well_is_tried_again(page: Page, simulator: Simulator) -> None:
    calls = re.compile("_sim/users")
    page.route(calls, lambda route: route.abort())
    write(page, "are you there?")
    expect(page.locator("#banner-text")).to_have_text("The simulator does not answer. Trying again…")

    page.unroute(calls)

    expect(page.locator(".row-mine .tick")).to_have_attribute("title", WITH_SHOP)
    expect(page.locator("#banner")).to_be_hidden()


def test_a_phone_that_is_offline_keeps_what_is_written_until_it_is_back(page: Page, simulator: Simulator) -> None:
    page.get_by_role("switch", name="Online").uncheck()
    expect(page.locator("#banner")).to_contain_text("This phone is offline")
    write(page, "hola")
    expect(page.locator(".row-mine .tick")).to_have_attribute("title", "Waiting to be sent")
    assert simulator.thread(CHARLIE) == []

    page.get_by_role("button", name="Go online").click()

    expect(page.locator(".row-mine .tick")).to_have_attribute("title", WITH_SHOP)


def test_a_switch_shows_what_was_chosen_whatever_is_heard_meanwhile(page: Page, simulator: Simulator) -> None:
    choice, lists = Held(page, f"**/_sim/users/{CHARLIE}"), Held(page, "**/_sim/users")
    online = page.get_by_role("switch", name="Online")

    online.click()
    simulator.write(CHARLIE, "heard while the choice is on its way")
    expect(page.locator(".row-mine")).to_have_count(1)
    assert not online.is_checked()

    from_before = lists.wait_for(1).fetch()
    choice.wait_for(1).continue_()
    eventually(lambda: simulator.sim("GET", f"/users/{CHARLIE}/thread")["user"]["online"] is False)
    lists.wait_for(1).fulfill(response=from_before)
    lists.wait_for(2).continue_()
    assert not online.is_checked()
    expect(page.locator("#banner")).to_contain_text("This phone is offline")


def test_a_choice_that_the_simulator_does_not_take_falls_back_and_says_so(page: Page) -> None:
    page.route(f"**/_sim/users/{CHARLIE}", lambda route: route.abort())
    online = page.get_by_role("switch", name="Online")

    online.click()

    expect(page.locator("#switch-error")).to_have_text("That did not work. Try again.")
    expect(online).to_be_checked()
    expect(page.locator("#banner")).to_be_hidden()


def test_each_person_has_a_thread_of_their_own(page: Page, simulator: Simulator) -> None:
    simulator.write(CHARLIE, "I am the first")
    expect(page.locator(".row-mine")).to_have_count(1)

    page.get_by_role("button", name="Add a person").click()
    page.get_by_label("Name").fill("Beatriz Luna")
    page.get_by_label("Phone number").fill("+52 155 9999 0000")
    page.get_by_label("Phone number").press("Enter")
    expect(page.locator(".person[aria-current] .person-name")).to_have_text("Beatriz Luna")
    expect(page.locator(".row-mine")).to_have_count(0)
    write(page, "I am the second")

    expect(page.locator(".row-mine .tick")).to_have_attribute("title", WITH_SHOP)
    assert [item["text"]["body"] for item in simulator.thread("5215599990000")] == ["I am the second"]
    page.locator(f'[data-wa-id="{CHARLIE}"]').click()
    expect(page.locator(".row-mine .content")).to_have_text("I am the first")


def test_a_long_thread_keeps_only_its_end_in_the_page_and_older_ones_come_on_scrolling_up(
    page: Page, simulator: Simulator
) -> None:
    for number in range(90):
        simulator.write(CHARLIE, f"message {number}")
    page.reload()
    expect(page.locator(".row-mine .content").last).to_have_text("message 89")
    expect(page.locator(".row-mine")).to_have_count(60)
    simulator.settle()

    page.locator("#scroller").evaluate("(scroller) => { scroller.scrollTop = 0; }")

    expect(page.locator(".row-mine .content").first).to_have_text("message 0")
    assert page.locator("#scroller").evaluate("(scroller) => scroller.scrollTop") > 0


def test_a_new_message_touches_only_its_own_row(page: Page, simulator: Simulator) -> None:
    for number in range(20):
        simulator.write(CHARLIE, f"message {number}")
    expect(page.locator(".row-mine")).to_have_count(20)
    page.evaluate("document.querySelectorAll('.row').forEach((row) => { row.marked = true; })")

    simulator.send(CHARLIE, text={"body": "an answer"})

    expect(page.locator(".row-theirs")).to_have_count(1)
    assert page.evaluate("[...document.querySelectorAll('.row')].filter((row) => !row.marked).length") == 1


def test_who_reads_older_messages_is_told_of_new_ones_and_not_moved(page: Page, simulator: Simulator) -> None:
    for number in range(40):
        simulator.write(CHARLIE, f"message {number}")
    expect(page.locator(".row-mine")).to_have_count(40)
    simulator.settle()
    page.locator("#scroller").evaluate("(scroller) => { scroller.scrollTop = 300; }")
    expect(page.locator("#jump")).to_be_visible()

    simulator.send(CHARLIE, text={"body": "an answer"})

    expect(page.get_by_role("button", name="Go to the latest message, 1 new")).to_be_visible()
    assert page.locator("#scroller").evaluate("(scroller) => scroller.scrollTop") == 300
    expect(page.locator(".separator-unread")).to_have_text("1 unread message")
    page.locator("#jump").click()
    expect(page.locator("#jump")).to_be_hidden()


def test_who_moves_up_in_the_instant_a_message_comes_is_not_taken_back(page: Page, simulator: Simulator) -> None:
    tops = page.evaluate(
        """async () => {
          const { Thread } = await import("/thread.js");
          const [scroller, list, jump] = ["div", "ol", "button"].map((name) => document.createElement(name));
          scroller.style.cssText = "height: 300px; overflow: auto";
          scroller.append(list);
          document.body.append(scroller, jump);
          const thread = new Thread({ scroller, list, jump, handlers: {} });
          const items = Array.from({ length: 41 }, (_, number) => ({
            id: `wamid.${number}`, direction: "inbound", type: "text", text: { body: `message ${number}` },
            timestamp: String(1_700_000_000 + number), status: "delivered",
          }));
          const end = () => scroller.scrollHeight - scroller.clientHeight;
          const view = { typing: false, businessName: "Hilo" };
          thread.show(items.slice(0, 39), view);
          const first = scroller.scrollTop === end();
          scroller.scrollTop = 300; // And its event has not come yet.
          thread.show(items.slice(0, 40), view);
          const moved = scroller.scrollTop;
          thread.answered();
          thread.show(items, view);
          return [first, moved, scroller.scrollTop === end()];
        }"""
    )

    assert tops == [True, 300, True]


@pytest.mark.parametrize("locale", ["en-US", "es-MX", "pt-BR"])
def test_nothing_is_wider_than_the_window(browser: Browser, simulator: Simulator, locale: str) -> None:
    simulator.sim("PATCH", f"/users/{CHARLIE}", {"name": LONG_WORD[:100]})
    simulator.write(CHARLIE, LONG_WORD)
    simulator.send(CHARLIE, text={"body": f"```{LONG_WORD}``` https://example.com/{LONG_WORD}"})
    context = browser.new_context(locale=locale, reduced_motion="reduce")
    page = context.new_page()
    page.goto(simulator.url)
    expect(page.locator(".row")).to_have_count(2)

    def nothing_is_outside() -> bool:
        # The layout follows a new size some frames later.
        return page.evaluate("innerWidth") == width and page.evaluate(OUTSIDE) == []

    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 800})
        eventually(nothing_is_outside, told=lambda: page.evaluate(OUTSIDE))
        opener = page.locator("#open-panel")
        if opener.is_visible():
            opener.click()
            expect(page.get_by_role("dialog")).to_be_visible()
            eventually(nothing_is_outside, told=lambda: page.evaluate(OUTSIDE))
            page.keyboard.press("Escape")
            expect(page.get_by_role("dialog")).to_have_count(0)
    context.close()


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_every_ink_passes_aa_on_what_it_lies_on(page: Page, theme: str) -> None:
    page.evaluate("(theme) => { document.documentElement.dataset.theme = theme; }", theme)

    failing = page.evaluate(
        """([inks, pictures, aa]) => {
          const probe = document.body.appendChild(document.createElement("i"));
          const light = (token) => {
            probe.style.color = `var(${token})`;
            const parts = getComputedStyle(probe).color.match(/[\\d.]+/g).slice(0, 3).map((part) => part / 255);
            const [r, g, b] = parts.map((part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4));
            return 0.2126 * r + 0.7152 * g + 0.0722 * b;
          };
          const ratio = ([one, other]) => {
            const [high, low] = [light(one), light(other)].sort((a, b) => b - a);
            return (high + 0.05) / (low + 0.05);
          };
          const below = (pairs, least) => pairs.filter((pair) => ratio(pair) < least).map(String);
          return [...below(inks, aa), ...below(pictures, 3)];
        }""",
        [INKS, PICTURES, AA],
    )

    assert failing == []


def test_dark_follows_the_system_and_a_choice_is_remembered(browser: Browser, simulator: Simulator) -> None:
    context = browser.new_context(color_scheme="dark", locale="en-US")
    page = context.new_page()
    page.goto(simulator.url)
    body = page.locator("body")
    expect(body).to_have_css("background-color", "rgb(18, 16, 15)")

    page.get_by_role("button", name="Light or dark").click()
    expect(body).to_have_css("background-color", "rgb(244, 239, 232)")
    page.reload()

    expect(body).to_have_css("background-color", "rgb(244, 239, 232)")
    context.close()


def test_on_a_small_screen_the_panel_is_a_sheet_that_escape_closes(browser: Browser, simulator: Simulator) -> None:
    context = browser.new_context(viewport={"width": 390, "height": 844}, locale="en-US")
    page = context.new_page()
    page.goto(simulator.url)
    panel = page.get_by_role("dialog")
    expect(panel).to_have_count(0)

    page.locator("#open-panel").click()
    expect(panel).to_be_visible()
    expect(panel.get_by_role("heading", name="Text the shop. Watch it answer.")).to_be_visible()
    page.keyboard.press("Escape")

    expect(panel).to_have_count(0)
    expect(page.locator("#open-panel")).to_be_focused()
    context.close()


@pytest.mark.parametrize(("locale", "placeholder"), [("es-MX", "Mensaje"), ("pt-BR", "Mensagem"), ("fr-FR", "Message")])
def test_the_page_speaks_the_browsers_language_or_else_english(
    browser: Browser, simulator: Simulator, locale: str, placeholder: str
) -> None:
    context = browser.new_context(locale=locale)
    page = context.new_page()

    page.goto(simulator.url)

    expect(page.locator("#text")).to_have_attribute("placeholder", placeholder)
    context.close()


def test_every_language_has_every_word(modules: Page) -> None:
    missing = modules.evaluate(
        """async () => {
          const { LANGUAGES, WORDS } = await import("/words.js");
          const keys = new Set(Object.values(WORDS).flatMap(Object.keys));
          const lacking = (code) => [...keys].filter((key) => !(key in WORDS[code])).map((key) => `${code} ${key}`);
          return Object.keys(LANGUAGES).flatMap(lacking);
        }"""
    )

    assert missing == []


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("*a* _b_ ~c~", "<strong>a</strong> <em>b</em> <s>c</s>"),
        ("*a _b_*", "<strong>a <em>b</em></strong>"),
        ("2*3*4 a_b_c", "2*3*4 a_b_c"),
        ("x * a* *b *", "x * a* *b *"),
        ("*a\nb*", "*a<br>b*"),
        ("(*a*), _b_!", "(<strong>a</strong>), <em>b</em>!"),
        ("*", "*"),
        ("`*a*`", "<code>*a*</code>"),
        ("```x = *1*\ny```", "<pre><code>x = *1*\ny</code></pre>"),
        ("``` never closed", "``` never closed"),
        ("- a\n* b", "<ul><li>a</li><li>b</li></ul>"),
        ("2. a\n3. b", '<ol start="2"><li>a</li><li>b</li></ol>'),
        ("> a\n> b\nc", "<blockquote>a<br>b</blockquote>c"),
        ("1.5 - 2", "1.5 - 2"),
        ("<b>&", "&lt;b&gt;&amp;"),
        ("javascript:alert(1)", "javascript:alert(1)"),
    ],
)
def test_text_is_formatted_as_whatsapp_does(modules: Page, text: str, html: str) -> None:
    script = """async (text) => {
      const holder = document.createElement("div");
      holder.append((await import("/format.js")).formatted(text));
      return holder.innerHTML;
    }"""

    assert modules.evaluate(script, text) == html


def test_an_address_becomes_a_link_without_the_full_stop_after_it(page: Page, simulator: Simulator) -> None:
    simulator.write(CHARLIE, "see https://shop.example/a_b_c?d=1. or (www.shop.example)")

    links = page.locator(".row-mine a")

    expect(links.first).to_have_attribute("href", "https://shop.example/a_b_c?d=1")
    expect(links.last).to_have_attribute("href", "https://www.shop.example")
    expect(links.first).to_have_attribute("rel", "noopener noreferrer nofollow")


def test_a_hostile_text_is_formatted_at_once(modules: Page) -> None:
    milliseconds = modules.evaluate(
        """async () => {
          const { formatted } = await import("/format.js");
          const from = performance.now();
          for (const piece of ["*a ", "_*~", "`", "> ", "*a* ", "http://", "a\\n- "]) formatted(piece.repeat(20_000));
          return performance.now() - from;
        }"""
    )

    assert milliseconds < 20_000  # quadratic, it would be minutes
