"""The reference package beside PyTorch: the same layer, the same numbers, the same answer.

One file for each module. `core("layers")` is the module `tinytorch.core.layers` of the reference package, and
`torch` is PyTorch, without which every test here is skipped.
"""

import importlib
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from gradebook.build.modules import reference_package
from tests.conftest import REPOSITORY

HERE = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Everything in this folder is about PyTorch."""
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.torch)


@pytest.fixture(scope="session")
def torch() -> ModuleType:
    """PyTorch, on one thread, without gradients."""
    torch = pytest.importorskip("torch", reason="PyTorch is not installed: `pip install torch`")
    torch.set_num_threads(1)
    torch.set_grad_enabled(False)
    return torch


@pytest.fixture
def with_gradients(torch: ModuleType) -> Iterator[None]:
    """PyTorch's gradients are switched on meanwhile."""
    with torch.enable_grad():
        yield


@pytest.fixture(scope="module")
def core(torch: ModuleType) -> Iterator[Callable[[str], ModuleType]]:
    """Finds the modules of a `tinytorch` that the course's own solutions make up, for one file of tests."""
    from gradebook.course import Course

    home = reference_package(Course(REPOSITORY), before=None)
    kept = _forget_package()
    with pytest.MonkeyPatch.context() as patch:  # asked for once, by the package itself: no test inherits it
        patch.setenv("TINYTORCH_HOME", str(home))
        importlib.import_module("tinytorch")
    yield lambda name: importlib.import_module(f"tinytorch.core.{name}")
    _forget_package()
    sys.modules.update(kept)


def _forget_package() -> dict[str, ModuleType]:
    """Take every module of `tinytorch` out of this process."""
    return {
        name: sys.modules.pop(name) for name in list(sys.modules) if name.partition(".")[0] == "tinytorch"
    }


@pytest.fixture
def pair(torch: ModuleType, core: Callable[[str], ModuleType]) -> Callable[[Any], tuple[Any, Any]]:
    """Makes of an array (our Tensor, PyTorch's tensor), both float32."""
    Tensor = core("tensor").Tensor  # noqa: N806 - a class

    def make(array: Any) -> tuple[Any, Any]:
        array = np.asarray(array, dtype=np.float32)
        return Tensor(array), torch.tensor(array)

    return make
