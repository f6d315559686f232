"""The Python module: the header's structs and functions, predictions, batches, threads, processes, pickles, errors."""

import copy
import ctypes
import math
import multiprocessing
import os
import pathlib
import pickle
import random
import re
import subprocess
import sys
import tempfile
import threading
import unittest

import numpy as np

import edgetpu_sim as ets
from edgetpu_sim import _native, _output, _structs, model

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
HEADER = os.path.join(TOP, "include", "edgetpu_sim", "edgetpu_sim.h")


def candidate(width=32, size=64):
    graph = ets.Graph("candidate")
    x = graph.conv(graph.input(size, size, 3), width, kernel=3, stride=2, activation="relu6")
    x = graph.block(x, width, expansion=4)
    x = graph.block(x, 2 * width, kernel=5, stride=2, fused=True)
    graph.softmax(graph.fully_connected(graph.global_mean(x), 10))
    return graph


def predict_width(arguments):
    predictor, width = arguments
    return predictor.predict(candidate(width)).cycles


class TheHeader(unittest.TestCase):
    def test_structs_lie_as_in_c(self):
        """Sizes and the place of every field, asked of the C compiler."""
        lines = []
        for name, struct in _structs.STRUCTS.items():
            lines.append(f'printf("{name} %zu\\n", sizeof({name}));')
            for field, *_ in struct._fields_:
                lines.append(f'printf("{name}.{field.rstrip("_")} %zu\\n", offsetof({name}, {field.rstrip("_")}));')
        source = f'#include <stdio.h>\n#include "{HEADER}"\nint main(void) {{ {" ".join(lines)} return 0; }}\n'
        with tempfile.TemporaryDirectory() as work:
            with open(work + "/t.c", "w", encoding="utf-8") as out:
                out.write(source)
            subprocess.run([*os.environ.get("CC", "cc").split(), "-o", work + "/t", work + "/t.c"], check=True)
            said = dict(line.split() for line in subprocess.check_output([work + "/t"], text=True).splitlines())
        for name, struct in _structs.STRUCTS.items():
            self.assertEqual(int(said[name]), ctypes.sizeof(struct), name)
            for field, *_ in struct._fields_:
                self.assertEqual(int(said[f"{name}.{field.rstrip('_')}"]), getattr(struct, field).offset, field)

    def test_numbers_are_those_of_the_header(self):
        with open(HEADER, encoding="utf-8") as file:
            text = file.read()
        for name, number in re.findall(r"^    X\((\w+), (\d+)\) +/\*", text, re.M):
            self.assertEqual(getattr(model, name), int(number), name)
        for name, number in re.findall(r"^    X\((\w+), (\d+), \"", text, re.M):
            self.assertEqual(int(ets.Status[name]), int(number), name)
        sorts = re.findall(r"ETS_SORT_(\w+) = (\d)", text)
        self.assertEqual([(name.lower(), int(number)) for name, number in sorts], list(zip(_output.SORTS, range(9))))

    def test_every_function_is_here_or_left_out_for_a_reason(self):
        with open(HEADER, encoding="utf-8") as file:
            declared = set(re.findall(r"^ETS_API .*?\b(ets_\w+)\(", file.read(), re.M))
        rows_are_built_instead = {name for name in declared if name.startswith("ets_build_")} | {"ets_builder_reset"}
        the_enum_has_them = {"ets_status_name", "ets_status_text"}
        python_does_it = {"ets_make_plain"}  # decode(errors="replace")
        another_does_more = {"ets_arch_load"}  # ets_arch_load_beside()
        bound = set(_native._FUNCTIONS)
        self.assertEqual(bound - declared, set())
        self.assertEqual(declared - bound, (rows_are_built_instead | the_enum_has_them | python_does_it | another_does_more) - bound)


class TheModule(unittest.TestCase):
    def test_what_is_public_is_explained(self):
        for name in ets.__all__:
            thing = getattr(ets, name)
            parts = vars(thing).items() if isinstance(thing, type) and thing.__module__.startswith("edgetpu_sim") else ()
            for part, value in [(name, thing), *parts]:
                if callable(value) and not part.startswith("_"):
                    self.assertTrue(value.__doc__, f"{name}.{part}")
                    self.assertNotIn("_native", repr(value))


