"""Every path in a store. Belongs here: where things are. Not here: reading or writing them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Layout:
    """The folder of one store, and the name of everything in it.

    Attributes:
        store: The store's folder; it need not exist.
    """

    store: Path

    @property
    def root(self) -> Path:
        """The store's folder."""
        return self.store

    @property
    def store_file(self) -> Path:
        """Format number, store id, and what telemetry the store holds."""
        return self.store / "store.json"

    @property
    def engine_file(self) -> Path:
        """The writer's private DuckDB file."""
        return self.store / "warehouse.duckdb"

    @property
    def lock_file(self) -> Path:
        """Held while somebody writes to the engine."""
        return self.store / "lock"

    @property
    def registry_file(self) -> Path:
        """Versions, champion, promotions, runs, fits, evidence."""
        return self.store / "registry.sqlite"

    def registry_copy(self, number: int) -> Path:
        """The registry as it was before it was migrated from that format."""
        return self.store / f"registry.format-{number}.sqlite"

    @property
    def parts(self) -> Path:
        """Published Parquet, a folder a month."""
        return self.store / "parts"

    @property
    def manifests(self) -> Path:
        """One manifest a publish."""
        return self.store / "manifests"

    @property
    def current(self) -> Path:
        """Names the manifest that readers take."""
        return self.store / "CURRENT.json"

    @property
    def artifacts(self) -> Path:
        """Model folders, named by the digest of their manifest."""
        return self.store / "artifacts"

    @property
    def staging(self) -> Path:
        """What is being written and not yet visible."""
        return self.store / "staging"

    @property
    def champion(self) -> Path:
        """Link to the champion's served artifact."""
        return self.store / "champion"

    def family_link(self, family: str) -> Path:
        """Link to the newest fit of a family."""
        return self.store / "models" / family

    @property
    def runs(self) -> Path:
        """What runs leave behind for people."""
        return self.store / "runs"

    @property
    def studies(self) -> Path:
        """Searches, one study a family."""
        return self.store / "studies"

    @property
    def demo(self) -> Path:
        """The synthetic farm's exports."""
        return self.store / "demo"
