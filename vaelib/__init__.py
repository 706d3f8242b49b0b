"""What the notebooks of the course share: data, mathematics, model and pictures of a variational autoencoder.

`data → elbo → networks → model → plots → drawings`: each module imports only from those before it. `exact` stands by
itself: a model solved in closed form, for everything else to be measured against. `callbacks` write a `recording` of a
run, `animation` makes it move.
"""
