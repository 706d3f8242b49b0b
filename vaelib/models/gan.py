"""The conditional GAN: a generator and a discriminator, trained against each other by `fit`."""

from typing import Any

from vaelib import _validation as check
from vaelib.elbo import Tensor
from vaelib.models.conditional_halves import ConditionalDecoder, ConditionalHalf
from vaelib.models.foreign import as_decoder
from vaelib.models.labelled import Labelled, pair
from vaelib.runtime import keras, replicas

ops = keras.ops
register = keras.saving.register_keras_serializable(package="vaelib")

# What the discriminator pays for its scores of real and of generated pictures, and what the
# generator pays for the score of its own; a score is the logit of "this is real".
OBJECTIVES = {
    "non_saturating": (
        lambda real, made: ops.softplus(-real) + ops.softplus(made),
        lambda made: ops.softplus(-made),
    ),
    "saturating": (
        lambda real, made: ops.softplus(-real) + ops.softplus(made),
        lambda made: -ops.softplus(made),
    ),
    "hinge": (lambda real, made: ops.relu(1 - real) + ops.relu(1 + made), lambda made: -made),
}


@register
class Discriminator(ConditionalHalf):
    """The score of a picture, given its label: the higher, the more it looks real.

    w φ(x) + b + v_y φ(x): every class has weights of its own for the features φ of the network
    inside, besides those shared by all. Called with `(x, y)`; returns shape (batch,). Source:
    projection discriminators, Miyato & Koyama, arXiv:1802.05637.

    Args:
        inner: from pictures, (batch, *image_shape), to features, (batch, n): a functional or a
            sequential model.
        n_classes: how many labels there are.

    >>> picture = keras.Input((28, 28, 1))
    >>> inner = keras.Model(picture, keras.layers.Flatten()(picture))
    >>> tuple(Discriminator(inner).given(3)(ops.zeros((5, 28, 28, 1))).shape)
    (5,)
    """

    def __init__(self, inner: Any, n_classes: int = 10, **kwargs: Any) -> None:
        super().__init__(inner, n_classes, **kwargs)
        check.attributes("inner, which must be functional,", self.inner, "input_shape")
        _, *features = self.inner.output_shape
        if len(features) != 1:
            raise ValueError(f"inner must return features, (batch, n), got (batch, *{features})")
        self.image_shape = tuple(self.inner.input_shape[1:])
        # Scores in half precision would overflow.
        self.of_all = keras.layers.Dense(1, dtype="float32", name="of_all")
        self.of_label = keras.layers.Dense(
            features[0], use_bias=False, dtype="float32", name="of_label"
        )
        self((keras.Input(self.image_shape), keras.Input((self.n_classes,))))

    def call(self, inputs: tuple[Tensor, Tensor], training: bool | None = None) -> Tensor:
        x, y = inputs
        features = ops.cast(self.inner(x, training=training), "float32")
        of_label = ops.sum(features * self.of_label(self.vectors(y)), axis=1)
        return self.of_all(features)[:, 0] + of_label


