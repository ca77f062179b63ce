"""The page of `bertlite-fast serve` in a real browser, without a window."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from typing import Any

import pytest
import services

pytest.importorskip("uvicorn")
playwright = pytest.importorskip("playwright.sync_api")
CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")
pytestmark = [
    pytest.mark.skipif(CHROMIUM is None, reason="chromium is not installed"),
    pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::ResourceWarning"),
]
# task: what its first answer shows, what is typed, what is shown then
TASKS = {
    "intent-classification": ("bedroom room", "play some jazz", "play_music"),
    "fill-mask": ("open", "The capital of France is [MASK].", "paris"),
    "question-answering": ("Neil Armstrong", "It was Ada who walked on the moon.", "Ada"),
    "ner": ("Elon Musk PERSON", "Ada lives in <b>Köln</b> 💡 near London", "London LOCATION"),
    "token-classification": ("The DET", "dogs bark", "dogs NOUN"),
    "sentiment-analysis": ("POSITIVE", "I hate this", "NEGATIVE"),
    "text-classification": ("neutral", "I am so happy", "joy"),
    "zero-shot-classification": ("account issue", "I lost my card", "payment issue"),
    "sentence-similarity": ("Reserve a plane ticket", "water", "Water the plants"),
    "feature-extraction": ("64 numbers", "other", "64 numbers"),
}


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with playwright.sync_playwright() as running:
        opened = running.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield opened
        opened.close()


def opened(browser: Any, port: int, width: int, scheme: str) -> tuple[Any, list[str]]:
    """A page, and what goes wrong in it: errors, and requests to others."""
    context = browser.new_context(color_scheme=scheme, viewport={"width": width, "height": 700})
    page, wrong = context.new_page(), []
    page.set_default_timeout(30_000)
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("console", lambda line: wrong.append(line.text) if line.type == "error" else None)
    at = f"http://127.0.0.1:{port}/"
    page.on("request", lambda asked: None if asked.url.startswith(at) else wrong.append(asked.url))
    page.goto(at)
    return page, wrong


def wait_for(page: Any, text: str) -> None:
    page.wait_for_function(
        "text => document.getElementById('answer').innerText.includes(text)", arg=text
    )


def test_every_task_answers_while_one_types(browser: Any) -> None:
    running = services.http()
    page, wrong = opened(browser, running.port, 1200, "light")
    wait_for(page, "light_dimmer")
    buttons = page.locator("nav button")
    assert buttons.count() == len(TASKS)
    for number, (task, (first, typed, then)) in enumerate(TASKS.items()):
        page.keyboard.press("Tab")
        button = page.locator(f"nav button[value={task}]")
        button.focus()
        page.keyboard.press("Enter")
        wait_for(page, first)
        assert button.get_attribute("aria-pressed") == "true", number
        page.get_by_label("Text", exact=True).fill(typed)
        wait_for(page, then)
    page.goto(f"http://127.0.0.1:{running.port}/#fill-mask")
    page.get_by_label("Text", exact=True).fill("no mask here")
    wait_for(page, "[MASK]")  # the refusal, in a sentence
    assert page.locator(".error").count() == 1
    page.get_by_label("Text", exact=True).fill("")
    page.wait_for_function("() => !document.getElementById('answer').innerText")
    for field in page.locator("textarea, input").all():
        assert field.evaluate("field => field.labels.length") == 1
    assert page.get_attribute("html", "lang") == "en"
    assert page.locator("#answer").get_attribute("aria-live") == "polite"
    wrong = [line for line in wrong if "422" not in line]  # the browser's note of the refusal
    assert not wrong
    page.context.close()
    assert running.end() == 0


CONTRAST = """() => {
  const light = color => {
    const [r, g, b] = color.match(/[\\d.]+/g).map(x => x / 255)
      .map(x => x <= 0.04045 ? x / 12.92 : ((x + 0.055) / 1.055) ** 2.4);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const behind = element => {
    for (let e = element; e; e = e.parentElement) {
      const color = getComputedStyle(e).backgroundColor;
      if (color !== "rgba(0, 0, 0, 0)") return color;
    }
    return "rgb(255, 255, 255)";
  };
  return [...document.querySelectorAll("body *")]
    .filter(e => e.offsetParent && [...e.childNodes].some(n => n.nodeType === 3 && n.data.trim()))
    .map(e => {
      const [a, b] = [light(getComputedStyle(e).color), light(behind(e))].sort((x, y) => y - x);
      return [(a + 0.05) / (b + 0.05), e.tagName + " " + e.textContent.slice(0, 30)];
    }).filter(x => x[0] < 4.5);
}"""


@pytest.mark.parametrize("width", [1200, 320])
def test_it_is_readable_everywhere_and_asks_for_a_token(browser: Any, width: int) -> None:
    running = services.http("--tasks", "intent-classification,ner", BERTLITE_TOKEN="geheim")
    for scheme in ("light", "dark"):
        page, _ = opened(browser, running.port, width, scheme)
        wait_for(page, "Authorization")
        page.get_by_label("token").fill("geheim")
        wait_for(page, "light_dimmer")
        assert page.locator("nav button").count() == 2
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        assert page.evaluate(CONTRAST) == []
        page.context.close()
    assert running.end() == 0
