"""How much energy a run took, estimated by codecarbon where it is installed (extra ``energy``)."""

import importlib
import json
from pathlib import Path
from typing import Any

from schemas.errors import ConfigError

FILE_NAME = "energy.jsonl"


class EnergyMeter:
    """Estimates what this machine takes from now on, without a network.

    codecarbon reads the counters of CPU and GPU where it may, and else multiplies their rated
    power by the load. It sees the whole machine, and this one alone.
    """

    def __init__(self, run: Path, country: str, step: int) -> None:
        """Begin to measure.

        Args:
            run: folder that :meth:`stop` adds a line to.
            country: three letters (ISO 3166), whose mix of sources makes energy to emissions.
            step: steps done before.

        Raises:
            ConfigError: codecarbon is not installed.
        """
        try:
            codecarbon: Any = importlib.import_module("codecarbon")
        except ModuleNotFoundError:
            raise ConfigError(
                f"logging.energy_country = {country!r}: needs codecarbon; "
                "call pip install -e '.[energy]' in the checkout, or leave the key out"
            ) from None
        self._path, self._country, self._first_step = run / FILE_NAME, country, step
        self._tracker: Any = codecarbon.OfflineEmissionsTracker(
            country_iso_code=country,
            save_to_file=False,
            log_level="critical",
            allow_multiple_runs=True,
        )
        self._tracker.start()

    def stop(self, step: int) -> None:
        """End, and write what the steps since the beginning took to ``energy.jsonl``."""
        emissions = self._tracker.stop()
        line = {
            "first_step": self._first_step,
            "last_step": step,
            "country": self._country,
            "kwh": self._tracker.final_emissions_data.energy_consumed,
            "kg_co2": emissions,
        }
        with self._path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(line) + "\n")
