"""The drawings of notebooks 01 and 02b, made of boxes, arrows and clouds, in one style.

They stand on an opaque white card, so that they read the same on a light page and on a dark one.
Colours have a meaning: red is what is drawn at random, blue the losses and what flows back from
them, grey a network. Words and kinds of line say the same for readers who do not see the colours.
"""

from typing import Any

import numpy as np
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Circle, Ellipse, FancyBboxPatch, Polygon

from vaelib.visual.plots import INK

RANDOM, BACKWARD, NETWORK, LINE = "#c1272d", "#0a5fa5", "#e3e6ea", "#30343a"
OTHERS = "#8d939b"


def _canvas(
    width: float, height: float, units: tuple[float, float], ax: Axes | None = None
) -> Axes:
    """Empty axes, `units` wide and high, 1:1; in a new white figure of so many inches if none are
    given."""
    if ax is None:
        ax = plt.subplots(figsize=(width, height), layout="constrained", facecolor="white")[1]
    ax.set(xlim=(0, units[0]), ylim=(0, units[1]), aspect="equal")
    ax.axis("off")
    return ax


def _text(
    ax: Axes, x: float, y: float, words: str, size: float = 12, color: str = LINE, **how: Any
) -> None:
    style: dict[str, Any] = {"ha": "center", "va": "center", "fontsize": size, "color": color}
    ax.text(x, y, words, **style | how)


def _arrow(
    ax: Axes, start: tuple[float, float], end: tuple[float, float], color: str = LINE, **how: Any
) -> None:
    style: dict[str, Any] = {
        "arrowstyle": "-|>",
        "color": color,
        "linewidth": 1.6,
        "mutation_scale": 16,
    }
    style |= {"shrinkA": 0, "shrinkB": 0}
    ax.annotate("", end, start, arrowprops=style | how)


def _box(
    ax: Axes, x: float, y: float, words: str, width: float = 2, height: float = 0.7, **how: Any
) -> None:
    """A rounded box around (x, y)."""
    style: dict[str, Any] = {"facecolor": "white", "edgecolor": LINE, "linewidth": 1.4}
    style |= how
    corner = (x - width / 2, y - height / 2)
    ax.add_patch(
        FancyBboxPatch(corner, width, height, boxstyle="round,pad=0,rounding_size=0.12", **style)
    )
    _text(ax, x, y, words, color=style["edgecolor"])


def _network(
    ax: Axes, x: float, y: float, words: str, narrows: bool, width: float = 1.7, height: float = 2
) -> None:
    """A trapezoid whose right side is the smaller (an encoder) or the larger one (a decoder)."""
    left, right = (height / 2, height / 4) if narrows else (height / 4, height / 2)
    corners = [
        (x - width / 2, y - left),
        (x - width / 2, y + left),
        (x + width / 2, y + right),
        (x + width / 2, y - right),
    ]
    ax.add_patch(
        Polygon(corners, facecolor=NETWORK, edgecolor=LINE, linewidth=1.4, joinstyle="round")
    )
    _text(ax, x, y, words)


def _picture(ax: Axes, x: float, y: float, picture: np.ndarray, size: float = 1.9) -> None:
    """A grey picture in a frame, around (x, y)."""
    picture = np.asarray(picture).squeeze()
    if picture.ndim != 2:
        raise ValueError(
            "a picture must have shape (height, width) or (height, width, 1), got "
            f"{np.shape(picture)}"
        )
    half = size / 2
    extent = (x - half, x + half, y - half, y + half)
    ax.imshow(picture, cmap=INK, vmin=0, vmax=1, extent=extent, interpolation="nearest", zorder=2)
    ax.add_patch(
        plt.Rectangle(
            (x - half, y - half), size, size, fill=False, edgecolor=LINE, linewidth=1.2, zorder=3
        )
    )


def _prior(ax: Axes, x: float, y: float, scale: float) -> None:
    """The plane of codes around (x, y): circles that hold half of N(0, I) and 95 % of it."""
    for share in (0.95, 0.5):
        radius = scale * np.sqrt(-2 * np.log(1 - share))
        ax.add_patch(
            Circle(
                (x, y),
                radius,
                facecolor="#f1f3f5",
                edgecolor=OTHERS,
                linewidth=1,
                linestyle=(0, (4, 3)),
            )
        )


