"""Claims another language, other file endings and lexers for its cells."""

from pathlib import Path

from tests.attack_corpus import lay

CLAIMS = {
    "name": "bash",
    "file_extension": "/../../canary.py",
    "nbconvert_exporter": "os.system",
    "pygments_lexer": "x",
}


def make(folder: Path, notebook: dict) -> None:
    notebook["metadata"] |= {
        "language_info": CLAIMS | {"codemirror_mode": {"name": "../../x"}, "mimetype": "text/html"},
        "title": "<script>document.title = 'gained'</script>",
        "jupytext": {"formats": "ipynb,../../canary//py"},
        "widgets": {
            "application/vnd.jupyter.widget-state+json": {"state": {"x": {"model_module": "../../x"}}}
        },
    }
    lay(folder, notebook)
