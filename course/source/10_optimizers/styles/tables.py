# In expressions: comprehensions, tables and new arrays instead of loops and changes in place.
# ruff: noqa: F821 - other cells of the notebook define the names.

# %% add-param-group
#| export
def tensors_of(params):
    """A list of Tensors, and nothing else."""
    found = [params] if isinstance(params, Tensor) else list(params)
    for one in found:
        if not isinstance(one, Tensor):
            raise TypeError(f"{type(one).__name__} is no Tensor")
    return found


@extend(Optimizer)
class Groups:
    """Who belongs to it, and with which settings."""

    def add_param_group(self, group):
        """One dictionary of all, by identity."""
        params = tensors_of(group["params"])
        own = {id(p): p for other in self.param_groups for p in other["params"]}
        new = {id(p): p for p in params}
        if len(new) != len(params) or own.keys() & new.keys():
            raise ValueError("no parameter twice")
        self.check_settings(complete := self.defaults | dict(group) | {"params": params})
        self.param_groups.append(complete)


# %% optimizer-step
#| export
@extend(Optimizer)
class Stepping:
    """What every optimizer does."""

    def zero_grad(self):
        """All in one list."""
        zero_grad([p for group in self.param_groups for p in group["params"]])

    def step(self):
        """A list of what is to be done, then doing it."""
        todo = [(p, group) for group in self.param_groups for p in group["params"]]
        for p, group in todo:
            if p.grad is None:
                continue
            gradient = self.decay(p.data, p.grad.data, group)
            try:
                state = self.state[p]
            except KeyError:
                state = self.state[p] = {}
            self.update(p.data, gradient, state, group)


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
        """Added, with the sign in the rate."""
        weights += -group["lr"] * self.direction(gradient, state, group)


# %% check-settings
#| export
LOWEST = dict.fromkeys(("lr", "momentum", "weight_decay", "eps"), 0)


@extend(Optimizer)
class Settings:
    """What no optimizer accepts."""

    def check_settings(self, group):
        """All faults are collected in one list."""
        faults = [
            f"{n}={group[n]}" for n, low in LOWEST.items() if n in group and not group[n] >= low
        ]
        faults += [f"betas {b}" for b in group.get("betas", []) if not (b >= 0 and b < 1)]
        if group.get("nesterov") and not (group["momentum"] > 0 and group["dampening"] == 0):
            faults.append("nesterov alone")
        if faults:
            raise ValueError(", ".join(faults))


# %% sgd-velocity
#| export
@extend(SGD)
class Momentum:
    """A memory of where the gradients pointed."""

    def velocity(self, gradient, state, group):
        """Two factors, which at first are 0 and 1."""
        old, first = state.get("momentum_buffer", 0.0), "momentum_buffer" not in state
        keep, take = (0.0, 1.0) if first else (group["momentum"], 1 - group["dampening"])
        state["momentum_buffer"] = np.asarray(keep * old + take * gradient, dtype=gradient.dtype)
        return state["momentum_buffer"]


# %% sgd-direction
#| export
@extend(SGD)
class Direction:
    """What a step of SGD follows."""

    def direction(self, gradient, state, group):
        """A table of ways."""
        plain = not group["momentum"]
        buffer = None if plain else self.velocity(gradient, state, group)
        ways = {
            "plain": lambda: gradient,
            "heavy": lambda: buffer,
            "ahead": lambda: np.add(gradient, np.multiply(group["momentum"], buffer)),
        }
        return ways["plain" if plain else "ahead" if group["nesterov"] else "heavy"]()


# %% adam-averages
#| export
def mixed(old, new, beta):
    """A share of the old, the rest of the new."""
    return (old * beta + new * (1 - beta)).astype(new.dtype)


class Adam(Optimizer):
    """A step size for each weight, out of two running averages of its gradients."""

    def __init__(self, params, lr=1e-3, betas=(0.9, 0.999), eps=1e-8, weight_decay=0):
        settings = {"lr": lr, "betas": betas, "eps": eps, "weight_decay": weight_decay}
        super().__init__(params, settings)

    def averages(self, gradient, state, betas):
        """A whole new memory each time."""
        step, m, v = (state.get(name, 0) for name in ("step", "exp_avg", "exp_avg_sq"))
        state.update(
            step=step + 1,
            exp_avg=mixed(m, gradient, betas[0]),
            exp_avg_sq=mixed(v, np.square(gradient), betas[1]),
        )
        return state["step"], state["exp_avg"], state["exp_avg_sq"]


# %% adam-update
#| export
@extend(Adam)
class AdamStep:
    """The step itself."""

    def update(self, weights, gradient, state, group):
        """Both corrections in a list."""
        step, *averages = self.averages(gradient, state, group["betas"])
        m, v = (a / (1 - b**step) for a, b in zip(averages, group["betas"], strict=True))
        weights += -group["lr"] * m / (v**0.5 + group["eps"])


