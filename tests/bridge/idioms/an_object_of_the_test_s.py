"""An object of the test's"""


# %% student
def f(logger):
    logger.log("hi", level=2)
    logger.n += 1
    return logger.n


# %% test
class Logger:
    def __init__(self):
        self.lines, self.n = [], 0

    def log(self, text, level):
        self.lines.append((text, level))


logger = Logger()
assert f(logger) == 1
assert logger.lines == [("hi", 2)] and logger.n == 1
