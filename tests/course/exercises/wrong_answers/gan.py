"""Wrong answers to the exercises on GANs, and what each hint must say."""

import numpy as np
from scipy import special


def share_of_p(p, p_g, share):
    return share * p / (p + p_g)


def unsafe(scores):
    with np.errstate(all="ignore"):
        return -np.mean(np.log(special.expit(scores)))


OF = {
    "best_belief": [
        (lambda p, p_g, share: p / (p + p_g), r"equal shares"),
        (share_of_p, r"both weights"),
        (lambda p, p_g, share: (1 - share) * p_g / (share * p + (1 - share) * p_g), r"generated"),
        (lambda p, p_g, share: (1 - share) * p / ((1 - share) * p + share * p_g), r"wrong kind"),
        (lambda p, p_g, share: special.logit(share) + np.log(p) - np.log(p_g), r"sigmoid"),
        (lambda p, p_g, share: share * p + (1 - share) * p_g, r"differ|times"),
    ],
    "paid": [
        (unsafe, r"logaddexp"),
        (lambda scores: np.mean(special.log_expit(scores)), r"sign"),
        (lambda scores: np.mean(special.log_expit(-scores)), r"saturating"),
        (lambda scores: -np.mean(special.log_expit(-scores)), r"discriminator pays"),
        (lambda scores: -np.sum(special.log_expit(scores)), r"mean"),
        (lambda scores: -np.mean(scores), r"hinge"),
        (lambda scores: -special.log_expit(scores), r"shape"),
    ],
}
