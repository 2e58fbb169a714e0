"""What the demo farm builds: components, profiles, targets, how much memory each takes. Not here: jobs, time."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from resource_prediction.arrays import FloatArray

TextArray = npt.NDArray[np.object_]

_CATALOGUE_SEED = 20250106
"""Fixed: every seed tells another history of the same farm, so its shape does not hang on the seed."""

_COMPONENT_SHARES = (0.18, 0.82)
_MAIN_COMPONENT = 1
_LATER_COMPONENT_SHARE = 0.06
_DAYS_BETWEEN_COMPONENTS = 10.0

# Name, how often it is built relative to the first one, and what it adds to the logarithm of the peak.
_ARCHITECTURES = (("linuxx86_64", 1.0, 0.0), ("linuxarm64", 0.11, 0.08))
_COMPILERS = (
    ("gcc", 1.0, 0.0),
    ("clang_asan", 0.15, 0.75),
    ("gcc9", 0.065, -0.3),
    ("gcc11", 0.025, -0.1),
    ("clang", 0.018, 0.4),
    ("gcc13_strict", 0.015, 0.15),
    ("clang_tsan", 0.006, 0.55),
    ("gcc8", 0.006, -0.2),
)
# The same, with the make type and the request in GiB.
_OPTIMISATIONS = (
    ("optimized", "opt", 153, 1.0, 0.0),
    ("release", "rel", 153, 0.31, 0.42),
    ("debug", "dbg", 256, 0.23, 0.3),
    ("optimized-mold", "opt", 238, 0.08, 0.1),
    ("optimized_guard", "opt", 225, 0.04, 0.1),
    ("release-lto", "rel", 238, 0.02, 0.35),
    ("debug_symbols", "dbg", 321, 0.02, 0.35),
    ("optimized_headless", "opt", 153, 0.015, -0.1),
    ("release_signed", "rel", 153, 0.015, 0.4),
    ("debug-split", "dbg", 273, 0.015, 0.25),
)
_SANITISER_REQUEST_GIB = 210
_COMMON_TARGETS = (
    ("all,dist", 1.0, 0.0),
    ("all", 0.075, 0.1),
    ("all,dist,sign", 0.04, -0.05),
    ("dist,sign", 0.015, 0.0),
    ("all,dist,artifacts", 0.015, 0.0),
)
_TEST_TARGETS = (("unit", -0.7), ("stress", 0.2), ("barrier", -0.1), ("build_only", -0.4))
_MODULES = (
    "storage",
    "planner",
    "vector",
    "graph",
    "text",
    "calc",
    "replay",
    "network",
    "session",
    "catalog",
    "join",
    "index",
    "backup",
    "sort",
)
_TEST_TARGET_SHARE = 0.018
_TEST_TARGET_DECAY = 22.0

_CONFIGURATIONS_OF_MAIN = 190
_CONFIGURATIONS_OF_OTHERS = 38
_POPULARITY_SD = 0.3
_RARE_POPULARITY_SD = 2.2
_LOG_PEAK_GIB = 4.18
_COMPONENT_LOG_PEAK = -0.45
_COMPONENT_LOG_PEAK_SD = 0.2
_CONFIGURATION_LOG_PEAK_SD = 0.2
_SPREAD_MEDIAN = 0.44
_SPREAD_OF_RARE_TARGETS = 1.35
_SPREAD_SD = 0.25
_SPREAD_FALLS_WITH_PEAK = 0.5


@dataclass(frozen=True)
class Catalogue:
    """Everything the farm can build.

    Attributes:
        configurations: One row each: ``component`` (its number), ``profile`` (``<arch>-<compiler>-<optimisation>``),
            ``make_type``, ``targets``, ``weight`` (how often it is built), ``log_peak_gib`` (logarithm of its typical
            peak), ``spread`` (standard deviation of the logarithm of its peaks), ``request_gib`` (as first configured).
        component_share: Share of branches that belong to a component, shape (components,).
        component_day: Day on which a component's first branch may appear, shape (components,).
    """

    configurations: pd.DataFrame
    component_share: FloatArray
    component_day: FloatArray

    def of_configurations(self, column: str) -> FloatArray:
        """Numbers of one column of the configurations, shape (configurations,)."""
        return self.configurations[column].to_numpy(dtype=np.float64)


def build_catalogue(days: float) -> Catalogue:
    """List what a farm that runs for ``days`` can build: a new component arrives every ten days."""
    later = int(days // _DAYS_BETWEEN_COMPONENTS)
    share = np.array([*_COMPONENT_SHARES, *[_LATER_COMPONENT_SHARE] * later])
    day = np.concatenate([np.zeros(len(_COMPONENT_SHARES)), _DAYS_BETWEEN_COMPONENTS * np.arange(1, later + 1)])
    parts = [_configurations(component) for component in range(share.size)]
    return Catalogue(pd.concat(parts, ignore_index=True), share, day)


def _configurations(component: int) -> pd.DataFrame:
    """The most popular pairs of profile and targets in a component; the main one has all targets, others the common."""
    rng = np.random.default_rng([_CATALOGUE_SEED, component])
    main = component == _MAIN_COMPONENT
    targets = _targets() if main else _targets()[: len(_COMMON_TARGETS)]
    pairs = _profiles().merge(targets, how="cross")
    fashion = np.where(pairs["targets"] == _COMMON_TARGETS[0][0], _POPULARITY_SD, _RARE_POPULARITY_SD)
    pairs["weight"] = pairs["profile_weight"] * np.exp(fashion * rng.standard_normal(len(pairs)))
    pairs["weight"] *= pairs["targets_weight"] / pairs.groupby("targets")["weight"].transform("sum")
    pairs = pairs.nlargest(_CONFIGURATIONS_OF_MAIN if main else _CONFIGURATIONS_OF_OTHERS, "weight", keep="first")
    level = 0.0 if main else _COMPONENT_LOG_PEAK + _COMPONENT_LOG_PEAK_SD * rng.standard_normal()
    shift = _CONFIGURATION_LOG_PEAK_SD * rng.standard_normal(len(pairs))
    luck = _SPREAD_SD * rng.standard_normal(len(pairs))
    effect = pairs["profile_effect"] + pairs["targets_effect"] + shift
    pairs["log_peak_gib"] = _LOG_PEAK_GIB + level + effect - np.average(effect, weights=pairs["weight"])
    luck -= np.average(luck, weights=pairs["weight"])
    pairs["spread"] = _SPREAD_MEDIAN * np.exp(luck - _SPREAD_FALLS_WITH_PEAK * (pairs["profile_effect"] - 0.15))
    pairs["spread"] *= np.where(pairs["targets"] == _COMMON_TARGETS[0][0], 1.0, _SPREAD_OF_RARE_TARGETS)
    return pairs.assign(component=component)


def _profiles() -> pd.DataFrame:
    rows = [
        {
            "profile": f"{architecture}-{compiler}-{optimisation}",
            "make_type": make_type,
            "profile_weight": architecture_weight * compiler_weight * optimisation_weight,
            "profile_effect": architecture_effect + compiler_effect + optimisation_effect,
            "request_gib": max(request, _SANITISER_REQUEST_GIB) if "asan" in compiler else request,
        }
        for architecture, architecture_weight, architecture_effect in _ARCHITECTURES
        for compiler, compiler_weight, compiler_effect in _COMPILERS
        for optimisation, make_type, request, optimisation_weight, optimisation_effect in _OPTIMISATIONS
    ]
    return pd.DataFrame(rows)


def _targets() -> pd.DataFrame:
    tests = [f"{kind}_{module}" for module in _MODULES for kind, _ in _TEST_TARGETS]
    effects = [effect for _ in _MODULES for _, effect in _TEST_TARGETS]
    weights = _TEST_TARGET_SHARE * np.exp(-np.arange(len(tests)) / _TEST_TARGET_DECAY)
    rows = [*_COMMON_TARGETS, *zip(tests, weights.tolist(), effects, strict=True)]
    return pd.DataFrame(rows, columns=["targets", "targets_weight", "targets_effect"])
