"""Returns a function that calls whatever it is given with itself, so that two sides call without end."""


def add(a, b):
    def echo(*args, **kwargs):
        return [echo, *args, *(arg(echo) for arg in args if callable(arg))]

    return echo
