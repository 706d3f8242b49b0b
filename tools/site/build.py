"""`make site`: the course as web pages, in `site/`, from the committed notebooks and without
executing anything.

Sphinx warns of every link that leads nowhere, and warnings are errors. The old `site/` is replaced
only by a complete new one.
"""

import re
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import cells
import equations
import front
import nbformat

ROOT = Path(__file__).resolve().parent.parent.parent
HERE = Path(__file__).resolve().parent
# What is measured, as the menu has it.
REPORTS = {
    "bench": "Speed and quality",
    "recipes": "The recipe, one thing changed at a time",
    "limits": "How far the recipe carries",
    "backends": "TensorFlow, JAX and PyTorch",
    "literature": "A mark from the literature",
    "conditional": "What telling the label gains",
    "gan": "GANs at equal seconds",
    "vae_gan": "The VAE+GAN",
    "scoreboard": "One scoreboard",
    "manifold": "The map of digits",
    "gifs": "The animation",
    "explorer": "The explorer",
}
GUIDES = {
    "teaching": "Teaching with it",
    "reproducibility": "What you may rely on",
    "gpu": "GPUs, JAX and PyTorch",
    "many-machines": "Many machines",
}


def assemble(root: Path, source: Path) -> None:
    """Put together what Sphinx reads: pages, notebooks, pictures, and the settings."""
    shutil.copytree(root / "pictures", source / "pictures")
    for folder in (
        "downloads",
        "extra",
        "static",
        "notebooks",
        "code",
        "docs",
        "benchmarks/results",
        "vaelib/mnist",
    ):
        (source / folder).mkdir(parents=True)
    for settings in ("conf.py", "anchors.py"):
        shutil.copy(HERE / settings, source)
    shutil.copytree(HERE / "templates", source / "templates")
    for name in ("course.css", "favicon.svg", "scorer.js"):
        shutil.copy(HERE / name, source / "static")
    for page in root.glob("pictures/*.html"):  # on the site, with a way back
        text = page.read_text(encoding="utf-8")
        text = text.replace('class="back" href=""', 'class="back" href="index.html"')
        (source / "extra" / page.name).write_text(text, encoding="utf-8")
    shutil.copy(root / "vaelib/mnist/README.md", source / "vaelib/mnist")
    for name in REPORTS:
        shutil.copy(root / f"benchmarks/results/{name}.md", source / "benchmarks/results")
    for name in GUIDES:
        text = (root / f"docs/{name}.md").read_text(encoding="utf-8")
        text = re.sub(r"\[([^]]+)\]\(\.\./pictures/(.+?)\)", r'<a href="../\2">\1</a>', text)
        (source / f"docs/{name}.md").write_text(IN_REPOSITORY.sub(named, text), encoding="utf-8")
    notebooks = sorted((root / "notebooks").glob("[0-9]*.ipynb"))
    contents = {path: nbformat.read(path, as_version=4) for path in notebooks}
    numbered = {path: equations.numbers(content.cells) for path, content in contents.items()}
    formulas = set().union(*numbered.values())
    for notebook, content in contents.items():
        # Where there are no formulas, a number in brackets isn't that of one.
        known = formulas if numbered[notebook] else set()
        shutil.copy(notebook, source / "downloads")
        for cell in content.cells:
            if cell.cell_type == "markdown":
                cell.source = equations.link(cell.source, known, formulas)
        add_chapter(notebook, content, source)
    (source / "contents.md").write_text(
        contents_page([path.stem for path in notebooks]), encoding="utf-8"
    )
    front.write(root, notebooks, source / "extra")


def add_chapter(notebook: Path, content: Any, source: Path) -> None:
    """A notebook with two links below its title, and the page of its `.py`."""
    name = notebook.stem
    links = (
        f"{{download}}`Download the notebook <../downloads/{name}.ipynb>` · [View it as a "
        f".py](../code/{name}.md)"
    )
    for cell in content.cells:  # anchors written as HTML, which Sphinx does not know as targets
        if cell.cell_type == "markdown":
            cell.source = re.sub(
                r'^<a id="([^"]+)"></a>\n*', r"(\1)=\n", cell.source, flags=re.MULTILINE
            )
            cell.source = IN_REPOSITORY.sub(named, cell.source)
    cells.prepare(content.cells, name)
    title, rest = content.cells[0].source.split("\n", 1)
    content.cells[0].source = f"{title}\n\n{links}\n{rest}"
    nbformat.write(content, source / "notebooks" / notebook.name)
    script = notebook.with_suffix(".py")
    shutil.copy(script, source / "code")
    (source / "code" / f"{name}.md").write_text(
        # Reached from its chapter only, and not searched: a page of results would have all twice.
        f"---\norphan: true\nno-search: true\n---\n\n# {script.name}\n\n[The "
        f"chapter](../notebooks/{name}.ipynb)\n\n```{{literalinclude}} {script.name}\n"
        ":language: python\n```\n",
        encoding="utf-8",
    )


