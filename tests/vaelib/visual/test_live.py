"""The live view: one picture, redrawn in place, and only in a notebook."""

import pytest
from matplotlib import pyplot as plt

from vaelib.visual import live
from vaelib.visual.live import LiveView


class Shown:
    """Stands in for IPython's display: remembers what was shown first and what replaced it."""

    def __init__(self):
        self.first, self.replaced = [], []

    def __call__(self, figure, display_id):
        assert display_id
        self.first.append(figure)
        return self

    def update(self, figure):
        self.replaced.append(figure)


@pytest.fixture
def shown(monkeypatch):
    """What is shown in a notebook."""
    shown = Shown()
    monkeypatch.setattr(live, "get_ipython", type("ZMQInteractiveShell", (), {}))
    monkeypatch.setattr(live, "display", shown)
    return shown


def test_it_redraws_one_picture_every_so_many_epochs_and_at_the_end(make_vae, small_digits, shown):
    vae, view = make_vae(eagerly=True), LiveView(small_digits[:4], every=2, n=3)
    for runs in (1, 2):  # a second run shows a picture of its own
        vae.fit(small_digits, batch_size=200, epochs=5, verbose=0, callbacks=[view])
        assert (len(shown.first), len(shown.replaced)) == (runs, 2 * runs)
    titles = [figure.get_suptitle() for figure in shown.first[:1] + shown.replaced[:2]]
    assert [title.split(",")[0] for title in titles] == ["Epoch: 2", "Epoch: 4", "Epoch: 5"]
    assert "loss" in titles[-1]
    assert "nats" in titles[-1]
    assert not plt.get_fignums()


def test_it_is_silent_in_a_terminal(make_vae, small_digits, capfd, monkeypatch):
    monkeypatch.setattr(live, "display", pytest.fail)
    view = LiveView(small_digits[:4], n=3)
    make_vae(eagerly=True).fit(small_digits, batch_size=200, verbose=0, callbacks=[view])
    assert capfd.readouterr().out == ""


def test_it_needs_no_plane_and_takes_digits_of_the_test_set(make_vae):
    view = LiveView()
    assert view.x.shape == (10, 28, 28, 1)
    view.set_model(make_vae(latent_dim=3, image_shape=(28, 28, 1)))
    figure = view.draw(1, {})
    assert figure.get_suptitle() == "Epoch: 1"
    assert [len(ax.images) for ax in figure.axes] == [1]  # two rows, and no map
    assert figure.axes[0].images[0].get_array().shape[:2] == (2 * 28, 10 * 28)
