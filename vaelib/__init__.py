"""What the notebooks of the course share: data, mathematics, model and pictures of a variational autoencoder.

`data → elbo → model → plots`: each module imports only from those before it.
"""
