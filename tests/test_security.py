"""Nothing here runs what it reads, asks or answers other machines, or shows text as HTML."""

import ast
import re
from pathlib import Path

import jupytext
import numpy as np
import pytest

from course.display import show_gif
from vaelib.visual.explorer import latent_explorer

ROOT = Path(__file__).parent.parent
SOURCES = [
    path
    for folder in ("vaelib", "course", "tools", "benchmarks")
    for path in sorted((ROOT / folder).rglob("*.py"))
]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("[0-9]*.py"))

UNPICKLERS = {"pickle", "marshal", "shelve", "dill", "cloudpickle", "joblib"}
CALLS = {"eval", "exec", "os.system", "yaml.load", "enable_unsafe_deserialization"}
ARGUMENTS = {("allow_pickle", True), ("safe_mode", False), ("shell", True), ("weights_only", False)}
CLIENTS = {"urllib", "http", "socket", "ftplib", "requests", "httpx", "aiohttp", "huggingface_hub"}
DOWNLOADS = {"get_file", "load_data", "urlopen", "urlretrieve"}


def imported(code):
    """The first parts of all module names that a program imports."""
    for node in ast.walk(ast.parse(code)):
        if isinstance(node, ast.Import):
            yield from (alias.name.split(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield (node.module or "").split(".")[0]


def calls(code):
    """The calls in a program."""
    return [node for node in ast.walk(ast.parse(code)) if isinstance(node, ast.Call)]


def dangers(code):
    """What in a program would run something that it has read."""
    yield from UNPICKLERS.intersection(imported(code))
    for call in calls(code):
        called = ast.unparse(call.func)
        if called in CALLS or called.split(".")[-1] in CALLS - {"eval", "exec"}:
            yield called
        for given in call.keywords:
            value = given.value.value if isinstance(given.value, ast.Constant) else None
            if (given.arg, value) in ARGUMENTS:
                yield f"{called}({given.arg}={value})"


def requests(code):
    """What in a program would ask another machine for something."""
    yield from CLIENTS.intersection(imported(code))
    called = (ast.unparse(call.func) for call in calls(code))
    yield from (name for name in called if name.split(".")[-1] in DOWNLOADS)


def code_of(path):
    if path not in NOTEBOOKS:
        return path.read_text(encoding="utf-8")
    cells = [cell.source for cell in jupytext.read(path).cells if cell.cell_type == "code"]
    return "\n".join(re.sub(r"^[%!].*$", "", source, flags=re.MULTILINE) for source in cells)


each_file = pytest.mark.parametrize(
    "path", SOURCES + NOTEBOOKS, ids=lambda path: str(path.relative_to(ROOT))
)


@each_file
def test_nothing_that_is_read_is_run_and_nothing_is_downloaded(path):
    code = code_of(path)
    assert list(dangers(code)) == []
    meets_others = path.name == "many_machines.py"  # which looks for a free port
    assert list(requests(code)) == ["socket"] * meets_others


@pytest.mark.parametrize(
    "code",
    [
        "import os, pickle",
        "from pickle import load",
        "np.load(f, allow_pickle=True)",
        "keras.x(p, safe_mode=False)",
        "eval(x)",
    ],
)
def test_code_that_would_run_what_it_reads_is_found(code):
    assert list(dangers(code))


@pytest.mark.parametrize(
    "code",
    [
        "import urllib.request",
        "from requests import get",
        "(x, _), _ = keras.datasets.mnist.load_data()",
    ],
)
def test_code_that_would_download_is_found(code):
    assert list(requests(code))


def test_no_server_is_asked_to_listen_to_other_machines():
    files = [
        *SOURCES,
        *NOTEBOOKS,
        *ROOT.glob("tools/**/*.sh"),
        *ROOT.glob("tools/**/*.json"),
        ROOT / "Makefile",
    ]
    found = re.compile(r"0\.0\.0\.0|--bind_all|--ip[= ]\*|token[= ]['\"]{2}|disable_check_xsrf")
    assert [path for path in files if found.search(path.read_text(encoding="utf-8"))] == []


ATTACK = '</script><img src=x onerror="alert(1)"><b>&amp;'


def test_texts_given_to_the_explorer_stay_texts(tmp_path):
    explorer = latent_explorer(
        lambda z: np.full((len(z), 4, 4, 1), 0.5), np.zeros((1, 2)), n=3, codes_name=ATTACK
    )
    page = explorer.save(tmp_path / "page.html", title=ATTACK).read_text(encoding="utf-8")
    assert "<img src=x" not in page
    assert page.count("</script>") == 1
    assert "&lt;/script&gt;&lt;img" in page


def test_the_words_for_a_gif_stay_words(tmp_path):
    (tmp_path / "a.gif").write_bytes(b"GIF89a")
    assert "<b>" not in show_gif(tmp_path / "a.gif", '"><b>').data
