"""Gold pages made by hand."""

from pipeline.extract.html_gold import GoldPage

BODY = "The wheel of mill number {} turned slowly, and the water of the brook ran under it."
PAGE = "<ul><li><a href=/>Menu entry {0}</a></ul><p>{1}<p>{1}<div class=footer>All rights</div>"


def gold_page(number: int, text: str | None) -> GoldPage:
    html = PAGE.format(number, BODY.format(number)).encode()
    return GoldPage("scrapinghub", str(number), f"{number}.org", html, text, ("wheel",), ("Menu",))