@register
class ConditionalGAN(Labelled):
    """A GAN of pictures with labels, trained by plain `compile` and `fit(x, y)`.

    `discriminator` and `generator` are what the two sides pay, means over the batch; `loss` is
    their sum, which says nothing of progress, and which one optimizer lowers: no gradient of one
    side's cost reaches the other side's weights (`global_clipnorm` would couple their steps).
    `predict((x, y))` returns the discriminator's scores. Tools made for a VAE's decoder take
    `gan.decoder.given(y)`. Source: Goodfellow et al., arXiv:1406.2661.

    Args:
        generator: a decoder as for `ConditionalVAE`, whose pictures lie in [0, 1] (a functional
            model ends in a sigmoid, not in tanh); it becomes the attribute `decoder`.
        discriminator: a `Discriminator`, or the network inside one.
        n_classes: how many labels there are, at least 2.
        objective: "non_saturating", "saturating" or "hinge".

    >>> from vaelib.models import Decoder
    >>> inner = keras.Sequential([keras.Input((28, 28, 1)), keras.layers.Flatten()])
    >>> gan = ConditionalGAN(Decoder(latent_dim=8 + 10), inner)
    >>> gan.compile(keras.optimizers.Adam(1e-3, beta_1=0.5))
    >>> history = gan.fit(ops.zeros((8, 28, 28, 1)), ops.arange(8), epochs=1, verbose=0)
    >>> gan.generate([3, 3, 7]).shape
    (3, 28, 28, 1)
    """

    parts: tuple[str, ...] = ("generator", "discriminator")

    def __init__(
        self,
        generator: Any,
        discriminator: Any,
        n_classes: int = 10,
        objective: str = "hinge",
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        if not isinstance(generator, ConditionalDecoder):
            generator = ConditionalDecoder(as_decoder(generator), n_classes)
        if not isinstance(discriminator, Discriminator):
            discriminator = Discriminator(discriminator, n_classes)
        for name, half in {"generator": generator, "discriminator": discriminator}.items():
            found, wanted = (half.n_classes, *half.image_shape), (n_classes, *generator.image_shape)
            check.same_shape(f"n_classes and image_shape of {name}", found, "the model", wanted)
        self.decoder, self.discriminator, self.n_classes = generator, discriminator, n_classes
        self.image_shape = generator.image_shape
        self.objective = check.choice("objective", objective, *OBJECTIVES)
        self.seed_generator = keras.random.SeedGenerator()
        self.discriminator_tracker = keras.metrics.Mean(name="discriminator")
        self.generator_tracker = keras.metrics.Mean(name="generator")
        self.built = True

    @property
    def generator(self) -> ConditionalDecoder:
        """The decoder, by the name that it has here."""
        return self.decoder

    @property
    def unit_interval(self) -> bool:  # type: ignore[override]
        return self.decoder.likelihood.unit_interval

    def call(self, inputs: Any, training: bool | None = None) -> dict[str, Tensor]:
        x, y = pair(inputs)
        shape = (ops.shape(x)[0], self.decoder.latent_dim)
        z = keras.random.normal(shape, seed=self.seed_generator)
        return self.scores(x, y, self.decoder((z, y), training=training), training)

    def scores(self, x: Tensor, y: Tensor, pictures: Tensor, training: Any) -> dict[str, Tensor]:
        """Scores of the pictures, `real`; of generated ones with the same labels, `made`, without
        a way back to the generator; and of the same, `wanted`, with no way to the discriminator."""
        return {
            "real": self.discriminator((x, y), training=training),
            "made": self.discriminator((ops.stop_gradient(pictures), y), training=training),
            "wanted": frozen(self.discriminator, (pictures, y), training),
        }

    def compute_loss(
        self,
        x: Any = None,
        y: Any = None,
        y_pred: Any = None,
        sample_weight: Any = None,
        training: bool = True,
    ) -> Tensor:
        """What is paid, together: a mean over the batch."""
        self.checked_target(x, y, sample_weight)
        return (self.costs(y_pred) + sum(self.losses)) / replicas()

    def costs(self, y_pred: dict[str, Tensor]) -> Tensor:
        """What both sides pay for their scores, together: a mean over the batch."""
        of_discriminator, of_generator = OBJECTIVES[self.objective]
        costs = of_discriminator(y_pred["real"], y_pred["made"]), of_generator(y_pred["wanted"])
        self.discriminator_tracker.update_state(costs[0])
        self.generator_tracker.update_state(costs[1])
        return ops.mean(costs[0]) + ops.mean(costs[1])

    def reconstruct(self, inputs: Any) -> Tensor:
        """The discriminator's scores of pictures with labels, which is what `predict` returns."""
        return self.discriminator(pair(inputs), training=False)

    def get_config(self) -> dict[str, Any]:
        mine = {"n_classes": self.n_classes, "objective": self.objective}
        return super().get_config() | mine


def frozen(model: keras.Model, inputs: Any, training: bool | None = None) -> Tensor:
    """What a model returns, with gradients to its inputs but not to its weights.

    >>> model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])
    >>> tuple(frozen(model, ops.ones((5, 1))).shape)
    (5, 1)
    """
    weights = [ops.stop_gradient(weight.value) for weight in model.trainable_variables]
    others = [variable.value for variable in model.non_trainable_variables]
    output, _ = model.stateless_call(weights, others, inputs, training=training)
    return output
