"""The registry as one object: opened, read, concluded on, repaired, verified. Not here: the tables (beside it)."""

from __future__ import annotations

import sqlite3
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Self

from warehouse.artifacts import artifact_path, check_artifact, verify_artifacts
from warehouse.faults import raise_fault, store_faults
from warehouse.findings import Finding
from warehouse.layout import Layout
from warehouse.links import link_names, point_link
from warehouse.registry import promotions
from warehouse.registry.conclusion import Conclusion, conclude
from warehouse.registry.connection import find_damage, open_for_reading, open_for_writing
from warehouse.registry.evidence import Evidence
from warehouse.registry.fits import Fits
from warehouse.registry.nominations import Nominations, SeenRows
from warehouse.registry.promotions import Champion, Promotion, VersionContent
from warehouse.registry.runs import Runs
from warehouse.registry.verdicts import Verdicts


class Registry:
    """The registry of one store; use ``Registry.open`` or ``Registry.read`` as a context manager.

    A connection belongs to the thread that opened it: each task opens its own. Faults of the disk that come up in the
    block leave it as `StoreFaultError`.

    Attributes:
        runs: Runs of the main job.
        fits: Finished fits.
        verdicts: What the gate said, applied or not.
        evidence: The ledger.
        nominations: Challengers that wait for confirmation.
        seen: Rows that are no evidence for a recipe.
    """

    def __init__(self, connection: sqlite3.Connection, layout: Layout) -> None:
        self._connection = connection
        self._layout = layout
        self.runs = Runs(connection, layout)
        self.fits = Fits(connection, layout)
        self.verdicts = Verdicts(connection)
        self.evidence = Evidence(connection)
        self.nominations = Nominations(connection)
        self.seen = SeenRows(connection)

    @classmethod
    def open(cls, layout: Layout) -> Self:
        """Open for writing: made or migrated where that is due, and links brought to what the registry says.

        Raises:
            RegistryFormatError: The registry is of a newer format.
            StoreError: The file is no registry, or something else is in the place of a link.
        """
        with store_faults(layout):
            registry = cls(open_for_writing(layout), layout)
        try:
            with store_faults(layout):
                registry.repair_links()
        except BaseException:
            registry.close()
            raise
        return registry

    @classmethod
    def read(cls, layout: Layout) -> Self:
        """Open for reading: nothing on disk changes; a store without a registry reads as an empty one.

        Raises:
            RegistryFormatError: The registry is of another format.
            StoreError: The file is no registry.
        """
        with store_faults(layout):
            return cls(open_for_reading(layout), layout)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()
        if error is not None:
            raise_fault(self._layout, error)

    def close(self) -> None:
        """Close the connection; a second time does nothing."""
        self._connection.close()

    def champion(self) -> Champion | None:
        """Who serves, or None before the first promotion."""
        return promotions.read_champion(self._connection)

    def history(self) -> list[Promotion]:
        """Every promotion, oldest first, numbered without a gap."""
        return promotions.read_history(self._connection)

    def content(self, version: str) -> VersionContent:
        """What a version is made of.

        Raises:
            UnknownVersionError: There is no such version.
        """
        return promotions.read_content(self._connection, version)

    def artifact(self, version: str) -> Path:
        """The folder of a version's served artifact.

        Raises:
            UnknownVersionError: There is no such version.
        """
        return artifact_path(self._layout, promotions.read_content(self._connection, version).served_digest)

    def conclude(self, conclusion: Conclusion, *, at: datetime) -> Champion | None:
        """Store a verdict with all that it changes in one transaction, then let the champion's link follow.

        Args:
            conclusion: The verdict, what it was given for, and what it changes.
            at: The time of it.

        Returns:
            Who serves now; None where nobody does.

        Raises:
            PromotionConflictError: Another promotion came first; nothing was changed.
            NominationConflictError: Another run opened or closed a nomination first; nothing was changed.
            ArtifactError: An artifact of the new version is missing or changed; nothing was changed.
            StoreError: The kind does not fit the revision, or a number is NaN; nothing was changed.
        """
        if conclusion.content is not None:
            for digest in (conclusion.content.judged_digest, conclusion.content.served_digest):
                check_artifact(self._layout, digest)
        champion = conclude(self._connection, conclusion, at=at)
        self._repair_champion_link()
        return champion

    def roll_back(self, version: str, *, expected_revision: int, reason: str, at: datetime) -> Champion:
        """Let an earlier version serve again: a new promotion, of the kind ``rollback``, that names it.

        Raises:
            UnknownVersionError: There is no such version.
            PromotionConflictError: Another promotion came first; nothing was changed.
            ArtifactError: The version's served artifact is missing or changed; nothing was changed.
        """
        check_artifact(self._layout, promotions.read_content(self._connection, version).served_digest)
        champion = promotions.roll_back(
            self._connection, version, expected_revision=expected_revision, reason=reason, at=at
        )
        self._repair_champion_link()
        return champion

    def repair_links(self) -> None:
        """Bring ``champion`` and ``models/<family>`` to what the registry says, after a crash or a copied store."""
        self._repair_champion_link()
        for family in self.fits.families():
            self.fits.repair_link(family)

    def verify(self) -> list[Finding]:
        """Check the registry's file, every artifact byte for byte, and the links; empty for a sound store."""
        damage = [Finding(self._layout.registry_file.name, problem) for problem in find_damage(self._connection)]
        if damage:
            # What a damaged registry says of artifacts and links proves nothing.
            return [*damage, *verify_artifacts(self._layout, [])]
        findings = verify_artifacts(self._layout, self._digests())
        champion = self.champion()
        if champion and not link_names(self._layout.champion, artifact_path(self._layout, champion.served_digest)):
            findings.append(Finding(self._layout.champion.name, f"does not name {champion.version}"))
        return findings

    def _digests(self) -> list[str]:
        """Every artifact that a version or a fit names."""
        rows = self._connection.execute(
            "SELECT judged_digest FROM versions UNION SELECT served_digest FROM versions UNION SELECT digest FROM fits"
        )
        return [digest for (digest,) in rows]

    def _repair_champion_link(self) -> None:
        # Another process may promote between the look and the swap: look again until nothing changes.
        while (champion := self.champion()) and point_link(
            self._layout.champion, artifact_path(self._layout, champion.served_digest)
        ):
            pass
