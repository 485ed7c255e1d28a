# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # 10 · Optimizers
#
# You know the slope of everything. A slope says which way is down, and nothing about how far to go. In this module
# the steps get a memory: of where they came from, and of how steep each weight's ground has been. With the same
# gradients, a network learns that did not learn at all.
#
# **You will be able to say:** *I can turn gradients into learning with SGD and Adam.*
#
# | you build | it gives you |
# |---|---|
# | `Optimizer`, `SGD` | the update in one line, with momentum and Nesterov's look-ahead |
# | `Adam`, `AdamW` | a step size for every single weight, and decay that works |
# | `clip_grad_norm_`, four schedules | training that survives a cliff, and ends calmly |
# | `state_dict`, `state_bytes` | going on tomorrow, and what the memory costs |
#
# Run the cells from top to bottom with `Shift`+`Enter`. Where a cell says `raise NotImplementedError()`,
# replace that line by your code; the cell after it tells you at once whether it works.
#
# ## The best step size is a bad one
#
# The valley of module 09 again, a hundred times steeper across than along: $f(x, y) = \frac12 (x^2 + 100\,y^2)$.
# With rate $r$ a step multiplies $x$ by $1 - r$ and $y$ by $1 - 100\,r$. Above $r = 0.02$ the second factor is
# below $-1$, and $y$ explodes. **Predict**: with the *best* rate there is, how many steps from $(10, 1)$ until both
# numbers are below 0.001?

# %%
#| export
import bisect
import copy
import math

import numpy as np

from tinytorch.core.autograd import zero_grad
from tinytorch.core.tensor import Tensor
from tinytorch.extend import extend

# %%
import functools
import tracemalloc

import matplotlib.pyplot as plt

from tinytorch.core.activations import Sigmoid
from tinytorch.core.autograd import no_grad
from tinytorch.core.dense import MLP, cross_entropy
from tinytorch.core.layers import Linear
from tinytorch.core.setup import manual_seed, time_call
from tinytorch.images import digits
from tito.checks import expect_close, expect_equal, expect_raises, expect_true

guess = None

for rate in (0.005, 0.01, 0.015, 0.0195, 2 / 101, 0.0199, 0.02):
    x, y, steps = 10.0, 1.0, 0
    while max(abs(x), abs(y)) > 0.001 and steps < 5000:
        x, y, steps = x - rate * x, y - rate * 100 * y, steps + 1
    print(f"rate {rate:.4f}: {steps if steps < 5000 else 'never, in 5000'} steps")
print("you said:", guess)

# %% [markdown]
# Hundreds, and the best rate is a hair from disaster. By the end of section 3 it will be 32.
#
# ## 1 · A list of parameters
#
# The update was three lines in a loop. It becomes an object, for it will have to *remember* things between steps, for
# each weight. What does it need to know? Which tensors are its own, and with which settings. Settings may differ:
# a bias wants no decay, a freshly added layer a larger rate. So it keeps **groups**, each a dictionary:
#
# ```
#   Optimizer([{"params": layer.weight}, {"params": [layer.bias], "lr": 0.5}], {"lr": 0.1, "momentum": 0})
#
#   param_groups    [ {"params": [weight], "lr": 0.1, "momentum": 0},
#                     {"params": [bias],   "lr": 0.5, "momentum": 0} ]
# ```
#
# Given a plain list of tensors, it makes one group of it. **Write `add_param_group`.** Two traps:
# `network.parameters()` can be walked through only *once*, so make a list of it first. And a parameter that is in
# there twice would take two steps for one gradient. (`id(p)` tells whether two tensors are the same object.)


# %%
#| export
class Optimizer:
    """What moves parameters along their gradients: groups of them, and a memory for each."""

    def __init__(self, params, defaults):
        """params: an iterable of Tensors, or of groups; defaults: the settings where a group has none."""
        if isinstance(params, Tensor):
            raise TypeError("give a list of parameters, not a single Tensor")
        self.defaults, self.param_groups, self.state = dict(defaults), [], {}
        groups = list(params)
        if not groups:
            raise ValueError("an optimizer without parameters has nothing to do")
        for group in groups if isinstance(groups[0], dict) else [{"params": groups}]:
            self.add_param_group(group)

    def check_settings(self, group):
        """Raise ValueError where a setting is out of range. (Section 2 does.)"""


# %% nbgrader={"grade": false, "grade_id": "add-param-group", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
@extend(Optimizer)
class Groups:
    """Who belongs to it, and with which settings."""

    def add_param_group(self, group):
        """Append to `param_groups` a new dict: the defaults, what `group` says, and "params" as a list.

        group: a dict with "params", a Tensor or an iterable of Tensors; it stays as it is
        Raises TypeError for what is no Tensor (the message holds its type's name), and ValueError for
        one that is there or given `twice`. The new group goes to `self.check_settings` first.
        """
        ### BEGIN SOLUTION
        params = group["params"]
        params = [params] if isinstance(params, Tensor) else list(params)
        for p in params:
            if not isinstance(p, Tensor):
                raise TypeError(f"a parameter is a Tensor, not a {type(p).__name__}")
        known = params + [p for other in self.param_groups for p in other["params"]]
        if len({id(p) for p in known}) < len(known):
            raise ValueError("a parameter would be moved twice in each step")
        group = {**self.defaults, **group, "params": params}
        self.check_settings(group)
        self.param_groups.append(group)
        ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "add-param-group-check", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
layer, extra = Linear(2, 1), Tensor([4.0])
w, b = layer.weight, layer.bias
first = {"params": w}
other = Linear(2, 3).parameters()
opt = Optimizer(
    [first, {"params": [b], "lr": 0.5}, {"params": other}], {"lr": 0.1, "momentum": 0}
)
rates = [group["lr"] for group in opt.param_groups]
expect_equal(rates, [0.1, 0.5, 0.1], "rates of three groups", hint="the group's own setting wins")
expect_equal([group["momentum"] for group in opt.param_groups], [0, 0, 0], "momentum of each")
sizes = [(type(group["params"]).__name__, len(group["params"])) for group in opt.param_groups]
expect_equal(sizes, [("list", 1), ("list", 1), ("list", 2)], "types and lengths of params")
for group, tensor in zip(opt.param_groups, (w, b), strict=False):
    expect_true(group["params"][0] is tensor, "the parameter", "the very object", "another")
expect_equal(
    sorted(first), ["params"], "keys of the dictionary that was given", hint="a new dict"
)
twice = {"params": [extra, w]}
expect_raises(ValueError, lambda: opt.add_param_group(twice), "w again", says=("twice",))
expect_raises(ValueError, lambda: opt.add_param_group({"params": [extra, extra]}), "extra twice")
number = {"params": [extra, 1.0]}
expect_raises(TypeError, lambda: opt.add_param_group(number), "a number", says=("float",))
expect_equal(len(opt.param_groups), 3, "number of groups after the refusals")
print("✅ Groups of parameters, each with its settings")


# %% nbgrader={"grade": true, "grade_id": "add-param-group-check-2", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
w, b = Tensor([3.0]), Tensor([3.0])
opt = Optimizer([w, b], {"lr": 1})
sizes = [len(group["params"]) for group in opt.param_groups]
expect_equal(sizes, [2], "parameters of equal numbers", hint="by identity")
asked = []
opt.check_settings = asked.append
opt.add_param_group({"params": [Tensor([4.0])], "lr": 7})
expect_equal([group["lr"] for group in asked], [7], "rates that check_settings was asked about")
print("✅ Two weights of equal numbers are two weights")

# %% [markdown]
# Each kind of optimizer differs in one method only, `update`, which moves *one* array of weights. Before it, `decay` may
# change the gradient; until section 6 it doesn't.


# %%
#| export
@extend(Optimizer)
class Hooks:
    """What kinds of optimizers fill in."""

    def decay(self, weights, gradient, group):
        """What `update` gets as gradient. (Section 6 pulls the weights towards 0 here.)"""
        return gradient

    def update(self, weights, gradient, state, group):
        """Move the array `weights` in place; `state` is this parameter's memory."""
        raise NotImplementedError(f"{type(self).__name__} has no `update`")


# %% [markdown]
# `state` is a dictionary of the parameter's own, kept in `self.state[p]` and empty at first. (Tensors may be keys: they
# count by identity.) A parameter without a gradient took no part in the loss: it is not moved, and gets no memory.
#
# ```
#   for each p of each group that has a gradient
#       decay   gets its array, its gradient's array, the group       →  a gradient
#       update  gets its array, that gradient, its memory, the group
# ```
#
# **Write `zero_grad` and `step`.** Module 09's `zero_grad(parameters)` is at hand.


# %% nbgrader={"grade": false, "grade_id": "optimizer-step", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
@extend(Optimizer)
class Stepping:
    """What every optimizer does."""

    def zero_grad(self):
        """Forget the gradients: the `grad` of each parameter of each group is None."""
        ### BEGIN SOLUTION
        for group in self.param_groups:
            zero_grad(group["params"])
        ### END SOLUTION

    def step(self):
        """Call `decay`, then `update`, for each parameter of each group that has a `grad`."""
        ### BEGIN SOLUTION
        for group in self.param_groups:
            for p in group["params"]:
                if p.grad is not None:
                    gradient = self.decay(p.data, p.grad.data, group)
                    self.update(p.data, gradient, self.state.setdefault(p, {}), group)
        ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "optimizer-step-check", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
w, b, idle = Tensor([1.0, 2.0]), Tensor([3.0]), Tensor([4.0])
opt = Optimizer([{"params": [w, idle]}, {"params": b, "lr": 0.5}], {"lr": 0.1})
calls = []


def listen(weights, gradient, state, group):
    calls.append((weights.tolist(), gradient.tolist(), group["lr"], len(state)))
    state["seen"] = True


