# Explicit loops, counters and early returns; nothing that a first course doesn't teach.
# ruff: noqa: F821, SIM110 - other cells of the notebook define the names, and the loops are the style.

# %% parse-version
#| export
def parse_version(text: str) -> tuple[int, ...]:
    """The numbers that a version starts with."""
    numbers = []
    place = 0
    while True:
        end = place
        while end < len(text) and text[end] in "0123456789":
            end += 1
        if end == place:
            break
        numbers.append(int(text[place:end]))
        if end == len(text) or text[end] != ".":
            break
        place = end + 1
    if len(numbers) == 0:
        raise ValueError("expected a version, which starts with a number, but got '" + text + "'")
    return tuple(numbers)


# %% meets
#| export
def meets(installed: str, minimum: str) -> bool:
    """Whether version `installed` is `minimum` or newer."""
    have = list(parse_version(installed))
    need = list(parse_version(minimum))
    while len(have) < len(need):
        have.append(0)
    while len(need) < len(have):
        need.append(0)
    for i in range(len(have)):
        if have[i] > need[i]:
            return True
        if have[i] < need[i]:
            return False
    return True


# %% environment
#| export
def environment() -> dict[str, str | int | None]:
    """What a result was measured on."""
    result = {}
    major, minor, micro = sys.version_info[0], sys.version_info[1], sys.version_info[2]
    result["python"] = str(major) + "." + str(minor) + "." + str(micro)
    result["numpy"] = np.__version__
    result["system"] = platform.system()
    result["machine"] = platform.machine()
    result["cores"] = os.cpu_count()
    result["byte_order"] = sys.byteorder
    return result


# %% manual-seed
#| export
def manual_seed(seed: int) -> np.random.Generator:
    """Put the library's generator into the state of `np.random.default_rng(seed)`."""
    rng = generator()
    other = np.random.default_rng(seed)
    rng.bit_generator.state = other.bit_generator.state
    return rng


# %% randn
#| export
def randn(*shape: int) -> np.ndarray:
    """Standard normal numbers, float32."""
    count = 1
    for side in shape:
        count = count * side
    numbers = np.zeros(count, dtype=np.float32)
    rng = generator()
    for i in range(count):
        numbers[i] = rng.standard_normal()
    return numbers.reshape(shape)


# %% isclose
#| export
def isclose(a, b, rtol: float = 1e-5, atol: float = 1e-8, equal_nan: bool = False) -> np.ndarray:
    """Where |a - b| <= atol + rtol * |b|."""
    a, b = np.broadcast_arrays(np.asarray(a, dtype=np.float64), np.asarray(b, dtype=np.float64))
    close = np.zeros(a.shape, dtype=bool)
    for place in np.ndindex(a.shape):
        x, y = float(a[place]), float(b[place])
        if x != x or y != y:
            close[place] = equal_nan and x != x and y != y
        elif x in (float("inf"), float("-inf")) or y in (float("inf"), float("-inf")):
            close[place] = x == y
        else:
            close[place] = abs(x - y) <= atol + rtol * abs(y)
    return close


# %% allclose
#| export
def allclose(a, b, rtol: float = 1e-5, atol: float = 1e-8, equal_nan: bool = False) -> bool:
    """Whether all of `a` is close to `b`."""
    for answer in isclose(a, b, rtol, atol, equal_nan).flatten():
        if not answer:
            return False
    return True


# %% time-call
#| export
def time_call(
    function: Callable[[], object],
    repeats: int = 7,
    clock: Callable[[], float] = time.perf_counter,
) -> float:
    """The median time of one call of `function`, in seconds, after a warm-up."""
    function()
    times = []
    for _ in range(repeats):
        before = clock()
        function()
        after = clock()
        # Put it where it belongs, so that the list is always sorted.
        place = 0
        while place < len(times) and times[place] < after - before:
            place += 1
        times.insert(place, after - before)
    middle = repeats // 2
    if repeats % 2 == 1:
        return times[middle]
    return (times[middle - 1] + times[middle]) / 2


# %% format-unit
#| export
def format_unit(value: float, units: tuple[str, ...], step: float) -> str:
    """`value` in the largest of `units` of which it is at least one."""
    chosen = units[0]
    for unit in units[1:]:
        if value < step:
            break
        value = value / step
        chosen = unit
    text = "%.1f" % value  # noqa: UP031
    if text.endswith(".0"):
        text = text[:-2]
    return text + " " + chosen


# %% matmul-flops
#| export
def matmul_flops(m: int, k: int, n: int) -> int:
    """The multiplications and additions in the product of an m×k and a k×n matrix."""
    operations = 0
    for _row in range(m):
        operations += n * k  # multiplications
        operations += n * k  # additions
    return operations
