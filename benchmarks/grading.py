"""A class graded by stock `nbgrader autograde` and by this engine: what a submission costs.

    python -m benchmarks.grading                        # 40 submissions for 02_tensor; a quarter of an hour
    python -m benchmarks.grading --class-size 10 --sample 2 --json FILE

Everything is measured in one run: stock nbgrader with one process for each student and with one for all (both
on a sample), this engine with one worker and with two and again on what has not changed, and the bare
execution of the same cells. Times of the processor hold all that a command starts, from its start to its end.
On a machine that does something else meanwhile, only the ratios say something.
"""

import argparse
import json
import os
import platform
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from importlib.metadata import version
from itertools import cycle
from pathlib import Path

from gradebook.build.modules import build_course
from gradebook.build.reference import reference_package
from gradebook.course import Course
from gradebook.course_folder import make_course_folder, prepare_course
from gradebook.grade.engine import ONE_THREAD
from gradebook.rehearsal.demo import DemoStudent, submission_text
from gradebook.rehearsal.variants import read_variants
from tito.table import Module

REPOSITORY = Path(__file__).resolve().parents[1]
PACKAGES = ("nbgrader", "nbconvert", "ipykernel", "numpy", "matplotlib")
STOCK_EACH, STOCK_ALL = "stock nbgrader, a process for each", "stock nbgrader, one process for all"
ONE, TWO = "this engine, one worker", "this engine, two workers"
UNCHANGED, BARE = "this engine, nothing changed", "bare fork and exec of the cells"


@dataclass(frozen=True, slots=True)
class Cost:
    """What some submissions cost, in seconds: of the processor and of the clock, each for one submission."""

    submissions: int
    cpu: float
    wall: float


def make_class(root: Path, name: str, size: int) -> tuple[Course, Module]:
    """A built course, and submissions for a module: its solution and its planted variants, in turn."""
    make_course_folder(root, REPOSITORY)
    course = Course(root)
    build_course(course)
    prepare_course(course)
    module = next(module for module in course.authored() if module.id == name)
    variants = [(), *((variant.name,) for variant in read_variants(course.variants(module)))]
    for number, chosen in zip(range(size), cycle(variants), strict=False):
        student = DemoStudent(f"s{number:03d}", "made up", variants=chosen)
        folder = course.folder / "submitted" / student.id / module.id
        folder.mkdir(parents=True)
        (folder / f"{module.id}.ipynb").write_text(submission_text(course, student, module) or "")
        (folder / "timestamp.txt").write_text("2026-11-01 10:00:00 UTC")
    return course, module


