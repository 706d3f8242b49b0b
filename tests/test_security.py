"""Nothing here runs what it reads, listens to other machines, or shows text as HTML."""

import ast
import re
from pathlib import Path

import jupytext
import numpy as np
import pytest

from vaelib.animation import show_gif
from vaelib.explorer import latent_explorer

ROOT = Path(__file__).parent.parent
SOURCES = [path for folder in ("vaelib", "tools", "benchmarks") for path in sorted((ROOT / folder).rglob("*.py"))]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("[0-9]*.py"))

MODULES = {"pickle", "marshal", "shelve", "dill", "cloudpickle", "joblib"}
CALLS = {"eval", "exec", "os.system", "yaml.load", "enable_unsafe_deserialization"}
ARGUMENTS = {("allow_pickle", True), ("safe_mode", False), ("shell", True), ("weights_only", False)}


def dangers(code):
    """What in a program would run something that it has read."""
    for node in ast.walk(ast.parse(code)):
        if isinstance(node, ast.Import | ast.ImportFrom):
            names = [alias.name for alias in node.names] + [getattr(node, "module", None) or ""]
            yield from (name for name in names if name.split(".")[0] in MODULES)
        elif isinstance(node, ast.Call):
            called = ast.unparse(node.func)
            if called in CALLS or called.split(".")[-1] in CALLS - {"eval", "exec"}:
                yield called
            for given in node.keywords:
                if isinstance(given.value, ast.Constant) and (given.arg, given.value.value) in ARGUMENTS:
                    yield f"{called}({given.arg}={given.value.value})"


def code_of(path):
    if path not in NOTEBOOKS:
        return path.read_text(encoding="utf-8")
    cells = [cell.source for cell in jupytext.read(path).cells if cell.cell_type == "code"]
    return "\n".join(re.sub(r"^[%!].*$", "", source, flags=re.MULTILINE) for source in cells)


@pytest.mark.parametrize("path", SOURCES + NOTEBOOKS, ids=lambda path: str(path.relative_to(ROOT)))
def test_nothing_that_is_read_is_run(path):
    assert list(dangers(code_of(path))) == []


@pytest.mark.parametrize(
    "code",
    [
        "import pickle",
        "from pickle import load",
        "np.load(f, allow_pickle=True)",
        "keras.x(p, safe_mode=False)",
        "eval(x)",
    ],
)
def test_the_search_finds_what_it_is_for(code):
    assert list(dangers(code))


def test_no_server_is_asked_to_listen_to_other_machines():
    files = [*SOURCES, *NOTEBOOKS, *ROOT.glob("tools/**/*.sh"), *ROOT.glob("tools/**/*.json"), ROOT / "Makefile"]
    found = re.compile(r"0\.0\.0\.0|--bind_all|--ip[= ]\*|token[= ]['\"]{2}|disable_check_xsrf")
    assert [path for path in files if found.search(path.read_text(encoding="utf-8"))] == []


ATTACK = '</script><img src=x onerror="alert(1)"><b>&amp;'


def test_texts_given_to_the_explorer_stay_texts(tmp_path):
    explorer = latent_explorer(lambda z: np.full((len(z), 4, 4, 1), 0.5), np.zeros((1, 2)), n=3, codes_name=ATTACK)
    page = explorer.save(tmp_path / "page.html", title=ATTACK).read_text(encoding="utf-8")
    assert "<img src=x" not in page
    assert page.count("</script>") == 1
    assert "&lt;/script&gt;&lt;img" in page


def test_the_words_for_a_gif_stay_words(tmp_path):
    (tmp_path / "a.gif").write_bytes(b"GIF89a")
    assert "<b>" not in show_gif(tmp_path / "a.gif", '"><b>').data
