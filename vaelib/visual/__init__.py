"""Rows of digits, the manifold, the latent plane; live, as GIFs, and under the pointer."""
