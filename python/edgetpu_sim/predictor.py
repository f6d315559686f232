"""Predictions for search loops: summaries in microseconds, equal to the simulation's."""

from __future__ import annotations

import ctypes as c
import os
from typing import Any, Iterable, List, Optional, Tuple, Union

import numpy as np

from . import _interrupt, _native as n
from ._structs import (MOST_NETWORK_CHANGES, CError, Change, CPredictorOptions, CRewardOptions, LayerCosts, PredictorInfo, Summary)
from .machine import Arch, as_arch
from .model import ROW_DTYPE, Graph, Model, Network, Table, as_model, layer_number

SUMMARY_DTYPE = np.dtype(Summary)
_Interval = c.c_size_t * 2
_predict_rows = n.lib.ets_predict_rows


class Predictor(n.Handle):
    """A machine and what its layers cost, remembered (ets_predictor). Any number of threads may use one at a time; calls release
    the GIL. It pickles as its machine and options: the copy has nothing to remember yet.

    `work_limit`: a prediction that would take more units of work (some 20 million are a second's; what is remembered costs next to
    nothing) raises `WorkLimitError`. Ctrl-C ends a call soon; the predictor keeps what it has learnt."""

    _free = "ets_predictor_free"

    def __init__(self, arch: Union[Arch, n.Path] = "coral-usb", memory_limit_bytes: int = 0, multi_subgraph: bool = False,
                 work_limit: Optional[int] = None) -> None:
        super().__init__()
        self.arch = as_arch(arch)
        self._options = (n.whole("memory_limit_bytes", memory_limit_bytes, (1 << 64) - 1), bool(multi_subgraph), work_limit)
        options = CPredictorOptions(c.sizeof(CPredictorOptions), memory_limit_bytes, bool(multi_subgraph), n.work_limit(work_limit),
                                    _interrupt.STOPPED, _interrupt.FLAG)
        n.call("ets_predictor_new", self.arch, c.byref(options), None, c.byref(self._as_parameter_))

    def __reduce__(self) -> Any:
        return Predictor, (self.arch, *self._options)

    def predict(self, network: Network) -> Summary:
        """What `simulate` would say of it. A name or a path is read at each call: loops pass a Model or a Graph."""
        summary, error = Summary(), CError()
        if isinstance(network, Graph):
            rows = network._rows
            at = c.byref(c.c_char.from_buffer(rows)) if rows else b"\0"
            failed = _interrupt.run(_predict_rows, self._as_parameter_, at, _Interval(0, network._n), 1, 1, c.byref(summary), None, c.byref(error))
        else:
            failed = _interrupt.run(n.lib.ets_predict, self, as_model(network), c.byref(summary), c.byref(error))
        if failed:
            n.fail(error)
        return summary

    def predict_batch(self, networks: Iterable[Network], threads: int = 1, skip_failed: bool = False) -> Table:
        """The same of many, an array of SUMMARY_DTYPE: ``predict_batch(graphs, threads=2)["latency_ns"]``. The first failure is
        raised; with `skip_failed`, rows of networks that fail are zero (`cycles` 0) and nothing is raised: `predict` says why, of one by itself."""
        if isinstance(networks, (str, bytes, os.PathLike, Graph, Model)):
            raise TypeError(f"predict_batch: several networks are needed, in a list; predict() takes one: {networks!r}")
        networks = list(networks)
        if all(isinstance(g, Graph) for g in networks):
            first = np.zeros(len(networks) + 1, np.uintp)
            np.cumsum([g._n for g in networks], out=first[1:])  # type: ignore[union-attr]
            rows = np.frombuffer(b"".join(g._rows for g in networks), ROW_DTYPE)  # type: ignore[union-attr]
            return self.predict_rows(rows, first, threads, skip_failed)
        out, models = np.zeros(len(networks), SUMMARY_DTYPE), {}
        for i, network in enumerate(networks):
            try:
                models[i] = as_model(network)
            except n.Error:
                if not skip_failed:
                    raise
        pointers = (c.c_void_p * len(models))(*[m._as_parameter_.value for m in models.values()])
        out[list(models)] = self._many("ets_predict_batch", len(models), threads, skip_failed, pointers)
        return out

    def predict_rows(self, rows: Table, first: Any, threads: int = 1, skip_failed: bool = False) -> Table:
        """The same of networks in one table: network i is ``rows[first[i]:first[i + 1]]``, operands counted from its own first
        row. `rows` is of ROW_DTYPE, or an (n, 10) array of whole numbers."""
        table = _table(rows)
        given, n_rows = np.asarray(first), len(table)
        starts = np.ascontiguousarray(given, np.uintp) if given.dtype.kind in "iu" else np.empty(0, np.uintp)
        if starts.ndim != 1 or len(starts) < 1 or int(starts.max()) > n_rows or np.any(np.diff(starts.astype(np.int64)) < 0):
            raise ValueError(f"first: rising row numbers from 0 to {n_rows} are needed, one more than there are networks, not {given.shape} of {given.dtype}")
        return self._many("ets_predict_rows", len(starts) - 1, threads, skip_failed, table.ctypes.data, starts.ctypes.data)

    def _many(self, function: str, count: int, threads: int, skip_failed: bool, *what: Any) -> Table:
        out = np.zeros(count, SUMMARY_DTYPE)
        error = CError()
        threads = n.whole("threads", threads, (1 << 32) - 1)
        failed = _interrupt.run(getattr(n.lib, function), self, *what, count, threads, out.ctypes.data, None, c.byref(error))
        if failed and not skip_failed:
            n.fail(error)
        return out

    def layer_cost(self, model: Network, layer: Union[int, str] = 0) -> LayerCosts:
        """One layer, by number or name; for a table of layers, layer 0 of networks of one operator. The header says what that leaves
        out."""
        costs, network = LayerCosts(), as_model(model)
        n.call_long("ets_layer_cost", self, network, layer_number(network, layer), c.byref(costs))
        return costs

    def sensitivity(self, model: Network) -> List[Change]:
        """What would help: each width and each kernel a step smaller, the largest gain first."""
        network = as_model(model)
        capacity = 3 * network.info["n_ops"]
        changes, count = (Change * capacity)(), c.c_size_t()
        n.call_long("ets_sensitivity", self, network, changes, capacity, c.byref(count))
        return [Change.from_buffer_copy(changes[i]) for i in range(count.value)]

    def network_changes(self, model: Network) -> List[Change]:
        """What would help, of the whole network: widths, resolution, a faster link; the largest gain first."""
        changes, count = (Change * MOST_NETWORK_CHANGES)(), c.c_size_t()
        n.call_long("ets_network_changes", self, as_model(model), changes, MOST_NETWORK_CHANGES, c.byref(count))
        return [Change.from_buffer_copy(changes[i]) for i in range(count.value)]

    @property
    def info(self) -> PredictorInfo:
        return n.lib.ets_predictor_describe(self)  # type: ignore[no-any-return]

    def __repr__(self) -> str:
        return f"Predictor({self.arch!r})"