opt.update = listen
w.grad, b.grad = Tensor([10.0, 20.0]), Tensor([30.0])
opt.step()
want = [([1.0, 2.0], [10.0, 20.0], 0.1, 0), ([3.0], [30.0], 0.5, 0)]
expect_equal(calls, want, "what update was called with", hint="each group, each with a gradient")
opt.step()
expect_equal([call[3] for call in calls], [0, 0, 1, 1], "memory", hint="one for each, kept")
opt.zero_grad()
expect_true(w.grad is None and b.grad is None, "the gradients after zero_grad", "None", w.grad)
idle.grad = Tensor([40.0])
opt.step()
hint = "skip grad None; a memory for each parameter"
expect_equal(calls[4:], [([4.0], [40.0], 0.1, 0)], "updates after zero_grad", hint=hint)
print("✅ Each parameter is moved with its own gradient, memory and settings")

# %% [markdown]
# ## 2 · SGD
#
# **Stochastic gradient descent**: weights minus rate times gradient, the gradient being that of a batch. What a step
# follows is called its **direction**; for now that is the gradient, and section 3 will replace it.
#
# Weights must be moved *in place*. `weights = weights - …` makes a new array that nobody else looks at, and
# `p.data = p.data - …` is hardly better: a network that shares its weights with another, or a slice that somebody
# keeps, would still see the old numbers.
#
# **Write `update`.**


# %% nbgrader={"grade": false, "grade_id": "sgd-update", "locked": false, "schema_version": 3, "solution": true, "task": false}
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
        """Subtract the group's `lr` times the direction from the array, in place; its dtype stays."""
        ### BEGIN SOLUTION
        weights -= group["lr"] * self.direction(gradient, state, group)
        ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "sgd-update-check", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
w = Tensor([10.0, 1.0])
memory, half = w.data, w.data[:1]
w.grad = Tensor([10.0, 100.0])
opt = SGD([w], lr=0.015)
opt.step()
expect_close(w.data, [9.85, -0.5], "w after one step", hint="minus the rate times the gradient")
expect_close(half, [9.85], "a view of w's numbers", hint="change the array that is there: -=")
expect_true(np.shares_memory(w.data, memory), "the memory of w", "as before", "a new array")
expect_close(w.grad.data, [10, 100], "the gradient after the step", rtol=0, atol=0)
expect_equal(str(w.dtype), "float32", "dtype of w")
print("✅ One step downhill")

# %% [markdown]
# ### Break it
#
# `SGD([w], lr=-0.1)` climbs. `SGD([w], lr=0.1, momentum=-0.9)` does something that nobody wants, and `nesterov=True`
# without momentum would do nothing at all, silently. A wrong setting costs a night on a cluster, so it should cost a
# second. **Write `check_settings`**, for the settings of this optimizer and of those to come. A tip: `nan` is neither
# below 0 nor above; `not value >= 0` catches it.


# %% nbgrader={"grade": false, "grade_id": "check-settings", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
@extend(Optimizer)
class Settings:
    """What no optimizer accepts."""

    def check_settings(self, group):
        """Raise ValueError where a setting of the dict `group` is out of range.

        `lr`, `momentum`, `weight_decay` and `eps` are 0 or more, both `betas` from 0 up to but not 1, as far
        as the group has them; the message holds the name and the value. `nesterov` goes with a
        momentum above 0 and a dampening of 0 only; the message mentions `nesterov`.
        """
        ### BEGIN SOLUTION
        for name in ("lr", "momentum", "weight_decay", "eps"):
            if not group.get(name, 0) >= 0:
                raise ValueError(f"{name} is 0 or more, not {group[name]}")
        for beta in group.get("betas", ()):
            if not 0 <= beta < 1:
                raise ValueError(f"betas are from 0 up to but not 1, not {beta}")
        if group.get("nesterov") and (group["momentum"] == 0 or group["dampening"] != 0):
            raise ValueError("nesterov needs a momentum, and no dampening")
        ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "check-settings-check", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
w, b = Tensor([1.0]), Tensor([1.0])
for name, value in [("lr", -0.1), ("momentum", -0.9), ("weight_decay", -1), ("lr", math.nan)]:
    bad = {name: value}
    says = (name, str(value))
    expect_raises(ValueError, lambda bad=bad: SGD([w], **bad), f"SGD with {bad}", says=says)
for bad in ({"nesterov": True}, {"nesterov": True, "momentum": 0.9, "dampening": 0.1}):
    expect_raises(ValueError, lambda bad=bad: SGD([w], **bad), f"{bad}", says=("nesterov",))
own = [{"params": w, "lr": -2}]
expect_raises(ValueError, lambda: SGD(own), "a group's own rate of -2", says=("lr", "-2"))
for bad in ({"betas": (0.9, 1.0)}, {"betas": (-0.1, 0.9)}, {"eps": -1e-8}):
    name = next(iter(bad))
    expect_raises(ValueError, lambda bad=bad: Optimizer([w], bad), f"{bad}", says=(name,))
fine = SGD([w], lr=0, momentum=0.9, nesterov=True, weight_decay=0.1)
expect_equal(len(fine.param_groups), 1, "groups of a right one")
### BEGIN HIDDEN TESTS
group = {"params": [b], "momentum": -1}
expect_raises(ValueError, lambda: fine.add_param_group(group), "a group later", says=("-1",))
edge = Optimizer([w], {"betas": (0, 0.999), "eps": 0}).param_groups
expect_equal(edge[0]["eps"], 0, "eps of 0, with betas of 0 and 0.999")
### END HIDDEN TESTS
print("✅ A wrong setting costs a second, not a night")

# %% [markdown]
# ## 3 · Momentum
#
# A ball that rolls down the valley keeps its speed. Across, its pushes change sign with every wall and cancel; along,
# they all point the same way and add up. In two lines: the **buffer** $v \leftarrow \beta\,v + g$, and the step follows
# $v$ instead of $g$.
#
# How far? If the gradient is always 1, the buffer is $1,\; 1 + \beta,\; 1 + \beta + \beta^2, \dots \to 1 / (1 - \beta)$.
# **Predict** for $\beta = 0.9$: what becomes of gradients 1, 1, 1, … and of 1, −1, 1, −1, …?

# %%
guess = [None, None]

for name, sign in (("always 1 ", 1), ("1, -1, … ", -1)):
    buffer, seen = 0.0, []
    for step in range(50):
        buffer = 0.9 * buffer + sign**step
        seen.append(round(buffer, 3))
    print(name, seen[:5], "…", seen[-2:])
print("you said:", guess)

# %% [markdown]
# Ten times as long along the valley, half as long across: $1/(1-\beta)$ and $1/(1+\beta)$. Who turns momentum on at 0.9
# without lowering the rate has a rate ten times larger. By hand, in the valley, $\beta = 0.9$ and rate 0.015:
#
# ```
#   step   gradient           buffer              weights
#   0                                             (10,     1   )
#   1      (10,   100)        (10,    100)        ( 9.85, -0.5 )
#   2      ( 9.85, -50)       (18.85,  40)        ( 9.567, -1.1)
# ```
#
# The first buffer *is* the gradient. PyTorch has a setting more: with **dampening** $d$ every *later* gradient is added
# as $(1 - d)\,g$. And the rate stays outside of the buffer: when it falls later, old pushes shrink too.
#
# **Write `velocity`.** The buffer lives in `state["momentum_buffer"]`, and is an array of its own: a gradient that
# belongs to somebody else must not change when the buffer does.


# %% nbgrader={"grade": false, "grade_id": "sgd-velocity", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
@extend(SGD)
class Momentum:
    """A memory of where the gradients pointed."""

    def velocity(self, gradient, state, group):
        """The momentum buffer after this gradient, kept in `state["momentum_buffer"]`, an array.

        At first the gradient itself, copied; later momentum · buffer + (1 - dampening) · gradient.
        """
        ### BEGIN SOLUTION
        if "momentum_buffer" not in state:
            state["momentum_buffer"] = np.array(gradient)
        else:
            state["momentum_buffer"] *= group["momentum"]
            state["momentum_buffer"] += (1 - group["dampening"]) * gradient
        return state["momentum_buffer"]
        ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "sgd-velocity-check", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
opt, group = SGD([Tensor([0.0])]), {"momentum": 0.9, "dampening": 0}
state, gradient = {}, np.array([10.0, 100.0], dtype=np.float32)
expect_close(opt.velocity(gradient, state, group), [10, 100], "the first buffer")
gradient[:] = [9.85, -50]
expect_close(state["momentum_buffer"], [10, 100], "the buffer, kept", hint="an array of its own")
expect_close(opt.velocity(gradient, state, group), [18.85, 40], "the second buffer")
expect_close(state["momentum_buffer"], [18.85, 40], "the second buffer, kept")
expect_equal(str(state["momentum_buffer"].dtype), "float32", "dtype of the buffer")
expect_close(gradient, [9.85, -50], "the gradient, afterwards", hint="leave it alone")
state, group = {}, {"momentum": 0.5, "dampening": 0.25}
expect_close(opt.velocity(gradient, state, group), [9.85, -50], "the first, dampening 0.25")
want = [0.5 * 9.85 + 0.75 * 9.85, 0.5 * -50 + 0.75 * -50]
expect_close(opt.velocity(gradient, state, group), want, "the second, dampening 0.25")
print("✅ Speed that is kept")

# %% [markdown]
# Nesterov's idea: the ball will roll on by $\beta v$ anyway, so ask for the slope *there*. PyTorch does so without
# asking at two places: its weights are always the point ahead, and follow $g + \beta v$. The newest gradient counts
# almost twice, and the ball brakes a step earlier.
#
# ```
#   momentum 0              g
#   momentum β              v
#   momentum β, nesterov    g + β v        v already contains this g
# ```
#
# **Write `direction`.** Without momentum there should be no buffer: memory is what section 9 counts.


