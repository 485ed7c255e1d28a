# Loops over single samples and values, one statement after the other, as somebody writes who wants to see each step.
# ruff: noqa: F821 - other cells of the notebook define the names.

# %% accuracy
#| export
def accuracy(output, target):
    """Counts the right ones."""
    right = 0
    for scores, kind in zip(output.tolist(), target.tolist(), strict=True):
        called = 0
        for column in range(1, len(scores)):
            if scores[column] > scores[called]:
                called = column
        if called == kind:
            right += 1
    return right / len(target)


# %% averages
#| export
class Averages:
    """Means of several numbers, in which every sample counts alike."""

    def __init__(self):
        """Begin with nothing."""
        self.totals, self.count = {}, 0

    def update(self, numbers, count):
        """Adds up."""
        self.count = self.count + count
        for name in numbers:
            if name not in self.totals:
                self.totals[name] = 0.0
            self.totals[name] += count * float(numbers[name])

    def means(self):
        """Divides."""
        result = {}
        for name in self.totals:
            result[name] = self.totals[name] / self.count
        return result


# %% train-step
#| export
@extend(Trainer)
class Step:
    """Learning from one batch."""

    def train_step(self, batch):
        """One step."""
        for module in self.model.modules():
            module.training = True
        for parameter in self.model.parameters():
            parameter.grad = None
        self.optimizer.zero_grad()
        x, y = batch[0], batch[1]
        scores = self.model(x)
        loss = self.loss(scores, y)
        result = self.numbers(scores, y, loss)
        loss.backward()
        if self.max_norm is not None:
            clip_grad_norm_(self.model.parameters(), self.max_norm)
        self.optimizer.step()
        return result


# %% overfit
#| export
def overfit_batch(model, optimizer, batch, steps=100, loss=cross_entropy):
    """The loop, written out."""
    model.train()
    losses = []
    for _ in range(steps):
        optimizer.zero_grad()
        value = loss(model(batch[0]), batch[1])
        losses.append(float(value.item()))
        value.backward()
        optimizer.step()
    return losses


# %% unmoved
#| export
def unmoved(model, before):
    """Looks at each number."""
    names = []
    for name, parameter in model.named_parameters():
        same = True
        for now, then in zip(parameter.data.ravel(), before[name].data.ravel(), strict=True):
            if now != then:
                same = False
                break
        if same:
            names.append(name)
    return names


# %% evaluating
#| export
class evaluating:
    """A context manager by hand."""

    def __init__(self, model):
        self.model = model

    def __enter__(self):
        self.training = []
        for module in self.model.modules():
            self.training.append(module.training)
            module.training = False
        self.quiet = no_grad()
        self.quiet.__enter__()

    def __exit__(self, kind, error, trace):
        for module, mode in zip(self.model.modules(), self.training, strict=True):
            module.training = mode
        self.quiet.__exit__(None, None, None)
        return False


# %% evaluate
#| export
@extend(Trainer)
class Evaluation:
    """How good the model is."""

    def evaluate(self, loader):
        """Sums, then a division."""
        sums, samples = {}, 0
        with evaluating(self.model):
            for batch in loader:
                scores = self.model(batch[0])
                found = self.numbers(scores, batch[1], self.loss(scores, batch[1]))
                for name in found:
                    sums[name] = sums.get(name, 0.0) + found[name] * len(batch[1])
                samples += len(batch[1])
        for name in sums:
            sums[name] /= samples
        return sums


# %% epoch
#| export
@extend(Trainer)
class Epoch:
    """A pass over all samples."""

    def train_epoch(self, loader):
        """Sums, then a division."""
        sums, samples = {}, 0
        for x, y in loader:
            found = self.train_step((x, y))
            for name in found:
                sums[name] = sums.get(name, 0.0) + found[name] * len(y)
            samples += len(y)
            self.tell("on_batch_end", found, len(y))
        for name in sums:
            sums[name] /= samples
        return sums

    def run_epoch(self, loader, validation=None):
        """The row, name by name."""
        row = {}
        row["epoch"] = 1
        for _ in self.history:
            row["epoch"] += 1
        row["lr"] = self.optimizer.param_groups[0]["lr"]
        trained = self.train_epoch(loader)
        for name in trained:
            row[name] = trained[name]
        if validation is not None:
            tested = self.evaluate(validation)
            for name in tested:
                row["val_" + name] = tested[name]
        if self.scheduler is not None:
            self.scheduler.step()
        self.history.append(row)
        return row


# %% fit
#| export
@extend(Trainer)
class Fit:
    """The whole training."""

    def fit(self, loader, epochs, validation=None):
        """One epoch after the other."""
        self.begin(loader, validation)
        while True:
            if len(self.history) >= epochs:
                break
            if self.stop:
                break
            try:
                self.tell("on_epoch_begin")
                row = self.run_epoch(loader, validation)
                self.tell("on_epoch_end", row)
            except KeyboardInterrupt:
                self.interrupted = True
                break
        self.end()
        return self.history


# %% progress
#| export
def progress_line(done, total, samples, seconds):
    """Piece by piece."""
    each = seconds / done
    left = 0.0
    for _ in range(done, total):
        left += each
    rate = format(round(samples / seconds), ",")
    return str(done) + "/" + str(total) + ", " + rate + " images/s, " + f"{left:.1f}" + " s left"


