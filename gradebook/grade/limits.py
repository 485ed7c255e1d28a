"""What a submission may use up, and how long: `c.GradingLimits.…` in `nbgrader_config.py`."""

from dataclasses import dataclass, fields
from math import ceil
from typing import TYPE_CHECKING, Any

from gradebook.sandbox.walls import Limits

if TYPE_CHECKING:
    from traitlets.config import Config

MEBIBYTE = 1 << 20


@dataclass(frozen=True, slots=True)
class GradingLimits:
    """Limits of one notebook. Each can be set by its name, as in `c.GradingLimits.memory_mb = 2048`.

    Times are wall time in seconds, but for `cpu_seconds`; a cell that has none of its own gets nbgrader's
    `c.ExecutePreprocessor.timeout`.
    """

    cell_seconds: float = 30.0
    check_seconds: float = 10.0
    call_seconds: float = 10.0
    notebook_seconds: float = 300.0
    cpu_seconds: int = 120
    memory_mb: int = 4096
    disk_mb: int = 256
    file_mb: int = 64
    processes: int = 64
    descriptors: int = 256

    def for_process(self) -> Limits:
        """What the student's process is held to by the system."""
        return Limits(
            cpu_seconds=ceil(self.cpu_seconds),
            memory_bytes=ceil(self.memory_mb * MEBIBYTE),
            processes=ceil(self.processes),
            file_bytes=ceil(self.file_mb * MEBIBYTE),
            descriptors=ceil(self.descriptors),
            disk_bytes=ceil(self.disk_mb * MEBIBYTE),
        )


def read_limits(config: "Config") -> GradingLimits:
    """The limits that a course sets."""
    chosen: dict[str, Any] = {}
    if timeout := config.get("ExecutePreprocessor", {}).get("timeout"):
        chosen["cell_seconds"] = float(timeout)
    known = {field.name for field in fields(GradingLimits)}
    for name, value in config.get("GradingLimits", {}).items():
        if name not in known or type(value) not in (int, float) or value <= 0:
            from tito.errors import TitoError

            raise TitoError(
                f"`c.GradingLimits.{name} = {value!r}` is not a limit",
                f"mend `nbgrader_config.py`; there are {', '.join(sorted(known))}, each a number above 0",
            )
        chosen[name] = value
    return GradingLimits(**chosen)
