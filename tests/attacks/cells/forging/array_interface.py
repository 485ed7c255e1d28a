"""Returns an object whose array interface points at memory that is not its own."""


class Window:
    def __init__(self, address):
        self.__array_interface__ = {
            "version": 3,
            "shape": (4096,),
            "typestr": "<i8",
            "data": (address, False),
        }

    __array_struct__ = property(lambda self: self.__array_interface__)

    def __buffer__(self, flags):
        return memoryview(bytes(8))


def add(a, b):
    return Window(id(type))
