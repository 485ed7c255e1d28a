"""Context managers"""


# %% student
class M:
    def __enter__(self):
        self.state = "in"
        return self

    def __exit__(self, *error):
        self.state = "out"
        return False


# %% test
m = M()
with m as inside:
    assert inside is m and m.state == "in"
assert m.state == "out"
