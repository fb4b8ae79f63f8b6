"""botocore's data without what no client of ours asks for: a seventh of the cold start (docs/benchmarks.md).

Its own loader looks through the folders of all 400 services to learn that one of them exists, and reads
the 1.2 MB of `endpoints.json`, whose answers the services' own endpoint rules have replaced.
"""

from pathlib import Path
from typing import Any

from botocore.loaders import Loader


class LeanLoader(Loader):  # type: ignore[misc]  # botocore ships no types
    """Loads what the client of a known service needs, from the data of the botocore at hand."""

    def list_available_services(self, type_name: str) -> list[str]:
        """Return the services that have data of this type, by their folders' names alone.

        A service without this type is then found out by its missing file, with the same outcome.
        """
        del type_name
        folders = (Path(path) for path in self.search_paths)
        return sorted({entry.name for folder in folders if folder.is_dir() for entry in folder.iterdir()})

    def load_data_with_path(self, name: str) -> tuple[Any, str]:
        """Load by name; `endpoints` is made from `partitions`, the 7 KB that the endpoint rules use too."""
        if name != "endpoints":
            loaded: tuple[Any, str] = super().load_data_with_path(name)
            return loaded
        data, path = super().load_data_with_path("partitions")
        return {"partitions": [_legacy_partition(partition) for partition in data["partitions"]]}, path


def _legacy_partition(partition: dict[str, Any]) -> dict[str, Any]:
    """Return a partition in the form of `endpoints.json`, every service and region by the default rule."""
    return {
        "partition": partition["id"],
        "dnsSuffix": partition["outputs"]["dnsSuffix"],
        "regionRegex": partition["regionRegex"],
        "regions": {},
        "services": {},
        "defaults": {
            "hostname": "{service}.{region}.{dnsSuffix}",
            "protocols": ["https"],
            "signatureVersions": ["v4"],
        },
    }
