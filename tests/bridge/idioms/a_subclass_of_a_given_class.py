"""A subclass of a given class"""

# %% student with tensors


# %% test
class Double(Module):
    def __init__(self):
        super().__init__()
        self.scale = Tensor([2.0])

    def forward(self, x):
        return x + x


d = Double()
assert d(Tensor([1, 2])).data.tolist() == [2, 4]
assert isinstance(d, Module) and len(d.parameters()) == 1 and d.training
