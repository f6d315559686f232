"""How long a quantised network takes on an Edge TPU, layer by layer, without the device.

>>> import edgetpu_sim as ets
>>> report = ets.simulate(ets.Arch("coral-usb"), ets.Model("efficientnet-edgetpu-s"))
>>> print(report.table())
>>> predictor = ets.Predictor("coral-usb")          # for search loops: microseconds a network
>>> graph = ets.Graph()
>>> x = graph.conv(graph.input(224, 224, 3), 32, kernel=3, stride=2)
>>> predictor.predict(graph).latency_ms
"""

from ._native import Error, Status, WorkLimitError, lib as _lib
from ._structs import WHOLE_NETWORK, ArchSize, Change, LayerCosts, PredictorInfo, Split, Summary
from .machine import Arch, Field, machines
from .model import ROW_DTYPE, Graph, Model, reference_models
from .predictor import SUMMARY_DTYPE, Predictor, reward
from .report import ArrayLayer, Explanation, Layer, Phase, Report, explain, simulate


def version() -> str:
    """Of the C library that runs."""
    return str(_lib.ets_version().decode())


for _public in (ArchSize, Change, Error, LayerCosts, PredictorInfo, Split, Status, Summary, WorkLimitError):
    _public.__module__ = __name__  # as which messages and pickles name them
__version__ = version()
__all__ = [
    "Arch", "ArchSize", "ArrayLayer", "Change", "Error", "Explanation", "Field", "Graph", "Layer", "LayerCosts", "Model", "Phase",
    "Predictor", "PredictorInfo", "ROW_DTYPE", "Report", "SUMMARY_DTYPE", "Split", "Status", "Summary", "WHOLE_NETWORK", "WorkLimitError",
    "explain", "machines", "reference_models", "reward", "simulate", "version",
]