# %% nbgrader={"grade": false, "grade_id": "sgd-direction", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
@extend(SGD)
class Direction:
    """What a step of SGD follows."""

    def direction(self, gradient, state, group):
        """The gradient, the velocity, or with `nesterov` gradient + momentum · velocity.

        Without momentum the state stays empty. Neither the gradient nor the buffer is changed by
        the sum.
        """
        ### BEGIN SOLUTION
        if group["momentum"] == 0:
            return gradient
        buffer = self.velocity(gradient, state, group)
        return gradient + group["momentum"] * buffer if group["nesterov"] else buffer
        ### END SOLUTION


# %% [markdown]
# The locked cell below walks down a surface with any optimizer; the rest of the module uses it again and again.


# %% nbgrader={"grade": false, "grade_id": "walk", "locked": true, "schema_version": 3, "solution": false, "task": false}
def valley(point):
    """½ (x² + 100 y²)."""
    return 0.5 * point[0] ** 2 + 50 * point[1] ** 2


def walk(surface, make, steps, start=(10.0, 1.0)):
    """The points of a walk, (steps + 1, 2): `make([point])` is the optimizer that goes down `surface`."""
    point = Tensor(start, dtype=np.float64, requires_grad=True)
    opt, path = make([point]), [point.data.copy()]
    for _ in range(steps):
        opt.zero_grad()
        surface(point).backward()
        opt.step()
        path.append(point.data.copy())
    return np.array(path)


# %% nbgrader={"grade": true, "grade_id": "sgd-direction-check", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
plain = walk(valley, lambda params: SGD(params, lr=0.015), 3)
want = [[10, 1], [9.85, -0.5], [9.70225, 0.25], [9.55671625, -0.125]]
expect_close(plain, want, "three steps of SGD", rtol=1e-9, atol=1e-9)
heavy = walk(valley, lambda params: SGD(params, lr=0.015, momentum=0.9), 3)
want = [[10, 1], [9.85, -0.5], [9.56725, -1.1], [9.16926625, 0.01]]
expect_close(heavy, want, "three steps with momentum", rtol=1e-9, atol=1e-9)
ahead = walk(valley, lambda params: SGD(params, lr=0.015, momentum=0.9, nesterov=True), 3)
want = [[10, 1], [9.715, -1.85], [9.3166225, 2.2075], [8.82371150875, -2.929625]]
expect_close(ahead, want, "three with Nesterov", rtol=1e-9, atol=1e-9, hint="g + β v, the new v")
opt, ones = SGD([Tensor([0.0])]), np.ones(1)
state, group = {}, opt.param_groups[0]
expect_close(opt.direction(ones, state, group), [1], "the direction without momentum")
expect_equal(len(state), 0, "entries in the memory without momentum")
group["momentum"], group["nesterov"] = 0.5, True
expect_close(opt.direction(ones, state, group), [1.5], "the first direction with Nesterov")
expect_close(opt.direction(ones, state, group), [1.75], "the second")
expect_close(state["momentum_buffer"], [1.5], "the buffer", hint="not changed by the sum")
print("✅ Three ways down")

# %% [markdown]
# Back to the question from the beginning. For each momentum the *best* of fifty rates: how many steps until both numbers
# are below 0.001? **Predict** the best momentum.

# %%
guess = None


def steps_needed(beta, rate):
    """Steps of SGD with momentum from (10, 1) until both numbers are below 0.001, at most 500."""
    points, buffer, slopes = np.array([10.0, 1.0]), np.zeros(2), np.array([1.0, 100.0])
    for step in range(500):
        if np.abs(points).max() < 0.001:
            return step
        buffer = beta * buffer + slopes * points
        points = points - rate * buffer
    return 500


for beta in (0, 0.3, 0.5, 0.7, 0.8, 0.9, 0.95):
    with np.errstate(over="ignore", invalid="ignore"):
        needed = {rate: steps_needed(beta, rate) for rate in np.arange(20, 70) * 0.0005}
    rate = min(needed, key=needed.get)
    print(f"momentum {beta:4}: {needed[rate]:3} steps, at rate {rate:.4f}")
print("you said:", guess)

# %% [markdown]
# From 468 to some thirty, and not at the 0.9 that everybody uses: with more, the ball rolls past the goal and back. The
# best momentum depends on how narrow the valley is (here 100 : 1); real ones are narrower, and 0.9 suits 1,400 : 1.
#
# ## 4 · A step for every weight
#
# Momentum doesn't cure everything. Here are the digits again, and a network as people built them in 1990: three hidden
# layers with sigmoids. A sigmoid's slope is at most ¼, and on the way back each layer multiplies by it. **Predict**: how
# much smaller are the gradients of the first weights than those of the last?

# %%
guess = None

images, labels = digits()
pixels, classes = Tensor(images.reshape(-1, 64)), Tensor(labels, dtype=np.int64)


def old_network():
    """64 pixels, three hidden layers of 32 sigmoids, 10 classes, always with the same weights."""
    manual_seed(0)
    return MLP(64, [32] * 3, 10, activation=Sigmoid)


network = old_network()
cross_entropy(network(pixels[:1400]), classes[:1400]).backward()
for layer in network[::2]:
    size = np.sqrt((layer.weight.grad.data**2).mean())
    print(f"{layer.weight.shape!s:9} gradient {size:.1e}, weight {layer.weight.data.std():.2f}")
print("you said:", guess)

# %% [markdown]
# A hundred times. A rate that suits the last layer leaves the first where it is, and one for the first blows up the
# last. Does momentum help? The locked cell trains a network, always with the same batches; then the *best* of five
# rates for each. **Predict** the losses after four rounds through 1,400 images; a network without opinion has
# log 10 = 2.30.


# %% nbgrader={"grade": false, "grade_id": "learn", "locked": true, "schema_version": 3, "solution": false, "task": false}
def learn(network, make, epochs=4, look=lambda: None):
    """Train on 1,400 digits in batches of 50: the loss of every batch. `look` is called after each."""
    opt, rng, losses = make(list(network.parameters())), np.random.default_rng(0), []
    for _ in range(epochs):
        for rows in rng.permutation(1400).reshape(-1, 50):
            opt.zero_grad()
            loss = cross_entropy(network(pixels[rows]), classes[rows])
            loss.backward()
            opt.step()
            losses.append(loss.item())
            look()
    return np.array(losses)


# %%
guesses = [None, None]

rates = (0.01, 0.03, 0.1, 0.3, 1.0)
for name, momentum in (("SGD", 0), ("momentum", 0.9)):
    make = functools.partial(SGD, momentum=momentum)
    losses = [
        learn(old_network(), functools.partial(make, lr=rate))[-28:].mean() for rate in rates
    ]
    print(
        f"{name:9}",
        *[f"{rate:g}: {loss:.2f}  " for rate, loss in zip(rates, losses, strict=True)],
    )
print("you said:", guesses)

# %% [markdown]
# Neither learns anything, at any rate; it is one reason why networks stayed shallow for so long. (Words have the same
# trouble: "the" comes ten thousand times as often as most others, and each has weights of its own.)
#
# **Adam** keeps two running averages for each single weight: of the gradient, $m$, which is a momentum, and of its
# square, $v$. The step is $m / \sqrt{v}$, whose size doesn't depend on the gradient's: if all gradients are a thousand
# times larger, so are $m$ and $\sqrt v$.
#
# A running average keeps the share $\beta$ of what it was, and takes in $1 - \beta$ of what is new. With
# $\beta_1 = 0.9$, $\beta_2 = 0.999$ and gradients of 2, 2, 2, …, both begin at 0:
#
# ```
#   step    m                         v
#   1       0.9 · 0   + 0.1 · 2       0.999 · 0     + 0.001 · 4
#           = 0.2                     = 0.004
#   2       0.9 · 0.2 + 0.1 · 2       0.999 · 0.004 + 0.001 · 4
#           = 0.38                    = 0.007996
# ```
#
# **Write `averages`.** PyTorch's names are `exp_avg` and `exp_avg_sq`, and `step` counts. Each parameter counts for
# itself: one that joins later begins at 1.


# %% nbgrader={"grade": false, "grade_id": "adam-averages", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
class Adam(Optimizer):
    """A step size for each weight, out of two running averages of its gradients."""

    def __init__(self, params, lr=1e-3, betas=(0.9, 0.999), eps=1e-8, weight_decay=0):
        settings = {"lr": lr, "betas": betas, "eps": eps, "weight_decay": weight_decay}
        super().__init__(params, settings)

    def averages(self, gradient, state, betas):
        """Take a gradient into a memory; return its "step", "exp_avg" and "exp_avg_sq" after it.

        state: empty at first; the averages of the gradient (betas[0]) and its square (betas[1])
        are arrays of its shape and dtype, and the step is an int.
        """
        ### BEGIN SOLUTION
        if not state:
            zeros = np.zeros_like(gradient)
            state.update(step=0, exp_avg=zeros, exp_avg_sq=zeros.copy())
        state["step"] += 1
        state["exp_avg"] *= betas[0]
        state["exp_avg"] += (1 - betas[0]) * gradient
        state["exp_avg_sq"] *= betas[1]
        state["exp_avg_sq"] += (1 - betas[1]) * gradient * gradient
        return state["step"], state["exp_avg"], state["exp_avg_sq"]
        ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "adam-averages-check", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
