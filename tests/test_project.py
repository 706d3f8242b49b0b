"""All files say the same of what to install, and the documents name only what exists."""

import ast
import importlib
import re
import tomllib
from importlib.metadata import version
from pathlib import Path

import nbformat
import pytest
import yaml
from packaging.markers import default_environment
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parent.parent
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
PROJECT = PYPROJECT["project"]
EXTRAS = PROJECT["optional-dependencies"]
THE_EIGHT = {
    "jupyterlab",
    "tensorflow",
    "numpy",
    "matplotlib",
    "seaborn",
    "scipy",
    "nbval",
    "jupytext",
}
DOCUMENTS = [
    path
    for pattern in ("*.md", "docs/*.md", "benchmarks/*.md", "vaelib/**/*.md")
    for path in sorted(ROOT.glob(pattern))
]
LOCKS = {"requirements.lock": EXTRAS["dev"], "requirements-gpu.lock": EXTRAS["dev"] + EXTRAS["gpu"]}


def conda_environment():
    dependencies = yaml.safe_load((ROOT / "environment.yml").read_text())["dependencies"]
    (pip,) = (entry["pip"] for entry in dependencies if isinstance(entry, dict))
    (python,) = (
        entry for entry in dependencies if isinstance(entry, str) and entry.startswith("python=")
    )
    return python, pip


def test_environment_yml_asks_for_what_pyproject_asks_for():
    _, pip = conda_environment()
    asked = {str(Requirement(line)) for line in pip if not line.startswith("-")}
    nbval = {line for line in EXTRAS["dev"] if line.startswith("nbval")}
    assert asked == {str(Requirement(line)) for line in [*PROJECT["dependencies"], *nbval]}
    assert {Requirement(line).name for line in asked} >= THE_EIGHT
    assert "--editable ." in pip


def test_environment_yml_takes_a_python_that_pyproject_allows():
    python, _ = conda_environment()
    assert Requirement(f"python{PROJECT['requires-python']}").specifier.contains(
        python.removeprefix("python=") + ".0"
    )


def locked(name):
    """Versions by package, of the lines that count on this machine."""
    entries = re.findall(
        r"^([\w.-]+)==(\S+)(?: ; ([^\\\n]*))?", (ROOT / name).read_text(), re.MULTILINE
    )
    return {
        canonicalize_name(package): version
        for package, version, marker in entries
        if not marker or Requirement(f"x; {marker}").marker.evaluate(default_environment())
    }


@pytest.mark.parametrize("name", LOCKS)
def test_the_lock_holds_every_requirement_in_a_version_that_serves(name):
    versions = locked(name)
    for line in [*PROJECT["dependencies"], *LOCKS[name]]:
        requirement = Requirement(line)
        assert requirement.specifier.contains(versions[canonicalize_name(requirement.name)]), line


def test_the_gpu_lock_is_the_other_with_more():
    plain, gpu = locked("requirements.lock"), locked("requirements-gpu.lock")
    assert plain.items() <= gpu.items()


@pytest.mark.parametrize("extra", ["jax", "torch"])
def test_the_lock_of_another_backend_is_what_it_needs_beyond_the_other(extra):
    plain, more = locked("requirements.lock"), locked(f"requirements-{extra}.lock")
    assert not plain.keys() & more.keys()
    for line in EXTRAS[extra]:
        requirement = Requirement(line)
        assert requirement.specifier.contains(more[canonicalize_name(requirement.name)])


@pytest.mark.parametrize("name", [path.name for path in sorted(ROOT.glob("requirements*.lock"))])
def test_a_lock_is_names_versions_and_hashes_only(name):
    for line in (ROOT / name).read_text().splitlines():
        assert re.fullmatch(
            r"[a-z0-9._-]+==\S+( ; [\w\s.'()=<>!]+)? \\|    --hash=sha256:[0-9a-f]{64}( \\)?", line
        ), line


def test_the_lock_is_what_is_installed():
    for package, wanted in locked("requirements.lock").items():
        assert version(package) == wanted, package


