"""The examples in README and in vaelib's docstrings run; whatever a notebook imports has one."""

import ast
import doctest
import importlib
import inspect
import pkgutil
import re
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import vaelib

ROOT = Path(__file__).parent.parent
NOTEBOOKS = sorted((ROOT / "notebooks").glob("[0-9]*.py"))
MODULES = [module.name for module in pkgutil.walk_packages(vaelib.__path__, "vaelib.")]


def examples(name):
    module = importlib.import_module(name)
    return [test for test in doctest.DocTestFinder().find(module, name) if test.examples]


def imported_by_notebooks():
    for path in NOTEBOOKS:
        tree = ast.parse(path.read_text(encoding="utf-8").replace("\n%", "\n# %"))
        for node in ast.walk(tree):
            if isinstance(node, ast.ImportFrom) and node.module.split(".")[0] == "vaelib":
                yield from ((node.module, alias.name) for alias in node.names)


@pytest.mark.parametrize("name", MODULES)
def test_examples_give_what_they_show(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)  # some write a file
    for test in examples(name):
        out = []
        failed, _ = doctest.DocTestRunner().run(test, out=out.append)
        assert not failed, "".join(out)


def test_what_a_notebook_imports_has_an_example():
    finder, without = doctest.DocTestFinder(), []
    for module, name in sorted(set(imported_by_notebooks())):
        found = getattr(importlib.import_module(module), name)
        if inspect.isfunction(found) or inspect.isclass(found):
            without += [test.name for test in finder.find(found, name)[:1] if not test.examples]
    assert without == []


@pytest.mark.slow
def test_the_ten_lines_of_the_readme_train_and_draw(tmp_path, monkeypatch):
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    (block,) = re.findall(r"^```python\n(.*?)^```", readme, re.MULTILINE | re.DOTALL)
    assert len([line for line in block.splitlines() if line.strip()]) == 10
    monkeypatch.chdir(tmp_path)
    names = {}
    exec(block, names)
    logs = names["vae"].history.history
    assert 150 < logs["loss"][-1] < 165, "as always after three epochs, whatever the machine"
    with Image.open("map.png") as drawn:
        grey = np.asarray(drawn.convert("L"))
    assert grey.shape[0] == grey.shape[1] >= 800
    assert 0.03 < np.mean(grey < 128) < 0.3, "digits, on paper"
