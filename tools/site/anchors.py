"""How headings are linked to; a module of its own, because Sphinx stores the function's name."""


def as_in_jupyterlab(heading: str) -> str:
    """Blanks become hyphens, capitals stay."""
    return heading.replace(" ", "-")
