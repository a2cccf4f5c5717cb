import json
import sys
from types import SimpleNamespace

import pytest

from schemas.errors import ConfigError
from trainer.energy import EnergyMeter
from trainer.loop import train


class Tracker:
    """What codecarbon has, as far as it is used; two watt-hours per life."""

    def __init__(self, **options):
        assert options["country_iso_code"] == "CHN" and options["save_to_file"] is False
        self.final_emissions_data = None

    def start(self):
        self.final_emissions_data = SimpleNamespace(energy_consumed=0.002)

    def stop(self):
        return 0.001


@pytest.fixture
def codecarbon(monkeypatch):
    monkeypatch.setitem(sys.modules, "codecarbon", SimpleNamespace(OfflineEmissionsTracker=Tracker))


def test_each_life_of_a_run_adds_a_line_and_the_report_adds_them_up(tiny, codecarbon, tmp_path):
    for num_steps in (2, 4):
        config = tiny(
            f"schedule.num_steps={num_steps}", "logging.report=true", "logging.energy_country=CHN"
        )
        train(config)
    run = tmp_path / "run"
    lines = [json.loads(line) for line in (run / "energy.jsonl").read_text().splitlines()]
    assert [(line["first_step"], line["last_step"]) for line in lines] == [(0, 2), (2, 4)]
    assert lines[0] | {"first_step": 2, "last_step": 4} == lines[1]
    assert "0.004 kWh, 0.002 kg of CO2" in (run / "report.html").read_text()


def test_without_codecarbon_the_run_does_not_begin(tiny, monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, "codecarbon", None)
    with pytest.raises(ConfigError, match=r"needs codecarbon; call pip install -e '\.\[energy\]'"):
        EnergyMeter(tmp_path, "CHN", 0)


def test_a_country_has_three_letters(tiny):
    with pytest.raises(ConfigError, match="energy_country"):
        tiny("logging.energy_country=Germany")


def test_the_real_library_measures_something(tmp_path):
    pytest.importorskip("codecarbon", reason="the extra 'energy' is not installed")
    meter = EnergyMeter(tmp_path, "DEU", 0)
    sum(range(3_000_000))
    meter.stop(1)
    line = json.loads((tmp_path / "energy.jsonl").read_text())
    assert line["kwh"] > 0.0 and line["kg_co2"] > 0.0
