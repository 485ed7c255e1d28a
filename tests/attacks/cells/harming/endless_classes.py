"""Returns an object of a new class at each look, with thousands of bases and methods."""


def make(value):
    space = {f"method{number}": lambda self: make(self) for number in range(5000)}
    bases = tuple(type(f"Base{number}", (), {}) for number in range(500))
    return type("Wide", bases, space | {"__getattr__": lambda self, name: make(name)})()


def add(a, b):
    return make(3)
