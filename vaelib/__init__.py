"""A variational autoencoder in Keras 3: its mathematics, model, training, evaluation and pictures.

Each module imports only from those before it: `data`, `runtime`, `elbo`, `latent`,
`linear_gaussian`, `models`, `training`, `evaluation`, `visual`.
"""
