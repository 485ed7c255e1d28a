# Iterators and small functions: itertools cuts the rows, generators hand them on, one expression each.
# ruff: noqa: F821 - other cells of the notebook define the names.

# %% tensor-dataset
#| export
from itertools import cycle, islice
from operator import itemgetter


def _equal(values):
    """Whether all values are the same."""
    return len(set(values)) < 2


class TensorDataset(Dataset):
    """Tensors side by side: sample i is the i-th part of each."""

    def __init__(self, *tensors):
        """Keep the tensors as the tuple `tensors`."""
        if not _equal(map(len, tensors)):
            raise ValueError("lengths differ: " + ", ".join(str(len(t)) for t in tensors))
        self.tensors = tensors

    def __getitem__(self, index):
        """A tuple: `tensor[index]` of each tensor."""
        return tuple(map(itemgetter(index), self.tensors))

    def __len__(self):
        """How many samples."""
        return min(map(len, self.tensors))


# %% collate
#| export
def _stack(samples):
    """A Tensor of equal tensors, arrays or numbers, of their own dtype."""
    arrays = [s.data if isinstance(s, Tensor) else s for s in samples]
    return from_numpy(np.stack(arrays))


_COLLATE = (
    ((tuple, list), lambda samples: tuple(map(default_collate, zip(*samples, strict=True)))),
    (dict, lambda samples: {k: default_collate([s[k] for s in samples]) for k in samples[0]}),
    ((Tensor, np.ndarray, np.generic, int), _stack),
    (float, lambda samples: Tensor(samples)),
)


def default_collate(samples):
    """One batch of a list of samples that are all made alike."""
    ways = (way for kind, way in _COLLATE if isinstance(samples[0], kind))
    return next(ways, list)(samples)


# %% loader-init
#| export
class DataLoader:
    """The batches of a dataset, an epoch at a time: `for images, labels in loader`."""

    def __init__(
        self,
        dataset,
        batch_size=1,
        shuffle=False,
        drop_last=False,
        collate_fn=None,
        generator=None,
        prefetch=0,
    ):
        """Keep all seven as attributes of the same names."""
        settings = {name: value for name, value in locals().items() if name != "self"}
        for name, least in (("batch_size", 1), ("prefetch", 0)):
            if settings[name] < least:
                raise ValueError(f"{name} is {settings[name]}, and has to be {least} or more")
        for name, value in settings.items():
            setattr(self, name, value)

    def __len__(self):
        """How many batches an epoch has."""
        n, size = len(self.dataset), self.batch_size
        return n // size if self.drop_last else -(-n // size)


# %% loader-order
#| export
@extend(DataLoader)
class Order:
    """Which samples go into which batch."""

    def index_batches(self, rng):
        """The numbers of an epoch's samples: an int64 array for each batch."""
        n = len(self.dataset)
        numbers = iter(rng.choice(n, n, replace=False) if self.shuffle else range(n))
        for _ in range(len(self)):
            yield np.fromiter(islice(numbers, self.batch_size), dtype=np.int64)


# %% loader-fetch
#| export
def _sample_by_sample(dataset):
    """A `take` for a dataset that has none."""
    return lambda indices: default_collate([dataset[int(i)] for i in indices])


@extend(DataLoader)
class Fetch:
    """From numbers to a batch."""

    def fetch(self, indices):
        """The batch of the samples with these numbers, in their order."""
        if self.collate_fn:
            return self.collate_fn(list(map(self.dataset.__getitem__, map(int, indices))))
        whole = isinstance(self.dataset, Dataset)
        return (self.dataset.take if whole else _sample_by_sample(self.dataset))(indices)


# %% take
#| export
@extend(TensorDataset)
class TakeRows:
    """Whole batches."""

    def take(self, indices):
        """A tuple: the rows `indices` of each tensor, by one index."""
        return self[indices]


# %% subset
#| export
class Subset(Dataset):
    """The samples of a dataset that `indices` names, numbered anew."""

    def __init__(self, dataset, indices):
        """Keep `dataset`, and the numbers as `indices`."""
        self.dataset, self.indices = dataset, tuple(map(int, indices))

    def __getitem__(self, index):
        """What the dataset has under the number that stands at `index`."""
        return self.dataset[self.indices[index]]

    def __len__(self):
        """How many there are."""
        return sum(1 for _ in self.indices)


