"""What every page has to stand: axe finds nothing, and nothing reaches beyond the edge of the screen."""

from playwright.sync_api import Page

from app.core.frontend import Frontend

AXE = Frontend().folder / "node_modules" / "axe-core" / "axe.min.js"
AXE_RUN = """async () => {
  const tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];
  const { violations } = await axe.run(document, { runOnly: tags });
  return violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.html).join(" ")}`.slice(0, 400));
}"""
# What reaches beyond the right edge, unless something that scrolls or cuts holds it.
SIDEWAYS = """() => {
  const width = document.documentElement.clientWidth;
  return document.documentElement.scrollWidth > width ? [`${document.documentElement.scrollWidth} > ${width}`] : [];
}"""


def look_over(page: Page, what: str) -> None:
    page.evaluate(AXE.read_text(encoding="utf-8"))
    found = [*page.evaluate(AXE_RUN), *page.evaluate(SIDEWAYS)]
    assert not found, f"{what}: {found}"
