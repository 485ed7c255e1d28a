# Thrifty: NumPy's functions with `out`, arrays that live for ever, nothing made that could be kept.
# ruff: noqa: F821 - other cells of the notebook define the names.

# %% add-param-group
#| export
@extend(Optimizer)
class Groups:
    """Who belongs to it, and with which settings."""

    def add_param_group(self, group):
        """A copy of the group, filled up with `setdefault`."""
        group = group.copy()
        if isinstance(group["params"], Tensor):
            group["params"] = (group["params"],)
        group["params"] = [*group["params"]]
        strangers = [p for p in group["params"] if not isinstance(p, Tensor)]
        if strangers:
            raise TypeError(f"only Tensors, no {type(strangers[0]).__name__}")
        members = set()
        for other in (*self.param_groups, group):
            for p in other["params"]:
                if p in members:
                    raise ValueError("a parameter comes twice")
                members.add(p)
        for name, value in self.defaults.items():
            group.setdefault(name, value)
        self.check_settings(group)
        self.param_groups.append(group)


# %% optimizer-step
#| export
@extend(Optimizer)
class Stepping:
    """What every optimizer does."""

    def moving(self):
        """Pairs of a group and a parameter."""
        return ((group, p) for group in self.param_groups for p in group["params"])

    def zero_grad(self):
        """Over the pairs."""
        zero_grad(p for _, p in self.moving())

    def step(self):
        """Over the pairs that have a gradient."""
        for group, p in self.moving():
            if p.grad is not None:
                weights, state = p.data, self.state.setdefault(p, {})
                self.update(weights, self.decay(weights, p.grad.data, group), state, group)


# %% sgd-update
#| export
class SGD(Optimizer):
    """Gradient descent, with momentum, Nesterov's look-ahead and decay where they are asked for."""

    def __init__(self, params, lr=1e-3, momentum=0, dampening=0, weight_decay=0, nesterov=False):
        """Settings for all groups that have none of their own."""
        settings = {"lr": lr, "momentum": momentum, "dampening": dampening}
        super().__init__(params, {**settings, "weight_decay": weight_decay, "nesterov": nesterov})

    def direction(self, gradient, state, group):
        """What a step follows. (Section 3 gives it a memory.)"""
        return gradient

    def update(self, weights, gradient, state, group):
        """One array borrowed, none made anew."""
        push = np.multiply(self.direction(gradient, state, group), -group["lr"])
        np.add(weights, push, out=weights)


# %% check-settings
#| export
@extend(Optimizer)
class Settings:
    """What no optimizer accepts."""

    def check_settings(self, group):
        """A flag for each rule."""
        at_least_0 = [group[n] for n in ("lr", "momentum", "weight_decay", "eps") if n in group]
        if not (np.array(at_least_0) >= 0).all():
            raise ValueError(f"below 0, or no number: {group}")
        betas = group.get("betas")
        if betas is not None and not (min(betas) >= 0 and max(betas) < 1):
            raise ValueError(f"betas {betas}: from 0 up to but not 1")
        if group.get("nesterov", False):
            fits = group["momentum"] > 0 and group["dampening"] == 0
            if not fits:
                raise ValueError("nesterov: momentum above 0 and dampening 0, please")


# %% sgd-velocity
#| export
@extend(SGD)
class Momentum:
    """A memory of where the gradients pointed."""

    def velocity(self, gradient, state, group):
        """The buffer is changed in place for ever."""
        buffer = state.get("momentum_buffer")
        if buffer is None:
            buffer = state["momentum_buffer"] = np.empty_like(gradient)
            buffer[...] = gradient
            return buffer
        np.multiply(buffer, group["momentum"], out=buffer)
        np.add(buffer, gradient * (1.0 - group["dampening"]), out=buffer)
        return buffer


# %% sgd-direction
#| export
@extend(SGD)
class Direction:
    """What a step of SGD follows."""

    def direction(self, gradient, state, group):
        """The sum in a borrowed array."""
        if not group["momentum"]:
            return gradient
        direction = self.velocity(gradient, state, group)
        if group["nesterov"]:
            direction = np.multiply(direction, group["momentum"])
            direction += gradient
        return direction


