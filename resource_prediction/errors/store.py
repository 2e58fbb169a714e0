"""Errors of a store: its place, its lock, its registry. Not here: model folders in it (artifacts.py)."""

from __future__ import annotations

from resource_prediction.errors.root import ResourcePredictionError


class StoreError(ResourcePredictionError):
    """A store that cannot be read or written as asked."""


class UnusableStoreError(StoreError):
    """A path that no store can be at."""

    def __init__(self, store: str, got: str) -> None:
        self.store = store
        super().__init__(
            f"store {store}",
            got=got,
            expected="a folder that can be written",
            next_step="Choose another folder with --store.",
        )


class StoreLockedError(StoreError):
    """Another process writes to the store."""

    def __init__(self, store: str, holder: str) -> None:
        self.store = store
        self.holder = holder
        super().__init__(
            f"store {store}",
            got=f"a lock held by {holder}",
            expected="one writer at a time",
            next_step="Wait until it has ended, or choose another folder with --store.",
        )


class StoreFaultError(StoreError):
    """Disk, rights or memory under a store fail; what had finished is kept."""

    expectation = "a store that can be read and written"
    remedy = "Mend it, and run again: what had finished is kept."

    def __init__(self, store: str, got: str) -> None:
        self.store = store
        super().__init__(f"store {store}", got=got, expected=self.expectation, next_step=self.remedy)


class StoreFullError(StoreFaultError):
    """No room: a full disk, a quota, or a limit on the size of files."""

    expectation = "room to write"
    remedy = "Make room, or raise the quota or file-size limit, and run again: what had finished is kept."


class StoreAccessError(StoreFaultError):
    """A store that is mounted read-only, or that this user must not write."""

    expectation = "files and folders that this user can write"
    remedy = "Mount it for writing or give this user the rights, and run again: what had finished is kept."


class StoreDiskError(StoreFaultError):
    """A disk or a file on it that cannot be read or written."""

    expectation = "a disk, and files on it, that can be read and written"
    remedy = "Look at the disk and its free space; `python -m warehouse verify` names what is damaged."


class StoreMemoryError(StoreFaultError):
    """A database that ran out of memory."""

    expectation = "free memory for the rows at hand"
    remedy = "Give the process more memory, or ingest fewer files at once; what had finished is kept."


class StoreBusyError(StoreError):
    """Another run of the main job lives in the store."""

    def __init__(self, store: str, run_id: str | None, pid: int | None, since: str | None) -> None:
        self.store = store
        self.run_id = run_id
        self.pid = pid
        self.since = since
        holder = "one that has just begun" if run_id is None else f"run {run_id} of process {pid}, since {since}"
        super().__init__(
            f"store {store}",
            got=f"a second run beside {holder}",
            expected="one run at a time",
            next_step="Wait until it has ended, or choose another folder with --store.",
        )


class RegistryFormatError(StoreError):
    """A registry of a format that cannot be used as it is."""

    def __init__(self, path: str, number: int, readable: int) -> None:
        self.path = path
        self.number = number
        self.readable = readable
        newer = number > readable
        next_step = "Use the release that wrote it, or a newer one." if newer else "Run a night: it migrates the store."
        super().__init__(
            f"registry {path}",
            got=f"format {number}",
            expected=f"format {readable}{' or older' if newer else ''}",
            next_step=next_step,
        )


class UnknownVersionError(StoreError):
    """A version that the registry does not have."""

    def __init__(self, version: str, versions: list[str]) -> None:
        self.version = version
        self.versions = versions
        super().__init__(
            "version",
            got=repr(version),
            expected=f"one of {', '.join(versions)}" if versions else "a promoted version, of which there is none yet",
            next_step="`python -m warehouse history` lists them.",
        )


class RollbackError(StoreError):
    """A rollback that would change nothing, or that says no reason."""

    def __init__(self, version: str, *, serves: str | None, why: str) -> None:
        self.version = version
        self.serves = serves
        if serves is None:
            got, expected, next_step = "no champion", "a champion to take back", "Run `python flows/train.py` first."
        elif serves == version:
            got, expected = "the version that serves", "an earlier one"
            next_step = "`python -m warehouse history` names them."
        else:
            got, expected, next_step = repr(why), "a reason that the history keeps", "Give one with --why."
        super().__init__(f"rollback to {version}", got=got, expected=expected, next_step=next_step)


class StoreKindError(StoreError):
    """A store that holds another telemetry than the one that was to go in."""

    def __init__(self, store: str, held: str, offered: str) -> None:
        self.store = store
        self.held = held
        self.offered = offered
        super().__init__(
            f"store {store}, which holds {held}",
            got=offered,
            expected="the telemetry that the store's first ingest recorded",
            next_step="Choose another folder with --store.",
        )


class PromotionConflictError(StoreError):
    """The champion changed between the verdict and its promotion."""

    def __init__(self, expected_revision: int, revision: int) -> None:
        self.expected_revision = expected_revision
        self.revision = revision
        super().__init__(
            "promotion",
            got=f"a champion at revision {revision}",
            expected=f"revision {expected_revision}, which the verdict was given for",
            next_step="Run again: the next verdict compares with the new champion.",
        )


class NominationConflictError(StoreError):
    """The open nomination changed between the verdict and its storing."""

    def __init__(self, expected_nomination: str, nomination: str) -> None:
        self.expected_nomination = expected_nomination
        self.nomination = nomination
        super().__init__(
            "nomination",
            got=nomination,
            expected=f"{expected_nomination}, which the verdict was given for",
            next_step="Run again: the next verdict follows the nomination as it is now.",
        )


class MissingFeaturesError(StoreError):
    """Features that were to be taken from the store and are not there."""

    def __init__(self, store: str, found: str) -> None:
        self.store = store
        self.found = found
        super().__init__(
            f"features in {store}",
            got=found,
            expected="features of the rows that the store holds now",
            next_step="Run once without --skip-preprocessing.",
        )
