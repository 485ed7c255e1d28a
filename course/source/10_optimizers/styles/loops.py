# Step by step: one condition or one loop for each thought, names for everything, and no comprehension.
# ruff: noqa: F821 - other cells of the notebook define the names.

# %% add-param-group
#| export
@extend(Optimizer)
class Groups:
    """Who belongs to it, and with which settings."""

    def add_param_group(self, group):
        """First the list, then each of its members, then the settings."""
        params = []
        if isinstance(group["params"], Tensor):
            params.append(group["params"])
        else:
            for p in group["params"]:
                params.append(p)
        known = []
        for other in self.param_groups:
            for p in other["params"]:
                known.append(id(p))
        for p in params:
            if not isinstance(p, Tensor):
                raise TypeError("not a Tensor but " + type(p).__name__)
            if id(p) in known:
                raise ValueError("here twice: " + str(p.shape))
            known.append(id(p))
        new = {}
        for name in self.defaults:
            new[name] = self.defaults[name]
        for name in group:
            new[name] = group[name]
        new["params"] = params
        self.check_settings(new)
        self.param_groups.append(new)


# %% optimizer-step
#| export
@extend(Optimizer)
class Stepping:
    """What every optimizer does."""

    def zero_grad(self):
        """One parameter after the other."""
        for group in self.param_groups:
            for p in group["params"]:
                p.grad = None

    def step(self):
        """One parameter after the other."""
        for group in self.param_groups:
            for p in group["params"]:
                if p.grad is None:
                    continue
                if p not in self.state:
                    self.state[p] = {}
                memory = self.state[p]
                gradient = self.decay(p.data, p.grad.data, group)
                self.update(p.data, gradient, memory, group)


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
        """The new numbers, then into their places."""
        rate = group["lr"]
        direction = self.direction(gradient, state, group)
        new = weights - rate * direction
        weights[...] = new


# %% check-settings
#| export
@extend(Optimizer)
class Settings:
    """What no optimizer accepts."""

    def check_settings(self, group):
        """One setting after the other."""
        for name in group:
            value = group[name]
            if name in ("lr", "momentum", "weight_decay", "eps"):
                if value >= 0:
                    continue
                raise ValueError(name + " can't be " + str(value))
            if name == "betas":
                for beta in value:
                    if beta < 0 or beta >= 1:
                        raise ValueError("betas can't hold " + str(beta))
        if group.get("nesterov"):
            if group["momentum"] == 0:
                raise ValueError("nesterov without momentum")
            if group["dampening"] != 0:
                raise ValueError("nesterov with dampening")


# %% sgd-velocity
#| export
@extend(SGD)
class Momentum:
    """A memory of where the gradients pointed."""

    def velocity(self, gradient, state, group):
        """A copy at first, then the recurrence."""
        if "momentum_buffer" in state:
            old = state["momentum_buffer"]
            new = group["momentum"] * old + (1 - group["dampening"]) * gradient
        else:
            new = np.array(gradient)
        state["momentum_buffer"] = new
        return new


# %% sgd-direction
#| export
@extend(SGD)
class Direction:
    """What a step of SGD follows."""

    def direction(self, gradient, state, group):
        """Three cases."""
        momentum = group["momentum"]
        if momentum == 0:
            return gradient
        velocity = self.velocity(gradient, state, group)
        if not group["nesterov"]:
            return velocity
        ahead = momentum * velocity
        return gradient + ahead


# %% adam-averages
#| export
class Adam(Optimizer):
    """A step size for each weight, out of two running averages of its gradients."""

    def __init__(self, params, lr=1e-3, betas=(0.9, 0.999), eps=1e-8, weight_decay=0):
        settings = {"lr": lr, "betas": betas, "eps": eps, "weight_decay": weight_decay}
        super().__init__(params, settings)

    def averages(self, gradient, state, betas):
        """Old shares and new ones."""
        if "step" in state:
            count = state["step"]
            m = state["exp_avg"]
            v = state["exp_avg_sq"]
        else:
            count = 0
            m = np.zeros(gradient.shape, dtype=gradient.dtype)
            v = np.zeros(gradient.shape, dtype=gradient.dtype)
        square = gradient**2
        state["step"] = count + 1
        state["exp_avg"] = betas[0] * m + (1 - betas[0]) * gradient
        state["exp_avg_sq"] = betas[1] * v + (1 - betas[1]) * square
        return state["step"], state["exp_avg"], state["exp_avg_sq"]


# %% adam-update
#| export
@extend(Adam)
class AdamStep:
    """The step itself."""

    def update(self, weights, gradient, state, group):
        """The formula, a line for each letter."""
        beta1 = group["betas"][0]
        beta2 = group["betas"][1]
        t, m, v = self.averages(gradient, state, (beta1, beta2))
        m_hat = m / (1 - beta1**t)
        v_hat = v / (1 - beta2**t)
        step = m_hat / (np.sqrt(v_hat) + group["eps"])
        weights -= group["lr"] * step


# %% coupled-decay
#| export
@extend(Optimizer)
class Decay:
    """Weight decay by way of the gradient."""

    def decay(self, weights, gradient, group):
        """Nothing to do, or a sum."""
        if "weight_decay" in group:
            share = group["weight_decay"]
            if share != 0:
                pull = share * weights
                return gradient + pull
        return gradient


