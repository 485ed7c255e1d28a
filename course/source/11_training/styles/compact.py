# As few statements as possible: comprehensions, dictionaries merged, NumPy for every count, one return in a function.
# ruff: noqa: F821 - other cells of the notebook define the names.

# %% accuracy
#| export
def accuracy(output, target):
    """Where the largest score stands at the target."""
    return np.equal(np.argmax(output.numpy(), -1), target.numpy()).mean().item()


# %% averages
#| export
class Averages:
    """Means of several numbers, in which every sample counts alike."""

    def __init__(self):
        """Begin with nothing."""
        self.totals, self.count = {}, 0

    def update(self, numbers, count):
        """Sums of value · count."""
        self.totals |= {k: self.totals.get(k, 0.0) + count * float(v) for k, v in numbers.items()}
        self.count += count

    def means(self):
        """Sums / count."""
        return dict(zip(self.totals, (total / self.count for total in self.totals.values())))


# %% train-step
#| export
@extend(Trainer)
class Step:
    """Learning from one batch."""

    def train_step(self, batch):
        """One step."""
        output = self.model.train()(batch[0])
        loss = self.loss(output, batch[1])
        self.optimizer.zero_grad()
        loss.backward()
        self.max_norm is None or clip_grad_norm_(self.model.parameters(), self.max_norm)
        self.optimizer.step()
        return self.numbers(output, batch[1], loss)


# %% overfit
#| export
def overfit_batch(model, optimizer, batch, steps=100, loss=cross_entropy):
    """Steps of a Trainer."""
    step = Trainer(model, optimizer, metrics={}, loss=loss).train_step
    return [numbers["loss"] for numbers in map(step, [batch] * steps)]


# %% unmoved
#| export
def unmoved(model, before):
    """Names for which all numbers are equal."""
    now = dict(model.named_parameters())
    return list(filter(lambda name: (now[name].data == before[name].data).all(), now))


# %% evaluating
#| export
@contextlib.contextmanager
def evaluating(model):
    """Modes in a dictionary, and one `with` for both."""
    before = {module: module.training for module in model.modules()}
    with no_grad(), contextlib.ExitStack() as stack:
        stack.callback(
            lambda: [setattr(module, "training", mode) for module, mode in before.items()]
        )
        yield model.eval()


# %% evaluate
#| export
@extend(Trainer)
class Evaluation:
    """How good the model is."""

    def evaluate(self, loader):
        """All numbers in a table, weighed by the counts."""
        with evaluating(self.model):
            answers = ((self.model(x), y) for x, y in loader)
            rows = [(len(y), self.numbers(z, y, self.loss(z, y))) for z, y in answers]
        counts = [count for count, _ in rows]
        names = rows[0][1] if rows else ()
        return {k: float(np.average([row[k] for _, row in rows], weights=counts)) for k in names}


# %% epoch
#| export
@extend(Trainer)
class Epoch:
    """A pass over all samples."""

    def train_epoch(self, loader):
        """All numbers in a table, weighed by the counts."""
        rows = []
        for batch in loader:
            rows.append((len(batch[1]), self.train_step(batch)))
            self.tell("on_batch_end", rows[-1][1], rows[-1][0])
        counts = [count for count, _ in rows]
        return {
            k: float(np.average([row[k] for _, row in rows], weights=counts)) for k in rows[0][1]
        }

    def run_epoch(self, loader, validation=None):
        """Dictionaries merged."""
        start = {"epoch": 1 + len(self.history), "lr": self.optimizer.param_groups[0]["lr"]}
        trained = self.train_epoch(loader)
        tested = {} if validation is None else self.evaluate(validation)
        self.history += [{**start, **trained, **{"val_" + k: v for k, v in tested.items()}}]
        self.scheduler is None or self.scheduler.step()
        return self.history[-1]


# %% fit
#| export
@extend(Trainer)
class Fit:
    """The whole training."""

    def fit(self, loader, epochs, validation=None):
        """Suppress the interrupt, and see afterwards whether the end was reached."""
        self.begin(loader, validation)
        self.interrupted = True
        with contextlib.suppress(KeyboardInterrupt):
            while epochs > len(self.history) and not self.stop:
                self.tell("on_epoch_begin")
                self.tell("on_epoch_end", self.run_epoch(loader, validation))
            self.interrupted = False
        self.end()
        return self.history


# %% progress
#| export
def progress_line(done, total, samples, seconds):
    """One format."""
    left = seconds * total / done - seconds
    return f"{done}/{total}, " + "{:,.0f} images/s, {:.1f} s left".format(samples / seconds, left)  # noqa: UP032


# %% confusion
#| export
def confusion_matrix(predictions, targets, classes):
    """A histogram of two axes."""
    pairs = [np.asarray(targets, np.int64), np.asarray(predictions, np.int64)]
    if pairs[0].size != pairs[1].size or not np.isin(pairs, np.arange(classes)).all():
        raise ValueError(f"pairs of whole numbers below {classes}, please")
    edges = np.arange(classes + 1) - 0.5
    return np.histogram2d(*pairs, bins=[edges, edges])[0].astype(np.int64)