def run(command: Sequence[str], course: Course, environment: Mapping[str, str]) -> str:
    """Run a command in a course; what it prints."""
    done = subprocess.run(
        command, cwd=course.root, env=os.environ | environment, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise SystemExit(f"{' '.join(command)} failed:\n{done.stdout}\n{done.stderr}")
    return done.stdout


def measure(count: int, work: Callable[[], object]) -> Cost:
    """What `work` costs for each of so many submissions, all processes that it starts included."""
    before, begun = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    work()
    wall, after = time.perf_counter() - begun, resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Cost(count, cpu / count, wall / count)


def measure_stock(course: Course, module: Module, sample: Sequence[str]) -> Iterator[tuple[str, Cost]]:
    """Stock `nbgrader autograde` on a sample, in a copy of the course that holds nobody else."""
    with tempfile.TemporaryDirectory() as folder:
        copy = Course(Path(shutil.copytree(course.root, Path(folder, "course"))))
        for student in (copy.folder / "submitted").iterdir():
            if student.name not in sample:
                shutil.rmtree(student)
        environment = package_of(course, module) | {"TITO_COURSE": str(copy.root)}
        command = [sys.executable, "-m", "nbgrader", "autograde", module.id, "--force"]
        each = [[*command, "--student", name] for name in sample]
        yield (
            STOCK_EACH,
            measure(len(sample), lambda: [run(one, copy, environment) for one in each]),
        )
        yield STOCK_ALL, measure(len(sample), lambda: run(command, copy, environment))


def measure_engine(course: Course, module: Module, size: int) -> Iterator[tuple[str, Cost]]:
    """This engine on all, after a run on one that tries the course's own solution once and for all."""

    def grade(workers: int, anew: bool = True) -> None:
        if anew:
            shutil.rmtree(course.folder / "autograded", ignore_errors=True)
        names = (str(course.root), module.id, str(workers))
        run([sys.executable, "-m", "benchmarks.grade_class", *names], course, {"PYTHONPATH": str(REPOSITORY)})

    grade(2)
    yield ONE, measure(size, lambda: grade(1))
    yield TWO, measure(size, lambda: grade(2))
    yield UNCHANGED, measure(size, lambda: grade(2, anew=False))


def measure_bare(course: Course, module: Module) -> Cost:
    """The cells of all submissions, executed in forks of a warm process."""
    notebooks = sorted(str(path) for path in (course.folder / "submitted").glob("*/*/*.ipynb"))
    names = {"MPLBACKEND": "agg", "TITO_COURSE": str(course.root), "PYTHONPATH": str(REPOSITORY)}
    environment = package_of(course, module) | names
    begun = time.perf_counter()
    seconds = json.loads(run([sys.executable, "-m", "benchmarks.bare", *notebooks], course, environment))
    wall = time.perf_counter() - begun
    return Cost(len(seconds), statistics.mean(seconds), wall / len(seconds))


def package_of(course: Course, module: Module) -> dict[str, str]:
    """Where the notebook finds the modules before it."""
    home = str(reference_package(course, module))
    return {"TINYTORCH_HOME": home, "PYTHONPATH": home}


def ratios(costs: Mapping[str, Cost]) -> dict[str, float]:
    """What the course wants to know of them."""
    ours = costs[ONE].cpu
    return {
        "stock, a process for each / ours (40 wanted)": costs[STOCK_EACH].cpu / ours,
        "stock, one process for all / ours (15 wanted)": costs[STOCK_ALL].cpu / ours,
        "ours / bare (at most 3 wanted)": ours / costs[BARE].cpu,
        "efficiency of the second worker (0.9 wanted)": costs[ONE].wall / costs[TWO].wall / 2,
        "stock, a process for each / bare": costs[STOCK_EACH].cpu / costs[BARE].cpu,
    }


def machine() -> dict[str, str]:
    """What was measured on."""
    info = Path("/proc/cpuinfo")
    lines = info.read_text().splitlines() if info.exists() else []
    model = next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), "")
    return {
        "processor": f"{len(os.sched_getaffinity(0))} × {model or platform.processor()}",
        "system": f"{platform.system()} {platform.release()}",
        "python": platform.python_version(),
        **{name: version(name) for name in PACKAGES},
        "load before": f"{os.getloadavg()[0]:.1f}",
    }


def main() -> None:
    """Make the class, measure, print."""
    parser = argparse.ArgumentParser(description="What a submission costs, here and with stock nbgrader")
    parser.add_argument("--module", default="02_tensor")
    parser.add_argument("--class-size", type=int, default=40)
    parser.add_argument("--sample", type=int, default=4, help="how many of them stock nbgrader grades")
    parser.add_argument("--json", type=Path, help="where to write the results, too")
    chosen = parser.parse_args()
    os.environ |= dict.fromkeys(ONE_THREAD, "1")
    # Without cached bytecode every start takes twice as long, and stock nbgrader starts most often.
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    about = machine()
    with tempfile.TemporaryDirectory() as folder:
        course, module = make_class(Path(folder, "course"), chosen.module, chosen.class_size)
        costs = {BARE: measure_bare(course, module)}
        costs |= measure_engine(course, module, chosen.class_size)
        sample = [f"s{number:03d}" for number in range(chosen.sample)]
        costs |= measure_stock(course, module, sample)
    for name, value in about.items():
        print(f"{name}: {value}")
    print(f"\n{'seconds for one submission':44} {'processor':>10} {'clock':>8} {'of':>5}")
    for name, cost in costs.items():
        print(f"{name:44} {cost.cpu:10.2f} {cost.wall:8.2f} {cost.submissions:5}")
    print()
    for name, value in ratios(costs).items():
        print(f"{name:55} {value:6.2f}")
    if chosen.json:
        found = {"machine": about, "costs": {name: asdict(cost) for name, cost in costs.items()}}
        chosen.json.write_text(json.dumps(found | {"ratios": ratios(costs)}, indent=1) + "\n")


if __name__ == "__main__":
    main()