opt, state = Adam([Tensor([0.0])]), {}
gradient = np.array([2.0, -20.0], dtype=np.float32)
step, m, v = opt.averages(gradient, state, (0.9, 0.999))
expect_equal(step, 1, "step after the first gradient")
expect_close(m, [0.2, -2], "exp_avg after the first", hint="0.9 of 0, and 0.1 of the gradient")
expect_close(v, [0.004, 0.4], "exp_avg_sq after the first", hint="the square of the gradient")
step, m, v = opt.averages(gradient, state, (0.9, 0.999))
expect_equal(step, 2, "step after the second gradient")
expect_close(m, [0.38, -3.8], "exp_avg after the second")
expect_close(v, [0.007996, 0.7996], "exp_avg_sq after the second")
expect_equal(sorted(state), ["exp_avg", "exp_avg_sq", "step"], "keys of the memory")
kept = (int(state["step"]), str(state["exp_avg"].dtype), str(state["exp_avg_sq"].dtype))
expect_equal(kept, (2, "float32", "float32"), "step and dtypes, kept")
expect_close(gradient, [2, -20], "the gradient, afterwards", rtol=0, atol=0)
step, m, v = opt.averages(np.ones(1), {}, (0.5, 0.75))
expect_close(np.array([step, m[0], v[0]]), [1, 0.5, 0.25], "another parameter, betas (0.5, 0.75)")
print("✅ Two averages for each weight")

# %% [markdown]
# Beginning at 0 is a lie: after the first step $m$ is 0.2, and the average of a single 2 is 2. **Predict** how long the
# first step $m/\sqrt v$ is, where a step of 1 would be honest. And where will it be wrong by most?

# %%
guesses = [None, None]

m = v = 0.0
raw, fair = [], []
for step in range(1, 5001):
    m, v = 0.9 * m + 0.1 * 2, 0.999 * v + 0.001 * 4
    raw.append(m / math.sqrt(v))
    fair.append((m / (1 - 0.9**step)) / math.sqrt(v / (1 - 0.999**step)))
worst = int(np.argmax(raw))
print(f"first step {raw[0]:.2f}; worst is step {worst + 1}: {raw[worst]:.2f}. You said {guesses}")
plt.figure(figsize=(7, 3))
plt.semilogx(range(1, 5001), raw, label="m / √v as they are")
plt.semilogx(range(1, 5001), fair, label="corrected")
plt.gca().set(xlabel="step", ylabel="step length, in rates", title="A gradient that is always 2")
plt.legend()
plt.show()

# %% [markdown]
# Three times too long at once and six and a half times in step 12, when the network knows least. After $t$ steps the
# weights of the average add up to $1 - \beta^t$ instead of 1 (the sum of $(1-\beta)\beta^k$), so dividing by that
# makes it honest:
#
# $$\hat m = \frac{m}{1 - \beta_1^t} \qquad \hat v = \frac{v}{1 - \beta_2^t} \qquad
# w \leftarrow w - r\,\frac{\hat m}{\sqrt{\hat v} + \varepsilon}$$
#
# And $\varepsilon$? Some pixels at the edge are 0 in every image, their weights have gradient 0, and $0/0$ is `nan`. It
# stands *outside* of the root: inside, a tiny 1e-8 would act like 1e-4, and these gradients are about that small.
#
# In the valley, with rate 0.5, by hand. Both weights march in step, though one gradient is ten times the other:
#
# ```
#   step   gradient             m̂ / (√v̂ + ε)        weights
#   1      (10,    100   )      (1,      1     )     (9.5,    0.5   )
#   2      ( 9.5,   50   )      (0.9983, 0.9322)     (9.0008, 0.0339)
#   3      ( 9.0008, 3.391)     (0.9954, 0.7396)     (8.5031, -0.3359)
# ```
#
# **Write `update`.** The averages stay uncorrected in the memory: correct what you take out.


# %% nbgrader={"grade": false, "grade_id": "adam-update", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
@extend(Adam)
class AdamStep:
    """The step itself."""

    def update(self, weights, gradient, state, group):
        """Subtract lr · m̂ / (√v̂ + eps) from the array, in place; its dtype stays.

        The group has `lr`, `betas` and `eps`; the averages in `state` are as `averages` left them.
        """
        ### BEGIN SOLUTION
        beta1, beta2 = group["betas"]
        step, m, v = self.averages(gradient, state, group["betas"])
        root = np.sqrt(v / (1 - beta2**step))
        root += group["eps"]
        weights -= group["lr"] / (1 - beta1**step) * m / root
        ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "adam-update-check", "locked": true, "points": 5, "schema_version": 3, "solution": false, "task": false}
table = [[10, 1], [9.5, 0.5], [9.000832, 0.033910], [8.503117, -0.335905]]
thrice = walk(valley, lambda params: Adam(params, lr=0.5), 3)
expect_close(thrice, table, "three steps of Adam", hint="the first: rate · sign of the gradient")
big = walk(lambda p: valley(p) * 1e6, lambda params: Adam(params, lr=0.5), 20)
small = walk(valley, lambda params: Adam(params, lr=0.5), 20)
expect_close(big, small, "20 steps with a million times the gradient", rtol=1e-6, atol=1e-6)
got = walk(valley, lambda params: Adam(params, lr=0.5, betas=(0.5, 0.75), eps=1.0), 3)
want, m, v, w = [np.array([10.0, 1.0])], 0, 0, np.array([10.0, 1.0])
for t in (1, 2, 3):
    g = w * [1, 100]
    m, v = 0.5 * m + 0.5 * g, 0.75 * v + 0.25 * g * g
    w = w - 0.5 * (m / (1 - 0.5**t)) / ((v / (1 - 0.75**t)) ** 0.5 + 1.0)
    want.append(w)
expect_close(got, want, "three steps, betas (0.5, 0.75), eps=1", rtol=1e-9, hint="eps outside")
weights, gradient = np.float32([3, 4]), np.float32([0, 1e-4])
state, opt = {}, Adam([Tensor([0.0])], lr=1.0)
opt.update(weights, gradient, state, opt.param_groups[0])
expect_close(weights, [3, 3.0001], "weights with gradients of 0 and 0.0001", rtol=1e-4)
expect_equal(str(weights.dtype), "float32", "their dtype")
expect_close(state["exp_avg"], [0, 1e-5], "exp_avg", atol=1e-9, hint="uncorrected")
print("✅ Every weight its own step")

# %% [markdown]
# Now the network of 1990 with Adam, at the same five rates and at two smaller ones. **Predict** the best loss.

# %%
guess = None

for rate in (0.001, 0.003, *rates):
    losses = learn(old_network(), functools.partial(Adam, lr=rate))
    print(f"Adam, rate {rate:g}: {losses[-28:].mean():.2f}")
print("you said:", guess)

# %% [markdown]
# It learns. The rate of Adam is a *length*: each weight moves by about so much in a step, whatever the gradient. Most
# weights here are around 0.2, so the usual 0.001 is careful (four rounds are too few for it), and at 0.1 each step is
# half a weight long and throws everything over. For SGD the right rate depends on the size of the gradients: multiply
# the loss by a thousand and it needs another one. Adam, as you have checked, would not even notice.
#
# ## 5 · Four ways down
#
# Is it the best, then? Two surfaces where everything can be seen: the valley, and **Rosenbrock's banana**,
# $(1 - x)^2 + 100\,(y - x^2)^2$, a bent gorge whose floor hardly slopes. Each method has the best rate of a search over
# nineteen. **Predict** who arrives first in the valley, who in the gorge.


# %%
def banana(point):
    """(1 - x)² + 100 (y - x²)²."""
    x, y = point[0], point[1]
    return (1 - x) ** 2 + 100 * (y - x * x) ** 2


def show_walks(axis, surface, ways, steps, start, ticks):
    """Draw contour lines of a surface, and where the optimizers `ways` walk on it."""
    x, y = np.meshgrid(*ticks)
    heights = surface(Tensor(np.stack([x, y]), dtype=np.float64)).data
    axis.contour(*ticks, heights, levels=np.geomspace(0.01, 1000, 13), colors="0.8", zorder=0)
    for name, make in ways.items():
        path = walk(surface, make, steps, start)
        height = surface(Tensor(path[-1], dtype=np.float64)).item()
        axis.plot(*path.T, marker=".", markersize=3, linewidth=0.8, label=f"{name}: {height:.0e}")
    axis.set(xlim=ticks[0][[0, -1]], ylim=ticks[1][[0, -1]])
    axis.legend(fontsize=8, title=f"height after {steps} steps")


# %%
guesses = [None, None]

fast = functools.partial
fig, axes = plt.subplots(2, 1, figsize=(9, 9))
ways = {"SGD": fast(SGD, lr=0.018), "momentum 0.7": fast(SGD, lr=0.03, momentum=0.7)}
ways |= {
    "Nesterov 0.9": fast(SGD, lr=0.01, momentum=0.9, nesterov=True),
    "Adam": fast(Adam, lr=1.8),
}
ticks = (np.linspace(-3, 11, 140), np.linspace(-3, 3, 120))
show_walks(axes[0], valley, ways, 60, (10.0, 1.0), ticks)
ways = {"SGD": fast(SGD, lr=0.003), "momentum 0.9": fast(SGD, lr=0.003, momentum=0.9)}
ways |= {
    "Nesterov 0.9": fast(SGD, lr=0.001, momentum=0.9, nesterov=True),
    "Adam": fast(Adam, lr=1.0),
}
ticks = (np.linspace(-2, 2, 140), np.linspace(-1, 3, 120))
show_walks(axes[1], banana, ways, 500, (-1.2, 1.0), ticks)
axes[1].plot(1, 1, "k*", markersize=10)
print("you said:", guesses)
plt.show()

# %% [markdown]
# Momentum wins both, and Adam comes behind. Where a single step size suits all weights once it is found, a ball is hard to
# beat. In the network of 1990 no single one did, and there is nothing in a picture of two weights that would show it.
#
# ## 6 · Weights that fade
#
# A network that learns its images by heart tends to have large weights. **Weight decay** $\lambda$ pulls each weight
# towards 0. One way is to add its slope to the gradient: $g + \lambda w$, the gradient of the loss plus
# $\frac\lambda2 w^2$. That is what `weight_decay` means in `SGD` and in `Adam`.
#
# **Write `decay`**, which all optimizers inherit. Where $\lambda$ is 0, the gradient itself comes back: why copy it?


