"""Settings from the environment, and which store they mean. Built by command lines, flows and app; passed down."""

from __future__ import annotations

from pathlib import Path

from pydantic_settings import BaseSettings, SettingsConfigDict

from warehouse.layout import Layout
from warehouse.registry import Registry

DEMO_STORE = Path("var/demo")
OWN_STORE = Path("var/own")


class Settings(BaseSettings):
    """What the environment says, read once when the object is built.

    Attributes:
        store: ``RESOURCE_PREDICTION_STORE``: the folder of the store; None where it is not set or empty.
        exchange: ``RESOURCE_PREDICTION_EXCHANGE``: URL of the place through which files reach workers that cannot see
            the store.
        cache: ``RESOURCE_PREDICTION_CACHE``: the folder in which such a worker keeps what it received.
    """

    model_config = SettingsConfigDict(env_prefix="RESOURCE_PREDICTION_", frozen=True, env_ignore_empty=True)

    store: Path | None = None
    exchange: str | None = None
    cache: Path | None = None

    @property
    def cache_folder(self) -> Path:
        """Where a worker keeps what it received."""
        return self.cache or Path.home() / ".cache" / "resource-prediction"

    def store_to_write(self, *, demo: bool) -> Path:
        """The store of a run that was not given one."""
        return self.store or (DEMO_STORE if demo else OWN_STORE)

    def store_to_read(self) -> Path:
        """The store of a reader that was not given one: the own one if it has a champion, else the demo."""
        if self.store:
            return self.store
        with Registry.read(Layout(OWN_STORE)) as registry:
            return OWN_STORE if registry.champion() else DEMO_STORE
