"""Re-run the notebooks in place, in order: the `.py` of each pair is the source, the `.ipynb`
receives the outputs.

    make course            all of them
    make course ONLY=03    those whose names begin so

On one machine a second run changes no file: no timings are stored, and cell ids are made from the
cells' own text.
"""

import base64
import hashlib
import io
import re
import sys
import time
from collections import Counter
from pathlib import Path

import jupytext
import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError
from nbformat import NotebookNode
from PIL import Image
from stubs import refreshed
from traitlets.config import Config

from vaelib._files import atomic_path

ROOT = Path(__file__).resolve().parent.parent
CELL_TIMEOUT = 900  # seconds; generous, for slow machines


def sources(notebook: NotebookNode) -> list[tuple[str, str]]:
    """What the two files of a pair must agree on, cell by cell."""
    return [(cell.cell_type, cell.source) for cell in notebook.cells]


def read_source(script: Path) -> NotebookNode:
    """The notebook that a paired `.py` describes, with ids that depend on nothing but its text.

    Raises ValueError if the `.ipynb` differs and was changed later: it may hold somebody's work.
    """
    notebook, paired = jupytext.read(script), script.with_suffix(".ipynb")
    newer = paired.exists() and paired.stat().st_mtime > script.stat().st_mtime
    if newer and sources(nbformat.read(paired, as_version=4)) != sources(notebook):
        raise ValueError(
            f"{paired.name} was changed after {script.name}, and they differ. To keep the .ipynb: "
            f"jupytext --to py:percent {paired.name}; to keep the .py: touch {script.name}"
        )
    # JupyterLab, when it saves the pair, keeps the rest of jupytext's entry in both files.
    notebook.metadata.get("jupytext", {}).pop("text_representation", None)
    seen: Counter[str] = Counter()
    for cell in notebook.cells:
        digest = hashlib.sha256(cell.source.encode()).hexdigest()[:12]
        cell.id = f"{digest}-{seen[digest]}"
        seen[digest] += 1
    return notebook


def execute(notebook: NotebookNode, folder: Path, name: str) -> None:
    """Run all cells in a fresh kernel; on a terminal, say which one is running."""
    total = sum(cell.cell_type == "code" for cell in notebook.cells)
    begun = 0

    def tell(cell: NotebookNode, cell_index: int) -> None:
        nonlocal begun
        begun += 1
        if sys.stdout.isatty():
            print(f"\r{name}: cell {begun} of {total} ", end="", flush=True)

    client = NotebookClient(
        notebook,
        timeout=CELL_TIMEOUT,
        kernel_name="python3",
        # Without encryption ipykernel warns on every start, even though it listens on this machine
        # only.
        config=Config({"KernelManager": {"transport_encryption": "auto"}}),
        resources={"metadata": {"path": str(folder)}},
        record_timing=False,
        coalesce_streams=True,
        on_cell_execute=tell,
    )
    try:
        client.execute()
    except AssertionError:  # after Ctrl-C nbclient stops the kernel, and then misses it
        raise KeyboardInterrupt from None
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            if "image/png" in output.get("data", {}):
                content = smaller(base64.b64decode(output.data["image/png"]))
                output.data["image/png"] = base64.b64encode(content).decode()
    # The minor version of Python differs from machine to machine and says nothing about the
    # notebook.
    notebook.metadata.language_info.pop("version", None)


def smaller(png: bytes) -> bytes:
    """The same pixels in fewer bytes: without alpha, as greys or by a palette, where possible."""
    picture = Image.open(io.BytesIO(png)).convert("RGBA")
    if picture.getchannel("A").getextrema() != (255, 255):
        return png
    picture = picture.convert("RGB")
    candidates, found = [picture, picture.convert("L")], [png]
    if picture.getcolors(256):
        candidates.append(picture.quantize(256))
    for candidate in candidates:
        if candidate.convert("RGB").tobytes() == picture.tobytes():
            file = io.BytesIO()
            candidate.save(file, "PNG", optimize=True)
            found.append(file.getvalue())
    return min(found, key=len)


def write_whole(path: Path, content: bytes) -> None:
    """Write whole or not at all, and leave an equal file alone."""
    if not path.exists() or path.read_bytes() != content:
        with atomic_path(path) as temporary:
            temporary.write_bytes(content)


def drawn_by(cell: NotebookNode) -> list[bytes]:
    """The figures of a cell, the GIFs in its HTML, and explorers as pages of their own."""
    found = []
    for output in cell.outputs:
        data = output.get("data", {})
        if "data-vae-explorer" in data.get("text/html", ""):
            from vaelib.visual.explorer import as_page  # it takes seconds to load

            title = re.search(r'title="([^"]+)"', cell.source)
            name = title[1] if title else "The latent plane of handwritten digits"
            return [as_page(data["text/html"], name).encode()]
        found += [data["image/png"]] if "image/png" in data else []
        found += re.findall('src="data:image/gif;base64,([^"]+)"', data.get("text/html", ""))
    return [base64.b64decode(content) for content in found]


def pictures_of(notebook: NotebookNode) -> dict[str, bytes]:
    """What cells with `picture="NAME.png"` (or .gif, .html) in their metadata drew, by name."""
    found = {}
    for cell in notebook.cells:
        if "picture" in cell.metadata:
            drawn = drawn_by(cell)
            if len(drawn) != 1:
                raise ValueError(
                    f"the cell of picture {cell.metadata.picture} must draw one figure, drew "
                    f"{len(drawn)}"
                )
            found[cell.metadata.picture] = drawn[0]
    return found


def run(script: Path, pictures: Path) -> None:
    """Re-run one notebook; its outputs change only if the whole of it succeeds."""
    read_source(script)  # refuses to go on if the .ipynb holds somebody's later work
    write_whole(script, refreshed(script).encode())
    notebook = read_source(script)
    execute(notebook, script.parent, script.stem)
    for name, content in pictures_of(notebook).items():
        write_whole(pictures / name, content)
    write_whole(script.with_suffix(".ipynb"), (nbformat.writes(notebook) + "\n").encode())


def main(prefix: str = "", root: Path = ROOT) -> int:
    """Re-run all notebooks whose names begin with `prefix`; returns the exit status."""
    scripts = [
        script
        for script in sorted((root / "notebooks").glob("[0-9]*.py"))
        if script.name.startswith(prefix)
    ]
    if not scripts:
        print(f"No notebook's name begins with {prefix!r}", file=sys.stderr)
        return 1
    beginning = time.perf_counter()
    for script in scripts:
        start = time.perf_counter()
        try:
            run(script, root / "pictures")
        except (
            CellExecutionError,
            CellTimeoutError,
            DeadKernelError,
            ValueError,
            OSError,
        ) as error:
            print(f"\n{script.stem}: {error}", file=sys.stderr)
            return 1
        except KeyboardInterrupt:
            print(f"\n{script.stem}: broken off; its outputs are as they were", file=sys.stderr)
            return 130
        print(f"\r{script.stem}: {time.perf_counter() - start:.0f} s        ", flush=True)
    print(
        f"{len(scripts)} notebook{'s' * (len(scripts) > 1)} in "
        f"{time.perf_counter() - beginning:.0f} s"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1] if len(sys.argv) > 1 else ""))
