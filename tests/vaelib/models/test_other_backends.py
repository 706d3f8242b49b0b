"""A model saved on this backend of Keras, loaded on another: the same figures, and it goes on."""

import os
import subprocess
import sys
from importlib.util import find_spec

import numpy as np
import pytest
from any_backend import BACKEND

from vaelib.evaluation.bounds import iwae_bound, log_importance_weights
from vaelib.evaluation.likelihoods import paired_log_likelihood
from vaelib.latent import encode

ELSEWHERE = """
import os, sys
class Missing:  # a reader need not have what the model was saved on
    def find_spec(self, name, path=None, target=None):
        if name in {"jax", "torch"} - {os.environ["KERAS_BACKEND"]}:
            raise ImportError(name)
sys.meta_path.insert(0, Missing())
import numpy as np
import vaelib.models
from vaelib.evaluation.bounds import iwae_bound, log_importance_weights
from vaelib.evaluation.likelihoods import paired_log_likelihood
from vaelib.latent import encode
from vaelib.runtime import keras

folder = sys.argv[1]
vae, x = keras.saving.load_model(folder + "/vae.keras"), np.load(folder + "/x.npy")
codes = encode(vae.encoder, x)
weights = log_importance_weights(paired_log_likelihood(vae.decoder), x, *codes, k=20)
before = int(vae.optimizer.iterations)
loss = vae.fit(x, batch_size=10, epochs=2, verbose=0).history["loss"]
np.savez(folder + "/found.npz", z_mean=codes[0], z_log_var=codes[1], iwae=iwae_bound(weights),
         pictures=keras.saving.load_model(folder + "/vae.keras").predict(x, verbose=0),
         steps=[before, int(vae.optimizer.iterations)], loss=loss)
"""


@pytest.mark.slow
@pytest.mark.parametrize("other", sorted({"tensorflow", "jax", "torch"} - {BACKEND}))
def test_a_model_gives_the_same_figures_on_another_backend(other, trained, small_digits, tmp_path):
    if not find_spec(other):
        pytest.skip(f"{other} is not installed")
    x = small_digits[:40]
    trained.save(tmp_path / "vae.keras")
    np.save(tmp_path / "x.npy", x)
    subprocess.run(
        [sys.executable, "-c", ELSEWHERE, str(tmp_path)],
        env=os.environ | {"KERAS_BACKEND": other},
        check=True,
    )
    found = np.load(tmp_path / "found.npz")
    codes = encode(trained.encoder, x)
    weights = log_importance_weights(paired_log_likelihood(trained.decoder), x, *codes, k=20)
    np.testing.assert_allclose(found["z_mean"], codes[0], atol=1e-5)
    np.testing.assert_allclose(found["z_log_var"], codes[1], atol=1e-5)
    np.testing.assert_allclose(found["iwae"], iwae_bound(weights), atol=1e-4)
    np.testing.assert_allclose(found["pictures"], trained.predict(x, verbose=0), atol=1e-5)
    steps = int(trained.optimizer.iterations)
    assert found["steps"].tolist() == [steps, steps + 8]
    assert found["loss"][1] < found["loss"][0]