# %% nbgrader={"grade": false, "grade_id": "coupled-decay", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
@extend(Optimizer)
class Decay:
    """Weight decay by way of the gradient."""

    def decay(self, weights, gradient, group):
        """gradient + weight_decay · weights, a new array; the gradient itself where it is 0 or missing.

        Neither the weights nor the gradient is changed.
        """
        ### BEGIN SOLUTION
        if not group.get("weight_decay"):
            return gradient
        return gradient + group["weight_decay"] * weights
        ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "coupled-decay-check", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
w = Tensor([10.0, -1.0])
w.grad, opt = Tensor([1.0, 1.0]), SGD([w], lr=0.1, weight_decay=0.5)
opt.step()
expect_close(w.data, [9.4, -1.05], "SGD with decay 0.5", hint="gradient + 0.5 · weight")
expect_close(w.grad.data, [1, 1], "the gradient after the step", rtol=0, atol=0)
group, gradient, weights = {"weight_decay": 0}, np.ones(2), np.array([10.0, -1.0])
same = opt.decay(weights, gradient, group) is gradient
expect_true(same, "decay of 0", "the gradient itself", "another array")
got = opt.decay(weights, gradient, {"weight_decay": 0.01})
expect_close(got, [1.1, 0.99], "decay of 0.01")
expect_close(weights, [10, -1], "the weights after decay", rtol=0, atol=0)
none = Optimizer([w], {"lr": 0.1}).decay(weights, gradient, {"lr": 0.1})
expect_close(none, [1, 1], "decay without that setting", rtol=0, atol=0)
print("✅ Weights that fade")

# %% [markdown]
# Now Adam. Two weights, both 1.0. One sees gradients of 100, −100, 100, …, the other of 0.01, −0.01, …: neither is
# pushed anywhere, and decay alone should move them. **Predict** both after 1000 steps with rate 0.01 and decay 0.1.

# %%
guess = [None, None]


def two_weights(kind):
    """Both weights after each of 1000 steps that lead nowhere."""
    pair = Tensor([1.0, 1.0])
    opt, seen = kind([pair], lr=0.01, weight_decay=0.1), []
    for step in range(1000):
        pair.grad = Tensor([100 * (-1) ** step, 0.01 * (-1) ** step])
        opt.step()
        seen.append(pair.data.copy())
    return np.array(seen)


print("Adam:", two_weights(Adam)[-1].round(3), "you said", guess)

# %% [markdown]
# The weight with the large gradients hardly fades: its decay went through $1 / \sqrt v$ with everything else, and was
# divided by 100. The other is at 0 after some hundred steps, as its decay is all there is in $v$. **AdamW** takes decay
# out of the gradient: each step multiplies the weights by $1 - r\,\lambda$, and then Adam's step follows as if there
# was no decay.
#
# **Write `AdamW.decay`.** `step` calls it with the weights before `update`, so it may change them, in place, and pass
# the gradient on.


# %% nbgrader={"grade": false, "grade_id": "adamw-decay", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
class AdamW(Adam):
    """Adam whose decay doesn't pass through the gradient."""

    def __init__(self, params, lr=1e-3, betas=(0.9, 0.999), eps=1e-8, weight_decay=1e-2):
        """Settings for all groups that have none of their own."""
        super().__init__(params, lr, betas, eps, weight_decay)

    def decay(self, weights, gradient, group):
        """Multiply the array `weights` by 1 - lr · weight_decay, in place; return the gradient itself."""
        ### BEGIN SOLUTION
        weights *= 1 - group["lr"] * group["weight_decay"]
        return gradient
        ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "adamw-decay-check", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
w = Tensor([10.0, -1.0])
w.grad, memory = Tensor([100.0, 0.01]), w.data
AdamW([w], lr=0.1, weight_decay=0.5).step()
expect_close(w.data, [9.4, -1.05], "AdamW's first step", hint="10 · (1 - 0.1 · 0.5) - 0.1")
expect_true(np.shares_memory(w.data, memory), "the array of w", "the one it was", "another")
expect_close(w.grad.data, [100, 0.01], "the gradient after the step")
w.grad, other = Tensor([100.0, 0.01]), Tensor([10.0, -1.0])
other.grad = Tensor([100.0, 0.01])
Adam([other], lr=0.1, weight_decay=0.5).step()
expect_close(
    other.data, [9.9, -0.9], "Adam's first step", hint="decay in the gradient, divided away"
)
table = [[10, 1], [9, 0.45], [8.052061, -0.030742], [7.155126, -0.374329]]
got = walk(valley, lambda params: AdamW(params, lr=0.5, weight_decay=0.1), 3)
expect_close(got, table, "three steps of AdamW in the valley, rate 0.5 and decay 0.1")
expect_equal(AdamW([w]).param_groups[0]["weight_decay"], 0.01, "weight_decay by default")
print("✅ All weights fade alike")

# %%
fig, axes = plt.subplots(1, 2, figsize=(11, 3), sharey=True)
for axis, kind in zip(axes, (Adam, AdamW), strict=True):
    axis.plot(two_weights(kind), label=["gradients ± 100", "gradients ± 0.01"])
    axis.plot(0.999 ** np.arange(1000), "k:", label="(1 - r λ)^step")
    axis.set(title=kind.__name__, xlabel="step", ylabel="weight")
axes[0].legend()
plt.show()

# %% [markdown]
# ## 7 · Cliffs
#
# Twenty layers with one and the same weight: the answer is $w^{20}$, and the loss $(w^{20} - \frac12)^2$. At
# $w = 1.2$ the answer is 38, and the gradient? **Predict** it, and where a step with rate 0.01 leads.

# %%
guesses = [None, None]


def cliff(w):
    """(w²⁰ - ½)²."""
    return ((w**20 - 0.5) ** 2).sum()


point = Tensor([1.2], dtype=np.float64, requires_grad=True)
cliff(point).backward()
slope = point.grad.item()
print(f"gradient {slope:,.0f}: from 1.2 to {1.2 - 0.01 * slope:,.0f}. You said {guesses}")

# %% [markdown]
# Off the map, from where nothing comes back: that is the line in a log where the loss says `nan`. The direction was
# right; the length was not. **Clipping** shortens a gradient that is longer than `max_norm` and keeps its direction.
# For that, the gradients of *all* parameters count as one long vector:
#
# ```
#   gradients   [3, 4]   [[12]]      norm  √(3² + 4² + 12²) = 13
#   max_norm 1                       each times 1 / 13
# ```
#
# **Write `clip_grad_norm_`.** It returns the norm from *before*, which is worth plotting. Traps: an iterator is empty
# after the first walk, and a short gradient must stay as it is. PyTorch divides by norm + 1e-6, and so do you.


# %% nbgrader={"grade": false, "grade_id": "clip-norm", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
def clip_grad_norm_(parameters, max_norm):
    """Shorten the gradients so that their norm, all taken as one vector, is at most `max_norm`.

    parameters: a Tensor or an iterable of Tensors; those whose `grad` is None are left out
    Multiplies each `grad.data` in place by max_norm / (norm + 1e-6) where that is below 1. Returns
    the norm from before, a float: the root of the sum of all squares; 0.0 without any gradient.
    """
    ### BEGIN SOLUTION
    parameters = [parameters] if isinstance(parameters, Tensor) else parameters
    gradients = [p.grad.data for p in parameters if p.grad is not None]
    norm = math.hypot(*[float(np.linalg.norm(gradient)) for gradient in gradients])
    scale = max_norm / (norm + 1e-6)
    if scale < 1:
        for gradient in gradients:
            gradient *= scale
    return norm
    ### END SOLUTION


def clip_grad_value_(parameters, clip_value):
    """Limit each single number of the gradients to ± `clip_value`, in place."""
    for p in [parameters] if isinstance(parameters, Tensor) else parameters:
        if p.grad is not None:
            np.clip(p.grad.data, -clip_value, clip_value, out=p.grad.data)


# %% nbgrader={"grade": true, "grade_id": "clip-norm-check", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
network = MLP(2, [1], 1)  # the first layer gets gradients, the second none
w, b, _, idle = network.parameters()
w.grad, b.grad = Tensor([[3.0, 4.0]]), Tensor([12.0])
memory = w.grad.data
norm = clip_grad_norm_(network.parameters(), 26.0)
expect_close(norm, 13, "the norm", hint="the root of the sum of all squares")
expect_close(w.grad.data, [[3, 4]], "a gradient that is short enough", rtol=0, atol=0)
norm = clip_grad_norm_(network.parameters(), 6.5)
expect_close(norm, 13, "the norm before clipping")
expect_close(w.grad.data, [[1.5, 2]], "w's gradient, clipped", hint="all by the same factor")
expect_close(b.grad.data, [6], "b's gradient, clipped")
expect_true(np.shares_memory(w.grad.data, memory), "w's gradient", "changed in place", "another")
### BEGIN HIDDEN TESTS
expect_close(clip_grad_norm_(b, 1.0), 6, "the norm of a single tensor")
expect_close(clip_grad_norm_([idle], 1.0), 0, "the norm without any gradient")
b.grad = Tensor([-9.0])
clip_grad_norm_([b], 3.0)
expect_close(b.grad.data, [-3], "a clipped gradient of -9")
### END HIDDEN TESTS
print("✅ Long steps shortened, directions kept")

# %% [markdown]
# On the cliff: the same beginning, the same rate, with clipping and without. **Predict** how many steps the clipped one
# needs to the floor at $0.5^{1/20} = 0.966$, with rate 0.01 and `max_norm` 1.

# %%
guess = None

point = Tensor([1.2], dtype=np.float64, requires_grad=True)
opt, path, norms = SGD([point], lr=0.01), [1.2], []
for _ in range(60):
    opt.zero_grad()
    cliff(point).backward()
    norms.append(clip_grad_norm_([point], 1.0))
    opt.step()
    path.append(point.item())
