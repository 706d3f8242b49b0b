"""Wrong answers to the exercises on what the numbers depend on, and what each hint must say."""

import numpy as np

OF = {
    "active_units": [
        (lambda m, v: int(sum(np.std(m, axis=0) > 0.01)), r"standard deviation"),
        (lambda m, v: int(sum(np.var(m, axis=1) > 0.01)), r"axis=0"),
        (lambda m, v: np.var(m, axis=0) > 0.01, r"How many"),
        (lambda m, v: int(sum(np.mean(m**2, axis=0) > 0.01)), r"Subtract"),
        (lambda m, v: int(sum(np.mean(np.exp(v), axis=0) > 0.01)), r"own variances"),
        *(
            (lambda m, v, below=below: (np.exp(v).mean(0) < below).sum(), r"small clouds")
            for below in (0.01, 0.1, 0.5, 0.9, 0.95, 1)
        ),
        (lambda m, v: (m.var(0) > np.exp(v).mean(0)).sum(), r"with the clouds' own"),
        (lambda m, v: (m.var(0) / np.exp(v).mean(0) > 0.01).sum(), r"You divided"),
        (lambda m, v: (np.mean(np.exp(v) + m**2 - 1 - v, axis=0) / 2 > 0.01).sum(), r"KL"),
        (lambda m, v: m.shape[1], r"all units"),
        (lambda m, v: np.count_nonzero(m.var(0)), r"all units"),
        (lambda m, v: (m.var(0) < 0.01).sum(), r"\*inactive\*"),
        (lambda m, v: m.shape[1] - (m.var(0) > 0.01).sum(), r"\*inactive\*"),
        (lambda m, v: int(m.var() > 0.01), r"Each unit needs one"),
        (lambda m, v: (v.var(0) > 0.01).sum(), r"of z_log_var"),
        (lambda m, v: (np.exp(v).var(0) > 0.01).sum(), r"of z_log_var"),
    ],
    "bits_per_pixel": [
        (lambda log_p, pixels: -log_p / pixels / np.log(2), r"change of unit is missing"),
        (lambda log_p, pixels: log_p / (pixels * np.log(2)) - 8, r"sign"),
        (lambda log_p, pixels: -log_p / (pixels * np.log(2)) - 8, r"other way"),
        (lambda log_p, pixels: -log_p / pixels + np.log(256), r"nats per pixel"),
        (lambda log_p, pixels: -log_p / np.log(2) + 8 * pixels, r"bits per picture"),
        (lambda log_p, pixels: -log_p / pixels + 8, r"still in nats"),
        (lambda log_p, pixels: -log_p / pixels / np.log(2) + np.log2(255), r"256 grey levels"),
        (lambda log_p, pixels: -log_p / pixels / np.log(2) + np.log(256), r"log₂ 256 = 8"),
        (lambda log_p, pixels: (-log_p / np.log(2) + 8) / pixels, r"\*each\* pixel"),
        (lambda log_p, pixels: -log_p * np.log(2) / pixels + 8, r"divides"),
        (lambda log_p, pixels: np.mean(-log_p / pixels / np.log(2) + 8), r"no mean"),
    ],
}