def test_every_package_is_installed_and_no_other():
    existing = {
        ".".join(path.parent.relative_to(ROOT).parts)
        for folder in ("vaelib", "course")
        for path in (ROOT / folder).rglob("__init__.py")
    }
    assert set(PYPROJECT["tool"]["setuptools"]["packages"]) == existing


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_document_links_to_files_and_names_commands_that_exist(path):
    text = path.read_text(encoding="utf-8")
    links = re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", text) + re.findall(r'src="([^":]+)"', text)
    assert [link for link in links if not (path.parent / link).exists()] == []
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    assert set(re.findall(r"(?:`|^)make ([a-z-]+)", text, re.MULTILINE)) <= targets


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_code_in_a_document_imports_what_exists(path):
    blocks = re.findall(r"^```python\n(.*?)^```", path.read_text(encoding="utf-8"), re.M | re.S)
    for node in ast.walk(ast.parse("\n".join(blocks))):
        if isinstance(node, ast.ImportFrom):
            module = importlib.import_module(node.module)
            assert [name.name for name in node.names if not hasattr(module, name.name)] == []


def test_each_licence_lies_where_the_metadata_says():
    names = {"MIT": "MIT License", "CC-BY-4.0": "Attribution 4.0", "CC-BY-SA-3.0": "CC BY-SA 3.0"}
    assert PROJECT["license"].split(" AND ") == list(names)
    for file, name in zip(PROJECT["license-files"], names.values(), strict=True):
        assert name in (ROOT / file).read_text(encoding="utf-8"), file
    mnist = (ROOT / PROJECT["license-files"][-1]).read_text(encoding="utf-8")
    assert all(author in mnist for author in ("LeCun", "Cortes", "Burges"))


def entry(kind, given):
    """Whether a person, an entity or a reference has what the Citation File Format demands."""
    needed = {"reference": {"type", "title", "authors"}, "author": set()}[kind]
    names = {"name"} <= given.keys() or {"given-names", "family-names"} <= given.keys()
    whole = names if kind == "author" else all(entry("author", a) for a in given["authors"])
    return needed <= given.keys() and whole


def test_citation_is_valid_and_agrees_with_the_metadata():
    """By what the schema of the format, version 1.2.0, demands of the keys used here."""
    cited = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    assert {"cff-version", "message", "title", "authors"} <= cited.keys()
    assert cited.keys() <= {
        *("cff-version", "message", "title", "authors", "type", "abstract", "keywords"),
        *("version", "date-released", "license", "references", "repository-code", "url", "doi"),
    }
    assert cited["cff-version"] == "1.2.0"
    assert cited["type"] in {"software", "dataset"}
    assert cited["authors"] == PROJECT["authors"]
    assert all(entry("reference", reference) for reference in cited["references"])
    assert all(isinstance(reference.get("year", 0), int) for reference in cited["references"])
    assert cited["version"] == PROJECT["version"]
    assert cited["license"] == PROJECT["license"].split()[0]
    assert cited["keywords"] == PROJECT["keywords"]
    assert len(set(cited["keywords"])) == len(cited["keywords"])


def test_the_changelog_begins_with_the_next_version_or_this_one():
    text = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    newest, *_ = re.findall(r"^## (\d+)\.(\d+)\.(\d+)\b", text, re.MULTILINE)
    assert tuple(map(int, newest)) >= tuple(map(int, PROJECT["version"].split(".")))


README = (ROOT / "README.md").read_text(encoding="utf-8")
CHAPTERS = sorted((ROOT / "notebooks").glob("[0-9]*.ipynb"))


def test_the_readme_lists_every_chapter_and_both_commands():
    assert re.findall(r"\(notebooks/(\w+\.ipynb)\) \| \d+ \|", README) == [
        path.name for path in CHAPTERS
    ]
    assert {"lab", "test"} <= set(re.findall(r"\bmake ([a-z-]+)", README))


def test_the_plan_for_teachers_names_sections_that_exist():
    cells = [cell for path in CHAPTERS for cell in nbformat.read(path, as_version=4).cells]
    headings = {
        heading
        for cell in cells
        if cell.cell_type == "markdown"
        for heading in re.findall(r"^##+ (.+)$", cell.source, re.MULTILINE)
    }
    table = re.findall(r"^\|.*", (ROOT / "docs/teaching.md").read_text("utf-8"), re.MULTILINE)
    named = set(re.findall(r"\*([^*]+)\*", "\n".join(table)))
    assert len(named) > 10
    assert named - headings == set()


def test_the_readme_is_short():
    assert len(README.split()) <= 450


@pytest.mark.parametrize("path", CHAPTERS, ids=lambda path: path.stem)
def test_the_minutes_are_those_of_the_text(path):
    """To five minutes, by the rule that docs/teaching.md gives; exercises and sources apart."""
    prose, code = "", []
    for cell in nbformat.read(path, as_version=4).cells:
        if cell.source.startswith("## Exercises") or "\n## Exercises" in cell.source:
            prose += cell.source.partition("## Exercises")[0]
            break
        if cell.cell_type == "markdown":
            prose += cell.source + "\n\n"
        else:
            code.append(cell)
    formulas = re.findall(r"(?s)\$\$.*?\$\$", prose)
    words = re.findall(r"[A-Za-z’']{2,}", re.sub(r"(?s)\$\$.*?\$\$", "", prose))
    lines = [line for cell in code for line in cell.source.splitlines() if line.strip()]
    data = [output.get("data", {}) for cell in code for output in cell.outputs]
    figures = [d for d in data if "image/png" in d or "<img" in d.get("text/html", "")]
    minutes = len(words) / 130 + len(lines) / 20 + (len(formulas) + len(figures)) / 2
    (said,) = re.findall(rf"\(notebooks/{path.name}\) \| (\d+) \|", README)
    assert abs(int(said) - minutes) <= 5, f"{minutes:.0f} minutes"


def workflows():
    return [
        yaml.safe_load(path.read_text(encoding="utf-8"))
        for path in sorted((ROOT / ".github/workflows").glob("*.yml"))
    ]


def test_workflows_run_only_commands_that_exist_and_actions_of_a_named_version():
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    steps = [step for flow in workflows() for job in flow["jobs"].values() for step in job["steps"]]
    assert {step["run"].split()[1] for step in steps if "run" in step} <= targets
    assert all(re.fullmatch(r"[\w-]+/[\w-]+@v\d+", step.get("uses", "a/b@v1")) for step in steps)


def test_the_site_is_published_as_it_is_built():
    (jobs,) = [flow["jobs"] for flow in workflows() if flow["name"] == "pages"]
    build, publish = jobs["build"], jobs["publish"]
    assert {"run": "make site"} in build["steps"]
    (upload,) = [step for step in build["steps"] if "upload-pages" in step.get("uses", "")]
    assert upload["with"]["path"] == "site"
    assert publish["needs"] == "build"
    assert publish["permissions"] == {"pages": "write", "id-token": "write"}
    assert build["permissions"] == {"contents": "read"}