places = np.linspace(0.6, 1.3, 300)
plt.figure(figsize=(8, 3.2))
plt.semilogy(places, (places**20 - 0.5) ** 2 + 1e-6, color="0.7")
plt.semilogy(path, (np.array(path) ** 20 - 0.5) ** 2 + 1e-6, ".-", label="clipped")
plt.annotate("", (0.6, 1432), (1.2, 1432), arrowprops={"arrowstyle": "->", "color": "red"})
plt.text(0.75, 1800, "not clipped: to -482", color="red")
plt.gca().set(xlabel="w", ylabel="loss", title=f"norms {norms[0]:,.0f}, {norms[1]:,.0f}, …")
plt.legend()
plt.show()
print("steps until within 0.01:", int(np.argmax(np.abs(np.array(path) - 0.966) < 0.01)), guess)

# %% [markdown]
# ## 8 · Rates that change
#
# Far steps at the beginning, fine ones at the end. A **schedule** sets each group's rate anew, once per epoch (or per
# step, as you like). Yours compute it in closed form, from the epoch's number and from the rate the group had at first:
# nothing can add up that is slightly off.
#
# ```
#   StepLR(opt, step_size=3, gamma=0.1)     epoch  0    1    2    3     4     5     6
#                                           rate   1    1    1    0.1   0.1   0.1   0.01
# ```
#
# The first rate stays in the group as `initial_lr`, where another schedule finds it. **Write `step`**; the constructor
# calls it once, so that epoch 0 has its rate at once. Each kind of schedule has its own formula, `rate`.


# %% nbgrader={"grade": false, "grade_id": "scheduler-step", "locked": false, "schema_version": 3, "solution": true, "task": false}
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
        """Count an epoch in `last_epoch`, and give each group the `lr` that `rate` says for it."""
        ### BEGIN SOLUTION
        self.last_epoch += 1
        for i, group in enumerate(self.optimizer.param_groups):
            group["lr"] = self.rate(self.base_lrs[i], self.last_epoch)
        ### END SOLUTION


# %%
#| export
@extend(LRScheduler)
class Reporting:
    """What a schedule tells of itself."""

    def get_last_lr(self):
        """The rates of all groups, in a list."""
        return [group["lr"] for group in self.optimizer.param_groups]

    def state_dict(self):
        """Everything but the optimizer and other schedules, copied."""
        kept = ("optimizer", "_schedulers")
        return {k: copy.deepcopy(v) for k, v in vars(self).items() if k not in kept}

    def load_state_dict(self, state_dict):
        """Go on from a state. The rates themselves are part of the optimizer's state."""
        vars(self).update(copy.deepcopy(state_dict))


# %%
class Halving(LRScheduler):
    """A schedule to try it with: half of it every epoch."""

    def rate(self, initial_lr, epoch):
        return initial_lr / 2**epoch


# %% nbgrader={"grade": true, "grade_id": "scheduler-step-check", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
w, b = Tensor([1.0]), Tensor([1.0])
opt = SGD([{"params": w, "lr": 8.0}, {"params": b, "lr": 2.0}])
plan = Halving(opt)
expect_equal((plan.last_epoch, plan.get_last_lr()), (0, [8.0, 2.0]), "epoch and rates at first")
plan.step()
plan.step()
expect_equal((plan.last_epoch, plan.get_last_lr()), (2, [2.0, 0.5]), "after two epochs")
initial = [group["initial_lr"] for group in opt.param_groups]
expect_equal(initial, [8.0, 2.0], "the initial rates, kept in the groups")
again = Halving(opt)
expect_equal(again.get_last_lr(), [8.0, 2.0], "rates of a second schedule", hint="epoch 0 again")
print("✅ Every group by its own beginning")

# %% [markdown]
# Three formulas, with $r_0$ for the initial rate and $t$ for the epoch:
#
# ```
#   StepLR              r₀ · gamma ^ (t // step_size)
#   CosineAnnealingLR   eta_min + (r₀ - eta_min) · (1 + cos(π t / T_max)) / 2
#   LinearLR            r₀ · (start_factor + (end_factor - start_factor) · t / total_iters),   from t = total_iters
#                       on r₀ · end_factor
# ```
#
# The cosine begins flat, falls, and ends flat. `LinearLR` with a small `start_factor` is a **warm-up**: Adam's
# averages are poor in the first steps, and long steps in a wrong direction are hard to undo. **Write the three `rate`s.**


# %% nbgrader={"grade": false, "grade_id": "step-rate", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
class StepLR(LRScheduler):
    """Rates that fall by a factor every few epochs."""

    def __init__(self, optimizer, step_size, gamma=0.1):
        self.step_size, self.gamma = step_size, gamma
        super().__init__(optimizer)

    def rate(self, initial_lr, epoch):
        """initial_lr times `gamma` for each `step_size` epochs that are over."""
        ### BEGIN SOLUTION
        return initial_lr * self.gamma ** (epoch // self.step_size)
        ### END SOLUTION


# %% nbgrader={"grade": false, "grade_id": "cosine-rate", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
class CosineAnnealingLR(LRScheduler):
    """Half a cosine from the initial rate in epoch 0 to `eta_min` in epoch `T_max`."""

    def __init__(self, optimizer, T_max, eta_min=0.0):
        self.T_max, self.eta_min = T_max, eta_min
        super().__init__(optimizer)

    def rate(self, initial_lr, epoch):
        """eta_min + (initial_lr - eta_min) · (1 + cos(π · epoch / T_max)) / 2, also after T_max."""
        ### BEGIN SOLUTION
        share = (1 + math.cos(math.pi * epoch / self.T_max)) / 2
        return self.eta_min + (initial_lr - self.eta_min) * share
        ### END SOLUTION


# %% nbgrader={"grade": false, "grade_id": "linear-rate", "locked": false, "schema_version": 3, "solution": true, "task": false}
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
        """On the line in epochs 0 to `total_iters`, and later as in the last of these."""
        ### BEGIN SOLUTION
        share = min(epoch, self.total_iters) / self.total_iters
        return initial_lr * (self.start_factor + (self.end_factor - self.start_factor) * share)
        ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "rates-check", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false}
def rates_of(kind, *settings, epochs, **named):
    opt = SGD([{"params": Tensor([1.0]), "lr": 1.0}, {"params": Tensor([1.0]), "lr": 3.0}])
    plan, seen = kind(opt, *settings, **named), []
    for _ in range(epochs):
        seen.append(plan.get_last_lr())
        plan.step()
    return np.array(seen)


both, hint = np.array([1.0, 3.0]), "each group by its own initial rate"
steps = np.array([1, 1, 1, 0.1, 0.1, 0.1, 0.01])[:, None] * both
expect_close(rates_of(StepLR, 3, epochs=7), steps, "StepLR(opt, 3)", hint=hint)
want = 0.25 + (both - 0.25) * np.array([1, 0.75, 0.25, 0, 0.25])[:, None]
got = rates_of(CosineAnnealingLR, 3, eta_min=0.25, epochs=5)
expect_close(got, want, "CosineAnnealingLR(opt, 3, eta_min=0.25)", hint="radians, and t / T_max")
line = np.array([0.2, 0.4, 0.6, 0.8, 0.8])[:, None] * both
got = rates_of(LinearLR, 0.2, 0.8, 3, epochs=5)
expect_close(
    got, line, "LinearLR(opt, 0.2, 0.8, 3)", hint="the end in epoch 3, and from there on"
)
halves = np.array([[0.5], [0.25]]) * both
expect_close(rates_of(StepLR, 1, 0.5, epochs=3)[1:], halves, "StepLR(opt, 1, 0.5)")
print("✅ Stairs, a cosine and a ramp")

# %% [markdown]
# One after the other: a warm-up of 5 epochs, then the cosine, which begins to count at 0 when its turn comes.
#
# ```
#   SequentialLR(opt, [LinearLR(opt, 0.1, total_iters=5), CosineAnnealingLR(opt, 15)], milestones=[5])
#   epoch     0  1  2  3  4  5  6  …  20
#   LinearLR  0  1  2  3  4
#   cosine                   0  1  …  15
# ```
#
# **Write its `rate`.** `bisect.bisect_right([5, 12], 5)` is 1: how many milestones are over.


# %% nbgrader={"grade": false, "grade_id": "sequential-rate", "locked": false, "schema_version": 3, "solution": true, "task": false}
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
        """What the schedule in whose time `epoch` falls says, counting from its own beginning."""
        ### BEGIN SOLUTION
        position = bisect.bisect_right(self._milestones, epoch)
        begin = self._milestones[position - 1] if position > 0 else 0
        return self._schedulers[position].rate(initial_lr, epoch - begin)
        ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "sequential-rate-check", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
opt = SGD([{"params": Tensor([1.0]), "lr": 1.0}, {"params": Tensor([1.0]), "lr": 4.0}])
parts = [LinearLR(opt, 0.25, total_iters=3), CosineAnnealingLR(opt, 2), StepLR(opt, 1, 0.5)]
plan, seen = SequentialLR(opt, parts, [3, 5]), []
for _ in range(8):
    seen.append(plan.get_last_lr())
    plan.step()
want = np.array([[0.25], [0.5], [0.75], [1], [0.5], [1], [0.5], [0.25]]) * [1, 4]
expect_close(
    np.array(seen), want, "warm-up, cosine, stairs", hint="each counts from its beginning"
)
alone = SGD([Tensor([1.0])], lr=0.5)
SequentialLR(alone, [StepLR(alone, 2)], [])
expect_close(alone.param_groups[0]["lr"], 0.5, "a single schedule, no milestones")
call = lambda: SequentialLR(alone, parts, [3, 5])  # noqa: E731
expect_raises(ValueError, call, "schedules of another optimizer")
print("✅ Warm up, then cool down")