def draw_vae_idea(picture: Any, decoded: Any, ax: Axes | None = None) -> Axes:
    """Object → distribution in the latent space → object: what a variational autoencoder does with
    one picture.

    Args:
        picture: the object that goes in, grey in [0, 1], shape (height, width) or (height, width,
            1).
        decoded: what comes out of the decoder, likewise.
        ax: where to draw; a new figure if left out.

    Returns:
        The axes.

    Raises:
        ValueError: if a picture is not of such a shape.

    Source: after Dykeman, *Conditional Variational Autoencoders* (2016), and Doersch,
    arXiv:1606.05908.
    """
    ax = _canvas(11.5, 4, (14.4, 5), ax)
    middle = 2.85
    _picture(ax, 1.1, middle, picture)
    _network(ax, 3.7, middle, "encoder", narrows=True)
    _prior(ax, 7.2, middle, 0.72)
    for dx, dy, width, height in [
        (-0.75, 0.7, 0.5, 0.8),
        (-0.5, -0.85, 0.8, 0.5),
        (0.15, 0.15, 0.5, 0.5),
        (0.3, 1.15, 0.7, 0.4),
    ]:
        ax.add_patch(
            Ellipse(
                (7.2 + dx, middle + dy),
                width,
                height,
                facecolor="#d5d9de",
                edgecolor=OTHERS,
                alpha=0.8,
            )
        )
    cloud = (8.0, middle - 0.45)
    ax.add_patch(Ellipse(cloud, 0.8, 0.6, facecolor="#f3c6c8", edgecolor=RANDOM, linewidth=1.6))
    ax.plot(cloud[0] - 0.17, cloud[1] + 0.12, marker="o", markersize=5, color=RANDOM)
    _network(ax, 10.7, middle, "decoder", narrows=False)
    _picture(ax, 13.3, middle, decoded)
    for start, end in [(2.15, 2.75), (4.65, 5.4), (9.0, 9.75), (11.65, 12.25)]:
        _arrow(ax, (start, middle), (end, middle))
    _text(ax, 1.1, middle - 1.35, "object $X$")
    _text(
        ax,
        7.2,
        0.4,
        "latent space: a cloud $Q(Z|X)$ for this object,\nfrom which a code $z$ is drawn; "
        "together the clouds cover $N(0, I)$",
        10.5,
    )
    _text(ax, 13.3, middle - 1.35, "object again")
    return ax


