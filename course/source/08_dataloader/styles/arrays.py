# Arrays first: NumPy does the counting, mixing, cutting and gluing, and Python only hands them on.
# ruff: noqa: F821 - other cells of the notebook define the names.

# %% tensor-dataset
#| export
class TensorDataset(Dataset):
    """Tensors side by side: sample i is the i-th part of each."""

    def __init__(self, *tensors):
        """Keep the tensors as the tuple `tensors`."""
        counts = np.array([tensor.shape[0] for tensor in tensors])
        if np.ptp(counts) > 0:
            raise ValueError(f"as many samples in each tensor, please, not {counts}")
        self.tensors = tensors

    def __getitem__(self, index):
        """A tuple: `tensor[index]` of each tensor."""
        return (*(from_numpy(np.asarray(tensor.data[index])) for tensor in self.tensors),)

    def __len__(self):
        """How many samples."""
        return self.tensors[0].shape[0]


# %% collate
#| export
def default_collate(samples):
    """One batch of a list of samples that are all made alike."""
    first = samples[0]
    if isinstance(first, (tuple, list)):
        if np.ptp([len(sample) for sample in samples]):
            raise ValueError("samples of unequal lengths")
        return tuple(map(default_collate, map(list, zip(*samples))))
    if isinstance(first, dict):
        return dict(zip(first, (default_collate([s[key] for s in samples]) for key in first)))
    arrays = [np.asarray(getattr(sample, "data", sample)) for sample in samples]
    if isinstance(first, (Tensor, np.ndarray)):
        return from_numpy(np.concatenate([array[np.newaxis] for array in arrays]))
    if arrays[0].dtype.kind not in "biuf":
        return samples
    python_float = type(first) is float
    return from_numpy(np.array(samples, dtype=np.float32 if python_float else arrays[0].dtype))


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
        if not (batch_size > 0 <= prefetch):
            raise ValueError(f"batch_size={batch_size}, prefetch={prefetch}")
        vars(self).update(dataset=dataset, batch_size=batch_size, shuffle=shuffle)
        vars(self).update(drop_last=drop_last, collate_fn=collate_fn, generator=generator)
        vars(self).update(prefetch=prefetch)

    def __len__(self):
        """How many batches an epoch has."""
        round_to = np.floor if self.drop_last else np.ceil
        return int(round_to(len(self.dataset) / self.batch_size))


# %% loader-order
#| export
@extend(DataLoader)
class Order:
    """Which samples go into which batch."""

    def index_batches(self, rng):
        """The numbers of an epoch's samples: an int64 array for each batch."""
        order = np.arange(len(self.dataset), dtype=np.int64)
        if self.shuffle:
            order = order[np.argsort(rng.random(len(order)), kind="stable")]
        pieces = np.split(order, np.arange(self.batch_size, len(order), self.batch_size))
        return [p for p in pieces if len(p) == self.batch_size or (len(p) and not self.drop_last)]


# %% loader-fetch
#| export
@extend(DataLoader)
class Fetch:
    """From numbers to a batch."""

    def fetch(self, indices):
        """The batch of the samples with these numbers, in their order."""
        if self.collate_fn is not None:
            return self.collate_fn([self.dataset[i] for i in indices.tolist()])
        if isinstance(self.dataset, Dataset):
            return self.dataset.take(indices)
        return default_collate([self.dataset[i] for i in indices.tolist()])


# %% take
#| export
@extend(TensorDataset)
class TakeRows:
    """Whole batches."""

    def take(self, indices):
        """A tuple: the rows `indices` of each tensor, by one index."""
        return (*(tensor[np.asarray(indices)] for tensor in self.tensors),)


# %% subset
#| export
class Subset(Dataset):
    """The samples of a dataset that `indices` names, numbered anew."""

    def __init__(self, dataset, indices):
        """Keep `dataset`, and the numbers as `indices`."""
        self.dataset, self.indices = dataset, np.array(indices, dtype=np.int64)

    def __getitem__(self, index):
        """What the dataset has under the number that stands at `index`."""
        return self.dataset[self.indices[index].item()]

    def __len__(self):
        """How many there are."""
        return self.indices.size


# %% split-lengths
#| export
def split_lengths(count, lengths):
    """How many of `count` samples each part gets, as a list of whole numbers."""
    shares = np.asarray(lengths)
    if np.isclose(shares.sum(), 1, rtol=1e-9, atol=0):
        if np.any(shares < 0):
            raise ValueError("no share below 0")
        parts = np.floor(count * shares).astype(np.int64)
        rest = count - parts.sum()
        parts += rest // len(parts) + (np.arange(len(parts)) < rest % len(parts))
        return parts.tolist()
    if shares.sum() != count:
        raise ValueError(f"lengths for {sum(lengths)} of {count} samples")
    return shares.tolist()


# %% random-split
#| export
def random_split(dataset, lengths, generator=None):
    """A list of Subsets of a dataset: each sample in exactly one of them, by chance."""
    sizes = split_lengths(len(dataset), lengths)
    part = np.repeat(np.arange(len(sizes)), sizes)
    part = (generator or setup.generator()).permutation(part)
    return [Subset(dataset, np.flatnonzero(part == i)) for i in range(len(sizes))]