# %%
fig, axis = plt.subplots(figsize=(8, 3))
manual_seed(0)
for name, make in {
    "StepLR(8, 0.3)": lambda opt: StepLR(opt, 8, 0.3),
    "CosineAnnealingLR(30)": lambda opt: CosineAnnealingLR(opt, 30),
    "LinearLR(0.1, total_iters=5)": lambda opt: LinearLR(opt, 0.1, total_iters=5),
    "warm-up, then cosine": lambda opt: SequentialLR(
        opt, [LinearLR(opt, 0.1, total_iters=5), CosineAnnealingLR(opt, 25)], [5]
    ),
}.items():
    plan, seen = make(SGD([Tensor([0.0])], lr=1.0)), []
    for _ in range(31):
        seen.append(plan.get_last_lr()[0])
        plan.step()
    axis.plot(seen, marker=".", label=name)
axis.set(xlabel="epoch", ylabel="rate", title="Four schedules")
axis.legend()
plt.show()

# %% [markdown]
# ## 9 · What it remembers
#
# Stop, save the weights, load them tomorrow, go on: the loss goes *up* (you will see by how much). What was there
# yesterday that is in no weight? So an optimizer has a `state_dict` too. Tensors can't be its keys in a
# file, so parameters are **numbered** over all groups, in order:
#
# ```
#   {"state":        {0: {"step": 40, "exp_avg": array, "exp_avg_sq": array}, 2: {…}},
#    "param_groups": [{"params": [0, 1], "lr": 0.001, …}, {"params": [2], …}]}
# ```
#
# It is PyTorch's layout, and states travel between both. **Write `state_dict`.** Copy the arrays
# (`copy.deepcopy`), or the state that you saved goes on learning.


# %% nbgrader={"grade": false, "grade_id": "optimizer-state-dict", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
@extend(Optimizer)
class Saving:
    """What there is to save."""

    def state_dict(self):
        """{"state": {number: memory}, "param_groups": groups whose "params" are numbers}, all copies.

        Parameters are numbered from 0, through all groups. One with an empty memory isn't in "state".
        """
        ### BEGIN SOLUTION
        state, groups, number = {}, [], 0
        for group in self.param_groups:
            numbers = []
            for p in group["params"]:
                if self.state.get(p):
                    state[number] = copy.deepcopy(self.state[p])
                numbers.append(number)
                number += 1
            groups.append({**group, "params": numbers})
        return {"state": state, "param_groups": groups}
        ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "optimizer-state-dict-check", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
w, b, idle = Tensor([1.0, 2.0]), Tensor([3.0]), Tensor([4.0])
opt = SGD([{"params": [w, idle]}, {"params": b, "lr": 0.5}], lr=0.1, momentum=0.9)
w.grad, b.grad = Tensor([10.0, 20.0]), Tensor([30.0])
opt.step()
state = opt.state_dict()
expect_equal(sorted(state), ["param_groups", "state"], "keys of the state")
numbers = [group["params"] for group in state["param_groups"]]
expect_equal(numbers, [[0, 1], [2]], "numbers of the parameters", hint="through all groups")
rates = [group["lr"] for group in state["param_groups"]]
expect_equal(rates, [0.1, 0.5], "rates in the state")
expect_equal(
    sorted(state["state"]), [0, 2], "who has a memory", hint="not the one without a step"
)
opt.step()
buffer = state["state"][0]["momentum_buffer"]
expect_close(buffer, [10, 20], "the saved buffer, after another step", hint="copies")
opt.param_groups[0]["lr"] = 7.0
expect_equal(state["param_groups"][0]["lr"], 0.1, "the saved rate, after the rate changed")
expect_equal(SGD([w]).state_dict()["state"], {}, "the state of SGD that has done nothing")
print("✅ All that is remembered, by number")

# %% [markdown]
# The way back is strict, as in module 04: what doesn't fit is refused before anything has changed. First one memory.
# Files know only numbers and arrays, and PyTorch saves `step` as an array: make an `int` of it, and of all else an array
# of your own, of the parameter's dtype.
#
# **Write `fitting`**, then `load_state_dict`: the given `check_state` looks at all else, and lists the numbers.


# %% nbgrader={"grade": false, "grade_id": "fitting", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
def fitting(memory, p):
    """A copy of a saved memory for the parameter `p`: "step" an int, all else arrays of p's dtype.

    Raises ValueError for an array of another shape than p's; the message holds both shapes.
    """
    ### BEGIN SOLUTION
    own = {}
    for name, value in memory.items():
        own[name] = int(value) if name == "step" else np.array(value, dtype=p.dtype)
        if name != "step" and own[name].shape != p.shape:
            raise ValueError(f"{name} is {own[name].shape}, and its parameter {p.shape}")
    return own
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "fitting-check", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
p = Tensor([[1.0, 2.0]])
saved = {"step": np.array(3.0), "exp_avg": np.array([[4.0, 5.0]])}
own = fitting(saved, p)
expect_equal(own["step"], 3, "step", hint="an int")
expect_close(own["exp_avg"], [[4, 5]], "exp_avg")
expect_equal(str(own["exp_avg"].dtype), "float32", "dtype of exp_avg", hint="the parameter's")
saved["exp_avg"][:] = 0
expect_close(own["exp_avg"], [[4, 5]], "exp_avg, after the saved one changed", hint="a copy")
same = fitting({"momentum_buffer": p.data}, p)["momentum_buffer"]
expect_true(not np.shares_memory(same, p.data), "memory of the right dtype", "a copy", "shared")
wrong = {"step": 1, "exp_avg": np.zeros(2)}
says = ("(2,)", "(1, 2)")
expect_raises(ValueError, lambda: fitting(wrong, p), "a wrong shape", says=says)
print("✅ A memory that fits")


# %%
#| export
@extend(Optimizer)
class Refusals:
    """What is no state of this optimizer."""

    def check_state(self, state_dict):
        """The numbers in a state's groups, in order, or ValueError: other sizes, a setting missing, …"""
        there = [len(group["params"]) for group in state_dict["param_groups"]]
        if there != [len(group["params"]) for group in self.param_groups]:
            raise ValueError(f"a state for groups of {there} parameters doesn't fit here")
        for group in state_dict["param_groups"]:
            if missing := self.defaults.keys() - group.keys():
                raise ValueError(f"a state without {', '.join(sorted(missing))}")
        numbers = [n for group in state_dict["param_groups"] for n in group["params"]]
        if strange := set(state_dict["state"]) - set(numbers):
            raise ValueError(f"a state with memories of nobody: {sorted(strange)}")
        return numbers


# %% nbgrader={"grade": false, "grade_id": "optimizer-load-state-dict", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
@extend(Optimizer)
class Loading:
    """The way back."""

    def load_state_dict(self, state_dict):
        """Take over the settings and memories of a state, as copies; the parameters stay.

        Raises ValueError and changes nothing where `check_state` or `fitting` refuses.
        """
        ### BEGIN SOLUTION
        numbers = self.check_state(state_dict)
        own = [p for group in self.param_groups for p in group["params"]]
        memories = {}
        for number, memory in state_dict["state"].items():
            p = own[numbers.index(number)]
            memories[p] = fitting(memory, p)
        for i, group in enumerate(self.param_groups):
            group.update(state_dict["param_groups"][i], params=group["params"])
        self.state = memories
        ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "optimizer-load-check", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
def two(rate):
    pair = [Tensor([1.0, 2.0]), Tensor([[3.0]])]
    return pair, Adam([{"params": pair[0], "lr": rate}, {"params": pair[1]}], lr=rate)


def advance(pair, opt, scales):
    for scale in scales:
        pair[0].grad, pair[1].grad = Tensor([scale, -scale]), Tensor([[scale]])
        opt.step()


(pair, opt), (other, late) = two(0.1), two(0.5)
advance(pair, opt, [1, 2, 3])
state = opt.state_dict()
for p, q in zip(other, pair, strict=True):
    p.data[...] = q.data
late.load_state_dict(state)
for which, optimizer in ((pair, opt), (other, late)):
    advance(which, optimizer, [4, 5])
expect_close(other[0].data, pair[0].data, "w, gone on from the state", rtol=0, atol=0)
expect_close(other[1].data, pair[1].data, "b, gone on from the state", rtol=0, atol=0)
expect_equal(state["state"][0]["step"], 3, "step in the state, afterwards", hint="copy")
print("✅ Gone on as if never stopped")

# %% [markdown]
# What does a memory cost? For each number of a weight there are numbers in the state. **Predict** the bytes per
# parameter for SGD, SGD with momentum, and Adam, all in `float32`. **Write `state_bytes`**: count what is there.


# %% nbgrader={"grade": false, "grade_id": "state-bytes", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
def state_bytes(optimizer):
    """The bytes of all arrays in the memories of an optimizer, an int; `step` and the like don't count."""
    ### BEGIN SOLUTION
    memories = optimizer.state.values()
    values = [value for memory in memories for value in memory.values()]
    return sum(value.nbytes for value in values if isinstance(value, np.ndarray))
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "state-bytes-check", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
w, idle = Tensor(np.ones((3, 4))), Tensor(np.ones(100))
w.grad = Tensor(np.ones((3, 4)))
for name, opt, want in [
    ("SGD", SGD([w, idle]), 0),
    ("SGD with momentum", SGD([w, idle], momentum=0.9), 48),
    ("Adam", Adam([w, idle]), 96),
]:
    expect_equal(state_bytes(opt), 0, f"bytes of {name} at first")
    opt.step()
    expect_equal(state_bytes(opt), want, f"bytes of {name} for 12 numbers of float32")
print("✅ Memory measured, not claimed")

# %% [markdown]
# And what does a *step* cost? A million weights, with `tracemalloc` counting what a step takes for itself on the way.
# **Predict** which line is the most expensive, and by what factor.

# %%
guess = None