# %% adamw-decay
#| export
class AdamW(Adam):
    """Adam whose decay doesn't pass through the gradient."""

    def __init__(self, params, lr=1e-3, betas=(0.9, 0.999), eps=1e-8, weight_decay=1e-2):
        """Settings for all groups that have none of their own."""
        super().__init__(params, lr, betas, eps, weight_decay)

    def decay(self, weights, gradient, group):
        """What is taken away, then taken away."""
        share = group["lr"] * group["weight_decay"]
        weights -= share * weights
        return gradient


# %% clip-norm
#| export
def clip_grad_norm_(parameters, max_norm):
    """First the sum of squares, then one factor for all."""
    if isinstance(parameters, Tensor):
        parameters = [parameters]
    gradients = []
    for p in parameters:
        if p.grad is not None:
            gradients.append(p.grad.data)
    total = 0.0
    for gradient in gradients:
        total += float(np.sum(gradient.astype(np.float64) ** 2))
    norm = total**0.5
    if norm + 1e-6 > max_norm:
        for gradient in gradients:
            gradient *= max_norm / (norm + 1e-6)
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
        """Group by group."""
        epoch = self.last_epoch + 1
        for i in range(len(self.base_lrs)):
            rate = self.rate(self.base_lrs[i], epoch)
            self.optimizer.param_groups[i]["lr"] = rate
        self.last_epoch = epoch


# %% step-rate
#| export
class StepLR(LRScheduler):
    """Rates that fall by a factor every few epochs."""

    def __init__(self, optimizer, step_size, gamma=0.1):
        self.step_size, self.gamma = step_size, gamma
        super().__init__(optimizer)

    def rate(self, initial_lr, epoch):
        """A factor for each stair."""
        rate = initial_lr
        for _ in range(self.step_size, epoch + 1, self.step_size):
            rate *= self.gamma
        return rate


# %% cosine-rate
#| export
class CosineAnnealingLR(LRScheduler):
    """Half a cosine from the initial rate in epoch 0 to `eta_min` in epoch `T_max`."""

    def __init__(self, optimizer, T_max, eta_min=0.0):
        self.T_max, self.eta_min = T_max, eta_min
        super().__init__(optimizer)

    def rate(self, initial_lr, epoch):
        """The middle, and a wave around it."""
        angle = math.pi * epoch / self.T_max
        middle = (initial_lr + self.eta_min) / 2
        height = (initial_lr - self.eta_min) / 2
        return middle + height * math.cos(angle)


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
        """After the end, or on the line."""
        if epoch >= self.total_iters:
            return initial_lr * self.end_factor
        slope = (self.end_factor - self.start_factor) / self.total_iters
        factor = self.start_factor + slope * epoch
        return initial_lr * factor


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
        """Go on while milestones are over."""
        position, begin = 0, 0
        for milestone in self._milestones:
            if epoch < milestone:
                break
            position += 1
            begin = milestone
        schedule = self._schedulers[position]
        return schedule.rate(initial_lr, epoch - begin)


# %% optimizer-state-dict
#| export
@extend(Optimizer)
class Saving:
    """What there is to save."""

    def state_dict(self):
        """Memories and groups in two walks."""
        everybody = []
        groups = []
        for group in self.param_groups:
            new = {}
            for name in group:
                if name != "params":
                    new[name] = copy.deepcopy(group[name])
            new["params"] = []
            for p in group["params"]:
                new["params"].append(len(everybody))
                everybody.append(p)
            groups.append(new)
        state = {}
        for number in range(len(everybody)):
            memory = self.state.get(everybody[number], {})
            if len(memory) > 0:
                state[number] = copy.deepcopy(memory)
        return {"state": state, "param_groups": groups}


# %% fitting
#| export
def fitting(memory, p):
    """One entry after the other."""
    new = {}
    for name in memory:
        if name == "step":
            new[name] = int(memory[name])
            continue
        array = np.array(memory[name])
        if array.shape != p.shape:
            raise ValueError(name + ": " + str(array.shape) + " for " + str(p.shape))
        new[name] = array.astype(p.dtype)
    return new


# %% optimizer-load-state-dict
#| export
@extend(Optimizer)
class Loading:
    """The way back."""

    def load_state_dict(self, state_dict):
        """Everything is prepared first, then taken over."""
        self.check_state(state_dict)
        memories = {}
        prepared = []
        for i in range(len(self.param_groups)):
            saved = state_dict["param_groups"][i]
            params = self.param_groups[i]["params"]
            for k in range(len(params)):
                number = saved["params"][k]
                if number in state_dict["state"]:
                    memories[params[k]] = fitting(state_dict["state"][number], params[k])
            new = copy.deepcopy(saved)
            new["params"] = params
            prepared.append(new)
        for i in range(len(prepared)):
            self.param_groups[i].update(prepared[i])
        self.state = memories


# %% state-bytes
#| export
def state_bytes(optimizer):
    """A counter."""
    total = 0
    for p in optimizer.state:
        for value in optimizer.state[p].values():
            if isinstance(value, np.ndarray):
                total += value.size * value.itemsize
    return total
