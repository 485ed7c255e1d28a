"""How fast is the course's `Conv2d` beside PyTorch's, and beside its own loops?

    python -m benchmarks.convolution [--rounds N] [--threads N]

Each library works in a process of its own, for the threads of one spin while they wait and slow the other.
The two take turns, a few milliseconds each, so that a busy machine is busy for both. Prints the fastest and
the median round, and the versions. PyTorch has to be installed: `pip install torch`.
"""

import argparse
import importlib
import os
import platform
import statistics
import sys
import time
from collections.abc import Callable
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import numpy as np

ROOT = Path(__file__).resolve().parent.parent
SHAPE, KERNELS = (32, 3, 32, 32), (16, 3, 3, 3)
CALLS = 3  # in one round: a few milliseconds


def numbers() -> tuple[np.ndarray, ...]:
    """A batch, kernels and a bias, the same in both processes."""
    rng = np.random.default_rng(0)
    return tuple(rng.normal(size=shape).astype(np.float32) for shape in (SHAPE, KERNELS, KERNELS[:1]))


def ours(padding: int) -> Callable[[], Any]:
    """A call of the course's own layer."""
    from gradebook.build.modules import reference_package
    from gradebook.course import Course

    os.environ["TINYTORCH_HOME"] = str(reference_package(Course(ROOT), before=None))
    layer = importlib.import_module("tinytorch.core.spatial").Conv2d(3, 16, 3, padding=padding)
    x, weight, bias = numbers()
    layer.load_state_dict({"weight": weight, "bias": bias})
    batch = importlib.import_module("tinytorch.core.tensor").Tensor(x)
    return lambda: layer(batch).data


def theirs(padding: int) -> Callable[[], Any]:
    """A call of PyTorch's layer, without gradients."""
    torch = importlib.import_module("torch")
    torch.set_num_threads(int(os.environ["OMP_NUM_THREADS"]))
    torch.set_grad_enabled(False)
    layer = torch.nn.Conv2d(3, 16, 3, padding=padding)
    x, weight, bias = (torch.tensor(array) for array in numbers())
    layer.load_state_dict({"weight": weight, "bias": bias})
    return lambda: layer(x).numpy()


def serve(channel: Connection, make: Callable[[int], Callable[[], Any]], padding: int) -> None:
    """Answer the first request with the result, and each further one with the seconds of a round."""
    call = make(padding)
    # glibc keeps blocks up to the size of the largest that was ever freed. A program that has worked on more
    # than one small batch has freed a large one; without it, each call would fetch its pages anew.
    np.ones(7_500_000, dtype=np.float32).sum()
    for _ in range(20):
        call()
    channel.send(call())
    while channel.recv():
        start = time.perf_counter()
        for _ in range(CALLS):
            call()
        channel.send((time.perf_counter() - start) / CALLS)


def race(padding: int, rounds: int) -> tuple[list[float], list[float]]:
    """Seconds of a call in each round, of ours and of PyTorch's, whose answers agree."""
    context, ends = get_context("spawn"), []
    for make in (ours, theirs):
        here, there = context.Pipe()
        context.Process(target=serve, args=(there, make, padding), daemon=True).start()
        ends.append(here)
    mine, other = (end.recv() for end in ends)
    np.testing.assert_allclose(mine, other, rtol=1e-4, atol=1e-4)
    seconds: tuple[list[float], list[float]] = ([], [])
    for _ in range(rounds):
        for end, times in zip(ends, seconds, strict=True):
            end.send(True)
            times.append(end.recv())
    for end in ends:
        end.send(False)
    return seconds


def versions() -> str:
    """What was measured, and where."""
    from importlib.metadata import version

    return (
        f"Python {platform.python_version()}, NumPy {np.__version__}, PyTorch {version('torch')}, "
        f"{os.cpu_count()} CPUs, {os.environ['OMP_NUM_THREADS']} threads"
    )


def main() -> int:
    """Print both libraries' times and their ratio; 1 where ours takes more than three times PyTorch's."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--rounds", type=int, default=150)
    parser.add_argument("--threads", type=int, default=2)
    arguments = parser.parse_args()
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
        os.environ[name] = str(arguments.threads)

    print(versions())
    print(f"Conv2d {SHAPE} → {KERNELS[0]} channels, 3 × 3, float32, {arguments.rounds} rounds in turns")
    slow = False
    for padding in (0, 1):
        mine, other = race(padding, arguments.rounds)
        for word, measure in (("fastest", min), ("median", statistics.median)):
            a, b = measure(mine), measure(other)
            slow |= word == "median" and a > 3 * b
            print(
                f"padding {padding}  {word:8}ours {a * 1e3:6.2f} ms   PyTorch {b * 1e3:6.2f} ms   "
                f"ratio {a / b:5.2f}"
            )
    return int(slow)


if __name__ == "__main__":
    sys.exit(main())
