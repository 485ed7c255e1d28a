# Step by step: loops that append, names for everything, one branch after the other.
# ruff: noqa: F821 - other cells of the notebook define the names.

# %% tensor-dataset
#| export
class TensorDataset(Dataset):
    """Tensors side by side: sample i is the i-th part of each."""

    def __init__(self, *tensors):
        """Keep the tensors as the tuple `tensors`."""
        count = len(tensors[0])
        for tensor in tensors:
            if len(tensor) != count:
                raise ValueError(f"{count} samples in the first tensor, {len(tensor)} in another")
        self.tensors = tuple(tensors)

    def __getitem__(self, index):
        """A tuple: `tensor[index]` of each tensor."""
        parts = []
        for tensor in self.tensors:
            parts.append(tensor[index])
        return tuple(parts)

    def __len__(self):
        """How many samples."""
        count = 0
        for tensor in self.tensors:
            count = len(tensor)
        return count


# %% collate
#| export
def _collate_places(samples):
    places = []
    for sample in samples:
        if len(sample) != len(samples[0]):
            raise ValueError(f"samples of {len(samples[0])} and of {len(sample)} parts")
    for i in range(len(samples[0])):
        column = []
        for sample in samples:
            column.append(sample[i])
        places.append(default_collate(column))
    return tuple(places)


def default_collate(samples):
    """One batch of a list of samples that are all made alike."""
    first = samples[0]
    kind = type(first)
    if kind is tuple or kind is list:
        return _collate_places(samples)
    if kind is dict:
        batch = {}
        for key in first:
            column = []
            for sample in samples:
                column.append(sample[key])
            batch[key] = default_collate(column)
        return batch
    if isinstance(first, Tensor):
        arrays = []
        for sample in samples:
            arrays.append(sample.data)
        return Tensor(arrays, dtype=first.dtype)
    if kind is bool or kind is int:
        return Tensor(samples, dtype=np.bool_ if kind is bool else np.int64)
    if kind is float:
        return Tensor(samples, dtype=np.float32)
    if isinstance(first, (np.ndarray, np.generic)):
        return Tensor(np.array(samples), dtype=first.dtype)
    return samples


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
        if batch_size <= 0:
            raise ValueError(f"batch_size is {batch_size}, and a batch has a sample at least")
        if prefetch <= -1:
            raise ValueError(f"prefetch is {prefetch}: nothing can be made less than not at all")
        self.dataset = dataset
        self.batch_size = batch_size
        self.shuffle = shuffle
        self.drop_last = drop_last
        self.collate_fn = collate_fn
        self.generator = generator
        self.prefetch = prefetch

    def __len__(self):
        """How many batches an epoch has."""
        whole = len(self.dataset) // self.batch_size
        left = len(self.dataset) % self.batch_size
        if left > 0 and not self.drop_last:
            whole += 1
        return whole


# %% loader-order
#| export
@extend(DataLoader)
class Order:
    """Which samples go into which batch."""

    def index_batches(self, rng):
        """The numbers of an epoch's samples: an int64 array for each batch."""
        numbers = list(range(len(self.dataset)))
        if self.shuffle:
            rng.shuffle(numbers)
        batch = []
        for number in numbers:
            batch.append(number)
            if len(batch) == self.batch_size:
                yield np.array(batch)
                batch = []
        if batch and not self.drop_last:
            yield np.array(batch)


# %% loader-fetch
#| export
@extend(DataLoader)
class Fetch:
    """From numbers to a batch."""

    def fetch(self, indices):
        """The batch of the samples with these numbers, in their order."""
        if isinstance(self.dataset, Dataset) and not self.collate_fn:
            return self.dataset.take(indices)
        samples = []
        for index in indices.tolist():
            samples.append(self.dataset[index])
        if self.collate_fn is not None:
            return self.collate_fn(samples)
        return default_collate(samples)


# %% take
#| export
@extend(TensorDataset)
class TakeRows:
    """Whole batches."""

    def take(self, indices):
        """A tuple: the rows `indices` of each tensor, by one index."""
        parts = []
        for tensor in self.tensors:
            parts.append(tensor[indices])
        return tuple(parts)


# %% subset
#| export
class Subset(Dataset):
    """The samples of a dataset that `indices` names, numbered anew."""

    def __init__(self, dataset, indices):
        """Keep `dataset`, and the numbers as `indices`."""
        self.dataset = dataset
        self.indices = []
        for index in indices:
            self.indices.append(int(index))

    def __getitem__(self, index):
        """What the dataset has under the number that stands at `index`."""
        number = self.indices[index]
        return self.dataset[number]

    def __len__(self):
        """How many there are."""
        count = 0
        for _ in self.indices:
            count += 1
        return count


# %% split-lengths
#| export
def split_lengths(count, lengths):
    """How many of `count` samples each part gets, as a list of whole numbers."""
    total = 0
    for length in lengths:
        total += length
    if abs(total - 1) < 1e-9:
        parts = []
        for share in lengths:
            if share < 0:
                raise ValueError(f"{share} is no share")
            parts.append(int(count * share))
        left = count - sum(parts)
        i = 0
        while left > 0:
            parts[i] += 1
            left -= 1
            i = (i + 1) % len(parts)
        return parts
    if total != count:
        raise ValueError(f"{total} samples in the parts, {count} in the dataset")
    return [int(length) for length in lengths]


