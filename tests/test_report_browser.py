"""The report as people see it: in Chromium, with the network off."""

import os
import shutil
from pathlib import Path

import pytest

from checkgrad.render import FORMATS, json

DATA = Path(__file__).parent / "data"
GALLERY = sorted((Path(__file__).parents[1] / "reports" / "gallery").glob("*.html"))
NAMES = [path.stem.removeprefix("report_") for path in sorted(DATA.glob("report_*.json"))]
CHROMIUM = (
    shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
)
QUIET = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
HOW = "install it with: apt-get install chromium, pip install playwright axe-playwright-python"
try:
    from axe_playwright_python.base import AXE_FILE_PATH
    from playwright.sync_api import sync_playwright
except ImportError:
    CHROMIUM = None

if CHROMIUM is None and not os.environ.get("CI"):
    pytest.skip(f"there is no Chromium to look at the report with; {HOW}", allow_module_level=True)


@pytest.fixture(scope="module")
def pages(tmp_path_factory):
    folder = tmp_path_factory.mktemp("pages")
    for name in NAMES:
        report = json.parse((DATA / f"report_{name}.json").read_bytes())
        (folder / f"{name}.html").write_text(FORMATS["html"](report), encoding="utf-8")
    for path in GALLERY:
        shutil.copy(path, folder / f"gallery_{path.name}")
    return folder


@pytest.fixture(scope="module")
def browser():
    assert CHROMIUM, f"CI looks at the report in Chromium; {HOW}"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        yield browser
        browser.close()