def draw_generator(pictures: Any, ax: Axes | None = None, codes: Any = None) -> Axes:
    """N(0, I) → decoder → object: what is left of a variational autoencoder once it is trained, and
    only generates.

    Args:
        pictures: one to four from the decoder, grey in [0, 1], shape (n, height, width) or (n,
            height, width, 1).
        ax: where to draw; a new figure if left out.
        codes: what the pictures were decoded from, shape (n, at least 2). A dot with the picture's
            number stands at the first two coordinates; if left out, somewhere in the plane.

    Returns:
        The axes.

    Raises:
        ValueError: if there are none, or more than four, or not one code for each.
        TypeError: if there is no batch.

    Source: after Doersch, arXiv:1606.05908, figure 5.
    """
    if not hasattr(pictures, "__len__"):
        raise TypeError(f"pictures must be a batch, got {pictures!r}")
    if not 1 <= len(pictures) <= 4:
        raise ValueError(f"pictures must be one to four, got {len(pictures)}")
    if codes is not None and (np.ndim(codes) != 2 or len(codes) != len(pictures)):
        raise ValueError(
            f"codes must have shape ({len(pictures)}, at least 2), got {np.shape(codes)}"
        )
    ax = _canvas(9.6, 3.9, (12, 4.9), ax)
    middle = 2.7
    scale = 0.72
    _prior(ax, 2.2, middle, scale)
    _text(ax, 2.2, 0.3, "$z$ drawn from $N(0, I)$", color=RANDOM)
    dots = np.array([(0.5, 0.4), (-0.7, 0.25), (0.1, -0.7), (-0.25, 0.95)])[: len(pictures)]
    if codes is not None:
        dots = scale * np.asarray(codes)[:, :2]
    ax.plot(
        *(dots + np.array([2.2, middle])).T,
        linestyle="none",
        marker="o",
        markersize=6,
        color=RANDOM,
    )
    _network(ax, 5.9, middle, "decoder", narrows=False)
    _arrow(ax, (4.15, middle), (4.95, middle))
    _arrow(ax, (6.85, middle), (7.65, middle))
    for i, picture in enumerate(pictures):
        x = 8.8 + 2.15 * (i % 2)
        y = middle + (1.05 if len(pictures) > 2 else 0) * (1 - 2 * (i // 2))
        _picture(ax, x, y, picture)
        if codes is not None:
            _text(ax, 2.2 + dots[i, 0] + 0.2, middle + dots[i, 1] + 0.2, str(i + 1), color=RANDOM)
            _text(ax, x - 0.78, y + 0.75, str(i + 1), color=RANDOM, zorder=4)
    _text(ax, 8.8 + (1.075 if len(pictures) > 1 else 0), 0.3, "new objects")
    return ax


def draw_trick() -> Figure:
    """The computation graph of a VAE without the reparametrisation trick (left) and with it
    (right).

    Solid arrows are the forward pass; dashed blue ones show how the gradients of the two terms of
    the loss flow back. What is drawn at random is red.

    Returns:
        The figure.

    Source: after Doersch, arXiv:1606.05908, figure 4.
    """
    figure, (left, right) = plt.subplots(
        1, 2, figsize=(11.5, 6.9), layout="constrained", facecolor="white"
    )
    for ax, title in [(left, "without the trick"), (right, "with the trick")]:
        _canvas(0, 0, (8.6, 9.9), ax)
        _text(ax, 4, 9.6, title, 14, weight="bold")
        _graph(ax)
    _box(
        left,
        4,
        4.6,
        r"draw $z$ from $N(\mu, \sigma^2)$",
        width=3.6,
        edgecolor=RANDOM,
        linewidth=2.2,
    )
    _text(left, 4.7, 5.5, "✗", 24, BACKWARD, family="DejaVu Sans")
    _text(left, 6.4, 5.65, "no gradient\nthrough a draw", 11.5, BACKWARD)
    _box(right, 4, 4.6, r"$z = \mu + \sigma \cdot \varepsilon$", width=2.8)
    _box(
        right,
        7.3,
        5.6,
        r"draw $\varepsilon$" "\nfrom $N(0, I)$",
        width=2.3,
        height=1.1,
        edgecolor=RANDOM,
        linewidth=2.2,
    )
    _arrow(right, (6.9, 5.05), (5.4, 4.6), color=RANDOM)
    _back(right, 4.95, 6.4)
    return figure


def _graph(ax: Axes) -> None:
    """What both graphs share, from the object at the top to the two terms of the loss, and the way
    back."""
    _box(ax, 4, 8.8, "$X$", width=1.9)
    _box(ax, 4, 7.75, "encoder", width=2.4, facecolor=NETWORK)
    _box(ax, 4, 6.75, r"$\mu(X)$,  $\sigma(X)$", width=2.6)
    _box(ax, 4, 2.75, "decoder", width=2.4, facecolor=NETWORK)
    _box(
        ax, 4, 0.9, r"reconstruction: $-\log P(X|z)$", width=4.6, edgecolor=BACKWARD, linewidth=2.2
    )
    _box(ax, 1.05, 3.9, "KL", width=1.1, edgecolor=BACKWARD, linewidth=2.2)
    for start, end in [(8.45, 8.1), (7.4, 7.1), (6.4, 4.95), (4.25, 3.1), (2.4, 1.25)]:
        _arrow(ax, (3.3, start), (3.3, end))
    for start, end in [(1.25, 2.4), (3.1, 4.25), (7.1, 7.4)]:
        _back(ax, start, end)
    _arrow(ax, (2.7, 6.65), (0.85, 4.25), connectionstyle="arc3,rad=0.15")
    _arrow(
        ax,
        (1.3, 4.25),
        (3.0, 6.4),
        BACKWARD,
        linestyle="--",
        linewidth=2,
        connectionstyle="arc3,rad=0.15",
    )


def _back(ax: Axes, start: float, end: float) -> None:
    """A dashed arrow upwards: gradients."""
    _arrow(ax, (4.7, start), (4.7, end), BACKWARD, linestyle="--", linewidth=2)


def draw_bound() -> Axes:
    """log P(X) = ELBO + gap, for three choices of Q: what an encoder learns, and what it is for.

    Returns:
        The axes of a new figure. Heights are a sketch, not nats.
    """
    ax = _canvas(9.6, 3.4, (12, 4.25))
    top, floor = 3.2, 0.55
    heights = {"a poor $Q$": 1.25, "a better $Q$": 2.45, "$Q$ = the posterior": top}
    for x, (words, elbo) in zip((4, 7, 10), heights.items(), strict=True):
        _text(ax, x, 0.2, words)
        for low, high, color, label in [
            (floor, elbo, "#cfe0f3", "ELBO"),
            (elbo, top, "#f6d9d3", "gap = KL"),
        ]:
            if high > low:
                ax.add_patch(plt.Rectangle((x - 1, low), 2, high - low, fc=color, ec=LINE, lw=1.2))
                _text(ax, x, (low + high) / 2, label)
    ax.plot([2.4, 11.6], [top, top], color=LINE, linewidth=2.2)
    _text(ax, 2.2, top, r"$\log P(X)$", ha="right")
    _text(ax, 2.2, top - 0.5, "the same for every $Q$", size=10, ha="right")
    _arrow(ax, (5.25, 1.0), (5.75, 1.9), color=BACKWARD)
    _arrow(ax, (8.25, 2.3), (8.75, 3.0), color=BACKWARD)
    _text(ax, 7, 3.85, "raise the ELBO: $Q$ gets nearer to the posterior", color=BACKWARD)
    return ax