# %% adam-averages
#| export
class Adam(Optimizer):
    """A step size for each weight, out of two running averages of its gradients."""

    def __init__(self, params, lr=1e-3, betas=(0.9, 0.999), eps=1e-8, weight_decay=0):
        settings = {"lr": lr, "betas": betas, "eps": eps, "weight_decay": weight_decay}
        super().__init__(params, settings)

    def averages(self, gradient, state, betas):
        """Both arrays are changed in place for ever."""
        step = state["step"] = state.get("step", 0) + 1
        pair = []
        for name, beta, power in (("exp_avg", betas[0], 1), ("exp_avg_sq", betas[1], 2)):
            if name not in state:
                state[name] = np.zeros_like(gradient)
            new = gradient**power * (1 - beta)
            np.multiply(state[name], beta, out=state[name])
            np.add(state[name], new, out=state[name])
            pair.append(state[name])
        return step, *pair


# %% adam-update
#| export
@extend(Adam)
class AdamStep:
    """The step itself."""

    def update(self, weights, gradient, state, group):
        """Two borrowed arrays."""
        step, m, v = self.averages(gradient, state, group["betas"])
        one, two = 1 - group["betas"][0] ** step, 1 - group["betas"][1] ** step
        low = np.asarray(v / two)
        np.sqrt(low, out=low)
        np.add(low, group["eps"], out=low)
        np.divide(m, low, out=low)
        np.multiply(low, group["lr"] / one, out=low)
        np.subtract(weights, low, out=weights)


# %% coupled-decay
#| export
@extend(Optimizer)
class Decay:
    """Weight decay by way of the gradient."""

    def decay(self, weights, gradient, group):
        """One array borrowed."""
        share = group.get("weight_decay", 0)
        if share == 0:
            return gradient
        pulled = np.multiply(weights, share)
        pulled += gradient
        return pulled


# %% adamw-decay
#| export
class AdamW(Adam):
    """Adam whose decay doesn't pass through the gradient."""

    def __init__(self, params, lr=1e-3, betas=(0.9, 0.999), eps=1e-8, weight_decay=1e-2):
        """Settings for all groups that have none of their own."""
        super().__init__(params, lr, betas, eps, weight_decay)

    def decay(self, weights, gradient, group):
        """Nothing borrowed."""
        np.multiply(weights, 1.0 - group["weight_decay"] * group["lr"], out=weights)
        return gradient


# %% clip-norm
#| export
def clip_grad_norm_(parameters, max_norm):
    """Dot products, and no array made."""
    if isinstance(parameters, Tensor):
        parameters = (parameters,)
    lines = [p.grad.data for p in parameters if p.grad is not None]
    squares = [np.vdot(line, line).item() for line in lines]
    norm = math.sqrt(math.fsum(squares))
    factor = min(1.0, max_norm / (norm + 1e-6))
    for line in lines if factor < 1 else ():
        np.multiply(line, factor, out=line)
    return norm


def clip_grad_value_(parameters, clip_value):
    """Limit each single number of the gradients to ± `clip_value`, in place."""
    for p in [parameters] if isinstance(parameters, Tensor) else parameters:
        if p.grad is not None:
            np.clip(p.grad.data, -clip_value, clip_value, out=p.grad.data)


# %% scheduler-step
#| export
class LRScheduler:
    """Sets the rate of each group of an optimizer, epoch by epoch."""

    def __init__(self, optimizer):
        """Remember the first rate of each group as its `initial_lr`, and set that of epoch 0."""
        if not isinstance(optimizer, Optimizer):
            raise TypeError(f"a {type(optimizer).__name__} is no Optimizer")
        self.optimizer, self.last_epoch = optimizer, -1
        groups = optimizer.param_groups
        self.base_lrs = [group.setdefault("initial_lr", group["lr"]) for group in groups]
        self.step()

    def rate(self, initial_lr, epoch):
        """The rate in an epoch, counted from 0, of a group that began with `initial_lr`."""
        raise NotImplementedError(f"{type(self).__name__} has no `rate`")

    def step(self):
        """The initial rate stands in the group."""
        self.last_epoch = self.last_epoch + 1
        for group in self.optimizer.param_groups:
            group.update(lr=self.rate(group["initial_lr"], self.last_epoch))


# %% step-rate
#| export
class StepLR(LRScheduler):
    """Rates that fall by a factor every few epochs."""

    def __init__(self, optimizer, step_size, gamma=0.1):
        self.step_size, self.gamma = step_size, gamma
        super().__init__(optimizer)

    def rate(self, initial_lr, epoch):
        """divmod."""
        stairs, _ = divmod(epoch, self.step_size)
        return pow(self.gamma, stairs) * initial_lr


