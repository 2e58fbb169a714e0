"""BasePredictor: what every family inherits, from fit to artifact. Not here: learners (implementations/)."""

from __future__ import annotations

from abc import ABC, abstractmethod
from copy import copy
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, ClassVar, Literal, Self

import numpy as np
import numpy.typing as npt
import pandas as pd

from resource_prediction.array_files import ONE_READER
from resource_prediction.arrays import FloatArray, IntArray
from resource_prediction.distribution import Components, Distribution, Mixture
from resource_prediction.errors import FeatureMismatchError, NotFittedError
from resource_prediction.models import attributes
from resource_prediction.models.binning import PeakBins, learn_components, neighbour_shares
from resource_prediction.models.constructor import constructor_arguments
from resource_prediction.models.fitted import Fitted
from resource_prediction.models.out_of_time import out_of_time, take, thin
from resource_prediction.models.residuals import ResidualGroups
from resource_prediction.models.shared_work import SharedWork, SharesWork
from resource_prediction.models.sidecar import read_sidecar, write_sidecar
from resource_prediction.models.training_rows import training_rows

TaskType = Literal["regression", "classification"]

FITTED_ARRAYS = "fitted.npz"

FRAMEWORK_PARAMETERS = frozenset({"random_state", "max_rows", "n_bins", "strategy", "bin_smoothing"})
"""Parameters that the framework acts on; a family may take them, and passes them to no library."""

FOLD_ROWS = 20_000
"""Rows that the folds behind residuals and confusion see at most, where ``max_rows`` does not say less."""


@dataclass(eq=False)
class Framework:
    """What the framework keeps on a predictor, in one attribute, so that an author's attributes are all others."""

    parameters: dict[str, Any]
    task_type: TaskType
    n_jobs: int
    fitted: Fitted | None = None
    checked: pd.Index | None = field(default=None, repr=False)
    work: SharedWork | None = field(default=None, repr=False)
    hindsight: list[str] | None = field(default=None, repr=False)


