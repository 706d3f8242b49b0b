"""Imports in vaelib run one way, as its `__init__` says; and it stays small."""

import ast
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent

# Each room imports only from those above it; a room is a module or a package of vaelib.
ROOMS = ["_files", "_validation", "data", "pictures", "runtime", "elbo", "likelihoods", "latent"]
ROOMS += ["linear_gaussian", "models", "training", "evaluation", "visual"]

SOURCES = {
    ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): path
    for folder in ("vaelib", "course", "notebooks")
    for path in sorted((ROOT / folder).rglob("*.py"))
}
VAELIB = [name for name in SOURCES if name.split(".")[0] == "vaelib"]
PAGES = [name for name in SOURCES if name.split(".")[0] != "vaelib"]


def names(module, at_start=False):
    """What a module imports, by full names; inside its functions, too, unless `at_start`."""
    tree = ast.parse(SOURCES[module].read_text(encoding="utf-8").replace("\n%", "\n# %"))
    nodes = list(ast.walk(tree))
    if at_start:
        functions = [n for n in nodes if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef)]
        later = {id(part) for function in functions for part in ast.walk(function)}
        nodes = [node for node in nodes if id(node) not in later]
    for node in nodes:
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, f"{module} has a relative import"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def imports(module, at_start=False):
    """The modules among them: a name that is no module of ours stands for what it is taken from."""
    for name in names(module, at_start):
        yield name if name in SOURCES or "." not in name else name.rpartition(".")[0]


def room(name):
    """0 for `vaelib` itself, then as listed above."""
    parts = name.split(".")
    return 1 + ROOMS.index(parts[1]) if len(parts) > 1 else 0


def test_every_room_is_known():
    assert {name.split(".")[1] for name in VAELIB if "." in name} == set(ROOMS)


def test_no_import_runs_upwards():
    pairs = [
        (name, imported) for name in VAELIB for imported in imports(name) if imported in VAELIB
    ]
    assert [
        f"{name} imports {imported}" for name, imported in pairs if room(imported) > room(name)
    ] == []


def test_no_imports_form_a_circle():
    """Between modules; that a package's `__init__` imports its own modules is none."""
    TopologicalSorter({name: set(imports(name)) & set(VAELIB) for name in VAELIB}).prepare()


def test_vaelib_needs_nothing_of_the_course():
    others = {"course", "tests", "tools", "benchmarks", "notebooks"}
    pairs = [(name, imported) for name in VAELIB for imported in imports(name)]
    assert [pair for pair in pairs if pair[1].split(".")[0] in others] == []


def test_the_course_uses_only_what_vaelib_offers():
    """No module and no name that begins with an underscore."""
    taken = [(page, name) for page in PAGES for name in names(page) if name.startswith("vaelib.")]
    assert taken
    assert [pair for pair in taken if "._" in pair[1]] == []


@pytest.mark.parametrize("name", ["vaelib.latent", "vaelib.training.recording"])
def test_codes_and_recordings_need_neither_tensorflow_nor_matplotlib(name):
    """Importing a module imports the packages that it lies in, too."""
    waiting, seen = [name], set()
    while waiting:
        module = waiting.pop()
        parts = module.split(".")
        found = {*imports(module, at_start=True)} if module in SOURCES else set()
        parents = {".".join(parts[:i]) for i in range(1, len(parts))}
        new = (found | parents) - seen
        seen |= new
        waiting += sorted(new)
    assert not {module.split(".")[0] for module in seen} & {"tensorflow", "keras", "matplotlib"}
    assert "vaelib._validation" in seen


def lines(name):
    return len(SOURCES[name].read_text(encoding="utf-8").splitlines())


def test_vaelib_can_be_read_in_one_sitting():
    assert sum(lines(name) for name in VAELIB) <= 3560


def test_the_model_fits_on_its_page():
    assert lines("vaelib.models.vae") <= 130