class Predictions(unittest.TestCase):
    def setUp(self):
        self.arch = ets.Arch("coral-usb")
        self.predictor = ets.Predictor(self.arch)

    def test_equal_the_simulation(self):
        for name in ("efficientnet-edgetpu-s", "mobilenet-v2-1.0-224"):
            network = ets.Model(name)
            report = ets.simulate(self.arch, network)
            self.assertEqual(self.predictor.predict(network), report.summary)
            self.assertEqual(sum(l.cycles for l in report.layers) + sum(p.cycles for p in report.phases), report.summary.cycles)
            self.assertEqual(self.predictor.layer_cost(network, 3).cycles, report.layers[3].cycles)
        self.assertEqual(self.predictor.predict(candidate()), ets.simulate(self.arch, candidate().model()).summary)

    def test_a_batch_is_the_same_for_any_threads(self):
        graphs = [candidate(8 * w, s) for w in range(1, 9) for s in (32, 64)]
        alone = [self.predictor.predict(g) for g in graphs]
        for threads in (1, 2, 5):
            for networks in (graphs, [g.model() for g in graphs]):
                found = ets.Predictor(self.arch).predict_batch(networks, threads=threads)
                self.assertEqual(found.dtype, ets.SUMMARY_DTYPE)
                for name in ("cycles", "latency_ns", "link_in_bytes", "complete", "utilization"):
                    self.assertEqual(found[name].tolist(), [getattr(s, name) for s in alone])
        rows = np.concatenate([g.rows for g in graphs]).view(np.uint32).reshape(-1, 10)
        first = np.cumsum([0] + [len(g) for g in graphs])
        self.assertEqual(self.predictor.predict_rows(rows, first)["cycles"].tolist(), [s.cycles for s in alone])
        self.assertEqual(len(self.predictor.predict_batch([])), 0)
        self.assertEqual(self.predictor.predict_batch(iter(graphs))["cycles"].tolist(), [s.cycles for s in alone])

    def test_threads_share_a_predictor(self):
        want, wrong = [predict_width((self.predictor, 8 * w)) for w in range(1, 9)], []

        def run():
            for k in range(80):
                if predict_width((self.predictor, 8 * (k % 8 + 1))) != want[k % 8]:
                    wrong.append(k)

        threads = [threading.Thread(target=run) for _ in range(4)]
        for t in threads:
            t.start()
        for t in threads:
            t.join()
        self.assertEqual(wrong, [])

    def test_processes_take_copies(self):
        want = [predict_width((self.predictor, w)) for w in (8, 16, 24)]
        with multiprocessing.get_context("spawn").Pool(1) as pool:
            self.assertEqual(pool.map(predict_width, [(self.predictor, w) for w in (8, 16, 24)]), want)

    def test_floats_are_taken_as_integers(self):
        text = "edgetpu_sim_model: 1\ntype: float32\ninputs: {x: [1, 8, 8, 3]}\nlayers:\n  - {op: conv_2d, out: 8}\n"
        floats = ets.Model.parse(text)
        predictor = ets.Predictor("coral-usb")
        self.assertEqual(predictor.predict(floats).n_tpu_layers, 0)
        for model in (floats.as_int8(), pickle.loads(pickle.dumps(floats.as_int8())), floats.as_int8().as_int8()):
            self.assertEqual(predictor.predict(model).n_host_layers, 0)

    def test_pickles_say_the_same(self):
        network = ets.Model("mobilenet-v1-0.25-128")
        with open(TOP + "/models/mobilenet-v1-0.5-160.yaml", "rb") as file:
            text = file.read()
        slow = self.arch.with_settings({"clock_hz": "250M"})
        for arch in (self.arch, slow):
            again = pickle.loads(pickle.dumps(arch))
            self.assertEqual({k: f.value for k, f in again.fields.items()}, {k: f.value for k, f in arch.fields.items()})
            for m in (network, candidate().model(), ets.Model.parse(text)):
                same = pickle.loads(pickle.dumps(m))
                self.assertEqual(ets.Predictor(again).predict(same), ets.Predictor(arch).predict(m))
        for record in (self.predictor.predict(network), self.arch.size, ets.simulate("systolic-16x16", network).layers[0]):
            self.assertEqual(pickle.loads(pickle.dumps(record)), record)

    def test_search_support(self):
        network = ets.Model("efficientnet-edgetpu-s")
        summary = self.predictor.predict(network)
        self.assertAlmostEqual(ets.reward(0.75, summary, summary.latency_ns // 2), 0.75 * 2 ** -0.07, places=6)
        self.assertAlmostEqual(ets.reward(0.75, summary, summary.latency_ns, onchip_bonus=0.1), 0.75 * 1.1, places=12)
        changes = self.predictor.sensitivity(network)
        self.assertGreater(len(changes), 20)
        self.assertEqual(sorted(changes, key=lambda c: -c.saved_ns), changes)
        self.assertEqual(changes[0].latency_ns + changes[0].saved_ns, summary.latency_ns)
        whole = {change.dimension_name: change for change in self.predictor.network_changes(network)}
        self.assertEqual((whole["resolution"].from_, whole["resolution"].to), (224, 192))
        self.assertEqual(whole["link"].latency_ns + whole["link"].saved_ns, summary.latency_ns)
        info = self.predictor.info
        self.assertGreater(info.hits, info.misses)


class Errors(unittest.TestCase):
    def test_messages_come_through(self):
        predictor = ets.Predictor()
        graph = ets.Graph()
        x = graph.input(8, 8, 3)
        y = graph.conv(x, 4, stride=2)
        table = np.concatenate([graph.rows, graph.rows[1:]])
        table[2] = (model.ADD, x, y, 0, 0, 0, 0, 0, 0, 0)  # what graph.add() refuses
        for wrong, status, text in (
            (lambda: ets.Model("no such model"), ets.Status.IO, "no such model"),
            (lambda: ets.Model.parse(b"edgetpu_sim_graph: 1\nname: [", "x.yaml"), ets.Status.SYNTAX, "x.yaml"),
            (lambda: ets.Arch("coral-usb", {"grid.x": 0}), ets.Status.RANGE, "grid.x"),
            (lambda: ets.Arch("coral-usb", {"grid.q": 1}), ets.Status.SCHEMA, "grid.q"),
            (lambda: graph.add(x, y), ets.Status.RANGE, "row 2"),
            (lambda: graph.conv(9, 4), ets.Status.RANGE, "row 2 works on row 9"),
            (lambda: graph.conv(y, -4), ets.Status.RANGE, "row 2: every number"),
            (lambda: graph.conv(y, 4, kernel=7, padding="valid"), ets.Status.RANGE, "row 2"),
            (lambda: predictor.predict_rows(table, [0, 3]), ets.Status.RANGE, "row 2"),
            (lambda: predictor.layer_cost(candidate().model(), 99), ets.Status.RANGE, "no layer 99"),
        ):
            with self.assertRaises(ets.Error) as caught:
                wrong()
            self.assertEqual(caught.exception.status, status)
            self.assertIn(text, str(caught.exception))
            self.assertEqual(str(pickle.loads(pickle.dumps(caught.exception))), str(caught.exception))
        self.assertEqual(len(graph), 2)  # as it was before the calls that failed
        some = predictor.predict_rows(np.concatenate([table, candidate().rows]), [0, 3, 3 + len(candidate())], skip_failed=True)
        self.assertEqual(some["cycles"][0], 0)
        self.assertGreater(some["cycles"][1], 0)

    def test_shapes_are_refused_by_the_call_that_makes_them(self):
        """Random calls: each raises if and only if the library refuses the table with its row; what is left can be made."""
        draw = random.Random(5)
        refused = 0
        for _ in range(400):
            g = ets.Graph()
            g.input(draw.randint(1, 20), draw.randint(1, 20), draw.randint(1, 9))
            for _ in range(draw.randint(1, 12)):
                x, y = (draw.randint(max(0, len(g) - 4), len(g)) for _ in range(2))
                size = {"kernel": draw.randint(0, 6), "stride": draw.choice((0, 1, 1, 2, 3)), "padding": draw.choice(("same", "valid"))}
                kernel, stride, channels = size["kernel"], size["stride"], draw.choice((0, 3, 4, 8))
                call = draw.choice((
                    lambda: g.conv(x, channels, dilation=draw.randint(0, 2), **size), lambda: g.depthwise(x, **size),
                    lambda: g.block(x, channels, kernel, stride, expansion=draw.randint(0, 2), fused=draw.random() < 0.5),
                    lambda: g.avg_pool(x, **size), lambda: g.max_pool(x, **size), lambda: g.global_mean(x), lambda: g.relu(x),
                    lambda: g.fully_connected(x, channels), lambda: g.add(x, y), lambda: g.mul(x, y), lambda: g.concat(x, y),
                    lambda: g.softmax(x), lambda: g.output(x), lambda: g.input(channels, 4, 4),
                    lambda: g.transpose_conv(x, channels, **size), lambda: g.resize(x, kernel, stride, draw.random() < 0.5),
                    lambda: g.reshape(x, kernel, 2 * stride, channels), lambda: g.reshape(x, 64 * channels), lambda: g.hard_swish(x),
                    lambda: g.add_constant(x, channels, "relu"), lambda: g.mul_constant(x, channels)))
                before = bytes(g._rows)
                try:
                    call()
                except ets.Error:
                    refused += 1
                    self.assertEqual(bytes(g._rows), before)
                model._check("graph", g._rows)
            if any(op not in (model.INPUT, model.OUTPUT) for op in g.rows["op"]):
                g.model()
        self.assertGreater(refused, 400)

    def test_tables_are_checked_before_c_sees_them(self):
        predictor, rows = ets.Predictor(), candidate().rows
        for table, first in ((rows, [0, 99]), (rows, [3, 1]), (rows, []), (rows, [0.5, 2]), (rows, [[0, 2]]), (rows, [-1, 2]), (np.zeros((4, 3), np.uint32), [0, 4])):
            with self.assertRaises(ValueError):
                predictor.predict_rows(table, first)
        upward = rows.copy()
        upward["x"][1] = 5
        with self.assertRaises(ets.Error):
            predictor.predict_rows(upward, [0, len(upward)])

    def test_nothing_of_python_is_taken_for_a_pointer(self):
        """A name where an object belongs is read, all else raises; what C could not hold is not wrapped."""
        arch, network, predictor = ets.Arch(), ets.Model("mobilenet-v1-0.25-128"), ets.Predictor()
        summary = predictor.predict(network)
        for named in (network.name, pathlib.Path(TOP, "models", network.name + ".yaml")):
            self.assertEqual(ets.simulate("coral-usb", named).summary, summary)
            self.assertEqual(predictor.predict(named), summary)
            self.assertEqual(predictor.predict_batch([named, network])["cycles"].tolist(), 2 * [summary.cycles])
        graph = candidate()
        self.assertEqual(predictor.layer_cost(graph, graph.model().layer_names[1]), predictor.layer_cost(graph.model(), 1))
        self.assertEqual(predictor.sensitivity(graph), predictor.sensitivity(graph.model()))
        for wrong in (5, 1.5, None, object(), ["mobilenet"]):
            for call in (lambda: ets.simulate(arch, wrong), lambda: ets.simulate(wrong, network), lambda: predictor.predict(wrong),
                         lambda: predictor.predict_batch([wrong]), lambda: predictor.predict_batch(network.name), lambda: predictor.predict_batch(graph),
                         lambda: ets.reward(0.7, wrong, 1000), lambda: ets.reward(0.7, summary, 1.5), lambda: graph.conv(object(), 4), lambda: graph.add(0, object()), lambda: ets.Predictor(wrong), lambda: ets.Model(wrong),
                         lambda: ets.Arch(wrong), lambda: ets.explain(arch, wrong, 0), lambda: predictor.sensitivity(wrong)):
                self.assertRaises(TypeError, call)
        for call in (lambda: predictor.layer_cost(network, -1), lambda: ets.explain(arch, network, -1),
                     lambda: predictor.predict_batch([network], threads=-1), lambda: ets.Predictor(memory_limit_bytes=-1),
                     lambda: ets.reward(0.7, summary, 0), lambda: graph.conv(0, 4, activation="swish"),
                     lambda: graph.conv(0, 4, kernel=(3, 3, 3)), lambda: predictor.predict_rows(np.full((2, 10), -1), [0, 2]),
                     lambda: predictor.predict_rows(np.full((2, 10), 0.5), [0, 2]), lambda: predictor.predict_rows([[0] * 9], [0, 1])):
            self.assertRaises(ValueError, call)
        for made in (ets.simulate(arch, network), ets.explain(arch, network, 0)):
            for call in (copy.copy, copy.deepcopy, pickle.dumps, lambda of: type(of)()):
                self.assertRaises(TypeError, call, made)

    def test_rewards_of_a_batch_are_those_of_its_rows(self):
        predictor, target = ets.Predictor(), 300_000
        batch = predictor.predict_batch([candidate(), ets.Graph(), "mobilenet-v1-0.25-128"], skip_failed=True)
        one_by_one = [ets.reward(a, row, target, w=(0, -1)) for a, row in zip((0.7, 0.8, 0.75), batch)]
        self.assertEqual(ets.reward([0.7, 0.8, 0.75], batch, target, w=(0, -1)).tolist(), one_by_one)
        self.assertEqual(ets.reward(0.7, batch[::2], target).tolist(), [ets.reward(0.7, row, target) for row in batch[::2]])
        self.assertEqual(ets.reward(0.7, batch[:0], target).tolist(), [])
        self.assertEqual(one_by_one[1], 0)  # the network that failed is not the best of all
        self.assertGreater(min(one_by_one[0], one_by_one[2]), 0)

    def test_what_is_wrong_is_said_in_the_words_of_the_caller(self):
        network = ets.Model("mobilenet-v1-0.25-128")
        text = "edgetpu_sim_model: 1\ninputs: {x: [1, 8, 8, 3]}\nlayers: [{op: conv_2d, out: 4}]\n"
        self.assertEqual(ets.Model.parse(text).info, ets.Model.parse(text.encode()).info)
        with self.assertRaisesRegex(ValueError, "did you mean 'conv1.depthwise'"):
            ets.Predictor().layer_cost(network, "conv1.depthwis")
        change = ets.Predictor().network_changes(network)[0]
        self.assertIn(f"layer=WHOLE_NETWORK, dimension={change.dimension} ({change.dimension_name})", repr(change))

    def test_a_machine_inherits_from_any_folder(self):
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder, "mine.yaml")
            path.write_text("edgetpu_sim_arch: 1\ninherit: coral-usb\nname: mine\nclock_hz: 250M\n")
            self.assertEqual(ets.Arch(path).fields["grid.x"].value, ets.Arch("coral-usb").fields["grid.x"].value)

    def test_numbers_of_numpy_are_numbers(self):
        plain, numpys = ets.Graph(), ets.Graph()
        for graph, number in ((plain, int), (numpys, np.int64)):
            x = graph.conv(graph.input(number(32), number(32), number(3)), number(8), kernel=number(3), stride=number(2))
            graph.max_pool(graph.block(x, number(16), kernel=number(5)), (number(2), number(4)), number(2))
        self.assertEqual(bytes(plain.rows), bytes(numpys.rows))
        predictor = ets.Predictor()
        batch, alone = predictor.predict_batch([plain]), predictor.predict(plain)
        self.assertEqual(ets.reward(0.7, batch[0], np.int64(10**6)), ets.reward(0.7, alone, 10**6))
        table = plain.rows.view(np.uint32).reshape(-1, 10)
        for rows in (table.astype(np.int64), table.tolist()):
            self.assertEqual(predictor.predict_rows(rows, [0, len(rows)])["cycles"][0], alone.cycles)

    def test_reports_say_the_same_in_every_format(self):
        report = ets.simulate(ets.Arch(), candidate().model())
        self.assertEqual(report.json()["summary"]["cycles"], report.summary.cycles)
        self.assertIn("softmax", report.table())
        self.assertGreater(report.csv().count("\n"), 5)
        self.assertTrue(math.isfinite(report.summary.utilization))

    def test_a_layer_is_explained_by_name_or_number(self):
        arch, network = ets.Arch(), ets.Model("mobilenet-v1-0.25-128")
        layers = ets.simulate(arch, network).layers
        self.assertEqual(network.layer_names, [l.name for l in layers])
        by_name, by_number = ets.explain(arch, network, layers[3].name), ets.explain(arch, network, 3)
        self.assertEqual(by_name.json(), by_number.json())
        self.assertEqual(by_name.json()["layer"]["cycles"], layers[3].cycles)
        self.assertIn(layers[3].name, by_name.table(80))
        with self.assertRaises(ValueError):
            ets.explain(arch, network, "no such layer")
        with self.assertRaises(ets.Error):
            ets.explain(arch, network, len(layers))


if __name__ == "__main__":
    sys.exit(unittest.main())
