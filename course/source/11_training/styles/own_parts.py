# A layout of one's own: helpers beside the classes, generators, errors and exits by the standard library's parts.
# ruff: noqa: F821 - other cells of the notebook define the names.

# %% accuracy
#| export
def _called(output):
    """The class with the largest score, for each row."""
    return output.argmax(1).data


def accuracy(output, target):
    """Right ones among all."""
    return int(np.count_nonzero(_called(output) == target.data)) / target.shape[0]


# %% averages
#| export
class Averages:
    """Means of several numbers, in which every sample counts alike."""

    def __init__(self):
        """Begin with nothing."""
        self.totals, self.count = {}, 0

    def update(self, numbers, count):
        """Pairs of value and weight are kept, and added up when they are asked for."""
        self.count += count
        for name in numbers:
            self.totals.setdefault(name, []).append((float(numbers[name]), count))

    def means(self):
        """An exact sum of the products."""
        parts = self.totals.items()
        return {k: math.fsum(v * n for v, n in pairs) / self.count for k, pairs in parts}


# %% train-step
#| export
@extend(Trainer)
class Step:
    """Learning from one batch."""

    def forward(self, inputs, target):
        """Scores and loss."""
        scores = self.model(inputs)
        return scores, self.loss(scores, target)

    def descend(self, loss):
        """From a loss to other weights."""
        self.optimizer.zero_grad()
        loss.backward()
        if self.max_norm is not None:
            clip_grad_norm_(self.model.parameters(), max_norm=self.max_norm)
        self.optimizer.step()

    def train_step(self, batch):
        """Both of them."""
        self.model.train(mode=True)
        inputs, target = batch
        scores, loss = self.forward(inputs, target)
        self.descend(loss)
        return self.numbers(scores, target, loss)


# %% overfit
#| export
def _same_for_ever(trainer, batch):
    """The losses of steps on one batch, without end."""
    while True:
        yield trainer.train_step(batch)["loss"]


def overfit_batch(model, optimizer, batch, steps=100, loss=cross_entropy):
    """The first of them."""
    losses = _same_for_ever(Trainer(model, optimizer, loss=loss, metrics={}), batch)
    return [value for _, value in zip(range(steps), losses)]


# %% unmoved
#| export
def unmoved(model, before):
    """What is left of the names when those that moved are gone."""
    names = {name: None for name, _ in model.named_parameters()}
    for name, parameter in model.named_parameters():
        if np.any(parameter.data != before[name].data):
            del names[name]
    return [*names]


# %% evaluating
#| export
def _put(modes):
    """Give every module its mode."""
    for module, mode in modes:
        setattr(module, "training", mode)  # noqa: B010


@contextlib.contextmanager
def evaluating(model):
    """A tape that is off, inside of which the modes are others."""
    everybody = [*model.modules()]
    modes = [(module, bool(module.training)) for module in everybody]
    with no_grad():
        try:
            _put((module, False) for module in everybody)
            yield model
        finally:
            _put(modes)


# %% evaluate
#| export
@extend(Trainer)
class Evaluation:
    """How good the model is."""

    def measured(self, loader):
        """The numbers and the size of each batch."""
        for inputs, target in loader:
            scores = self.model(inputs)
            yield self.numbers(scores, target, self.loss(scores, target)), target.shape[0]

    def evaluate(self, loader):
        """All of them, while evaluating."""
        averages = Averages()
        with evaluating(self.model):
            for numbers, count in self.measured(loader):
                averages.update(numbers, count)
            return averages.means()


# %% epoch
#| export
@extend(Trainer)
class Epoch:
    """A pass over all samples."""

    def steps(self, loader):
        """The numbers and the size of each batch, after it was learned."""
        for batch in loader:
            inputs, target = batch
            pair = self.train_step((inputs, target)), target.shape[0]
            yield pair
            self.tell("on_batch_end", *pair)

    def train_epoch(self, loader):
        """The means of the steps."""
        averages = Averages()
        for pair in self.steps(loader):
            averages.update(*pair)
        return averages.means()

    def run_epoch(self, loader, validation=None):
        """A row that grows where it stands."""
        rates = [group["lr"] for group in self.optimizer.param_groups]
        row = {"lr": rates[0], "epoch": len(self.history) + 1}
        row.update(self.train_epoch(loader))
        if validation is not None:
            for name, value in self.evaluate(validation).items():
                row[f"val_{name}"] = value
        if self.scheduler:
            self.scheduler.step()
        self.history = [*self.history, row]
        return row