# %% statistics
#| export
def channel_statistics(batches):
    """Mean and standard deviation of each channel: two float32 Tensors of shape (c,)."""
    rows = []
    for images, _ in batches:
        pixels = np.moveaxis(images.data, 1, 0).reshape(images.shape[1], -1)
        rows.append([pixels.mean(axis=1, dtype=np.float64), pixels.var(axis=1, dtype=np.float64)])
        rows[-1].append(np.full(len(pixels), pixels.shape[1]))
    means, variances, counts = np.moveaxis(np.array(rows), 1, 0)
    mean = np.average(means, axis=0, weights=counts)
    variance = np.average(variances + (means - mean) ** 2, axis=0, weights=counts)
    return Tensor(mean), Tensor(np.sqrt(variance))


# %% normalize
#| export
class Normalize:
    """(image - mean) / std, channel by channel."""

    def __init__(self, mean, std):
        """Keep both as Tensors of shape (c, 1, 1)."""
        self.mean, self.std = (Tensor(Tensor(v).data[:, None, None]) for v in (mean, std))
        if not self.std.data.all():
            raise ValueError("every std must differ from 0")

    def __call__(self, image):
        """A new image: (…, c, h, w) → (…, c, h, w)."""
        return apply(np.true_divide, apply(np.subtract, image, self.mean), self.std)


# %% flip
#| export
class RandomHorizontalFlip:
    """Left and right exchanged, with probability p."""

    def __init__(self, p=0.5):
        """Keep the probability as `p`."""
        self.p = p

    def __call__(self, image):
        """The image with its columns in reverse order, or as it is."""
        return apply(np.flip, image, axis=-1) if draws().uniform() < self.p else image


# %% crop
#| export
class RandomCrop:
    """A window of the image, at a random place."""

    def __init__(self, size, padding=None):
        """Keep `size` as a pair, and `padding` as it is."""
        self.size = tuple(np.broadcast_to(size, 2).tolist())
        self.padding = padding

    def __call__(self, image):
        """The window of the image with `padding` zeros on all four sides."""
        pad = np.zeros((image.ndim, 2), dtype=int)
        pad[-2:] = self.padding or 0
        framed = apply(np.pad, image, pad_width=pad)
        room = np.array(framed.shape[-2:]) - self.size
        if (room < 0).any():
            raise ValueError(f"{self.size} is larger than {framed.shape}")
        rows, columns = (s + np.arange(n) for s, n in zip(draws().integers(room + 1), self.size))
        return framed[..., rows[:, None], columns]


# %% images
#| export
@extend(Images)
class ImageSamples:
    """One sample, and a batch."""

    def __getitem__(self, index):
        """A pair: the image, transformed anew, and its label, a Python int."""
        image, label = self.pixels(index), self.targets[index].item()
        return (image if self.transform is None else self.transform(image)), label

    def take(self, indices):
        """A pair: images and int64 labels at an array of numbers, as two Tensors."""
        labels = from_numpy(self.targets[indices].astype(np.int64))
        if self.transform is None:
            return self.pixels(indices), labels
        return from_numpy(np.stack([self[i][0].data for i in indices])), labels


# %% records
#| export
def read_records(data):
    """Images (n, 3, 32, 32), uint8, and labels (n,), int64, of n records."""
    record = np.dtype([("label", np.uint8), ("image", np.uint8, (3, 32, 32))])
    if len(data) % record.itemsize:
        raise ValueError(f"{len(data)} bytes end in the middle of a record")
    table = np.frombuffer(data, dtype=record)
    if np.any(table["label"] > 9):
        raise ValueError("labels go from 0 to 9")
    return table["image"], table["label"].astype(np.int64)


# %% verify
#| export
def verify(path, sha256):
    """The SHA-256 of the file at `path`, in lower-case hex digits."""
    found = hashlib.sha256(np.fromfile(path, dtype=np.uint8)).hexdigest()
    if found != sha256.casefold():
        raise ValueError(f"{path}: {found}")
    return found


# %% prefetch
#| export
def prefetch(iterable, depth):
    """Yield what `iterable` yields, in its order; another thread fetches up to `depth` items ahead."""
    source, last = iter(iterable), object()
    room, ready, made, left = threading.Semaphore(depth), threading.Semaphore(0), deque(), []

    def work():
        item = None
        while item is not last:
            room.acquire()
            if left:
                return
            try:
                item = next(source, last)
                made.append((item, None))
            except Exception as error:  # noqa: BLE001 - the loop is told
                item = last
                made.append((last, error))
            ready.release()

    thread = threading.Thread(target=work)
    thread.start()
    try:
        while True:
            ready.acquire()
            item, error = made.popleft()
            room.release()
            if error:
                raise error
            if item is last:
                return
            yield item
    finally:
        left.append(True)
        room.release()
        thread.join()