class BasePredictor(SharesWork, ABC):
    """A model family: write ``fit`` and ``predict``, and inherit distribution, parameters, save and load.

    ``fit`` gets a frame of numeric features (NaN is missing, rows in time order) and GiB, or bin numbers from 0 for
    classification; ``predict`` returns the same kind. A classifier that also has ``predict_proba(X) -> (n, bins)``
    is asked for it. ``max_rows``, where it is a parameter, bounds the rows of a fit.

    Args:
        random_state: Seed of everything random in a fit.
        **kwargs: Hyperparameters, and from the framework ``task_type`` and ``n_jobs`` (threads of a fit).
    """

    task_type: ClassVar[TaskType] = "regression"
    """What the class is where the framework does not say; read `task` on an instance."""

    time_blocks: ClassVar[int] = 5
    """Fits on other time blocks that residuals and confusion are seen with; fewer where a fit is dear."""

    derived: ClassVar[tuple[str, ...]] = ()
    """Attributes that are made anew by `load_learner`, and not saved."""

    _framework: Framework

    def __new__(cls, *args: object, **kwargs: object) -> Self:
        """Note the constructor's arguments, so that an author need not call ``super().__init__``."""
        self = super().__new__(cls)
        parameters = constructor_arguments(cls, args, kwargs)
        task_type = parameters.pop("task_type", cls.task_type)
        n_jobs = parameters.pop("n_jobs", 1)
        self._framework = Framework(parameters, task_type, n_jobs)
        return self

    def __init__(self, random_state: int = 42, **kwargs: object) -> None:
        self.random_state = random_state

    @abstractmethod
    def fit(self, X: pd.DataFrame, y: npt.NDArray[Any], **fit_params: FloatArray) -> Self:
        """Learn from features and GiB, or from features and bin numbers."""

    @abstractmethod
    def predict(self, X: pd.DataFrame) -> npt.NDArray[Any]:
        """GiB, or bin numbers, shape (n,)."""

    def get_parameters(self) -> dict[str, Any]:
        """The constructor's parameters, ready for JSON."""
        return dict(self._framework.parameters)

    @property
    def task(self) -> TaskType:
        """Whether the model predicts GiB or bins."""
        return self._framework.task_type

    @property
    def n_jobs(self) -> int:
        """Threads of a fit; results do not depend on it."""
        return self._framework.n_jobs

    def learner_parameters(self) -> dict[str, Any]:
        """The parameters that are the library's: without those of the framework and of the class itself."""
        own = FRAMEWORK_PARAMETERS | {"n_estimators"}
        return {name: value for name, value in self._framework.parameters.items() if name not in own}

    def class_count(self, y: npt.NDArray[Any]) -> int:
        """How many bins there are; the rows of one fit need not hold all of them."""
        return self.bins.count if self.is_framed else int(y.max()) + 1

    @property
    def is_framed(self) -> bool:
        """Whether `fit_distribution` is around the fit, and so knows features and bins."""
        return self._framework.fitted is not None

    @property
    def features(self) -> tuple[str, ...]:
        """Names of the features, in the order of the fit."""
        return self._fitted.features

    @property
    def bins(self) -> PeakBins:
        """The memory bins of a classification model, from the start of ``fit`` on."""
        if self._fitted.bins is None:
            raise NotFittedError(type(self).__name__)
        return self._fitted.bins

    @property
    def components(self) -> Components:
        """The training peaks within each bin of a classification model, from the start of ``fit`` on."""
        if self._fitted.components is None:
            raise NotFittedError(type(self).__name__)
        return self._fitted.components

    @property
    def _fitted(self) -> Fitted:
        if self._framework.fitted is None:
            raise NotFittedError(type(self).__name__)
        return self._framework.fitted

    def fit_distribution(
        self, X: pd.DataFrame, peak_gib: npt.ArrayLike, *, sample_weight: npt.ArrayLike | None = None
    ) -> Self:
        """Fit, and learn the predictive distribution: bins and their peaks, or residuals seen out of time.

        Args:
            X: Numeric features in time order, shape (n, f); NaN is missing.
            peak_gib: Peaks, shape (n,), GiB, > 0.
            sample_weight: Weight of each row, passed on to ``fit`` where given.

        Raises:
            FitError: On fewer than 2 rows, unequal lengths, or a peak that is not finite and > 0.
        """
        self.fit_learner(X, peak_gib, sample_weight=sample_weight)
        return self.learn_spread(X, peak_gib, sample_weight=sample_weight)

    def fit_learner(
        self, X: pd.DataFrame, peak_gib: npt.ArrayLike, *, sample_weight: npt.ArrayLike | None = None
    ) -> Self:
        """The first half of `fit_distribution`: bins and the fit; `learn_spread` is the other."""
        peak, weight = training_rows(X, peak_gib, sample_weight)
        self._framework.fitted = Fitted(tuple(map(str, X.columns)))
        target = self._learn_bins(peak) if self.task == "classification" else peak
        if self._learns:
            self._fit_rows(X, target, weight, self._max_rows)
        return self

    def learn_spread(
        self, X: pd.DataFrame, peak_gib: npt.ArrayLike, *, sample_weight: npt.ArrayLike | None = None
    ) -> Self:
        """The second half of `fit_distribution`, on the same rows: what is seen out of time."""
        peak, weight = training_rows(X, peak_gib, sample_weight)
        if self.task == "regression":
            self._framework.fitted = self.learn_distribution(X, peak, weight)
        elif self._learns and not hasattr(self, "predict_proba"):
            confusion = self._confusion_out_of_time(X, self.bins.assign(peak), weight)
            self._framework.fitted = replace(self._fitted, confusion=confusion)
        return self

    def learn_spread_in_hindsight(self, X: pd.DataFrame, peak_gib: npt.ArrayLike) -> bool:
        """Learn the spread from jobs that came later, the very ones to predict: flattering, but it takes no fits.

        It tells early in a search how a learner compares with another one that is flattered alike.

        Returns:
            Whether `learn_spread` would need fits; where not, there is nothing to be told early.
        """
        taken: list[str] = []
        self._framework.hindsight = taken
        try:
            self.learn_spread(X, peak_gib)
        finally:
            self._framework.hindsight = None
        return bool(taken)

    def predict_distribution(self, X: pd.DataFrame) -> Distribution:
        """Distribution of the peak of each row, in GiB.

        Raises:
            NotFittedError: Before a fit.
            FeatureMismatchError: On other features, or another order of them, than in the fit.
        """
        fitted = self._fitted
        self.check_features(X)
        if fitted.components is not None:
            return Mixture(self._bin_probabilities(X, fitted.components), fitted.components)
        if fitted.residuals is None:
            raise NotFittedError(type(self).__name__)
        predicted = np.asarray(self.predict(X), dtype=np.float64) if len(X) else np.empty(0)
        return fitted.residuals.distribution(predicted)

    def observe(self, X: pd.DataFrame, peak_gib: FloatArray) -> None:
        """Learn from jobs that have ended since the fit, in memory; a family that cannot does nothing.

        A family that can overrides it together with `copy`.

        Args:
            X: Their features as of their submission, shape (m, f), in the order in which their peaks became known.
            peak_gib: Their final peaks, shape (m,), GiB.
        """

    def copy(self) -> Self:
        """A model that `observe` may change while this one stays as it is."""
        return copy(self)

    @property
    def observes(self) -> bool:
        """Whether the family learns from jobs that end after its fit."""
        return type(self).observe is not BasePredictor.observe

    def matrix(self, X: pd.DataFrame) -> npt.NDArray[np.float32]:
        """Checked float32 values of the features, without a copy where the frame is one float32 block."""
        if self._framework.fitted is not None:
            self.check_features(X)
        return X.to_numpy(dtype=np.float32, copy=False)

    def save(self, folder: Path) -> None:
        """Write the model into a folder, in native formats and JSON; equal models give equal bytes.

        Raises:
            NotFittedError: Before a fit.
            ArtifactError: Where an attribute of the class has no native format.
        """
        fitted = self._fitted
        folder.mkdir(parents=True, exist_ok=True)
        np.savez(folder / FITTED_ARRAYS, allow_pickle=False, **fitted.to_arrays())
        content = {
            "task_type": self.task,
            "parameters": self.get_parameters(),
            "features": list(fitted.features),
            "attributes": self.save_learner(folder),
        }
        write_sidecar(folder, type(self).__name__, content)

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read a model that `save` of the same class wrote.

        Raises:
            ArtifactError: Where the folder is incomplete, of another class or a newer format.
        """
        sidecar = read_sidecar(folder, cls.__name__)
        model = cls(**sidecar["parameters"], task_type=sidecar["task_type"])
        with ONE_READER, np.load(folder / FITTED_ARRAYS, allow_pickle=False) as arrays:
            model._framework.fitted = Fitted.from_arrays(tuple(sidecar["features"]), dict(arrays))
        model.load_learner(folder, sidecar["attributes"])
        return model

    def save_learner(self, folder: Path) -> dict[str, Any]:
        """Write the author's attributes; return what the sidecar keeps of them. Overridden with `load_learner`."""
        own = {name: value for name, value in vars(self).items() if name not in ("_framework", *self.derived)}
        return attributes.save(own, folder)

    def load_learner(self, folder: Path, saved: dict[str, Any]) -> None:
        """Read what `save_learner` wrote."""
        vars(self).update(attributes.load(saved, folder))

    def library_versions(self) -> dict[str, str]:
        """Version of each library whose learners are among the attributes, by distribution name."""
        held = [item for value in vars(self).values() for item in (value if isinstance(value, list) else [value])]
        return attributes.library_versions(held)

    def unfitted(self) -> Self:
        """An unfitted model of the same class and parameters, which shares the same work."""
        other = type(self)(**self.get_parameters(), task_type=self.task, n_jobs=self.n_jobs)
        return other.share_work(self._framework.work)

    def _fit_rows(self, X: pd.DataFrame, y: npt.NDArray[Any], weight: FloatArray | None, most: int | None) -> Self:
        rows = thin(len(X), most)
        extra = {} if weight is None else {"sample_weight": weight[rows]}
        self.fit(take(X, rows), y[rows], **extra)
        return self

    @property
    def _max_rows(self) -> int | None:
        return self._framework.parameters.get("max_rows")

    @property
    def _fold_rows(self) -> int:
        return min(self._max_rows or FOLD_ROWS, FOLD_ROWS)

    @property
    def _learns(self) -> bool:
        """Whether there is something to tell apart: one bin is known without a fit."""
        return self.task == "regression" or self.bins.count > 1

    def _learn_bins(self, peak: FloatArray) -> IntArray:
        """Bins and the peaks within; returns the bin of each row."""
        parameters = self._framework.parameters
        bins = PeakBins.learn(peak, parameters.get("n_bins", 24), parameters.get("strategy", "log"))
        neighbour_shares(bins.count, parameters.get("bin_smoothing", 0.0))  # refuses a wrong value before the fit
        labels = bins.assign(peak)
        components = learn_components(peak, labels, bins.count)
        self._framework.fitted = replace(self._fitted, bins=bins, components=components)
        return labels

    def learn_distribution(self, X: pd.DataFrame, peak: FloatArray, weight: FloatArray | None) -> Fitted:
        """After a regression's fit: ratios of peak to prediction, out of time.

        A family that learns something else overrides it together with `predict_distribution`.
        """
        predicted, seen = self.predict_out_of_time(X, peak, weight)
        return Fitted(self.features, residuals=ResidualGroups.learn(predicted, peak[seen]))

    def predict_out_of_time(
        self, X: pd.DataFrame, y: npt.NDArray[Any], weight: FloatArray | None, method: str = "predict"
    ) -> tuple[npt.NDArray[Any], npt.NDArray[np.intp]]:
        """What a method of fits on the other time blocks predicts, and the rows that it is of."""
        if self._framework.hindsight is not None:
            self._framework.hindsight.append(method)
            return np.asarray(getattr(self, method)(X)), np.arange(len(X))
        seen = thin(len(X), self._fold_rows)
        few, target = take(X, seen), y[seen]
        weights = None if weight is None else weight[seen]

        def fit_and_predict(fit_on: npt.NDArray[np.intp], block: npt.NDArray[np.intp]) -> npt.NDArray[Any]:
            fold = self.unfitted()
            fold._framework.fitted = self._framework.fitted
            fold._fit_rows(take(few, fit_on), target[fit_on], None if weights is None else weights[fit_on], None)
            return np.asarray(getattr(fold, method)(take(few, block)))

        return out_of_time(len(few), self.time_blocks, fit_and_predict), seen

    def _confusion_out_of_time(self, X: pd.DataFrame, labels: IntArray, weight: FloatArray | None) -> FloatArray:
        """P(bin | predicted bin): counts, smoothed towards the frequency of the bins with the weight of one row."""
        predicted, seen = self.predict_out_of_time(X, labels, weight)
        counts = np.zeros((self.bins.count, self.bins.count))
        np.add.at(counts, (predicted.astype(np.int64), labels[seen]), 1.0)
        counts += np.bincount(labels, minlength=self.bins.count) / labels.size
        return np.asarray(counts / counts.sum(axis=1, keepdims=True))

    def _bin_probabilities(self, X: pd.DataFrame, components: Components) -> FloatArray:
        count = len(components.weights)
        if count == 1 or not len(X):
            return np.ones((len(X), count)) / count
        confusion = self._fitted.confusion
        if confusion is not None:
            return np.asarray(confusion[np.asarray(self.predict(X)).astype(np.int64)])
        weights = np.asarray(self.predict_proba(X), dtype=np.float64)  # type: ignore[attr-defined]
        weights = weights / weights.sum(axis=1, keepdims=True)
        spread = self._framework.parameters.get("bin_smoothing", 0.0)
        return np.asarray(weights @ neighbour_shares(count, spread)) if spread else weights

    def check_features(self, X: pd.DataFrame) -> None:
        """Compare the columns with the fit's: at once where they are the very index that passed last time.

        Raises:
            FeatureMismatchError: On other features, or another order of them.
        """
        if self._framework.checked is not None and X.columns.is_(self._framework.checked):
            return
        if (got := list(X.columns)) != list(self.features):
            raise FeatureMismatchError(got, list(self.features))
        self._framework.checked = X.columns
