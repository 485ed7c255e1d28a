"""Hands in a notebook that is nested a hundred thousand levels deep."""

from pathlib import Path

from tests.attack_corpus import lay


def make(folder: Path, notebook: dict) -> None:
    lay(
        folder,
        '{"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": '
        + "[" * 100_000
        + "]" * 100_000
        + "}",
    )