# %% coupled-decay
#| export
@extend(Optimizer)
class Decay:
    """Weight decay by way of the gradient."""

    def decay(self, weights, gradient, group):
        """One line."""
        share = group.get("weight_decay") or 0
        return np.add(gradient, np.multiply(share, weights)) if share else gradient


# %% adamw-decay
#| export
class AdamW(Adam):
    """Adam whose decay doesn't pass through the gradient."""

    def __init__(self, params, lr=1e-3, betas=(0.9, 0.999), eps=1e-8, weight_decay=1e-2):
        """Settings for all groups that have none of their own."""
        super().__init__(params, lr, betas, eps, weight_decay)

    def decay(self, weights, gradient, group):
        """Into all places."""
        weights[...] = weights * (1 - group["lr"] * group["weight_decay"])
        return gradient


# %% clip-norm
#| export
def clip_grad_norm_(parameters, max_norm):
    """The norm of the norms."""
    group = [parameters] if isinstance(parameters, Tensor) else list(parameters)
    gradients = [p.grad for p in group if p.grad is not None]
    norm = float(np.linalg.norm([np.linalg.norm(g.data.ravel()) for g in gradients]))
    if max_norm < norm + 1e-6:
        for g in gradients:
            g.data[...] = g.data * (max_norm / (norm + 1e-6))
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
        """All rates, then all groups."""
        self.last_epoch += 1
        rates = [self.rate(initial_lr, self.last_epoch) for initial_lr in self.base_lrs]
        for group, lr in zip(self.optimizer.param_groups, rates, strict=True):
            group["lr"] = lr


# %% step-rate
#| export
class StepLR(LRScheduler):
    """Rates that fall by a factor every few epochs."""

    def __init__(self, optimizer, step_size, gamma=0.1):
        self.step_size, self.gamma = step_size, gamma
        super().__init__(optimizer)

    def rate(self, initial_lr, epoch):
        """A product."""
        return initial_lr * math.prod([self.gamma] * int(epoch / self.step_size))


# %% cosine-rate
#| export
class CosineAnnealingLR(LRScheduler):
    """Half a cosine from the initial rate in epoch 0 to `eta_min` in epoch `T_max`."""

    def __init__(self, optimizer, T_max, eta_min=0.0):
        self.T_max, self.eta_min = T_max, eta_min
        super().__init__(optimizer)

    def rate(self, initial_lr, epoch):
        """By the sine of half the angle, from above."""
        fallen = math.sin(math.pi / 2 * epoch / self.T_max) ** 2
        return initial_lr - (initial_lr - self.eta_min) * fallen


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
        """A mixture of both ends."""
        t = min(1.0, epoch / self.total_iters)
        return (1 - t) * self.start_factor * initial_lr + t * self.end_factor * initial_lr


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
        """How many milestones are over?"""
        over = sum(milestone <= epoch for milestone in self._milestones)
        begin = (0, *self._milestones)[over]
        return self._schedulers[over].rate(initial_lr, epoch - begin)


# %% optimizer-state-dict
#| export
@extend(Optimizer)
class Saving:
    """What there is to save."""

    def state_dict(self):
        """Numbers by identity."""
        everybody = [p for group in self.param_groups for p in group["params"]]
        number = {id(p): i for i, p in enumerate(everybody)}
        return {
            "state": {number[id(p)]: copy.deepcopy(m) for p, m in self.state.items() if m},
            "param_groups": [
                {k: v if k != "params" else [number[id(p)] for p in v] for k, v in group.items()}
                for group in self.param_groups
            ],
        }


# %% fitting
#| export
def fitting(memory, p):
    """Looked at, then copied."""
    for name, value in memory.items():
        if name != "step" and np.shape(value) != p.shape:
            raise ValueError(f"{name}: {np.shape(value)} is not {p.shape}")
    return {
        name: int(value) if name == "step" else np.asarray(value).astype(p.dtype)
        for name, value in memory.items()
    }


# %% optimizer-load-state-dict
#| export
@extend(Optimizer)
class Loading:
    """The way back."""

    def load_state_dict(self, state_dict):
        """New groups, a new state, set at once."""
        self.check_state(state_dict)
        saved, own = state_dict["param_groups"], self.param_groups
        owner = {}
        for here, there in zip(own, saved, strict=True):
            owner |= dict(zip(there["params"], here["params"], strict=True))
        state = {owner[n]: fitting(memory, owner[n]) for n, memory in state_dict["state"].items()}
        self.param_groups = [
            {**here, **copy.deepcopy(there), "params": here["params"]}
            for here, there in zip(own, saved, strict=True)
        ]
        self.state = state


# %% state-bytes
#| export
def state_bytes(optimizer):
    """All arrays in one list."""
    kept = [v for m in optimizer.state.values() for k, v in m.items() if k != "step"]
    return sum(array.nbytes for array in kept)