def _table(rows: Any) -> Table:
    """As C reads it; a cast would wrap what does not fit."""
    table = np.asarray(rows)
    if table.dtype == ROW_DTYPE and table.ndim == 1:
        return np.ascontiguousarray(table)
    if table.dtype.kind not in "iu" or table.ndim != 2 or table.shape[1] != len(ROW_DTYPE.names or ()):
        raise ValueError(f"rows: an array of ROW_DTYPE or of {len(ROW_DTYPE.names or ())} columns of whole numbers is needed, "
                         f"not {table.shape} of {table.dtype}")
    if table.size and (table.min() < 0 or table.max() >= 1 << 32):
        raise ValueError(f"rows: every number is a whole one from 0 to {2**32 - 1}")
    return np.ascontiguousarray(table, np.uint32)


def reward(accuracy: Any, summary: Union[Summary, np.void, Table], target_ns: int, w: Union[float, Tuple[float, float]] = -0.07,
           onchip_bonus: float = 0.0) -> Any:
    """``accuracy x (latency / target) ^ w x (1 + onchip_bonus x share of parameters on the chip)``: MnasNet's reward, and one for
    models that stay on the chip; `w` may be a pair, below and above the target. Of an array that `predict_batch` gave, an array, with an
    accuracy for each or one for all. 0 of a network that failed. See ets_reward in the header."""
    below, above = (w, w) if isinstance(w, (int, float)) else w
    options = c.byref(CRewardOptions(c.sizeof(CRewardOptions), n.whole("target_ns", target_ns, (1 << 64) - 1, least=1), below, above, onchip_bonus))
    if isinstance(summary, Summary):
        return float(n.lib.ets_reward(options, accuracy, c.byref(summary)))
    if getattr(summary, "dtype", None) != SUMMARY_DTYPE:
        raise TypeError(f"summary: one of predict(), or what predict_batch() gave, not {summary!r}")
    rows = np.ascontiguousarray(summary)
    first, many = rows.ctypes.data, zip(np.broadcast_to(accuracy, rows.shape).flat, range(0, rows.nbytes, SUMMARY_DTYPE.itemsize))
    rewards = [float(n.lib.ets_reward(options, value, Summary.from_address(first + at))) for value, at in many]
    return np.array(rewards).reshape(rows.shape) if np.ndim(summary) else rewards[0]
