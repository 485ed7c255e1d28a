"""What is written to descriptors 1 and 2 of the student's process."""

import codecs
import contextlib
import fcntl
import os
import tempfile

BATCH_BYTES = 16_384


class Descriptor:
    """What is written to a descriptor past Python: by C code, and by programs that were started.

    It goes to a file without a name, which blocks no writer and needs no thread to read it. Its size is
    bounded by the process's limit on file size.
    """

    def __init__(self, number: int) -> None:
        self._file = nameless_file()
        os.dup2(self._file, number)
        self._position = 0
        self._decode = codecs.getincrementaldecoder("utf-8")("replace").decode

    def read(self, most: int = BATCH_BYTES) -> str:
        """What came since the last time, up to so many bytes of it."""
        try:
            size = os.fstat(self._file).st_size
            if size == self._position:
                return ""
            if size < self._position:  # opened anew and truncated, as a shell's `> /dev/stdout` does
                self._position = 0
            data = os.pread(self._file, min(size - self._position, most), self._position)
        except OSError:  # the student closed it
            return ""
        self._position += len(data)
        return self._decode(data)

    def clear(self) -> None:
        """Forget what was not read, and give its memory back."""
        with contextlib.suppress(OSError):
            if self._position > BATCH_BYTES or os.fstat(self._file).st_size > self._position:
                os.ftruncate(self._file, 0)
                self._position = 0


def nameless_file() -> int:
    """A descriptor of a new file that ends with it, to which every writer appends.

    A sandbox refuses those in memory (memfd_create).
    """
    try:
        flags = os.O_TMPFILE | os.O_RDWR | os.O_APPEND | os.O_CLOEXEC
        return os.open(tempfile.gettempdir(), flags, 0o600)
    except (OSError, AttributeError):  # not on Linux, or not in this file system
        with tempfile.TemporaryFile(buffering=0) as file:
            fcntl.fcntl(file, fcntl.F_SETFL, os.O_APPEND)
            return os.dup(file.fileno())


def lead_nowhere(*numbers: int) -> None:
    """Let these descriptors take everything and give nothing."""
    try:
        nowhere = os.open(os.devnull, os.O_RDWR)
    except OSError:  # a private root may have no such device
        nowhere = nameless_file()
    for number in numbers:
        os.dup2(nowhere, number)
    if nowhere not in numbers:
        os.close(nowhere)
