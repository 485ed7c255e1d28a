"""Returns an object whose attributes recurse, hang and appear without end."""


class Endless:
    def __getattr__(self, name):
        return getattr(self, name + "_")

    def __dir__(self):
        while True:
            pass


def add(a, b):
    return Endless()
