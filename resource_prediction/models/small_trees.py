"""Boosted trees of few leaves, asked all at once by comparing whole columns. Not here: large trees (trees.py)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any, NamedTuple, Self

import numpy as np
import numpy.typing as npt
import treelite

from resource_prediction.arrays import Matrix

MOST_LEAVES = 16
"""Above this a walk down each tree is as fast: here every split is looked at, not only those on the way."""

_ROWS = 1_000
"""Rows asked at once: what all splits say of them stays near the processor."""

_CELLS = 1 << 17
"""Trees times rows whose leaves are found at once, for the same reason."""

_FEW_ROWS = 16
"""Up to here one gather of the columns of all splits is faster than a call for each feature."""

_LESS, _LESS_OR_EQUAL = 2, 3
_FIELDS = ("cleft", "cright", "split_index", "threshold", "default_left", "cmp", "leaf_value")

Bits = npt.NDArray[np.unsignedinteger[Any]]
Scores = npt.NDArray[np.floating[Any]]


class Question(NamedTuple):
    """What a split asks; splits of several trees may ask the same. A missing value goes to the first side.

    Attributes:
        is_second_above: Whether rows above the limit go to the second side; else those at it and below.
        feature: Column that is looked at.
        limit: In single precision, as features are.
    """

    is_second_above: bool
    feature: int
    limit: np.float32


@dataclass(frozen=True)
class Split:
    """A place in a tree at which rows part; the first side is where missing values go, be it left or right.

    Attributes:
        question: Which side a row goes to.
        first_leaves: Leaves on the first side, a bit each: a row that goes to the second side is in none of them.
    """

    question: Question
    first_leaves: int


@dataclass(frozen=True)
class SmallTree:
    """One tree: its splits, and the values of its leaves, those of a first side before those of its second."""

    splits: list[Split]
    values: list[float]


class SmallTrees:
    """Sums of the leaves that rows fall into, equal bit for bit to those of a library that adds tree after tree.

    A split at which a row goes to the second side rules out the leaves of the first side, and the first leaf that is
    left over is the row's. So no row walks down a tree, and each step compares many values with one limit.

    Args:
        base: Score before the first tree, shape (outputs,), in the library's precision.
        trees: Trees of the outputs in turn, as many for each; at least one of them has a split.

    Source: Lucchese et al.: QuickScorer, a fast algorithm to rank documents with additive ensembles of regression
    trees, 2015. Whole columns in place of single rows are ours.
    """

    def __init__(self, base: Scores, trees: Sequence[SmallTree]) -> None:
        width = max(len(tree.values) for tree in trees)
        slots = max(len(tree.splits) for tree in trees)
        self._base = base
        self._values = np.zeros((len(trees), width), dtype=base.dtype)
        self._before_first = np.arange(len(trees))[:, None] * width - 1
        self._places = np.zeros((slots, len(trees)), dtype=np.intp)
        self._first_leaves = np.zeros((slots, len(trees), 1), dtype=np.min_scalar_type(2**width - 1))
        questions = sorted({split.question for tree in trees for split in tree.splits})
        place_of = {question: place for place, question in enumerate(questions)}
        for number, tree in enumerate(trees):
            self._values[number, : len(tree.values)] = tree.values
            for slot, split in enumerate(tree.splits):
                self._places[slot, number] = place_of[split.question]
                self._first_leaves[slot, number] = split.first_leaves
        self._features = np.array([question.feature for question in questions], dtype=np.intp)
        self._limits = np.array([question.limit for question in questions], dtype=np.float32)[:, None]
        self._below = sum(not question.is_second_above for question in questions)
        self._runs = _runs(questions)

    @classmethod
    def of(cls, models: Sequence[treelite.Model], rounds: int) -> Self | None:
        """Read the trees of one model, or of several with one output each.

        Args:
            models: As treelite imports them from the library that grew them.
            rounds: Trees of each output to take, from the first.

        Returns:
            None where a tree has more than MOST_LEAVES leaves or asks for words, or trees do not take turns.
        """
        headers = [model.get_header_accessor() for model in models]
        base = np.concatenate([header.get_field("base_scores") for header in headers]).astype(models[0].output_type)
        # Classes and targets are never both more than one, so that their sum numbers the outputs.
        output = [header.get_field("class_id") + header.get_field("target_id") for header in headers]
        each = base.size // len(models)
        turns = np.arange(len(output[0])) % each
        if not all(np.array_equal(one, turns) for one in output):
            return None
        trees = []
        for number in range(min(rounds * each, len(output[0]))):
            for model in models:
                tree = _read_tree(model, number)
                if tree is None:
                    return None
                trees.append(tree)
        return cls(base, trees) if any(tree.splits for tree in trees) else None

    def score(self, matrix: Matrix) -> Scores:
        """Sums of n rows, shape (n, outputs); NaN is missing."""
        parts = [self._score_part(matrix[start : start + _ROWS].T) for start in range(0, len(matrix) or 1, _ROWS)]
        return np.concatenate([part.T for part in parts])

    def _score_part(self, columns: Matrix) -> Scores:
        """Sums of m rows, handed as columns; shape (outputs, m)."""
        asked = self._ask(columns)
        outputs, rows = self._base.size, columns.shape[1]
        if rows <= _FEW_ROWS:
            values = self._find_values(asked, slice(None)).reshape(len(self._values) // outputs, outputs * rows)
            before_each = np.concatenate([np.repeat(self._base, rows)[None], values])
            return np.asarray(np.add.accumulate(before_each, axis=0)[-1].reshape(outputs, rows))
        score = np.repeat(self._base[:, None], rows, axis=1)
        step = max(_CELLS // (rows * outputs), 1) * outputs
        for first in range(0, len(self._values), step):
            for values in self._find_values(asked, slice(first, first + step)).reshape(-1, outputs, rows):
                score += values
        return score

    def _ask(self, columns: Matrix) -> npt.NDArray[np.uint8]:
        """Whether each row goes to the second side of each split, 0 or 1, shape (splits, m); missing values do not."""
        asked = np.empty((len(self._features), columns.shape[1]), dtype=np.bool_)
        if columns.shape[1] <= _FEW_ROWS:
            values = columns[self._features]
            below, above = slice(None, self._below), slice(self._below, None)
            np.less_equal(values[below], self._limits[below], out=asked[below])
            np.greater(values[above], self._limits[above], out=asked[above])
            return asked.view(np.uint8)
        values = np.ascontiguousarray(columns)
        for compare, feature, run in self._runs:
            compare(values[feature], self._limits[run], out=asked[run])
        return asked.view(np.uint8)

    def _find_values(self, asked: npt.NDArray[np.uint8], trees: slice) -> Scores:
        """Value of the leaf of each row in some trees, shape (t, m)."""
        is_out: Bits = np.zeros_like(self._first_leaves[0, trees])
        for places, leaves in zip(self._places[:, trees], self._first_leaves[:, trees], strict=True):
            is_out = is_out | asked.take(places, axis=0, mode="clip") * leaves
        # All bits up to the lowest one that is 0: as many as the number of the row's leaf, counted from 1.
        leaf = np.bitwise_count(is_out ^ (is_out + 1))
        return np.asarray(self._values.take(leaf + self._before_first[trees], mode="clip"))


def _runs(questions: Sequence[Question]) -> list[tuple[np.ufunc, int, slice]]:
    """Neighbours that compare one feature in one way: how, which feature, and where they are."""
    runs: list[tuple[np.ufunc, int, slice]] = []
    start = 0
    for (is_above, feature), same in groupby(questions, key=lambda question: question[:2]):
        end = start + sum(1 for _ in same)
        runs.append((np.greater if is_above else np.less_equal, feature, slice(start, end)))
        start = end
    return runs


def _read_tree(model: treelite.Model, number: int) -> SmallTree | None:
    """One tree of a model; None where `SmallTrees` cannot ask it."""
    accessor = model.get_tree_accessor(number)
    left, right, feature, threshold, default_left, operator, value = (
        accessor.get_field(name).tolist() for name in _FIELDS
    )
    asks_words = any(
        way not in (_LESS, _LESS_OR_EQUAL) for way, child in zip(operator, left, strict=True) if child >= 0
    )
    if asks_words or len(left) >= 2 * MOST_LEAVES:
        return None
    tree = SmallTree([], [])

    def walk(node: int) -> int:
        """Add what is at a node and below; gives its leaves, a bit each."""
        if left[node] < 0:
            tree.values.append(value[node])
            return 1 << (len(tree.values) - 1)
        first, second = (left[node], right[node]) if default_left[node] else (right[node], left[node])
        question = Question(bool(default_left[node]), feature[node], _highest_left(threshold[node], operator[node]))
        first_leaves = walk(first)
        tree.splits.append(Split(question, first_leaves))
        return first_leaves | walk(second)

    walk(0)
    return tree


def _highest_left(threshold: float, operator: int) -> np.float32:
    """The highest number in single precision that goes to the left."""
    with np.errstate(over="ignore"):
        limit = np.float32(threshold)
    is_right = float(limit) > threshold or (operator == _LESS and float(limit) == threshold)
    return np.nextafter(limit, np.float32(-np.inf)) if is_right else limit