# %% random-split
#| export
def random_split(dataset, lengths, generator=None):
    """A list of Subsets of a dataset: each sample in exactly one of them, by chance."""
    if generator is None:
        generator = setup.generator()
    numbers = list(range(len(dataset)))
    generator.shuffle(numbers)
    parts = []
    start = 0
    for length in split_lengths(len(dataset), lengths):
        parts.append(Subset(dataset, numbers[start : start + length]))
        start += length
    return parts


# %% statistics
#| export
def channel_statistics(batches):
    """Mean and standard deviation of each channel: two float32 Tensors of shape (c,)."""
    counts, totals, squares = {}, {}, {}
    for images, _ in batches:
        for channel in range(images.shape[1]):
            pixels = images.data[:, channel].astype(np.float64)
            counts[channel] = counts.get(channel, 0) + pixels.size
            totals[channel] = totals.get(channel, 0.0) + pixels.sum()
            squares[channel] = squares.get(channel, 0.0) + (pixels * pixels).sum()
    means, stds = [], []
    for channel in counts:
        mean = totals[channel] / counts[channel]
        means.append(mean)
        stds.append(math.sqrt(squares[channel] / counts[channel] - mean * mean))
    return Tensor(means), Tensor(stds)


# %% normalize
#| export
class Normalize:
    """(image - mean) / std, channel by channel."""

    def __init__(self, mean, std):
        """Keep both as Tensors of shape (c, 1, 1)."""
        self.mean = Tensor(mean).unsqueeze(-1).unsqueeze(-1)
        self.std = Tensor(std).unsqueeze(-1).unsqueeze(-1)
        for value in self.std.data.reshape(-1):
            if value == 0:
                raise ValueError("a std is 0")

    def __call__(self, image):
        """A new image: (…, c, h, w) → (…, c, h, w)."""
        centred = image - self.mean
        return centred / self.std


# %% flip
#| export
class RandomHorizontalFlip:
    """Left and right exchanged, with probability p."""

    def __init__(self, p=0.5):
        """Keep the probability as `p`."""
        self.p = p

    def __call__(self, image):
        """The image with its columns in reverse order, or as it is."""
        throw = draws().random()
        if throw >= self.p:
            return image
        columns = list(range(image.shape[-1]))
        columns.reverse()
        return image[..., columns]


# %% crop
#| export
class RandomCrop:
    """A window of the image, at a random place."""

    def __init__(self, size, padding=None):
        """Keep `size` as a pair, and `padding` as it is."""
        if isinstance(size, int):
            size = (size, size)
        self.size = size
        self.padding = padding

    def __call__(self, image):
        """The window of the image with `padding` zeros on all four sides."""
        if self.padding is not None and self.padding > 0:
            widths = [(0, 0) for _ in range(image.ndim)]
            widths[-1] = widths[-2] = (self.padding, self.padding)
            image = apply(np.pad, image, pad_width=widths)
        key = [slice(None)] * (image.ndim - 2)
        for length, window in zip(image.shape[-2:], self.size, strict=True):
            if window > length:
                raise ValueError(f"a window of {self.size} doesn't fit {image.shape}")
            start = int(draws().integers(0, length - window, endpoint=True))
            key.append(slice(start, start + window))
        return image[tuple(key)]


# %% images
#| export
@extend(Images)
class ImageSamples:
    """One sample, and a batch."""

    def __getitem__(self, index):
        """A pair: the image, transformed anew, and its label, a Python int."""
        image = self.pixels(index)
        if self.transform:
            image = self.transform(image)
        label = self.targets[index]
        return image, int(label)

    def take(self, indices):
        """A pair: images and int64 labels at an array of numbers, as two Tensors."""
        if self.transform:
            samples = []
            for index in indices:
                samples.append(self[index])
            return default_collate(samples)
        images = self.pixels(indices)
        labels = from_numpy(np.asarray(self.targets)[indices].astype(np.int64))
        return images, labels


# %% records
#| export
def read_records(data):
    """Images (n, 3, 32, 32), uint8, and labels (n,), int64, of n records."""
    size = 1 + 3 * 32 * 32
    if len(data) % size != 0:
        raise ValueError(f"{len(data)} bytes, and a record has {size}")
    count = len(data) // size
    row = np.frombuffer(data, dtype=np.uint8)
    table = row.reshape(count, size)
    labels = np.array(table[:, 0], dtype=np.int64)
    for label in labels:
        if label >= 10:
            raise ValueError(f"no class has the number {label}")
    images = table[:, 1:].reshape(count, 3, 32, 32)
    return images, labels


# %% verify
#| export
def verify(path, sha256):
    """The SHA-256 of the file at `path`, in lower-case hex digits."""
    digest = hashlib.sha256()
    with Path(path).open("rb") as file:
        while True:
            block = file.read(65536)
            if not block:
                break
            digest.update(block)
    found = digest.hexdigest()
    if found.lower() != sha256.lower():
        raise ValueError(f"expected {sha256}, found {found}")
    return found


# %% prefetch
#| export
def prefetch(iterable, depth):
    """Yield what `iterable` yields, in its order; another thread fetches up to `depth` items ahead."""
    import queue

    ready = queue.Queue(maxsize=depth)
    left = threading.Event()

    def work():
        try:
            for item in iterable:
                ready.put(("item", item))
                if left.is_set():
                    return
            ready.put(("end", None))
        except Exception as error:  # noqa: BLE001 - the loop is told
            ready.put(("error", error))

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    try:
        while True:
            kind, value = ready.get()
            if kind == "error":
                raise value
            if kind == "end":
                break
            yield value
    finally:
        left.set()
        while thread.is_alive():
            try:
                ready.get(timeout=0.005)
            except queue.Empty:
                continue
        thread.join()