# %% fit
#| export
@extend(Trainer)
class Fit:
    """The whole training."""

    def all_epochs(self, loader, epochs, validation):
        """Epochs, until there are enough."""
        if len(self.history) >= epochs or self.stop:
            return
        self.tell("on_epoch_begin")
        row = self.run_epoch(loader, validation)
        self.tell("on_epoch_end", row)
        self.all_epochs(loader, epochs, validation)

    def fit(self, loader, epochs, validation=None):
        """The epochs, with a beginning and an end."""
        try:
            self.begin(loader, validation)
            self.all_epochs(loader, epochs, validation)
        except KeyboardInterrupt:
            self.interrupted = True
        finally:
            self.end()
        return self.history


# %% progress
#| export
def progress_line(done, total, samples, seconds):
    """Three texts, joined."""
    rate, speed = samples / seconds, done / seconds
    texts = [f"{done}/{total}", f"{rate:,.0f} images/s", f"{(total - done) / speed:.1f} s left"]
    return ", ".join(texts)


# %% confusion
#| export
def _classes_of(part, classes):
    """Whole numbers in an array, all of them classes."""
    numbers = np.array(part, dtype=np.int64).reshape(-1)
    if numbers.size and (numbers.min() < 0 or numbers.max() >= classes):
        raise ValueError(f"{numbers.min()} to {numbers.max()} are not all below {classes}")
    return numbers


def confusion_matrix(predictions, targets, classes):
    """A product of two tables of zeros and ones."""
    columns, rows = _classes_of(predictions, classes), _classes_of(targets, classes)
    if len(columns) != len(rows):
        raise ValueError(f"{len(rows)} targets and {len(columns)} predictions")
    ones = np.eye(classes, dtype=np.int64)
    return ones[rows].T @ ones[columns]


# %% best
#| export
class Best:
    """The best value so far: the smallest (mode "min") or the largest ("max")."""

    def __init__(self, mode="min", min_delta=0.0):
        """Remember the settings."""
        if mode not in ("min", "max"):
            raise ValueError(f'mode is "min" or "max", not {mode!r}')
        self.mode, self.min_delta, self.value = mode, min_delta, None

    def gain(self, value):
        """How much better a value is."""
        return self.value - value if self.mode != "max" else value - self.value

    def update(self, value):
        """No for NaN, yes for the first, else by the gain."""
        if not math.isnan(value) and (self.value is None or self.gain(value) > self.min_delta):
            self.value = value
            return True
        return False


# %% early-stopping
#| export
class EarlyStopping(Callback):
    """Stops when nothing has become better for a while, and puts the best weights back."""

    def __init__(self, monitor="val_loss", patience=3, min_delta=0.0, mode="min"):
        """Remember the settings."""
        self.monitor, self.patience = monitor, patience
        self.best, self.waited, self.weights = Best(mode, min_delta), 0, None

    def keep(self, model):
        """A copy of the weights."""
        self.weights = {k: np.copy(v.data) for k, v in model.state_dict().items()}

    def on_epoch_end(self, trainer, row):
        """Count, and forget the count when it is better."""
        self.waited += 1
        if self.best.update(row[self.monitor]):
            self.keep(trainer.model)
            self.waited = 0
        elif self.waited >= self.patience:
            trainer.stop = True

    def on_fit_end(self, trainer):
        """Only if there is something."""
        if self.weights:
            trainer.model.load_state_dict({**self.weights})


# %% pack
#| export
def _pack_all(parts, arrays):
    return [pack(part, arrays) for part in parts]


def pack(value, arrays):
    """A table of kinds, and what becomes of each."""
    if isinstance(value, Tensor):
        return pack(value.data, arrays)
    table = {
        (type(None), bool, int, float, str): lambda: value,
        np.generic: lambda: value.item(),
        list: lambda: {"list": _pack_all(value, arrays)},
        tuple: lambda: {"tuple": _pack_all(value, arrays)},
        dict: lambda: {"dict": [_pack_all(pair, arrays) for pair in value.items()]},
    }
    for kinds, packed in table.items():
        if isinstance(value, kinds):
            return packed()
    if isinstance(value, np.ndarray) and not value.dtype.hasobject:
        arrays[name := f"array_{len(arrays)}"] = value
        return {"array": name}
    raise TypeError(f"{type(value).__name__}: neither plain nor an array of numbers")


