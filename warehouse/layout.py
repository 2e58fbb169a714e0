"""Every path in a store, and nothing else. Not here: reading or writing any of them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Layout:
    """Where everything on disk lives.

    Attributes:
        store: The store's root folder, as given with ``--store``.
    """

    store: Path

    @property
    def root(self) -> Path:
        """The store's root folder."""
        return self.store

    @property
    def store_file(self) -> Path:
        """Format number, id, and what telemetry the store holds."""
        return self.store / "store.json"

    @property
    def engine_file(self) -> Path:
        """The writer's private DuckDB file; it can be rebuilt from the published parts."""
        return self.store / "warehouse.duckdb"

    @property
    def lock_file(self) -> Path:
        """Held with flock by the one writer; its text names the holder."""
        return self.store / "writer.lock"

    @property
    def registry_file(self) -> Path:
        """The SQLite registry of versions, promotions and runs."""
        return self.store / "registry.sqlite"

    def registry_copy(self, number: int) -> Path:
        """The registry as it was before it was migrated from that format."""
        return self.store / f"registry.format-{number}.sqlite"

    @property
    def metrics_file(self) -> Path:
        """What monitoring reads: OpenMetrics text, replaced at the end of every run."""
        return self.store / "metrics.prom"

    @property
    def features(self) -> Path:
        """Point-in-time features of all rows, a folder each, named by what they were made from."""
        return self.store / "features"

    @property
    def training(self) -> Path:
        """Training sets at a cut-off, a folder each, named by what they were cut from."""
        return self.store / "training"

    @property
    def parts(self) -> Path:
        """Published Parquet, immutable, one folder a month."""
        return self.store / "parts"

    @property
    def manifests(self) -> Path:
        """One JSON file for each publish: which parts belong together."""
        return self.store / "manifests"

    @property
    def current(self) -> Path:
        """Names the manifest that readers take."""
        return self.store / "CURRENT.json"

    @property
    def artifacts(self) -> Path:
        """Model folders, named by digest."""
        return self.store / "artifacts"

    @property
    def staging(self) -> Path:
        """Half-written things; nothing in it is ever read."""
        return self.store / "staging"

    @property
    def champion(self) -> Path:
        """Link to the artifact that serves."""
        return self.store / "champion"

    @property
    def models(self) -> Path:
        """Folder of the links of all families."""
        return self.store / "models"

    def family_link(self, family: str) -> Path:
        """Link to the newest fit of a family."""
        return self.models / family

    @property
    def run_lock(self) -> Path:
        """Held with flock by the process that is in the middle of a run; its text names the run that held it last."""
        return self.store / "run.lock"

    def handed_in(self, key: str) -> Path:
        """Of a worker that cannot see the store: a fit that it made, as the flow is to file it."""
        return self.store / "handed_in" / f"{key}.json"

    @property
    def studies(self) -> Path:
        """Storage of the searches."""
        return self.store / "studies"

    def family_studies(self, family: str) -> Path:
        """Journals of a family's studies, a file each."""
        return self.studies / family

    def run_folder(self, run_id: str) -> Path:
        """What a run reports beside its record, as files."""
        return self.store / "runs" / run_id

    @property
    def demo(self) -> Path:
        """The generated export of the demo farm."""
        return self.store / "demo"

    @property
    def replay(self) -> Layout:
        """What replays keep, apart from all that serves: training sets, allocations, report."""
        return Layout(self.store / "replay")

    @property
    def allocations(self) -> Path:
        """Of a replay: what each fit gave the jobs of its period, a file each, named by what it was made from."""
        return self.store / "allocations"

    @property
    def report(self) -> Path:
        """Of a replay: the page for people."""
        return self.store / "report.html"

    @property
    def jobs_at_risk(self) -> Path:
        """Of a replay: every job that would have got too little."""
        return self.store / "jobs_at_risk.csv"

    @property
    def result(self) -> Path:
        """Of a replay: what it came to, as JSON."""
        return self.store / "result.json"
