"""The Python module: what it writes is what the command writes, and files are whole or what they were."""

import os
import resource
import signal
import stat
import subprocess
import sys
import tempfile
import unittest

import edgetpu_sim as ets
from edgetpu_sim import _native

COMMAND = os.path.join(os.path.dirname(_native.lib._name), "edgetpu-sim")
NAME, ARRAY = "mobilenet-v1-0.25-128", "systolic-16x16"


def command(*arguments):
    return subprocess.run([COMMAND, *arguments], check=True, stdout=subprocess.PIPE).stdout.decode()


class Output(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.arch, cls.network = ets.Arch(), ets.Model(NAME)
        cls.report = ets.simulate(cls.arch, cls.network, trace=True)

    def setUp(self):
        work = tempfile.TemporaryDirectory()
        self.addCleanup(work.cleanup)
        self.folder = work.name
        self.path = os.path.join(work.name, "out")

    def test_is_that_of_the_command(self):
        r, width = self.report, 100
        for said, arguments in (
                (r.trace(), ("profile", NAME, "-f", "trace")), (r.html(), ("profile", NAME, "-f", "html")), (r.csv(), ("profile", NAME, "-f", "csv")),
                (r.table(width), ("profile", NAME)), (r.mapping(width), ("inspect", NAME)), (r.table(top=4), ("profile", NAME, "--top", "4")),
                (r.table(sort="macs", layers="*depthwise*", split=True), ("profile", NAME, "--sort", "macs", "--layers", "*depthwise*", "--split")),
                (r.table(color=True), ("profile", NAME, "--color", "always")),
                (ets.explain(self.arch, NAME, 3).table(width), ("explain", NAME, "3")),
                (r.html(compare=ets.simulate(self.arch, "mobilenet-v2-1.0-224")), ("profile", NAME, "-f", "html", "--compare", "mobilenet-v2-1.0-224")),
                (r.html(compare=ets.simulate("coral-usb2", NAME)), ("profile", NAME, "-f", "html", "--compare", "coral-usb2")),
                (ets.simulate(ARRAY, NAME).html(), ("profile", NAME, "-a", ARRAY, "-f", "html"))):
            self.assertEqual(said, command(*arguments), arguments)
        ets.simulate(ARRAY, NAME).scalesim(self.folder)
        theirs = os.path.join(self.folder, "theirs")
        os.mkdir(theirs)
        command("profile", NAME, "-a", ARRAY, "-f", "scalesim", "-o", theirs)
        for name in os.listdir(theirs):
            with open(os.path.join(self.folder, name), encoding="utf-8") as a, open(os.path.join(theirs, name), encoding="utf-8") as b:
                self.assertEqual(a.read(), b.read(), name)

    def test_layers_say_how_an_array_was_cut(self):
        report = ets.simulate(ARRAY, NAME)
        for layer in report.layers:
            if layer.array and layer.array.dataflow != "vector":
                self.assertEqual(layer.array.pixels * layer.array.depth * layer.array.outputs * layer.array.groups, layer.macs, layer.name)
        self.assertEqual((report.model_name, report.arch_name), (NAME, ARRAY))
        self.assertEqual({layer.array for layer in self.report.layers}, {None})
        self.assertEqual(ets.Arch(ARRAY).size.macs_per_cycle, 256)

    def test_what_is_not_there_is_said(self):
        for wrong, text in ((lambda: ets.simulate(self.arch, NAME).trace(), "trace"), (lambda: self.report.scalesim(), "systolic"),
                            (lambda: self.report.table(layers="none"), "none")):
            with self.assertRaisesRegex(ets.Error, text):
                wrong()
        self.assertRaisesRegex(ValueError, "sort is one of", self.report.table, sort="size")

    def test_a_file_is_replaced_at_once(self):
        with open(self.path, "w", encoding="utf-8") as old:
            old.write("old")
        os.chmod(self.path, 0o640)
        link = self.path + ".link"
        os.symlink("out", link)
        text = self.report.trace(link)
        with open(self.path, encoding="utf-8") as new:
            self.assertEqual(new.read(), text)
        self.assertTrue(os.path.islink(link))
        self.assertEqual(stat.S_IMODE(os.stat(self.path).st_mode), 0o640)
        fresh = os.path.join(self.folder, "fresh")
        self.report.html(fresh)
        mask = os.umask(0)
        os.umask(mask)
        self.assertEqual(stat.S_IMODE(os.stat(fresh).st_mode), 0o666 & ~mask)

    def test_nothing_is_left_of_a_failure(self):
        with open(self.path, "w", encoding="utf-8") as old:
            old.write("old")
        limits, before = resource.getrlimit(resource.RLIMIT_FSIZE), signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, limits[1]))  # as a full disk
        try:
            for path in (self.path, self.path + ".new"):
                self.assertRaises(OSError, self.report.trace, path)
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, limits)
            signal.signal(signal.SIGXFSZ, before)
        for path, error in ((self.folder, IsADirectoryError), (self.path + "/x", NotADirectoryError), (self.folder + "/no/x", FileNotFoundError)):
            self.assertRaises(error, self.report.html, path)
        self.assertEqual(os.listdir(self.folder), ["out"])
        with open(self.path, encoding="utf-8") as same:
            self.assertEqual(same.read(), "old")


class TheLibrary(unittest.TestCase):
    def loaded(self, library):
        run = subprocess.run([sys.executable, "-c", "import edgetpu_sim"], env={**os.environ, "EDGETPU_SIM_LIBRARY": library},
                             stderr=subprocess.PIPE, text=True, check=False)
        return run.stderr.splitlines()[-1]

    def test_one_that_is_not_there_or_another_is_named(self):
        with tempfile.TemporaryDirectory() as work:
            other, none = os.path.join(work, "other.so"), os.path.join(work, "none.so")
            with open(os.path.join(work, "o.c"), "w", encoding="utf-8") as source:
                stubs = "".join(f"void {name}(void) {{}}\n" for name in _native._FUNCTIONS if name != "ets_version")
                source.write(stubs + 'const char *ets_version(void) { return "0.9.3"; }\n')
            compiler = os.environ.get("CC", "cc").split()
            subprocess.run([*compiler, "-shared", "-fPIC", "-w", "-o", other, source.name], check=True)
            subprocess.run([*compiler, "-shared", "-fPIC", "-w", "-x", "c", "-o", none, "/dev/null"], check=True)
            self.assertRegex(self.loaded(other), "^ImportError: .*other.so has version 0.9.3; this module is for 0.1")
            self.assertRegex(self.loaded(none), "^ImportError: .*none.so is not the C library of version 0.1")
            self.assertRegex(self.loaded(work + "/gone.so"), "^ImportError: .*gone.so")
        self.assertTrue(ets.version().startswith(_native.VERSION + "."))


if __name__ == "__main__":
    sys.exit(unittest.main())
