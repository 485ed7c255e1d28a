"""The nbconvert exporter: `jupyter nbconvert --to tinytorch NOTEBOOK` writes what `tito export` writes."""

from typing import Any

from nbconvert.exporters import Exporter
from nbconvert.exporters.exporter import ResourcesDict
from nbformat import NotebookNode
from nbformat.v4 import new_notebook
from traitlets import default

from tito.export import exported_text


class TinytorchExporter(Exporter):
    """Turns a notebook's `#| export` cells into a Python module."""

    output_mimetype = "text/x-python"
    export_from_notebook = "TinyTorch module"

    @default("file_extension")
    def _file_extension(self) -> str:
        return ".py"

    @default("default_preprocessors")
    def _default_preprocessors(self) -> list[Any]:
        # The package holds the cells as they stand in the notebook.
        return []

    def from_notebook_node(
        self, nb: NotebookNode, resources: dict[str, Any] | None = None, **kw: Any
    ) -> tuple[Any, dict[str, Any]]:
        """The module's text, and the resources nbconvert writes it with."""
        # nbconvert fills in what writing needs. It sees no cell: it gives new random ids where some are
        # missing, and stumbles over damage that export does not mind.
        empty = new_notebook()  # type: ignore[no-untyped-call] # nbformat leaves it untyped
        _, written = super().from_notebook_node(empty, resources or ResourcesDict(), **kw)
        return exported_text(nb, f"{written['metadata']['name']}.ipynb"), written
