"""One training step of the course's own framework beside PyTorch: forward, loss and backward.

    PYTHONPATH=FOLDER_WITH_TORCH python -m benchmarks.training_step [--threads 2] [--seconds 2] [--json FILE]

Three networks with the same weights and the same batch on both sides, which take turns. Prints the median of
the milliseconds of each, their ratio, and how far the gradients are apart.
"""

import argparse
import importlib
import json
import os
import statistics
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

Step = Callable[[], None]


def prepare(threads: int) -> None:
    """Let the package be that of the course's solutions, and every library use so many threads."""
    from gradebook.build.modules import reference_package
    from gradebook.course import Course
    from gradebook.grade.engine import ONE_THREAD

    os.environ.update(dict.fromkeys(ONE_THREAD, str(threads)))
    course = Course(Path(__file__).resolve().parent.parent)
    os.environ["TINYTORCH_HOME"] = str(reference_package(course, before=None))


def core(name: str) -> Any:
    """A module of the course's package."""
    return importlib.import_module(f"tinytorch.core.{name}")


def mlp(torch: Any) -> tuple[Any, Any, tuple[int, ...], int]:
    """MLP(64, [128, 128], 10) on a batch of 64."""
    nn = torch.nn
    theirs = nn.Sequential(nn.Linear(64, 128), nn.ReLU(), nn.Linear(128, 128), nn.ReLU(), nn.Linear(128, 10))
    return core("dense").MLP(64, [128, 128], 10), theirs, (64, 64), 10


def cnn(torch: Any) -> tuple[Any, Any, tuple[int, ...], int]:
    """Two convolutions, batch norm and pooling, on 32 images of 3 x 32 x 32."""

    def make(nn: Any, layers: Any, relu: Any, sequential: Any) -> Any:
        return sequential(
            nn.Conv2d(3, 16, 3, padding=1),
            nn.BatchNorm2d(16),
            relu(),
            nn.MaxPool2d(2),
            nn.Conv2d(16, 32, 3, padding=1),
            relu(),
            nn.MaxPool2d(2),
            layers.Flatten(),
            layers.Linear(32 * 64, 10),
        )

    ours = make(core("spatial"), core("layers"), core("activations").ReLU, core("dense").Sequential)
    return ours, make(torch.nn, torch.nn, torch.nn.ReLU, torch.nn.Sequential), (32, 3, 32, 32), 10


def attention(torch: Any) -> tuple[Any, Any, tuple[int, ...], int]:
    """MultiHeadAttention(64, 4) on 16 sentences of 32 words."""
    theirs = torch.nn.MultiheadAttention(64, 4, batch_first=True)
    return core("attention").MultiHeadAttention(64, 4), theirs, (16, 32, 64), 0


def steps(make: Callable[[Any], Any], torch: Any) -> tuple[Step, Step, Callable[[], float]]:
    """A step of ours, a step of theirs, and how far their gradients are apart."""
    import numpy as np

    ours, theirs, shape, classes = make(torch)
    ours.load_state_dict({name: value.detach().numpy() for name, value in theirs.state_dict().items()})
    rng = np.random.default_rng(0)
    array = rng.normal(size=shape).astype(np.float32)
    target = rng.integers(max(classes, 1), size=shape[0])
    x, y = core("tensor").Tensor(array), core("tensor").Tensor(target, dtype=np.int64)
    s, t = torch.tensor(array), torch.tensor(target)
    loss, clear = core("dense").cross_entropy, core("autograd").zero_grad

    def our_step() -> None:
        clear(ours.parameters())
        (loss(ours(x), y) if classes else (ours(x, x, x)[0] ** 2).mean()).backward()

    def their_step() -> None:
        theirs.zero_grad()
        if classes:
            torch.nn.functional.cross_entropy(theirs(s), t).backward()
        else:
            (theirs(s, s, s)[0] ** 2).mean().backward()

    def apart() -> float:
        pairs = zip(ours.parameters(), theirs.parameters(), strict=True)
        return max(float(np.abs(p.grad.data - q.grad.numpy()).max()) for p, q in pairs)

    return our_step, their_step, apart


def measure(one: Step, other: Step, seconds: float) -> tuple[float, float]:
    """The median milliseconds of both, which take turns for so many seconds."""
    times: tuple[list[float], list[float]] = ([], [])
    end = time.perf_counter() + seconds
    while time.perf_counter() < end or len(times[0]) < 5:
        for step, kept in zip((one, other), times, strict=True):
            start = time.perf_counter()
            step()
            kept.append(1e3 * (time.perf_counter() - start))
    return statistics.median(times[0]), statistics.median(times[1])


def main() -> None:
    """Measure each network and print a line for it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--seconds", type=float, default=2.0, help="for each network")
    parser.add_argument("--json", type=Path, help="write the numbers there")
    options = parser.parse_args()
    prepare(options.threads)
    import torch

    torch.set_num_threads(options.threads)
    results = {}
    for make in (mlp, cnn, attention):
        ours, theirs, apart = steps(make, torch)
        for step in (ours, theirs):
            step()
        far = apart()
        mine, other = measure(ours, theirs, options.seconds)
        results[make.__name__] = {"ours": mine, "pytorch": other, "ratio": mine / other, "apart": far}
        print(
            f"{make.__name__:10} {mine:8.2f} ms  PyTorch {other:8.2f} ms  {mine / other:5.2f} times  "
            f"gradients {far:.0e} apart"
        )
    if options.json:
        options.json.write_text(json.dumps(results, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
