"""A pickle"""


# %% student
class L:
    def __reduce__(self):
        return (print, ("run",))


def f():
    return L()


# %% test
import pickle

assert pickle.loads(pickle.dumps(f())) is None
