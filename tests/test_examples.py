"""The examples in vaelib's docstrings run, and whatever a notebook imports has one."""

import ast
import doctest
import importlib
import inspect
import pkgutil
from pathlib import Path

import pytest

import vaelib

NOTEBOOKS = sorted((Path(__file__).parent.parent / "notebooks").glob("[0-9]*.py"))
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