# %% confusion
#| export
def confusion_matrix(predictions, targets, classes):
    """Counts one answer after the other."""
    if len(predictions) != len(targets):
        raise ValueError("not as many predictions as targets")
    matrix = np.zeros((classes, classes), dtype=np.int64)
    for called, truth in zip(np.asarray(predictions), np.asarray(targets), strict=True):
        for number in (called, truth):
            if number < 0 or number >= classes:
                raise ValueError(f"no class {number}")
        matrix[int(truth)][int(called)] += 1
    return matrix


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
        """Case by case."""
        if value != value:
            return False
        if self.value is None:
            better = True
        elif self.mode == "min":
            better = value < self.value - self.min_delta
        else:
            better = value > self.value + self.min_delta
        if better:
            self.value = value
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
        """Copies array by array."""
        better = self.best.update(row[self.monitor])
        if better:
            self.weights = {}
            for name, tensor in trainer.model.state_dict().items():
                self.weights[name] = np.array(tensor.data)
            self.waited = 0
        else:
            self.waited = self.waited + 1
            trainer.stop = trainer.stop or self.waited >= self.patience

    def on_fit_end(self, trainer):
        """Nothing without weights."""
        if self.weights is None:
            return
        trainer.model.load_state_dict(self.weights)


# %% pack
#| export
def pack(value, arrays):
    """One kind after the other."""
    if isinstance(value, Tensor):
        value = value.data
    if isinstance(value, np.ndarray):
        if value.dtype == object:
            raise TypeError("an ndarray of objects")
        name = "array " + str(len(arrays))
        arrays[name] = value
        return {"array": name}
    if isinstance(value, dict):
        pairs = []
        for key in value:
            pairs.append([pack(key, arrays), pack(value[key], arrays)])
        return {"dict": pairs}
    for kind, name in ((list, "list"), (tuple, "tuple")):
        if isinstance(value, kind):
            parts = []
            for part in value:
                parts.append(pack(part, arrays))
            return {name: parts}
    if isinstance(value, np.generic):
        value = value.item()
    if type(value) in (int, float, bool, str, type(None)):
        return value
    raise TypeError("what is a " + type(value).__name__ + " in a file?")


# %% unpack
#| export
def unpack(packed, arrays):
    """One kind after the other."""
    if type(packed) is not dict:
        return packed
    kind = next(iter(packed))
    parts = packed[kind]
    if kind == "array":
        return arrays[parts]
    result = []
    for part in parts:
        if kind == "dict":
            result.append((unpack(part[0], arrays), unpack(part[1], arrays)))
        else:
            result.append(unpack(part, arrays))
    if kind == "dict":
        return dict(result)
    if kind == "tuple":
        return tuple(result)
    if kind == "list":
        return result
    raise ValueError("nothing is packed as " + kind)


# %% write-state
#| export
FORMAT = "tinytorch training 1"


def write_state(path, state):
    """Into memory, into another file, and then the name."""
    import io

    arrays = {}
    packed = pack(state, arrays)
    text = json.dumps({"format": FORMAT, "state": packed})
    arrays["header"] = np.array(list(text.encode()), dtype=np.uint8)
    memory = io.BytesIO()
    np.savez(memory, **arrays)
    new = str(path) + "~"
    file = open(new, "wb")  # noqa: PTH123, SIM115
    try:
        file.write(memory.getvalue())
    finally:
        file.close()
    os.replace(new, path)


# %% read-state
#| export
def read_state(path):
    """Looks whether it is there, then believes nothing."""
    if not Path(path).exists():
        raise FileNotFoundError(f"no file {path}")
    arrays = {}
    try:
        file = np.load(path, allow_pickle=False)
        for name in file.files:
            arrays[name] = file[name]
        file.close()
        header = json.loads(arrays["header"].tobytes().decode())
        named = header["format"] == FORMAT
        state = unpack(header["state"], arrays)
    except Exception as error:
        raise ValueError("not a state: " + str(path)) from error
    if not named:
        raise ValueError("another format: " + str(path))
    return state


# %% trainer-state
#| export
@extend(Trainer)
class State:
    """All that a training is."""

    def state_dict(self):
        """Entry by entry."""
        state = {}
        state["generators"] = self.generator_states()
        state["history"] = []
        for row in self.history:
            state["history"].append(row.copy())
        state["callbacks"] = []
        for callback in self.callbacks:
            state["callbacks"].append(callback.state_dict())
        state["scheduler"] = None
        if self.scheduler is not None:
            state["scheduler"] = self.scheduler.state_dict()
        state["optimizer"] = self.optimizer.state_dict()
        state["model"] = self.model.state_dict()
        return state

    def restore(self, state):
        """Entry by entry."""
        if len(state["callbacks"]) != len(self.callbacks):
            raise ValueError("not as many callbacks")
        self.model.load_state_dict(state["model"])
        self.optimizer.load_state_dict(state["optimizer"])
        for place in range(len(self.callbacks)):
            self.callbacks[place].load_state_dict(state["callbacks"][place])
        self.pending = state["generators"]
        self.history = []
        for row in state["history"]:
            self.history.append(row.copy())
        if self.scheduler is None:
            return
        self.scheduler.load_state_dict(state["scheduler"])


# %% checkpoint-callback
#| export
class Checkpoint(Callback):
    """Saves the training to a file, every so many epochs, or only when it is the best so far."""

    def __init__(self, path, every=1, monitor=None, mode="min"):
        """Remember the settings."""
        self.path, self.every, self.monitor, self.best = path, every, monitor, Best(mode)

    def on_epoch_end(self, trainer, row):
        """Case by case."""
        if row["epoch"] % self.every == 0:
            if self.monitor is None:
                trainer.save(self.path)
            else:
                better = self.best.update(row[self.monitor])
                if better:
                    trainer.save(self.path)

    def state_dict(self):
        """The best value so far."""
        return {"best": self.best.value}

    def load_state_dict(self, state):
        """Go on from it."""
        self.best.value = state["best"]
