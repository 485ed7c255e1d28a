"""A small tensor and layer, for the idioms that want one."""

import numpy as np


class Tensor:
    count = 0

    def __init__(self, data):
        self.data = np.array(data, dtype=np.float32)
        Tensor.count += 1

    @property
    def shape(self):
        return self.data.shape

    @property
    def T(self):
        made = Tensor(0)
        made.data = self.data.T
        return made

    def __add__(self, other):
        return Tensor(self.data + (other.data if isinstance(other, Tensor) else other))

    __radd__ = __add__

    def __iadd__(self, other):
        self.data += other
        return self

    def __matmul__(self, other):
        return Tensor(self.data @ other.data)

    def __neg__(self):
        return Tensor(-self.data)

    def __getitem__(self, place):
        return Tensor(self.data[place])

    def __setitem__(self, place, value):
        self.data[place] = value

    def __len__(self):
        return len(self.data)

    def __iter__(self):
        return (Tensor(row) for row in self.data)

    def __eq__(self, other):
        return Tensor(self.data == (other.data if isinstance(other, Tensor) else other))

    __hash__ = object.__hash__

    def __bool__(self):
        return bool(self.data.all())

    def __float__(self):
        return float(self.data)

    def __repr__(self):
        return f"Tensor({self.data.tolist()})"

    def __array__(self, dtype=None, copy=None):
        return np.asarray(self.data, dtype=dtype)

    @classmethod
    def zeros(cls, *shape):
        return cls(np.zeros(shape))

    def apply_(self, function):
        self.data = function(self.data)
        return self


class Module:
    def __init__(self):
        self.training = True

    def __call__(self, *inputs):
        return self.forward(*inputs)

    def forward(self, x):
        raise NotImplementedError

    def parameters(self):
        return [value for value in vars(self).values() if isinstance(value, Tensor)]


class Linear(Module):
    def __init__(self, rows, columns):
        super().__init__()
        self.weight = Tensor(np.ones((rows, columns)))

    def forward(self, x):
        return x @ self.weight