# %% best
#| export
class Best:
    """The best value so far: the smallest (mode "min") or the largest ("max")."""

    def __init__(self, mode="min", min_delta=0.0):
        """Remember the settings."""
        if mode not in ("min", "max"):
            raise ValueError(f'mode is "min" or "max", not {mode!r}')
        self.mode, self.min_delta, self.value = mode, min_delta, None

    def update(self, value):
        """A gain that is infinite at first, and that NaN never has."""
        sign = {"min": 1, "max": -1}[self.mode]
        gain = math.inf if self.value is None else sign * (self.value - value)
        better = bool(value == value and gain > self.min_delta)
        self.value = value if better else self.value
        return better


# %% early-stopping
#| export
class EarlyStopping(Callback):
    """Stops when nothing has become better for a while, and puts the best weights back."""

    def __init__(self, monitor="val_loss", patience=3, min_delta=0.0, mode="min"):
        """Remember the settings."""
        self.monitor, self.patience = monitor, patience
        self.best, self.waited, self.weights = Best(mode, min_delta), 0, None

    def on_epoch_end(self, trainer, row):
        """Two settings of three numbers."""
        better = self.best.update(row[self.monitor])
        self.waited = 0 if better else self.waited + 1
        self.weights = trainer.model.state_dict() if better else self.weights
        trainer.stop |= self.waited >= self.patience

    def on_fit_end(self, trainer):
        """What there is, or what is kept."""
        trainer.model.load_state_dict(self.weights or trainer.model.state_dict())


# %% pack
#| export
def pack(value, arrays):
    """By the first kind that it is."""
    inside = lambda parts: [pack(part, arrays) for part in parts]  # noqa: E731
    value = value.item() if isinstance(value, np.generic) else value
    value = value.numpy() if isinstance(value, Tensor) else value
    match value:
        case None | bool() | int() | float() | str():
            return value
        case tuple():
            return {"tuple": inside(value)}
        case list():
            return {"list": inside(value)}
        case dict():
            return {"dict": [inside(pair) for pair in value.items()]}
        case np.ndarray() if value.dtype.kind != "O":
            return {
                "array": arrays.setdefault(key := f"{len(arrays):04}", value) is value and key
            }
    raise TypeError(f"can't pack {type(value).__name__}")


# %% unpack
#| export
def unpack(packed, arrays):
    """By the only key."""
    if not isinstance(packed, dict):
        return packed
    inside = lambda parts: [unpack(part, arrays) for part in parts]  # noqa: E731
    back = {"list": inside, "tuple": lambda p: tuple(inside(p)), "array": lambda p: arrays[p]}
    back["dict"] = lambda pairs: dict(map(inside, pairs))
    ((kind, parts),) = packed.items()
    return back[kind](parts)


# %% write-state
#| export
FORMAT = "tinytorch training 1"


def write_state(path, state):
    """A file with a name that is nobody's, then the right name."""
    arrays = {}
    text = json.dumps({"state": pack(state, arrays), "format": FORMAT})
    with tempfile.NamedTemporaryFile(dir=Path(path).parent, delete=False) as file:
        np.savez(file, **arrays, header=np.frombuffer(bytes(text, "utf-8"), dtype=np.uint8))
    Path(file.name).rename(path)


# %% read-state
#| export
def read_state(path):
    """One expression in a `try`."""
    try:
        with Path(path).open("rb") as opened, np.load(opened) as file:
            header = json.loads(file["header"].tobytes())
            if header.pop("format") != FORMAT:
                raise ValueError("an unknown format")
            return unpack(header.pop("state"), {name: file[name] for name in file})
    except Exception as error:
        if isinstance(error, FileNotFoundError):
            raise
        raise ValueError(f"nothing to go on from in {path}: {error!r}") from error


# %% trainer-state
#| export
@extend(Trainer)
class State:
    """All that a training is."""

    def state_dict(self):
        """The parts that have a state_dict, and two that haven't."""
        parts = {name: getattr(self, name) for name in ("model", "optimizer", "scheduler")}
        return {name: part and part.state_dict() for name, part in parts.items()} | {
            "callbacks": [one.state_dict() for one in self.callbacks],
            "history": list(map(dict, self.history)),
            "generators": self.generator_states(),
        }

    def restore(self, state):
        """The same parts."""
        if len(self.callbacks) != len(state["callbacks"]):
            raise ValueError(
                f"{len(self.callbacks)} callbacks and {len(state['callbacks'])} states"
            )
        for part, saved in [
            *((self.model, state["model"]), (self.optimizer, state["optimizer"])),
            *((self.scheduler, state["scheduler"]),) * (self.scheduler is not None),
            *zip(self.callbacks, state["callbacks"]),
        ]:
            part.load_state_dict(saved)
        self.history, self.pending = list(map(dict, state["history"])), state["generators"]


# %% checkpoint-callback
#| export
class Checkpoint(Callback):
    """Saves the training to a file, every so many epochs, or only when it is the best so far."""

    def __init__(self, path, every=1, monitor=None, mode="min"):
        """Remember the settings."""
        self.path, self.every, self.monitor, self.best = path, every, monitor, Best(mode)

    def on_epoch_end(self, trainer, row):
        """One condition."""
        due = not row["epoch"] % self.every
        if due and (self.monitor is None or self.best.update(row[self.monitor])):
            trainer.save(self.path)

    def state_dict(self):
        """The best value so far."""
        return {"best": self.best.value}

    def load_state_dict(self, state):
        """Go on from it."""
        self.best.value = state["best"]
