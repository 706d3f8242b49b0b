"""JupyterLab's settings for the course; JUPYTER_CONFIG_PATH, set by lab.sh, leads here."""

c = get_config()  # noqa: F821


def store_only_what_was_changed(model, **_):
    """Leave out what JupyterLab adds to a notebook that is only opened and saved."""
    if model["type"] == "notebook":
        model["content"]["metadata"].get("language_info", {}).pop("version", None)
        for cell in model["content"]["cells"]:
            cell["metadata"].pop("collapsed", None)  # says again what jupyter.outputs_hidden says


c.ContentsManager.pre_save_hook = store_only_what_was_changed

# Every notebook has a .py beside it, with the same text: the list of files shows one of the two.
c.ContentsManager.hide_globs = ["__pycache__", "*.pyc", ".DS_Store", "*~", "[0-9][0-9]*_*.py"]