@pytest.fixture
def visit(browser, pages):
    """Open a page offline; at the end nothing may have been reported on the console or asked of the network."""
    opened, complaints, asked = [], [], []

    def visit(name, width=1280, **more):
        context = browser.new_context(
            viewport={"width": width, "height": 900}, offline=True, **more
        )
        opened.append(context)
        page = context.new_page()
        page.on("console", lambda message: complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("dialog", lambda dialog: (complaints.append(dialog.message), dialog.dismiss()))
        page.on("request", lambda request: asked.append(request.url))
        page.goto((pages / f"{name}.html").as_uri())
        return page

    yield visit
    for context in opened:
        context.close()
    assert complaints == []
    assert [url for url in asked if not url.startswith(("file:", "data:"))] == []


@pytest.mark.parametrize("width", [320, 390, 768, 1280])
@pytest.mark.parametrize("name", NAMES)
def test_nothing_scrolls_sideways_but_boxes_of_their_own(visit, name, width):
    page = visit(name, width)
    page.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
    assert page.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", NAMES)
def test_axe_finds_nothing(visit, name, scheme):
    page = visit(name, color_scheme=scheme)
    page.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
    page.evaluate(Path(AXE_FILE_PATH).read_text("utf-8"))  # past the page's own policy
    found = page.evaluate(
        """() => axe.run(document, {runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']})
                    .then(r => r.violations.map(v => [v.id, v.nodes.map(n => n.html.slice(0, 150) + n.failureSummary)]))"""
    )
    assert found == []


@pytest.mark.parametrize("name", [path.stem for path in GALLERY])
def test_the_gallery_is_for_everyone(visit, name):
    page = visit(f"gallery_{name}", 320, color_scheme="dark")
    page.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
    page.evaluate(Path(AXE_FILE_PATH).read_text("utf-8"))
    assert page.evaluate("() => axe.run().then(r => r.violations.map(v => v.id))") == []


def test_axe_finds_nothing_on_a_phone(visit):
    page = visit("homework", 320)
    page.evaluate(Path(AXE_FILE_PATH).read_text("utf-8"))
    assert page.evaluate("() => axe.run().then(r => r.violations.map(v => v.id))") == []


def test_passed_parts_are_folded_and_unfold_with_the_keyboard(visit):
    page = visit("homework")
    part = page.locator("details.part").last
    formula = part.locator(".formula")
    assert not formula.is_visible()
    part.locator("summary").first.press("Enter")
    assert formula.is_visible()


def test_the_first_thing_to_fix_is_seen_without_scrolling(visit):
    page = visit("homework", 390)
    box = page.locator(".first").bounding_box()
    assert box["y"] + box["height"] < 900


def test_links_lead_somewhere(visit):
    page = visit("homework")
    targets = page.eval_on_selector_all(
        "a[href^='#']", "links => links.map(a => a.getAttribute('href'))"
    )
    assert len(targets) > 6
    assert [t for t in targets if page.locator(t).count() != 1] == []


def test_ids_are_unique_and_what_refers_to_them_exists(visit):
    page = visit("homework")
    ids = page.eval_on_selector_all("[id]", "all => all.map(e => e.id)")
    assert len(ids) == len(set(ids))
    named = page.eval_on_selector_all(
        "[aria-labelledby]", "all => all.map(e => e.getAttribute('aria-labelledby'))"
    )
    reused = page.eval_on_selector_all(
        "use", "all => all.map(e => e.getAttribute('href').slice(1))"
    )
    assert len(reused) > 50
    assert {name for names in named for name in names.split()} | set(reused) <= set(ids)


def test_every_picture_has_a_text_that_says_what_it_shows(visit):
    page = visit("homework")
    texts = page.eval_on_selector_all(
        "svg[role=img]",
        "all => all.map(e => e.getAttribute('aria-labelledby').split(' ')"
        ".map(id => document.getElementById(id).textContent).join(' '))",
    )
    assert len(texts) > 15
    assert all(len(text.split()) > 3 for text in texts)


def test_headings_go_down_one_level_at_a_time(visit):
    levels = visit("homework").eval_on_selector_all(
        "h1, h2, h3, h4", "all => all.map(e => +e.tagName[1])"
    )
    assert levels[0] == 1 and levels.count(1) == 1
    assert all(b - a <= 1 for a, b in zip(levels, levels[1:], strict=False))


def test_hostile_text_stays_text(visit):
    page = visit("hostile")
    assert page.locator("script").count() == 0
    assert page.locator("img").count() == 0
    assert (
        page.evaluate(
            "[...document.querySelectorAll('*')].some(e => [...e.attributes].some(a => a.name.startsWith('on')))"
        )
        is False
    )
    assert page.locator("a[href^='javascript:'], [href^='javascript:']").count() == 0
    assert "<img src=x onerror=alert(2)>" in page.locator("h1").inner_text()


def test_the_policy_of_the_page_stops_scripts_styles_and_pictures_from_outside(browser, pages):
    attack = """<script>document.title = 'ran'</script><p id=p style="color: red" onclick="document.title = 'ran'">p</p>
        <a id=a href="javascript:document.title='ran'">a</a><img src="https://picture.invalid/x.png"></body>"""
    path = pages / "attacked.html"
    path.write_text((pages / "scored.html").read_text("utf-8").replace("</body>", attack), "utf-8")
    page = browser.new_page(offline=True)
    failures = []
    page.on("requestfailed", lambda request: failures.append(request.failure))
    page.goto(path.as_uri())
    page.click("#p")
    page.click("#a")
    assert page.title() == "numpy_mlp.py: report"
    assert page.evaluate("getComputedStyle(p).color") != "rgb(255, 0, 0)"
    assert failures == ["csp"]
    page.close()


def test_a_film_plays_and_holds_without_script(visit):
    page = visit("homework")
    shown = "[...document.querySelector('.film').querySelectorAll('.frame')].filter(f => getComputedStyle(f).visibility === 'visible').length"
    assert page.evaluate(shown) == 6
    page.locator(".play").first.check()
    assert page.evaluate(shown) <= 1
    running = "document.querySelector('.film .frame').getAnimations()[0].playState"
    assert page.evaluate(running) == "running"
    page.locator(".pause").first.check()
    assert page.evaluate(running) == "paused"


def test_each_step_of_a_film_has_its_turn(visit):
    page = visit("homework")
    page.locator(".play").first.check()
    turns = page.evaluate("""() => {
        const frames = [...document.querySelector('.film').querySelectorAll('.frame')];
        frames.forEach(f => f.getAnimations().forEach(a => a.pause()));
        return [0, 1, 2, 3, 4, 5].map(k => {
            frames.forEach(f => f.getAnimations().forEach(a => { a.currentTime = 4800 + 800 * k + 400; }));
            return frames.map(f => getComputedStyle(f).visibility === 'visible');
        });
    }""")
    assert turns == [[i == k for i in range(6)] for k in range(6)]


def test_who_wants_no_motion_gets_none(visit):
    page = visit("homework", reduced_motion="reduce")
    assert page.locator(".motion:visible").count() == 0
    assert page.evaluate("document.getAnimations().length") == 0


def test_the_colours_follow_the_scheme(visit):
    colours = {
        scheme: visit("homework", color_scheme=scheme).evaluate(
            "[getComputedStyle(document.body).backgroundColor, getComputedStyle(document.querySelector('.s-yours')).stroke]"
        )
        for scheme in ("light", "dark")
    }
    assert colours["light"][0] != colours["dark"][0]
    assert colours["light"][1] != colours["dark"][1]


def test_on_paper_everything_is_unfolded(visit, tmp_path):
    page = visit("homework", color_scheme="dark")
    path = tmp_path / "report.pdf"
    page.pdf(path=path)
    page.emulate_media(media="print")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    heights = page.eval_on_selector_all(
        "details",
        "all => all.map(d => d.getBoundingClientRect().height - d.querySelector('summary').getBoundingClientRect().height)",
    )
    assert len(heights) > 10
    assert all(height > 10 for height in heights)


def test_a_click_selects_the_whole_snippet(visit):
    page = visit("homework")
    page.locator("details:has(> .copy) > summary").first.click()
    page.locator(".copy").first.click()
    selected = page.evaluate("getSelection().toString()")
    assert selected.startswith("import numpy as np") and "print(" in selected
