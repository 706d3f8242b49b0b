"""`make site`: it builds without a warning, and every link inside it leads somewhere."""

import re
from html.parser import HTMLParser
from urllib.parse import unquote, urlsplit

import pytest

pytestmark = pytest.mark.slow


class Page(HTMLParser):
    """What a page links to, and what can be linked to in it."""

    def __init__(self, text):
        super().__init__()
        self.links, self.anchors = [], set()
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        named = dict(attributes)
        self.anchors |= {named[key] for key in ("id", "name") if named.get(key)}
        self.links += [named[key] for key in ("href", "src") if named.get(key)]


@pytest.fixture(scope="module")
def pages(site):
    return {
        path: Page(path.read_text(encoding="utf-8"))
        for path in site.rglob("*.html")
        if "_static" not in path.parts
    }


def test_every_link_inside_leads_somewhere(site, pages):
    broken, checked = [], 0
    for path, page in pages.items():
        for link in page.links:
            parts = urlsplit(link)
            if parts.scheme or parts.netloc:
                continue
            target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
            target = target / "index.html" if target.is_dir() else target
            checked += 1
            unknown = (
                parts.fragment
                and target in pages
                and unquote(parts.fragment) not in pages[target].anchors
            )
            if not target.is_file() or unknown:
                broken.append((path.name, link))
    assert broken == []
    assert checked > 300


def test_every_chapter_is_there_with_both_its_links(site):
    chapters = sorted(path.stem for path in (site / "notebooks").glob("[0-9]*.html"))
    assert len(chapters) >= 6
    for name in chapters:
        text = (site / f"notebooks/{name}.html").read_text(encoding="utf-8")
        (download,) = re.findall(rf'href="\.\./(_downloads/\w+/{name}\.ipynb)"', text)
        assert (site / download).read_bytes() == (
            site.parent / f"notebooks/{name}.ipynb"
        ).read_bytes()
        assert f'href="../code/{name}.html"' in text
        assert (site / f"code/{name}.html").is_file()


def test_nothing_is_fetched_from_elsewhere(site):
    """Links may lead away; scripts, styles, pictures and fonts come with the site."""
    for path in site.rglob("*.html"):
        text = path.read_text(encoding="utf-8")
        assert not re.search(r'<(?:script|img|iframe|source)[^>]*\ssrc="(?:https?:)?//', text), path
        assert not re.search(
            r'<link[^>]*rel="(?:stylesheet|preload|icon)"[^>]*href="(?:https?:)?//', text
        ), path


def test_it_has_nothing_that_nobody_fetches(site):
    """Neither scripts for other set-ups of MathJax, nor what its bundle has inside, nor its speech
    in other languages than the page's, nor the sources of scripts."""
    files = [path for path in site.rglob("*") if path.is_file()]
    assert not [path for path in files if path.suffix == ".map"]
    assert not {"core.js", "tex-full.js", "mml.js"} & {path.name for path in files}
    spoken = {path.stem for path in files if path.parent.name == "mathmaps"}
    assert spoken == {"base", "en", "nemeth"}
    assert sum(path.stat().st_size for path in files) < 45_000_000
    assert (site / ".nojekyll").exists()