# %% unpack
#| export
def _unpack_all(parts, arrays):
    return [unpack(part, arrays) for part in parts]


def unpack(packed, arrays):
    """The kinds, one by one."""
    match packed:
        case {"array": name}:
            return arrays[name]
        case {"list": parts}:
            return _unpack_all(parts, arrays)
        case {"tuple": parts}:
            return tuple(_unpack_all(parts, arrays))
        case {"dict": pairs}:
            return dict(_unpack_all(pair, arrays) for pair in pairs)
        case dict():
            raise ValueError(f"{[*packed]} is no kind")
    return packed


# %% write-state
#| export
FORMAT = "tinytorch training 1"


@contextlib.contextmanager
def replacing(path):
    """An open file that takes the place of another one when all went well."""
    fresh = Path(f"{path}.new")
    try:
        with fresh.open("wb") as file:
            yield file
        os.replace(fresh, path)
    finally:
        fresh.unlink(missing_ok=True)


def write_state(path, state):
    """The state into a file that takes the place of the old one."""
    header = {"format": FORMAT, "state": pack(state, arrays := {})}
    encoded = bytearray(json.dumps(header).encode())
    with replacing(path) as file:
        np.savez(file, header=np.frombuffer(encoded, dtype="uint8"), **arrays)


# %% read-state
#| export
def _believed(file):
    """The state in an open file of arrays, or whatever error."""
    arrays = {name: file[name] for name in file.files}
    header = json.loads(arrays["header"].tobytes().decode("utf-8"))
    if not isinstance(header, dict) or header.get("format") != FORMAT:
        raise ValueError("the format is unknown")
    return unpack(header["state"], arrays)


def read_state(path):
    """Whatever error, in one word."""
    with open(path, "rb") as opened:  # noqa: PTH123
        try:
            return _believed(np.load(opened, allow_pickle=False))
        except Exception as error:  # noqa: BLE001
            kind = type(error).__name__
            raise ValueError(f"{path} can't be read as a training ({kind}: {error})") from None


# %% trainer-state
#| export
@extend(Trainer)
class State:
    """All that a training is."""

    def parts(self):
        """What saves itself, by name."""
        yield from (("model", self.model), ("optimizer", self.optimizer))
        if self.scheduler is not None:
            yield "scheduler", self.scheduler

    def state_dict(self):
        """The parts, and the rest."""
        state = {"scheduler": None, "history": [{**row} for row in self.history]}
        state.update((name, part.state_dict()) for name, part in self.parts())
        state.update(callbacks=[callback.state_dict() for callback in self.callbacks])
        return {**state, "generators": self.generator_states()}

    def restore(self, state):
        """The parts, and the rest."""
        both = [*zip(self.callbacks, state["callbacks"], strict=True)]
        for name, part in self.parts():
            part.load_state_dict(state[name])
        for callback, saved in both:
            callback.load_state_dict(saved)
        self.history[:] = [{**row} for row in state["history"]]
        self.pending = list(state["generators"])


# %% checkpoint-callback
#| export
class Checkpoint(Callback):
    """Saves the training to a file, every so many epochs, or only when it is the best so far."""

    def __init__(self, path, every=1, monitor=None, mode="min"):
        """Remember the settings."""
        self.path, self.every, self.monitor, self.best = path, every, monitor, Best(mode)

    def wanted(self, row):
        """Whether an epoch is one to save."""
        if row["epoch"] % self.every != 0:
            return False
        return self.monitor is None or self.best.update(row[self.monitor])

    def on_epoch_end(self, trainer, row):
        """Save it, if it is wanted."""
        if self.wanted(row):
            trainer.save(self.path)

    def state_dict(self):
        """The best value so far."""
        return {"best": self.best.value}

    def load_state_dict(self, state):
        """Go on from it."""
        self.best.value = state["best"]
