"""Returns a list that is nested a hundred thousand levels deep, and one that contains itself."""


def add(a, b):
    value = [3]
    for _ in range(100_000):
        value = [value]
    return value


# %% total
def total(numbers):
    numbers.append(numbers)
    return numbers
