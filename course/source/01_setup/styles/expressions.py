# Expressions instead of statements: map, zip, generators and NumPy's own functions, and hardly a variable.
# ruff: noqa: F821 - other cells of the notebook define the names.

# %% parse-version
#| export
from itertools import zip_longest


def parse_version(text: str) -> tuple[int, ...]:
    """The numbers that a version starts with."""
    return tuple(map(int, _leading_numbers(text).split(".")))


def _leading_numbers(text: str) -> str:
    try:
        return re.compile(r"[0-9]+(?:[.][0-9]+)*").match(text).group()
    except AttributeError:
        raise ValueError(f"not a version: {text}") from None


# %% meets
#| export
def meets(installed: str, minimum: str) -> bool:
    """Whether version `installed` is `minimum` or newer."""
    return next(
        (
            have > need
            for have, need in zip_longest(*map(parse_version, (installed, minimum)), fillvalue=0)
            if have != need
        ),
        True,
    )


# %% environment
#| export
def environment() -> dict[str, str | int | None]:
    """What a result was measured on."""
    return dict(
        zip(
            ("python", "numpy", "system", "machine", "cores", "byte_order"),
            (
                "{}.{}.{}".format(*sys.version_info),
                np.version.version,
                *(platform.uname()[i] for i in (0, 4)),
                os.cpu_count(),
                "little" if np.array(1, dtype=np.int16).tobytes()[0] else "big",
            ),
        )
    )


# %% manual-seed
#| export
def manual_seed(seed: int) -> np.random.Generator:
    """Put the library's generator into the state of `np.random.default_rng(seed)`."""
    generator().bit_generator.state = np.random.PCG64(seed).state
    return generator()


# %% randn
#| export
def randn(*shape: int) -> np.ndarray:
    """Standard normal numbers, float32."""
    return generator().normal(size=shape).astype(np.float32)


# %% isclose
#| export
def isclose(a, b, rtol: float = 1e-5, atol: float = 1e-8, equal_nan: bool = False) -> np.ndarray:
    """Where |a - b| <= atol + rtol * |b|."""
    return np.vectorize(
        lambda x, y: (
            x == y
            or (abs(x - y) <= atol + rtol * abs(y) < float("inf"))
            or (equal_nan and x != x and y != y)
        ),
        otypes=[bool],
    )(np.asarray(a, dtype=np.float64), np.asarray(b, dtype=np.float64))


# %% allclose
#| export
def allclose(a, b, rtol: float = 1e-5, atol: float = 1e-8, equal_nan: bool = False) -> bool:
    """Whether all of `a` is close to `b`."""
    return not np.any(~isclose(a, b, rtol=rtol, atol=atol, equal_nan=equal_nan))


# %% time-call
#| export
def time_call(
    function: Callable[[], object],
    repeats: int = 7,
    clock: Callable[[], float] = time.perf_counter,
) -> float:
    """The median time of one call of `function`, in seconds, after a warm-up."""

    def seconds(_) -> float:
        start, _, end = clock(), function(), clock()
        return end - start

    function()
    return statistics.median(map(seconds, range(repeats)))


# %% format-unit
#| export
def format_unit(value: float, units: tuple[str, ...], step: float) -> str:
    """`value` in the largest of `units` of which it is at least one."""
    return next(
        f"{re.sub('[.]0$', '', format(value / size, '.1f'))} {unit}"
        for size, unit in [
            *((step**power, unit) for power, unit in reversed([*enumerate(units)]) if power),
            (1, units[0]),
        ]
        if value >= size or size == 1
    )


# %% matmul-flops
#| export
def matmul_flops(m: int, k: int, n: int) -> int:
    """The multiplications and additions in the product of an m×k and a k×n matrix."""
    return sum(m * n * each for each in (k, k))
