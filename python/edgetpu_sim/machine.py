"""Machines: a shipped description or a file of one's own, some values changed."""

from __future__ import annotations

import ctypes as c
import os
from dataclasses import dataclass
from typing import Any, Dict, List, Mapping, Optional, Tuple, Union

from . import _native as n
from ._structs import ArchSize, CArchField, CSetting

Settings = Mapping[str, Union[str, int, float]]


@dataclass(frozen=True)
class Field:
    """One value of a machine: as written, its unit, what it is, where it comes from and how well it is known."""

    key: str
    value: str
    unit: str
    doc: str
    origin: str
    mark: str
    source: str


def machines() -> List[str]:
    """Names of the machines that are shipped."""
    return n.shipped("arch")


def _settings(settings: Optional[Settings]) -> Tuple[Any, int]:
    pairs = list((settings or {}).items())
    array = (CSetting * len(pairs))(*[CSetting(k.encode(), str(v).encode()) for k, v in pairs])
    return array, len(pairs)


class Arch(n.Handle):
    """A machine, immutable: ``Arch("coral-usb")``, ``Arch("my.yaml", {"clock_hz": "250M"})``. Threads may share it; it pickles
    by its values."""

    _free = "ets_arch_free"

    def __init__(self, name: n.Path = "coral-usb", settings: Optional[Settings] = None) -> None:
        super().__init__()
        array, count = _settings(settings)
        n.call("ets_arch_load_beside", os.fsencode(n.find("arch", name)), n.beside(), array, count, None, c.byref(self._as_parameter_))

    @classmethod
    def parse(cls, text: Union[str, bytes], name: str = "machine", settings: Optional[Settings] = None) -> "Arch":
        """From the text of a description (docs/FORMATS.md)."""
        arch: Arch = cls._to_fill()
        data = text.encode() if isinstance(text, str) else text
        array, count = _settings(settings)
        n.call("ets_arch_parse", name.encode(), data, len(data), array, count, None, c.byref(arch._as_parameter_))
        return arch

    def with_settings(self, settings: Settings) -> "Arch":
        """A copy with values changed, checked as a whole."""
        arch: Arch = Arch._to_fill()
        array, count = _settings(settings)
        n.call("ets_arch_with", self, array, count, None, c.byref(arch._as_parameter_))
        return arch

    @property
    def name(self) -> str:
        return str(n.lib.ets_arch_name(self).decode())

    @property
    def size(self) -> ArchSize:
        """Multipliers, peak, memories and relative area."""
        return n.lib.ets_arch_size_of(self)  # type: ignore[no-any-return]

    @property
    def fields(self) -> Dict[str, Field]:
        """Every value by its key, in the order of the documentation."""
        found: Dict[str, Field] = {}
        for i in range(n.lib.ets_arch_field_count(self)):
            f = n.lib.ets_arch_field_at(self, i)
            field = Field(*((getattr(f, k) or b"").decode() for k, *_ in CArchField._fields_))
            found[field.key] = field
        return found

    def __reduce__(self) -> Any:
        return _arch_of, (self.name, {k: f.value for k, f in self.fields.items()})

    def __repr__(self) -> str:
        return f"Arch({self.name!r})"


def as_arch(arch: Union[Arch, n.Path]) -> Arch:
    """A machine, or the one that has this name or path."""
    return arch if isinstance(arch, Arch) else Arch(arch)


def _arch_of(name: str, values: Dict[str, str]) -> Arch:
    """From the text that states exactly these values."""
    top = "".join(f"{k}: {_quoted(v)}\n" for k, v in values.items() if "." not in k)
    sections: Dict[str, str] = {}
    for key, value in values.items():
        if "." in key:
            section, rest = key.split(".", 1)
            sections[section] = sections.get(section, "") + f"  {rest}: {_quoted(value)}\n"
    return Arch.parse("edgetpu_sim_arch: 1\n" + top + "".join(f"{k}:\n{v}" for k, v in sections.items()), name)


def _quoted(value: str) -> str:
    return value if value.replace("_", "").isalnum() else "'" + value.replace("'", "''") + "'"