# A file that the site hasn't.
IN_REPOSITORY = re.compile(r"\[([^]]+)\]\((\.\./(?:[\w./-]+\.(?:py|yml)|LICENSE[\w-]*))\)")


def named(link: re.Match[str]) -> str:
    """In place of a link to a file of the repository: its text, and the file's name."""
    return f"{link[1]} (`{link[2].removeprefix('../')}`)"


def contents_page(chapters: list[str]) -> str:
    """The list of all pages, which the menu shows, too: first the course, then what is measured."""

    def contents(caption: str, pages: list[str], depth: int = 1) -> str:
        options = [f":caption: {caption}", f":maxdepth: {depth}"]
        return "\n".join(["", "```{toctree}", *options, "", *pages, "```", ""])

    return (
        "# Contents\n"
        + contents("The course", [f"notebooks/{name}" for name in chapters], depth=2)
        + contents(
            "Measured", [f"{says} <benchmarks/results/{name}>" for name, says in REPORTS.items()]
        )
        + contents("Guides", [f"{says} <docs/{name}>" for name, says in GUIDES.items()])
        + contents("Data", ["MNIST <vaelib/mnist/README>"])
    )


def leave_out_what_nobody_fetches(static: Path) -> None:
    """A third of the site's bytes: MathJax bundled in other ways, the pieces that are in the bundle
    already, formulas in other languages than TeX or read aloud in others than English, and the
    scripts' own sources.

    The icons are in the style sheet's font; a script of 1.5 MB would draw the same ones again.
    """
    bundle, inputs = static / "mathjax/tex-chtml.js", static / "mathjax/input"
    unused = {*(static / "mathjax").glob("*-*.js")} - {bundle}
    for names in re.findall(r"preLoad\((.+?)\)", bundle.read_text(encoding="utf-8")):
        for name in re.findall(r'"(.+?)"', names):
            piece = name.replace("[tex]", "input/tex/extensions").removesuffix(".js")
            unused.add(static / f"mathjax/{piece}.js")
    unused |= {inputs / "tex-full.js", inputs / "asciimath.js", *inputs.glob("mml*")}
    unused |= {*static.glob("mathjax/sre/mathmaps/*.json"), *static.rglob("*.[jc]s*.map")}
    spoken = {static / f"mathjax/sre/mathmaps/{name}.json" for name in ("base", "en", "nemeth")}
    for path in unused - spoken:
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)
    (static / "scripts/fontawesome.js").write_text("", encoding="utf-8")


def build(root: Path, site: Path) -> None:
    """Build in a temporary folder, and put the result in the place of the old site."""
    with tempfile.TemporaryDirectory() as folder:
        source, made = Path(folder) / "source", Path(folder) / "site"
        source.mkdir()
        assemble(root, source)
        command = [sys.executable, "-m", "sphinx", "-W", "--keep-going", "-q", "-b", "html"]
        subprocess.run([*command, str(source), str(made)], check=True)
        for leftover in (".doctrees", ".buildinfo"):
            shutil.rmtree(made / leftover, ignore_errors=True)
        leave_out_what_nobody_fetches(made / "_static")
        (made / ".nojekyll").touch()  # for GitHub Pages, which otherwise leaves out "_static"
        new = site.with_name(f".{site.name}.tmp")
        shutil.rmtree(new, ignore_errors=True)
        shutil.copytree(made, new)
    shutil.rmtree(site, ignore_errors=True)
    new.rename(site)


def main(site: Path = ROOT / "site") -> int:
    """Build, and say where it is; returns the exit status."""
    begun = time.perf_counter()
    try:
        build(ROOT, site)
    except subprocess.CalledProcessError as error:
        return error.returncode
    print(
        f"{site / 'index.html'} made in {time.perf_counter() - begun:.0f} s: open it in a browser."
    )
    return 0


if __name__ == "__main__":
    sys.exit(main(*map(Path, sys.argv[1:])))