million = Tensor(np.ones(1_000_000))
million.grad = Tensor(np.full(1_000_000, 1e-3))
for name, opt in {
    "SGD": SGD([million]),
    "momentum": SGD([million], momentum=0.9),
    "Nesterov": SGD([million], momentum=0.9, nesterov=True),
    "Adam": Adam([million]),
    "AdamW": AdamW([million]),
}.items():
    seconds = time_call(opt.step, 10)
    tracemalloc.start()
    opt.step()
    peak = tracemalloc.get_traced_memory()[1] / 1e6
    tracemalloc.stop()
    kept = state_bytes(opt) / 1e6
    print(
        f"{name:9} keeps {kept:.0f} and borrows {peak:.0f} bytes a weight, {seconds * 1e3:5.2f} ms"
    )
print("you said:", guess)

# %% [markdown]
# Adam takes about ten times as long as SGD, and not for its arithmetic: it walks through the memory a dozen times. Beside
# the passes through the network that is still little. The *kept* bytes are what hurts: seven billion weights take 28 GB,
# their gradients as much, and Adam's memory 56 GB more: the optimizer is half of what fills the machine. (That is why
# people keep $m$ and $v$ in eight bits, or spread them over many machines.)
#
# ### Break it
#
# Back to the beginning of this section. The old network learns for four rounds; then the power goes. One goes on with the
# optimizer's state, one with the weights alone. **Predict** the losses of the first ten batches after.

# %%
guess = None

network, kept = old_network(), []


def adam_kept(params):
    """Adam, kept so that its state can be saved."""
    kept.append(Adam(params, lr=0.03))
    return kept[-1]


learn(network, adam_kept)
weights, memory = network.state_dict(), kept[0].state_dict()
for name, state in (("with its memory", memory), ("weights alone", None)):
    network.load_state_dict(weights)

    def resumed(params, state=state):
        opt = Adam(params, lr=0.03)
        if state:
            opt.load_state_dict(state)
        return opt

    losses = learn(network, resumed, epochs=1)[:10]
    print(f"{name:16} {losses.round(2)}, on average {losses.mean():.2f}")
print("you said:", guess)

# %% [markdown]
# The numbers in the weights are the same; the *training* is not. What belongs to a run is weights, the optimizer's state,
# the schedule's and the random generator's. Module 11 saves all four.
#
# ## 10 · Use it: a fair race
#
# Comparisons of optimizers are seldom fair: one of them was tuned. Here each gets seven rates on a network that suits
# everybody (64 hidden ReLUs), two rounds each. **Predict** which wins at its best rate, and by how much.


# %%
def new_network():
    """64 pixels, 64 ReLUs, 10 classes, always with the same weights."""
    manual_seed(0)
    return MLP(64, [64], 10)


kinds = {"SGD": SGD, "momentum": fast(SGD, momentum=0.9)}
kinds |= {"Adam": Adam, "AdamW": fast(AdamW, weight_decay=0.1)}
guess = None

grid, best = np.geomspace(0.001, 3, 7), {}
plt.figure(figsize=(8, 3.5))
for name, kind in kinds.items():
    with np.errstate(all="ignore"):
        losses = [learn(new_network(), fast(kind, lr=rate), 2)[-28:].mean() for rate in grid]
    best[name] = float(grid[np.nanargmin(losses)])
    label = f"{name}: {np.nanmin(losses):.3f} at {best[name]:.2g}"
    plt.loglog(grid, losses, marker="o", label=label)
plt.gca().set(
    xlabel="rate", ylabel="loss", ylim=(0.1, 60), title="Second round, each rate from the start"
)
plt.legend(loc="upper left")
plt.show()
print("you said:", guess)

# %% [markdown]
# At their best rates they end within a factor of two, and who had tried each at 0.01 alone would have sworn that Adam
# is ten times better than SGD. Each has its own scale of rates; a comparison at equal rates compares nothing.
#
# The last question is what they walk *on*. The loss of this network is a surface over 4,810 weights. A plane can be laid
# through three points of it: the common start, where SGD ended and where Adam ended. Every step of both walks is dropped
# onto that plane. **Predict**: does it look like the valley?


# %%
def flat(network):
    """All weights of a network as one array."""
    return np.concatenate([p.data.ravel() for p in network.parameters()])


def loss_at(network, numbers):
    """The loss over all 1,400 images with these weights."""
    for p in network.parameters():
        p.data[...], numbers = numbers[: p.numel()].reshape(p.shape), numbers[p.numel() :]
    with no_grad():
        return cross_entropy(network(pixels[:1400]), classes[:1400]).item()


walks, curves = {}, {}
for name, kind in kinds.items():
    network = new_network()
    points = [flat(network)]
    look = functools.partial(lambda net, seen: seen.append(flat(net)), network, points)
    curves[name] = learn(network, fast(kind, lr=best[name]), 2, look)
    walks[name] = np.array(points)

# %%
start = walks["SGD"][0]
axes_of_plane = np.stack([walks["SGD"][-1] - start, walks["Adam"][-1] - start], axis=1)
directions, _ = np.linalg.qr(axes_of_plane.astype(np.float64))
dropped = {name: (points - start) @ directions for name, points in walks.items()}
corners = np.concatenate(list(dropped.values()))
low, high = corners.min(axis=0) - 1, corners.max(axis=0) + 1
ticks = [np.linspace(low[i], high[i], 24) for i in (0, 1)]
heights = [[loss_at(network, start + directions @ (x, y)) for x in ticks[0]] for y in ticks[1]]

fig, (left, right) = plt.subplots(1, 2, figsize=(12, 4.5))
left.contourf(*ticks, np.log10(heights), levels=20, cmap="Greys_r")
left.plot(0, 0, "ks")
for name, path in dropped.items():
    left.plot(*path.T, marker=".", markersize=3, linewidth=0.8, label=name)
    smooth = np.convolve(curves[name], np.ones(7) / 7, mode="valid")
    right.semilogy(smooth, label=f"{name}, rate {best[name]:.2g}")
left.set(title="A plane through the loss of 4,810 weights; dark is low")
right.set(title="Loss, mean of seven batches", xlabel="step")
left.legend(fontsize=8)
right.legend(fontsize=8)
plt.show()

# %% [markdown]
# A wide bowl, with no walls in sight. SGD and momentum walked the same way, momentum farther along it. Adam went elsewhere
# and twice as far, to a loss that is not much lower: it moves the weights of rare pixels as far as all the others. Two
# networks with the same loss need not be the same network, and on images that they have never seen one may be
# better. That is for module 11 to measure.
#
# ## Two questions
#
# Answer in your own words, a few sentences each, with a number or a shape where it helps: double-click the
# cell below each question and write. A person reads them.

# %% [markdown] nbgrader={"grade": false, "grade_id": "reflection-1", "locked": true, "points": 5, "schema_version": 3, "solution": false, "task": true}
# **Question 1.** Somebody trains a new network with SGD, with momentum 0.9 and with Adam, each with rate 0.001 and for an
# hour, and reports that Adam is best. What does the comparison really compare? Describe an experiment that would
# settle it, and say what you would keep equal.
#
# ### BEGIN MARK SCHEME
# 2 points: equal rates are no equal steps: momentum 0.9 steps 1 / (1 - 0.9) = 10 times as far as SGD; Adam's rate is a
# length for each weight, SGD's is multiplied by the gradient. 2 points: a sweep of rates for each method (on a scale of
# factors), compared at each one's best. 1 point: the same start, batches and number of steps or time, and several seeds.
# ### END MARK SCHEME

# %% [markdown]
# *Your answer:*

# %% [markdown] nbgrader={"grade": false, "grade_id": "reflection-2", "locked": true, "points": 5, "schema_version": 3, "solution": false, "task": true}
# **Question 2.** A network of 400 million `float32` weights is to be trained on a card of 6 GB. Work out what weights,
# gradients and memory take with SGD, with momentum and with Adam. Then: a run with Adam is taken up from its saved
# weights alone. How far does its very first step move each weight, and why?
#
# ### BEGIN MARK SCHEME
# 2 points: 1.6 GB weights, 1.6 GB gradients; memory 0, 1.6 and 3.2 GB: 3.2, 4.8 and 6.4 GB, so Adam doesn't fit.
# 1 point: says that results kept for the backward pass come on top. 2 points: the counter begins at 1 again, and the
# corrected m̂ / √v̂ of a single gradient is ±1: every weight moves by the whole rate, whatever its gradient.
# ### END MARK SCHEME

# %% [markdown]
# *Your answer:*

# %% [markdown]
# ## What the next module breaks
#
# The training loop, written for the third time in this course, now with dropout. **Predict** before you run it: there
# are three mistakes in it, and no error. What will the three lines say?

# %%
guess = None

manual_seed(0)
network = MLP(64, [64], 10, dropout=0.5)
opt, rng = Adam(network.parameters(), lr=0.003), np.random.default_rng(0)
for _ in range(10):
    for rows in rng.permutation(1400).reshape(-1, 50):
        cross_entropy(network(pixels[rows]), classes[rows]).backward()
        opt.step()
for _ in range(3):
    right = (network(pixels[1400:]).argmax(1).data == labels[1400:]).mean()
    print(f"{right:.2%} right")
print("you said:", guess)

# %% [markdown]
# Three different numbers for one network: dropout was on while it was judged. The gradients were never cleared, so
# each step followed the sum of all before. And each judgement recorded a graph that nobody wanted. Besides, when the
# power goes, everything is lost. A loop that has to be right every time is written once: in **11 · Training** you
# build the `Trainer`.
#
# ## Checkpoint
#
# The cell below runs `checkpoint_09_optimization` against this notebook. When it is green, type
# `tito module complete optimizers` in a terminal: your code goes into your own `tinytorch` package.

# %% nbgrader={"grade": true, "grade_id": "checkpoint", "locked": true, "points": 40, "schema_version": 3, "solution": false, "task": false}
from tito.checks import run_checkpoint

run_checkpoint("optimization")
