"""Measuring a module's checks: on its mutants, its planted solutions, and on itself with many seeds."""

import multiprocessing
import os
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from multiprocessing.pool import Pool
from pathlib import Path
from typing import Any

from gradebook.build.notebooks import Cell, cells_of, notebook_from_text, with_texts
from gradebook.build.reference import reference_package
from gradebook.course import Course
from gradebook.folders import staging_folder
from gradebook.grade.engine import ONE_THREAD
from gradebook.grade.verdict import CHECKPOINT
from gradebook.rehearsal.styles import plant_style, read_styles
from gradebook.rehearsal.trial import WARM, Trial
from gradebook.rehearsal.variants import cell_by_id, plant, read_variants
from gradebook.validity.equivalents import Equivalent, read_equivalents
from gradebook.validity.inherited import mistaken_packages, prove_package
from gradebook.validity.mutants import Mutant, mutants_of
from gradebook.validity.sampling import sample
from gradebook.validity.walk import ENDED, run_once, walk
from tito.table import Module

SEEDS = 200
# So many mistakes of earlier modules at most: with every module there are more of them.
INHERITED = 200
# A cell's id and its new text.
Change = tuple[str, str]
Named = tuple[str, Trial]


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the module's checks make of one mutant."""

    mutant: Mutant
    trial: Trial

    @property
    def ended(self) -> bool:
        """Whether it ended or hung the process, which nothing that is graded survives."""
        return not self.trial.scores

    @property
    def killed(self) -> bool:
        """Whether it loses points anywhere."""
        return not self.trial.full

    @property
    def killed_by_checkpoint(self) -> bool:
        """Whether it loses points in the checkpoint."""
        return self.ended or CHECKPOINT in self.trial.lost


@dataclass(frozen=True)
class Validity:
    """What a module's checks are worth.

    checks: the checkpoint's, in order. verdicts: of each mutant that is a mistake; equivalents: the others.
    wrong, right: what the planted solutions scored. inherited: what the checkpoint finds of planted mistakes
    of earlier modules. repeated: what the reference scored, by seed.
    """

    module: Module
    checks: tuple[str, ...]
    verdicts: tuple[Verdict, ...]
    equivalents: Mapping[Mutant, Equivalent]
    wrong: tuple[Named, ...] = ()
    right: tuple[Named, ...] = ()
    inherited: tuple[Named, ...] = ()
    repeated: Mapping[int, Trial] = field(default_factory=dict)

    @property
    def survivors(self) -> list[Mutant]:
        """The mistakes that lose no point."""
        return [verdict.mutant for verdict in self.verdicts if not verdict.killed]

    @property
    def false_rejections(self) -> list[str]:
        """The right solutions that lose points."""
        return [name for name, trial in self.right if not trial.full]

    @property
    def flakes(self) -> list[int]:
        """The seeds with which the reference itself loses points."""
        return [seed for seed, trial in self.repeated.items() if not trial.full]

    @property
    def unsteady(self) -> list[str]:
        """The graded cells and checks that assert more with one seed than with another.

        The engine asks of everybody what the reference asserted, with a seed of its own: right work would
        lose points.
        """
        counts: dict[str, set[int]] = defaultdict(set)
        for trial in self.repeated.values():
            for name, count in trial.asserted.items():
                counts[name].add(count)
        return [name for name, found in counts.items() if len(found) > 1]

    @property
    def margins(self) -> dict[str, float]:
        """The largest part of its tolerance that each cell and check used up on the reference."""
        most: dict[str, float] = defaultdict(float)
        for trial in self.repeated.values():
            for name, used in trial.margins.items():
                most[name] = max(most[name], used)
        return dict(most)


