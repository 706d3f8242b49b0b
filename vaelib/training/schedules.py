"""Learning rates over a training run."""

from vaelib import _validation as check
from vaelib.runtime import keras


def warmup_cosine(
    steps: int, peak: float = 0.02, warmup: int = 200
) -> keras.optimizers.schedules.LearningRateSchedule:
    """A learning rate that climbs a line to `peak`, then falls half a cosine to 0.

    `steps` counts the batches of all epochs together. The peak is reached after `warmup` of them,
    from 0.0001 at the first; 0 starts at the peak. Source: the cosine, Loshchilov & Hutter,
    arXiv:1608.03983, equation (5) without restarts; the warm-up, Goyal et al., arXiv:1706.02677.

    >>> rate = warmup_cosine(steps=1000, peak=0.02, warmup=200)
    >>> [round(float(rate(step)), 4) for step in (0, 200, 600, 1000)]
    [0.0001, 0.02, 0.01, 0.0]
    """
    check.integer("warmup", warmup, 0, check.integer("steps", steps) - 1)
    check.number("peak", peak, above=0)
    decay = keras.optimizers.schedules.CosineDecay
    return decay(1e-4, steps - warmup, warmup_target=peak, warmup_steps=warmup)
