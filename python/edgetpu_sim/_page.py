"""The HTML page of reports, with what would help in each, as `edgetpu-sim profile --format html` chooses that."""

from __future__ import annotations

import ctypes as c
from typing import TYPE_CHECKING, Any, List, Optional, Sequence

from . import _native as n, _output
from ._structs import WHOLE_NETWORK, Change, CPagePart
from .predictor import Predictor

if TYPE_CHECKING:
    from .report import Report

_MOST_SHOWN = 3
_MOST_TRIED_ALONE = 1500  # of more layers than that, each is not tried alone: that is a prediction of the whole network each time


def _advice(report: Report) -> Optional[List[Change]]:
    """One a layer, and one of each kind for the network; None of one that cannot be stated anew."""
    arch, model, multi_subgraph, work_limit = report._made
    predictor = Predictor(arch, multi_subgraph=multi_subgraph, work_limit=work_limit)
    try:
        found = predictor.network_changes(model)
        if model.info["n_ops"] <= _MOST_TRIED_ALONE:
            found += predictor.sensitivity(model)
    except n.Error as error:
        if error.status != n.Status.UNSUPPORTED:
            raise
        return None
    shown: List[Change] = []
    for change in sorted(found, key=lambda x: (-x.saved_ns, -x.layer, x.dimension)):
        seen = any(s.layer == change.layer and (s.layer != WHOLE_NETWORK or s.dimension == change.dimension) for s in shown)
        one_pixel = change.dimension_name == "kernel" and change.to == 1  # it would see nothing of its neighbours
        if change.saved_ns > 0 and not seen and not one_pixel:
            shown.append(change)
    return shown[:_MOST_SHOWN]


def write_page(reports: Sequence[Report]) -> str:
    """Side by side."""
    kept: List[Any] = []  # what the parts point to
    parts = (CPagePart * len(reports))()
    for part, report in zip(parts, reports):
        advice = _advice(report)
        changes = (Change * len(advice or ()))(*(advice or ()))
        kept.append(changes)
        part.report = report._as_parameter_.value
        part.changes, part.n_changes = (None if advice is None else c.addressof(changes)), len(changes)
    return _output.written("ets_page_write", parts, len(parts))