class Laboratory:
    """Some processes to measure in. Use it as a context manager."""

    def __init__(self, course: Course, processes: int = 0) -> None:
        self.course = course
        self._count = processes or os.cpu_count() or 1

    def __enter__(self) -> "Laboratory":
        for name in ONE_THREAD:
            os.environ.setdefault(name, "1")
        context = multiprocessing.get_context("forkserver")
        context.set_forkserver_preload([*WARM, "gradebook.validity.walk"])
        self._pool: Pool = context.Pool(self._count)
        return self

    def __exit__(self, *_: object) -> None:
        self._pool.terminate()

    def measure(self, module: Module, seeds: int = SEEDS, most: int | None = None) -> Validity:
        """Measure a module.

        seeds: how often the reference runs. most: so many mutants are tried, spread over all of them, so many
        wrong and right solutions, and none of earlier modules; None for all of these.
        """
        text = self.course.text_source(module).read_text(encoding="utf-8")
        notebook = with_texts(notebook_from_text(text, module))
        cells, home = cells_of(notebook), reference_package(self.course, module)
        mutants = mutants_of(cells)
        equivalents = read_equivalents(self.course.equivalents(module), mutants)
        mistakes = sample([mutant for mutant in mutants if mutant not in equivalents], most)
        every = read_variants(self.course.variants(module))
        wrong = sample([variant for variant in every if not variant.right], most)
        right = sample([variant for variant in every if variant.right], most)
        variants = [*wrong, *right]
        planted = [cell_by_id(plant(notebook, variant), variant.cell)["source"] for variant in variants]
        changes = [(mutant.cell, mutant.source) for mutant in mistakes]
        changes += [(variant.cell, source) for variant, source in zip(variants, planted, strict=True)]
        repeated = self._pool.starmap_async(run_once, [(cells, home, seed) for seed in range(1, seeds + 1)])
        trials = self._try(cells, home, changes)
        tried = list(zip(variants, trials[len(mistakes) :], strict=True))
        runs = dict(enumerate(repeated.get(), start=1))
        styles = self._try_styles(module, notebook, home)
        return Validity(
            module,
            tuple(runs[1].checks),
            tuple(map(Verdict, mistakes, trials)),
            equivalents,
            wrong=tuple((variant.title, trial) for variant, trial in tried if not variant.right),
            right=(*((variant.title, trial) for variant, trial in tried if variant.right), *styles),
            inherited=() if most else self._inherit(module),
            repeated=runs,
        )

    def _try_styles(self, module: Module, notebook: Mapping[str, Any], home: Path) -> list[Named]:
        """What whole solutions in other styles score."""
        styles = read_styles(self.course.styles(module))
        orders = [(cells_of(plant_style(notebook, style)), home, 1) for style in styles]
        trials = self._pool.starmap(run_once, orders)
        return [(style.title, trial) for style, trial in zip(styles, trials, strict=True)]

    def _inherit(self, module: Module) -> tuple[Named, ...]:
        """What the module's checkpoint finds in packages with a mistake of an earlier module."""
        checkpoint = self.course.table.checkpoint_of(module).filename
        packages = list(mistaken_packages(self.course, module, INHERITED))
        with staging_folder(self.course.cache / "validity") as folder:
            folders = [folder / str(number) for number in range(len(packages))]
            orders = [(one[1], checkpoint, where) for one, where in zip(packages, folders, strict=True)]
            trials = self._pool.starmap(prove_package, orders)
        return tuple((name, trial) for (name, _), trial in zip(packages, trials, strict=True))

    def _try(self, cells: Sequence[Cell], home: Path, changes: Sequence[Change]) -> list[Trial]:
        """What the notebook scores with each of some changes."""
        # More parts than processes, for their lengths differ.
        count = 3 * self._count
        parts = [changes[start::count] for start in range(count)]
        found: list[Trial] = [ENDED] * len(changes)
        for start, trials in enumerate(self._pool.starmap(_walk, [(cells, home, part) for part in parts])):
            found[start::count] = trials
        return found


def _walk(cells: Sequence[Cell], home: Path, changes: Sequence[Change]) -> list[Trial]:
    places: dict[str, list[int]] = defaultdict(list)
    for place, (cell, _) in enumerate(changes):
        places[cell].append(place)
    sources = {cell: [changes[place][1] for place in mine] for cell, mine in places.items()}
    found: list[Trial] = [ENDED] * len(changes)
    for cell, number, trial in walk(cells, sources, home):
        found[places[cell][number]] = trial
    return found
