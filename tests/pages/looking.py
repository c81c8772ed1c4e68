"""What every page has to stand, wide and narrow, light and dark: axe finds nothing, nothing reaches beyond the edge."""

from playwright.sync_api import Page

from app.core.frontend import Frontend
from tests.waiting import eventually

AXE = Frontend().folder / "node_modules" / "axe-core" / "axe.min.js"
# The layout follows a new size, and the colours another theme, some frames later.
IS_SO = """([width, theme]) => innerWidth === width && matchMedia(`(prefers-color-scheme: ${theme})`).matches"""
AXE_RUN = """async (rules) => {
  await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
  const fading = document.getAnimations().filter((each) => each instanceof CSSTransition);
  await Promise.allSettled(fading.map((each) => each.finished));
  const { violations } = await axe.run(document, { runOnly: rules, resultTypes: ["violations"] });
  return violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.html).join(" ")}`.slice(0, 400));
}"""
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
COLOURS = ["color-contrast"]  # all that the other theme can change
# What reaches beyond the right edge, unless something that scrolls or cuts holds it.
SIDEWAYS = """() => {
  const width = document.documentElement.clientWidth;
  return document.documentElement.scrollWidth > width ? [`${document.documentElement.scrollWidth} > ${width}`] : [];
}"""
WIDE, NARROW = (1440, 900), (390, 844)


def look_over(page: Page, what: str) -> None:
    """In all four ways; the page is left wide and light."""
    page.evaluate(AXE.read_text(encoding="utf-8"))
    found = []
    for (width, height), theme, rules in (
        (NARROW, "light", TAGS),
        (NARROW, "dark", COLOURS),
        (WIDE, "dark", COLOURS),
        (WIDE, "light", TAGS),
    ):
        page.set_viewport_size({"width": width, "height": height})
        page.emulate_media(color_scheme=theme)  # type: ignore[arg-type] # one of its two names
        page.wait_for_function(IS_SO, arg=[width, theme])
        eventually(lambda: not page.evaluate(SIDEWAYS), told=lambda: f"{what}: {page.evaluate(SIDEWAYS)}")
        found += [f"{width} {theme}: {each}" for each in page.evaluate(AXE_RUN, rules)]
    assert not found, f"{what}: {found}"