# %% cosine-rate
#| export
class CosineAnnealingLR(LRScheduler):
    """Half a cosine from the initial rate in epoch 0 to `eta_min` in epoch `T_max`."""

    def __init__(self, optimizer, T_max, eta_min=0.0):
        self.T_max, self.eta_min = T_max, eta_min
        super().__init__(optimizer)

    def rate(self, initial_lr, epoch):
        """A mixture of both ends."""
        share = 0.5 + 0.5 * math.cos(math.pi * epoch / self.T_max)
        return share * initial_lr + (1 - share) * self.eta_min


# %% linear-rate
#| export
class LinearLR(LRScheduler):
    """A straight line from `start_factor` times the initial rate to `end_factor` times."""

    def __init__(self, optimizer, start_factor=1 / 3, end_factor=1.0, total_iters=5):
        if not (0 < start_factor <= 1 and 0 <= end_factor <= 1):
            raise ValueError(f"factors are from 0 to 1, not {start_factor} and {end_factor}")
        self.start_factor, self.end_factor = start_factor, end_factor
        self.total_iters = total_iters
        super().__init__(optimizer)

    def rate(self, initial_lr, epoch):
        """NumPy's interpolation, which stays at the end."""
        factors = (self.start_factor, self.end_factor)
        return initial_lr * float(np.interp(epoch, (0, self.total_iters), factors))


# %% sequential-rate
#| export
class SequentialLR(LRScheduler):
    """Schedules one after the other; milestone i is the first epoch of schedule i + 1."""

    def __init__(self, optimizer, schedulers, milestones):
        if len(milestones) != len(schedulers) - 1:
            raise ValueError(
                f"{len(schedulers)} schedules, {len(milestones)} milestones: one less"
            )
        if any(one.optimizer is not optimizer for one in schedulers):
            raise ValueError("a schedule belongs to another optimizer")
        self._schedulers, self._milestones = list(schedulers), list(milestones)
        super().__init__(optimizer)

    def rate(self, initial_lr, epoch):
        """The last one that has begun."""
        begun = [
            (begin, one)
            for begin, one in zip([0, *self._milestones], self._schedulers, strict=True)
            if begin <= epoch
        ]
        begin, one = begun[-1]
        return one.rate(initial_lr, epoch - begin)


# %% optimizer-state-dict
#| export
@extend(Optimizer)
class Saving:
    """What there is to save."""

    def state_dict(self):
        """A counter that never ends."""
        numbers, state, groups = iter(range(10**9)), {}, []
        for group in self.param_groups:
            saved = copy.deepcopy({k: v for k, v in group.items() if k != "params"})
            saved["params"] = []
            groups.append(saved)
            for p in group["params"]:
                number = next(numbers)
                saved["params"].append(number)
                memory = self.state.get(p)
                if memory:
                    state[number] = {k: copy.copy(v) for k, v in memory.items()}
        return dict(state=state, param_groups=groups)  # noqa: C408 - as it reads


# %% fitting
#| export
def fitting(memory, p):
    """Arrays first, the count last."""
    arrays = {k: np.array(v, p.dtype, copy=True) for k, v in memory.items() if k != "step"}
    for array in arrays.values():
        if array.shape != p.data.shape:
            raise ValueError(f"shapes {array.shape} and {p.data.shape}")
    if "step" in memory:
        arrays["step"] = int(memory["step"])
    return arrays


# %% optimizer-load-state-dict
#| export
@extend(Optimizer)
class Loading:
    """The way back."""

    def load_state_dict(self, state_dict):
        """Pairs of a number and a parameter."""
        self.check_state(state_dict)
        memories, groups = (
            {},
            list(zip(self.param_groups, state_dict["param_groups"], strict=True)),
        )
        for group, saved in groups:
            for p, number in zip(group["params"], saved["params"], strict=True):
                memory = state_dict["state"].get(number)
                if memory is not None:
                    memories[p] = fitting(memory, p)
        for group, saved in groups:
            params = group["params"]
            group.clear()
            group.update(copy.deepcopy(saved))
            group["params"] = params
        self.state = memories


# %% state-bytes
#| export
def state_bytes(optimizer):
    """What has `nbytes` counts, except NumPy's numbers."""
    total = 0
    for memory in optimizer.state.values():
        arrays = filter(lambda value: isinstance(value, np.ndarray), memory.values())
        total += sum(array.nbytes for array in arrays)
    return total
