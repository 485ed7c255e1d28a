"""11_training beside a loop of PyTorch's: the same start, batches and optimizer, the same history."""

import numpy as np
import pytest

from tests.pytorch.agreement import same_numbers

EPOCHS = 5
# Eighty steps, each of which carries the last digit of float32 into the next. Measured: 4e-6 at most.
TOLERANCE = {"rtol": 1e-4, "atol": 1e-4}


pytestmark = pytest.mark.usefixtures("with_gradients")


@pytest.fixture
def networks(torch, core):
    """Makes of a seed and a kind (our network, PyTorch's), with the same weights."""

    def make(kind, seed):
        torch.manual_seed(seed)
        nn, dense, layers, spatial = torch.nn, core("dense"), core("layers"), core("spatial")
        relu = core("activations").ReLU
        if kind == "mlp":
            ours = dense.Sequential(layers.Flatten(), *dense.MLP(64, [32], 10))
            theirs = nn.Sequential(nn.Flatten(), nn.Linear(64, 32), nn.ReLU(), nn.Linear(32, 10))
        else:
            # A bias before batch norm has no gradient but rounding, of which Adam makes steps of full size.
            ours = dense.Sequential(
                *(
                    spatial.Conv2d(1, 4, 3, padding=1, bias=False),
                    spatial.BatchNorm2d(4),
                    relu(),
                    spatial.MaxPool2d(2),
                ),
                *(layers.Flatten(), layers.Linear(64, 10)),
            )
            theirs = nn.Sequential(
                *(nn.Conv2d(1, 4, 3, padding=1, bias=False), nn.BatchNorm2d(4), nn.ReLU(), nn.MaxPool2d(2)),
                *(nn.Flatten(), nn.Linear(64, 10)),
            )
        same_numbers(ours, theirs)
        return ours, theirs

    return make


def optimizer_pair(kind, torch, core, ours, theirs):
    """(our optimizer and schedule, PyTorch's) with the same settings."""
    settings = {"sgd": {"lr": 0.1, "momentum": 0.9}, "adamw": {"lr": 3e-3, "weight_decay": 0.01}}[kind]
    name = {"sgd": "SGD", "adamw": "AdamW"}[kind]
    here = getattr(core("optimizers"), name)(ours.parameters(), **settings)
    there = getattr(torch.optim, name)(theirs.parameters(), **settings)
    schedules = core("optimizers").CosineAnnealingLR, torch.optim.lr_scheduler.CosineAnnealingLR
    return (here, schedules[0](here, EPOCHS)), (there, schedules[1](there, EPOCHS))


def their_history(torch, model, optimizer, schedule, epochs, test, max_norm):
    """What a loop of PyTorch's reports of batches in the same order."""
    loss_of, rows = torch.nn.functional.cross_entropy, []
    for batches in epochs:
        model.train()
        rate, total, right, count = optimizer.param_groups[0]["lr"], 0.0, 0, 0
        for x, y in batches:
            optimizer.zero_grad()
            scores = model(torch.tensor(x))
            loss = loss_of(scores, torch.tensor(y))
            loss.backward()
            if max_norm is not None:
                torch.nn.utils.clip_grad_norm_(model.parameters(), max_norm)
            optimizer.step()
            total, count = total + loss.item() * len(y), count + len(y)
            right += int((scores.argmax(1).numpy() == y).sum())
        schedule.step()
        model.eval()
        with torch.no_grad():
            scores, y = model(torch.tensor(test[0])), torch.tensor(test[1])
            val_loss = loss_of(scores, y).item()
            val_right = (scores.argmax(1) == y).float().mean().item()
        rows.append([rate, total / count, right / count, val_loss, val_right])
    return rows


@pytest.mark.parametrize("max_norm", [None, 0.5])
@pytest.mark.parametrize("optimizer", ["sgd", "adamw"])
@pytest.mark.parametrize("kind", ["mlp", "cnn"])
def test_history_of_a_training(torch, core, networks, kind, optimizer, max_norm):
    data, training = core("dataloader"), core("training")
    ours, theirs = networks(kind, 1)
    (mine, schedule), (other, their_schedule) = optimizer_pair(optimizer, torch, core, ours, theirs)
    loader = data.DataLoader(data.Subset(data.Digits(), range(500)), 32, True)
    epochs, test = [], data.Digits(train=False).take(np.arange(200))

    class Kept(training.Callback):
        """Keeps the batches."""

        def on_epoch_begin(self, trainer):
            epochs.append([])

    class Loader:
        def __iter__(self):
            for x, y in loader:
                epochs[-1].append((x.data, y.data))
                yield x, y

    trainer = training.Trainer(ours, mine, scheduler=schedule, max_norm=max_norm, callbacks=[Kept()])
    core("setup").manual_seed(3)
    history = trainer.fit(Loader(), EPOCHS, data.DataLoader(data.TensorDataset(*test), 64))
    want = their_history(torch, theirs, other, their_schedule, epochs, [t.data for t in test], max_norm)

    names = ["lr", "loss", "accuracy", "val_loss", "val_accuracy"]
    found = [[row[name] for name in names] for row in history]
    np.testing.assert_allclose(np.array(found)[:, [0, 1, 3]], np.array(want)[:, [0, 1, 3]], **TOLERANCE)
    # An answer may tip over where two scores are equal but for the last digit.
    assert np.abs(np.array(found)[:, [2, 4]] - np.array(want)[:, [2, 4]]).max() < 0.006
    for name, value in theirs.state_dict().items():
        np.testing.assert_allclose(ours.state_dict()[name].data, value.numpy(), rtol=1e-3, atol=1e-3)


def test_a_state_trained_there_goes_on_here(torch, core, networks):
    ours, theirs = networks("mlp", 2)
    (mine, _), (other, _) = optimizer_pair("adamw", torch, core, ours, theirs)
    data, training = core("dataloader"), core("training")
    batches = [data.Digits().take(np.arange(start, start + 50)) for start in range(0, 500, 50)]
    for x, y in batches:
        other.zero_grad()
        torch.nn.functional.cross_entropy(theirs(torch.tensor(x.data)), torch.tensor(y.data)).backward()
        other.step()

    same_numbers(ours, theirs)
    state = other.state_dict()
    arrays = {
        number: {name: value.numpy() for name, value in memory.items()}
        for number, memory in state["state"].items()
    }
    mine.load_state_dict({**state, "state": arrays})
    trainer = training.Trainer(ours, mine)

    for x, y in batches:
        other.zero_grad()
        loss = torch.nn.functional.cross_entropy(theirs(torch.tensor(x.data)), torch.tensor(y.data))
        loss.backward()
        other.step()
        assert trainer.train_step((x, y))["loss"] == pytest.approx(loss.item(), abs=1e-4)
