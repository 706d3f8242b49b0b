"""Everything that the course claims about speed and quality, measured in one go on this machine.

    make bench                            about five hours on two cores
    make bench ARTICLE_EPOCHS=1000        and the article's recipe in full, up to an hour more
    make bench LITERATURE=1               and a mark from the literature, 55 minutes more

Runs the other files of this folder, one process for each, and gathers what they found in
`results/bench.md` and `results/bench.json`.
"""

import argparse
import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from common import RESULTS, machine, save, save_text

PARTS = ["training", "throughput", "manifold", "gifs", "recipes", "optimizers", "rates"]
PARTS += ["likelihoods", "collapse", "objectives", "overfitting", "convolution", "shapes"]
PARTS += ["judge", "autoencoders", "conditional", "gan"]
PARTS += ["vae_gan", "scoreboard", "whole_course", "backends", "scaling"]
ON_JAX = ["scaling"]


def mark(met: bool) -> str:
    """How the table says whether an aim was met."""
    return "met" if met else "**missed**"


def aims(found: dict[str, Any]) -> list[tuple[str, str, str, str]]:
    """What was aimed at, what was measured, and whether that is enough."""
    training, after = found["training"], found["training"]["after"]
    article, sprints = training["article"], training["sprints"]
    seconds = sorted(sprint["seconds"] for sprint in sprints)[len(sprints) // 2]
    lowest = min(sprint["elbo"] for sprint in sprints)
    fits = [
        row
        for row in found["throughput"]["rows"]
        if row["what"].startswith("fit") and "bfloat" not in row["what"]
    ]
    fastest = max(fits, key=lambda row: row["share"])
    course = found["whole_course"]
    hungriest = max(course["rows"], key=lambda row: row["gigabytes"])
    rows = [
        (
            f"from nothing to the article's ELBO after {article['epoch']} epochs "
            f"({article['elbo']:.1f})",
            "≥ 300 × faster",
            f"{training['ratio']:.0f} ×: {seconds:.1f} s, start-up included (ELBO {lowest:.1f}), "
            f"against 1000 × {sum(article['seconds_an_epoch']) / 2:.2f} s; `fit` alone "
            f"{training['ratio_of_fit_alone']:.0f} ×",
            mark(training["ratio"] >= 300 and training["all_passed"]),
        )
    ]
    for budget, aim in (("60", -142.0), ("300", -138.0)):
        if budget in after:
            run = after[budget]
            what = (
                f"ELBO {run['elbo']:.2f}, IWAE-200 {run['iwae_200']:.2f} (first 1000 digits), "
                f"{run['epochs']} epochs"
            )
            rows.append(
                (
                    f"test ELBO after {budget} s of training",
                    f"≥ {aim:.1f}",
                    what,
                    mark(run["elbo"] >= aim),
                )
            )
    rows += [
        (
            "share of the machine's matrix-product peak while training",
            "≥ 75 %",
            f"{fastest['share']:.0%}, {fastest['pictures_a_second']:,} pictures a second "
            f"({fastest['what']}, batch {fastest['batch_size']})",
            mark(fastest["share"] >= 0.75),
        ),
        ("manifold: one call against 225 `predict`", "", f"{found['manifold']['ratio']:.0f} ×", ""),
        *(
            (
                f"GIF, 50 frames of 800 × 800: {row['by']}",
                "",
                f"{row['seconds']:.2f} s, {row['bytes'] / 1e6:.2f} MB",
                "",
            )
            for row in found["gifs"]["rows"]
        ),
        (
            "all notebooks, one after the other",
            "≤ 300 s",
            f"{course['seconds_together']:.0f} s",
            mark(course["seconds_together"] <= 300),
        ),
        (
            "largest memory of a notebook",
            "≤ 2 GB",
            f"{hungriest['gigabytes']:.2f} GB ({hungriest['notebook']})",
            mark(hungriest["gigabytes"] <= 2),
        ),
    ]
    return rows


def where_it_goes(rows: list[dict[str, Any]]) -> list[str]:
    """In words, for each batch size at which all parts were timed: what each part leaves of the
    peak."""
    parts = [
        "the matrix products alone",
        "gradients, XLA",
        "step, XLA",
        "fit, XLA, 20 steps per execution",
    ]
    lines = []
    for batch_size in sorted({row["batch_size"] for row in rows}):
        share = {row["what"]: row["share"] for row in rows if row["batch_size"] == batch_size}
        if set(parts) <= set(share):
            products, gradients, step, fit = (f"{share[part]:.0%}" for part in parts)
            lines.append(
                f"- Batch {batch_size}: matrix products of these shapes reach {products} of the "
                f"peak alone; with activations, sampling and loss, both ways, {gradients} remain; "
                f"with Adam {step}; with `fit` and its batches {fit}."
            )
    return lines


def as_markdown(found: dict[str, Any], made: dict[str, Any]) -> str:
    """The report: aims, where the time of a training step goes, notebooks, machine."""
    lines = [
        f"# Measured on {made['date']}",
        "",
        "| what | aim | measured | |",
        "|---|---|---|---|",
    ]
    lines += ["| " + " | ".join(row) + " |" for row in aims(found)]
    throughput = found["throughput"]
    peaks = throughput["peaks"]
    lines += [
        "",
        f"## Seconds an epoch; {throughput['gflop_an_epoch']:.0f} GFLOP of products, peak "
        f"{min(peaks):.0f} to {max(peaks):.0f} GFLOP/s",
        "",
        "| batch | what | seconds | share of the peak | pictures a second |",
        "|---|---|---|---|---|",
    ]
    lines += [
        f"| {row['batch_size']} | {row['what']} | {row['seconds']:.2f} | {row['share']:.0%} | "
        f"{row['pictures_a_second']:,} |"
        for row in throughput["rows"]
    ]
    lines += ["", *where_it_goes(throughput["rows"])]
    lines += ["", "## Notebooks", "", "| notebook | seconds | GB |", "|---|---|---|"]
    lines += [
        f"| {row['notebook']} | {row['seconds']:.0f} | {row['gigabytes']:.2f} |"
        for row in found["whole_course"]["rows"]
    ]
    lines += [
        "",
        "The recipes, one thing changed at a time: [recipes.md](recipes.md). A mark from the "
        "literature: [literature.md](literature.md). The same recipe on TensorFlow, JAX and "
        "PyTorch: [backends.md](backends.md). More machines than one: "
        "[many-machines.md](../../docs/many-machines.md). What telling a VAE the label gains: "
        "[conditional.md](conditional.md). GANs: [gan.md](gan.md). The VAE+GAN: "
        "[vae_gan.md](vae_gan.md). All models: [scoreboard.md](scoreboard.md).",
        "",
        "## Adam and RMSprop",
        "",
        f"{found['optimizers']['what']}: mean and standard deviation over the seeds.",
        "",
        "| optimizer | learning rate | schedule | ELBO |",
        "|---|---|---|---|",
        *(
            f"| {row['optimizer']} | {row['rate']:g} | {row['schedule']} | "
            f"{row['mean']:.2f} ± {row['deviation']:.2f} |"
            for row in found["optimizers"]["rows"]
        ),
        "",
        "## Machine",
        "",
    ]
    lines += [f"- {key}: {value}" for key, value in made.items()]
    return "\n".join([*lines, ""])


def main() -> None:
    """Run all parts, then write the report."""
    parser = argparse.ArgumentParser(description="Measure what the course claims.")
    parser.add_argument(
        "--article-epochs", type=int, default=0, help="also train the article's recipe for so long"
    )
    parser.add_argument(
        "--literature", action="store_true", help="also the literature's mark (literature.py)"
    )
    parser.add_argument(
        "--only", nargs="*", default=PARTS, help="only these parts, for trying; the rest as kept"
    )
    options = parser.parse_args()
    commands = [["article", str(options.article_epochs)]] if options.article_epochs else []
    commands += [["literature"]] if options.literature else []
    commands += [[part] for part in PARTS if part in options.only]
    for number, (part, *arguments) in enumerate(commands, start=1):
        begun = time.perf_counter()
        print(f"[{number} of {len(commands)}] {part}", flush=True)
        folder = Path(__file__).parent
        command = [sys.executable, str(folder / f"{part}.py"), *arguments]
        if part in ON_JAX:
            command = ["sh", str(folder.parent / "tools/backend.sh"), "jax", *command]
        subprocess.run(command, check=True)
        print(f"    {time.perf_counter() - begun:.0f} s", flush=True)
    found = {
        part: json.loads((RESULTS / f"{part}.json").read_text(encoding="utf-8")) for part in PARTS
    }
    made = machine()
    report = as_markdown(found, made)
    save("bench", {"machine": made, **found})
    save_text("bench.md", report)
    print(report)


if __name__ == "__main__":
    main()
