"""Which checkpoints a user means by `01`, `01,02,03`, `01-05` or a name."""

from tito.table import CapabilityTable, Checkpoint, UnknownNameError


def select_checkpoints(table: CapabilityTable, words: str) -> list[Checkpoint]:
    """The checkpoints named, each once, in the order given; raises `UnknownNameError`."""
    selected: dict[str, Checkpoint] = {}
    for word in words.split(","):
        for checkpoint in _range(table, word.strip()):
            selected[checkpoint.name] = checkpoint
    return list(selected.values())


def _range(table: CapabilityTable, word: str) -> tuple[Checkpoint, ...]:
    first, dash, last = (part.strip() for part in word.partition("-"))
    if not dash:
        return (table.checkpoint(first),)
    start, end = table.checkpoint(first).number, table.checkpoint(last).number
    if start > end:
        raise UnknownNameError(f"`{word}` runs backwards", f"`tito checkpoint test {last}-{first}`")
    return table.checkpoints[start : end + 1]
