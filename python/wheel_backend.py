"""Builds the wheel (PEP 517), without anything but Python and what `make` needs: the module, the C library, machines and models.

`pip install ./python` calls it; it works offline, because it needs no other package to build with."""

import base64
import glob
import hashlib
import os
import subprocess
import sysconfig
import zipfile

HERE = os.path.dirname(os.path.abspath(__file__))
TOP = os.path.dirname(HERE)
SONAME = "libedgetpu_sim.so.0"


def _version():
    with open(os.path.join(TOP, "include", "edgetpu_sim", "edgetpu_sim.h"), encoding="utf-8") as header:
        found = dict(line.split()[1:3] for line in header if line.startswith("#define ETS_VERSION_"))
    return ".".join(found["ETS_VERSION_" + part] for part in ("MAJOR", "MINOR", "PATCH"))


def _metadata():
    return ("Metadata-Version: 2.1\nName: edgetpu_sim\nVersion: " + _version() + "\n"
            "Summary: How long a quantised network takes on an Edge TPU, layer by layer, without the device\n"
            "License: MIT\nRequires-Python: >=3.9\nRequires-Dist: numpy\n")


def _tag():
    return "py3-none-" + sysconfig.get_platform().replace("-", "_").replace(".", "_")


def _wheel():
    return f"Wheel-Version: 1.0\nGenerator: edgetpu_sim\nRoot-Is-Purelib: false\nTag: {_tag()}\n"


def _library():
    """The shared library, built if it is not there or older than its sources."""
    build = os.environ.get("BUILD", os.path.join(TOP, "build"))
    path = os.path.join(build, "libedgetpu_sim.so." + _version())
    subprocess.run(["make", "-s", "-C", TOP, f"BUILD={build}", path], check=True)
    return path


def _contents():
    """Name in the wheel and the file that it comes from."""
    for path in sorted(glob.glob(os.path.join(HERE, "edgetpu_sim", "*"))):
        if os.path.isfile(path):
            yield "edgetpu_sim/" + os.path.basename(path), path
    yield "edgetpu_sim/_lib/" + SONAME, _library()
    for folder in ("arch", "models"):
        for path in sorted(glob.glob(os.path.join(TOP, folder, "*.yaml"))):
            yield f"edgetpu_sim/_data/{folder}/{os.path.basename(path)}", path
    yield "edgetpu_sim-" + _version() + ".dist-info/LICENSE", os.path.join(TOP, "LICENSE")
    yield "edgetpu_sim-" + _version() + ".dist-info/d3-licence.txt", os.path.join(TOP, "lib", "report", "page", "d3-licence.txt")


def get_requires_for_build_wheel(config_settings=None):
    return []


def prepare_metadata_for_build_wheel(metadata_directory, config_settings=None):
    folder = f"edgetpu_sim-{_version()}.dist-info"
    os.makedirs(os.path.join(metadata_directory, folder))
    for name, text in (("METADATA", _metadata()), ("WHEEL", _wheel())):
        with open(os.path.join(metadata_directory, folder, name), "w", encoding="utf-8") as out:
            out.write(text)
    return folder


def build_wheel(wheel_directory, config_settings=None, metadata_directory=None):
    info = f"edgetpu_sim-{_version()}.dist-info"
    name = f"edgetpu_sim-{_version()}-{_tag()}.whl"
    records = []
    with zipfile.ZipFile(os.path.join(wheel_directory, name), "w", zipfile.ZIP_DEFLATED) as wheel:

        def put(inside, data):
            digest = base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()
            records.append(f"{inside},sha256={digest},{len(data)}\n")
            entry = zipfile.ZipInfo(inside)  # a fixed date: the same sources give the same wheel
            entry.external_attr = (0o755 if inside.endswith(SONAME) else 0o644) << 16
            entry.compress_type = zipfile.ZIP_DEFLATED
            wheel.writestr(entry, data)

        for inside, path in _contents():
            with open(path, "rb") as source:
                put(inside, source.read())
        put(info + "/METADATA", _metadata().encode())
        put(info + "/WHEEL", _wheel().encode())
        wheel.writestr(info + "/RECORD", "".join(records) + info + "/RECORD,,\n")
    return name