# %% split-lengths
#| export
def split_lengths(count, lengths):
    """How many of `count` samples each part gets, as a list of whole numbers."""
    if not math.isclose(math.fsum(lengths), 1):
        if sum(lengths) == count:
            return [*lengths]
        raise ValueError(f"{sum(lengths)} is not {count}")
    if any(share < 0 for share in lengths):
        raise ValueError(f"negative shares: {lengths}")
    parts = [int(count * share // 1) for share in lengths]
    for i in islice(cycle(range(len(parts))), count - sum(parts)):
        parts[i] += 1
    return parts


# %% random-split
#| export
def random_split(dataset, lengths, generator=None):
    """A list of Subsets of a dataset: each sample in exactly one of them, by chance."""
    rng = generator if generator is not None else setup.generator()
    numbers = iter(rng.permutation(len(dataset)).tolist())
    sizes = split_lengths(len(dataset), lengths)
    return [Subset(dataset, list(islice(numbers, size))) for size in sizes]


# %% statistics
#| export
def _moments(batches):
    """For each batch the count, the sums and the sums of squares of its channels."""
    for images, _ in batches:
        x = images.data.astype(np.float64).swapaxes(0, 1).reshape(images.shape[1], -1)
        yield np.array([np.full(len(x), x.shape[1]), x.sum(axis=1), np.einsum("cn,cn->c", x, x)])


def channel_statistics(batches):
    """Mean and standard deviation of each channel: two float32 Tensors of shape (c,)."""
    count, total, squares = sum(_moments(batches))
    mean = total / count
    return Tensor(mean), Tensor(np.sqrt((squares - total * mean) / count))


# %% normalize
#| export
class Normalize:
    """(image - mean) / std, channel by channel."""

    def __init__(self, mean, std):
        """Keep both as Tensors of shape (c, 1, 1)."""
        if not all(map(float, np.ravel(getattr(std, "data", std)))):
            raise ValueError("std holds a 0")
        self.mean, self.std = (Tensor(v).reshape(-1, 1, 1) for v in (mean, std))

    def __call__(self, image):
        """A new image: (…, c, h, w) → (…, c, h, w)."""
        return image / self.std - self.mean / self.std


# %% flip
#| export
class RandomHorizontalFlip:
    """Left and right exchanged, with probability p."""

    def __init__(self, p=0.5):
        """Keep the probability as `p`."""
        self.p = p

    def __call__(self, image):
        """The image with its columns in reverse order, or as it is."""
        step = -1 if draws().random() < self.p else 1
        return image[..., ::step]


# %% crop
#| export
def _start(length, window):
    """Where a window begins, by chance."""
    if window > length:
        raise ValueError(f"a window of {window} in {length} pixels")
    return int(draws().integers(length - window + 1))


class RandomCrop:
    """A window of the image, at a random place."""

    def __init__(self, size, padding=None):
        """Keep `size` as a pair, and `padding` as it is."""
        self.size = (size,) * 2 if isinstance(size, int) else (size[0], size[1])
        self.padding = padding

    def __call__(self, image):
        """The window of the image with `padding` zeros on all four sides."""
        p = self.padding or 0
        h, w = image.shape[-2:]
        rows, columns = self.size
        if rows > h + 2 * p or columns > w + 2 * p:
            raise ValueError(f"a window of {self.size} is too large")
        top, left = _start(h + 2 * p, rows), _start(w + 2 * p, columns)
        if p:
            image = apply(np.pad, image, pad_width=((0, 0),) * (image.ndim - 2) + ((p, p),) * 2)
        return image[..., top:, left:][..., :rows, :columns]


# %% images
#| export
@extend(Images)
class ImageSamples:
    """One sample, and a batch."""

    def __getitem__(self, index):
        """A pair: the image, transformed anew, and its label, a Python int."""
        change = self.transform or (lambda image: image)
        return change(self.pixels(index)), int(self.targets[index])

    def take(self, indices):
        """A pair: images and int64 labels at an array of numbers, as two Tensors."""
        if self.transform:
            return default_collate(list(map(self.__getitem__, indices)))
        return self.pixels(indices), default_collate([int(self.targets[i]) for i in indices])


# %% records
#| export
def read_records(data):
    """Images (n, 3, 32, 32), uint8, and labels (n,), int64, of n records."""
    count, rest = divmod(len(data), 3073)
    if rest:
        raise ValueError(f"{count} records and {rest} bytes of another, {len(data)} in all")
    row = np.frombuffer(data, dtype=np.uint8)
    labels = row[::3073].astype(np.int64)
    if not set(labels.tolist()) <= set(range(10)):
        raise ValueError("a label that CIFAR-10 doesn't have")
    return row.reshape(count, 3073)[:, 1:].reshape(count, 3, 32, 32), labels


# %% verify
#| export
def verify(path, sha256):
    """The SHA-256 of the file at `path`, in lower-case hex digits."""
    digest = hashlib.new("sha256")
    with Path(path).open("rb") as file:
        for block in iter(lambda: file.read(1 << 16), b""):
            digest.update(block)
    if bytes.fromhex(sha256 if len(sha256) == 64 else "") != digest.digest():
        raise ValueError(f"{path}: {digest.hexdigest()}, not {sha256}")
    return digest.hexdigest()


# %% prefetch
#| export
def prefetch(iterable, depth):
    """Yield what `iterable` yields, in its order; another thread fetches up to `depth` items ahead."""
    source = iter(iterable)

    def one():
        """The next item in a list, or an empty list."""
        return list(islice(source, 1))

    thread = ThreadPoolExecutor(1)
    try:
        waiting = [thread.submit(one) for _ in range(depth)]
        while item := waiting.pop(0).result():
            waiting.append(thread.submit(one))
            yield item[0]
    finally:
        thread.shutdown(wait=True, cancel_futures=True)
