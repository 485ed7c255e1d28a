"""How a kernel looks in the places a forged verdict has to change; this file's text is sent to the kernel.

It must therefore stand alone: nothing of it may be imported there, where a student could have replaced it.
"""

# What graded cells and checkpoints are made of. `sys.modules` may hold something else under these names.
TRUSTED = (
    "tito.checks",
    "tito.expect",
    "tito.results",
    "tito.table",
    "tito.material",
    "numpy",
    "numpy.testing",
    "numpy.testing._private.utils",
    "numpy._core.numeric",
    "numpy._core.fromnumeric",
    "importlib.util",
    "contextlib",
    "inspect",
)
# IPython puts these into `builtins` while a cell runs.
COMES_AND_GOES = {"_", "get_ipython", "display", "exit", "quit", "copyright", "credits", "license"}


def fingerprint(nonce: str, names: list[str], known: str) -> str:
    """How the kernel looks, as JSON: a digest, and unless that is `known`, the trusted objects by place.

    `redefined` are those of `names` that a notebook has redefined. `names` are what the next graded cell
    reads; one is redefined when it means a builtin, a check of `tito.checks` or NumPy in that cell, and
    something else in the notebook.
    """
    import builtins
    import hashlib
    import importlib
    import json
    import sys

    from IPython.core.interactiveshell import InteractiveShell

    shell = InteractiveShell.instance()
    places: dict[str, object] = {
        f"builtins.{key}": id(value) for key, value in vars(builtins).items() if key not in COMES_AND_GOES
    }
    for name in TRUSTED:
        module = importlib.import_module(name)
        places[f"sys.modules[{name!r}]"] = id(module)
        for key, value in vars(module).items():
            places[f"{name}.{key}"] = _identity(value, name)
    places.update(_interpreter(sys))
    places.update(_shell(shell, sys))
    digest = hashlib.sha256(repr(sorted(places.items())).encode()).hexdigest()
    shown = {} if digest == known else places
    look = {"digest": digest, "places": shown, "redefined": _redefined(names, shell, sys)}
    return json.dumps({"nonce": nonce, **look})


def _identity(value: object, module: str) -> str:
    """What changes when an object, a function's body or a method of a class of `module` is replaced."""
    parts = [id(value)]
    code = getattr(value, "__code__", None)
    if code is not None:
        parts += [id(code), id(getattr(value, "__defaults__", None))]
    if isinstance(value, type) and value.__module__ == module:
        parts += [id(getattr(member, "__code__", member)) for member in vars(value).values()]
    return "-".join(map(str, parts))


def _interpreter(sys) -> dict[str, object]:  # type: ignore[no-untyped-def]
    import os

    return {
        "sys.displayhook": id(sys.displayhook),
        "sys.settrace": str(sys.gettrace()),
        "sys.setprofile": str(sys.getprofile()),
        "sys.meta_path": [str(finder) for finder in sys.meta_path if type(finder).__module__ == "__main__"],
        "os.environ": [
            (key, value)
            for key, value in sorted(os.environ.items())
            if key.startswith(("TITO_", "TINYTORCH_"))
        ],
    }


def _shell(shell, sys) -> dict[str, object]:  # type: ignore[no-untyped-def]
    manager = shell.input_transformer_manager
    transformers = [*manager.cleanup_transforms, *manager.line_transforms, *manager.token_transformers]
    transformers += [*shell.input_transformers_cleanup, *shell.input_transformers_post]
    places: dict[str, object] = {
        "IPython input transformers": [id(transformer) for transformer in transformers],
        "IPython ast transformers": [id(transformer) for transformer in shell.ast_transformers],
        "IPython custom exceptions": str(shell.custom_exceptions),
        "IPython shown values": shell.ast_node_interactivity,
        "IPython display trap": id(shell.display_trap.hook),
    }
    kernel = shell.kernel
    parts = {
        "shell": shell,
        "kernel": kernel,
        "displayhook": shell.displayhook,
        "display_pub": shell.display_pub,
    }
    for label, thing in parts.items():
        # A method replaced on the one object, and a method replaced on its class.
        places[f"IPython {label}"] = id(type(thing))
        places[f"IPython {label} overrides"] = sorted(
            key
            for key, value in vars(thing).items()
            if callable(value) and callable(getattr(type(thing), key, None))
        )
        for base in type(thing).__mro__:
            if base.__module__.startswith(("IPython", "ipykernel")):
                for key, value in vars(base).items():
                    if hasattr(value, "__code__"):
                        places[f"IPython {base.__name__}.{key}"] = id(value.__code__)
    for event, callbacks in shell.events.callbacks.items():
        places[f"IPython {event} callbacks"] = sorted(
            {str(callback) for callback in callbacks if not _of_a_library(callback, sys)}
        )
    checked = (int, float, str, object, sys.modules["tito.results"].CheckpointResult)
    for mime, formatter in shell.display_formatter.formatters.items():
        places[f"IPython {mime} printers"] = [id(formatter.type_printers.get(kind)) for kind in checked] + [
            id(formatter.deferred_printers.get(("tito.results", "CheckpointResult")))
        ]
    return places


def _of_a_library(callback, sys) -> bool:  # type: ignore[no-untyped-def]
    """Whether an IPython hook is the function that its library defines: pyplot's figures come through one."""
    callback = getattr(callback, "__func__", callback)
    module = sys.modules.get(getattr(callback, "__module__", ""))
    found = module
    for part in getattr(callback, "__qualname__", "").split("."):
        found = getattr(found, part, None)
    return found is callback and getattr(module, "__name__", "__main__") != "__main__"


def _redefined(names, shell, sys) -> list[str]:  # type: ignore[no-untyped-def]
    import builtins

    checks, numpy = sys.modules["tito.checks"], sys.modules["numpy"]
    meant = {name: vars(builtins)[name] for name in names if name in vars(builtins)}
    meant |= {
        name: value for name, value in vars(checks).items() if name.startswith(("expect_", "run_checkpoint"))
    }
    meant |= {"np": numpy, "numpy": numpy}
    given, own = shell.user_ns_hidden, shell.user_ns
    return [
        name
        for name in names
        if name in meant and name in own and own[name] is not meant[name] and own[name] is not given.get(name)
    ]
