"""The Python module: work has an end, by a limit, by Ctrl-C or by another signal; nothing is left behind and all goes on."""

import copy
import multiprocessing
import os
import pickle
import signal
import subprocess
import sys
import threading
import time
import unittest

import edgetpu_sim as ets

LONG = ets.Model.parse(b"a, M, N, K,\nwide, 9, 71134826, 2,\n", "long.csv")  # a minute's search for its parts
SHORT = "mobilenet-v1-0.25-128"


class Stop(Exception):
    """What a handler raises."""


def signal_oneself(after_s, number=signal.SIGINT, times=1):
    def send():
        for _ in range(times):
            time.sleep(after_s)
            os.kill(os.getpid(), number)

    thread = threading.Thread(target=send)
    thread.start()
    return thread


def in_a_child(to):
    """After a fork: the parent's predictor stops by the child's own signals."""
    signal_oneself(0.1)
    try:
        Work.predictor.predict(LONG)
        to.put("was not stopped")
    except KeyboardInterrupt:
        to.put(Work.predictor.predict(SHORT).cycles)


class Work(unittest.TestCase):
    arch = ets.Arch("systolic-16x16")
    predictor = ets.Predictor(arch)

    def calls(self, predictor, model, **limit):
        return (lambda: ets.simulate(self.arch, model, **limit), lambda: ets.explain(self.arch, model, 0, **limit),
                lambda: predictor.predict(model), lambda: predictor.layer_cost(model), lambda: predictor.sensitivity(model),
                lambda: predictor.network_changes(model), lambda: predictor.predict_batch([SHORT, model] * 4, threads=2))

    def test_a_limit_is_an_exception_of_its_own(self):
        limited = ets.Predictor(self.arch, work_limit=100_000)
        for call in self.calls(limited, LONG, work_limit=100_000):
            with self.assertRaises(ets.WorkLimitError) as caught:
                call()
            self.assertEqual(caught.exception.status, ets.Status.CANCELLED)
            self.assertIn("more work than the 100000 units", str(caught.exception))
        for again in (pickle.loads(pickle.dumps(limited)), copy.copy(limited)):
            self.assertRaises(type(pickle.loads(pickle.dumps(caught.exception))), again.predict, LONG)
        self.assertEqual(limited.predict_batch([LONG, SHORT], skip_failed=True)["cycles"].tolist(), [0, limited.predict(SHORT).cycles])
        for wrong in (0, -1, 1 << 64):
            self.assertRaises(ValueError, ets.simulate, self.arch, SHORT, work_limit=wrong)
            self.assertRaises(ValueError, ets.Predictor, work_limit=wrong)

    def test_ctrl_c_ends_every_call_soon(self):
        want = ets.simulate(self.arch, SHORT).summary
        skipping = lambda: self.predictor.predict_batch([LONG, SHORT], skip_failed=True)
        for call in (*self.calls(self.predictor, LONG), skipping):
            thread, start = signal_oneself(0.05), time.monotonic()
            self.assertRaises(KeyboardInterrupt, call)
            self.assertLess(time.monotonic() - start, 5)
            thread.join()
            self.assertEqual(self.predictor.predict(SHORT), want)

    def test_handlers_say_what_happens(self):
        """One that raises ends the call; one that does not is run, and the call goes on."""
        def stop(*_):
            raise Stop

        seen = []
        hard = ets.Model.parse(b"a, M, N, K,\nwide, 9, 400000, 2,\n", "hard.csv")
        want = ets.simulate(self.arch, hard).summary
        for number in (signal.SIGUSR1, signal.SIGINT):
            before = signal.signal(number, stop)
            try:
                thread = signal_oneself(0.05, number)
                self.assertRaises(Stop, self.predictor.predict, LONG)
                thread.join()
                signal.signal(number, lambda *_: seen.append(number))
                thread = signal_oneself(0.002, number, times=20)
                while thread.is_alive():
                    self.assertEqual(ets.simulate(self.arch, hard).summary, want)
                thread.join()
            finally:
                signal.signal(number, before)
        self.assertEqual({signal.SIGUSR1, signal.SIGINT}, set(seen))

    def test_an_event_loop_gets_its_signals(self):
        reader, writer = os.pipe()
        os.set_blocking(writer, False)
        before = signal.signal(signal.SIGUSR1, lambda *_: None)
        wakeup = signal.set_wakeup_fd(writer)
        try:
            thread = signal_oneself(0.05, signal.SIGUSR1)
            with self.assertRaises(ets.WorkLimitError):
                ets.simulate(self.arch, LONG, work_limit=5_000_000)
            thread.join()
            self.assertEqual(os.read(reader, 9), bytes([signal.SIGUSR1]))
            self.assertEqual(signal.set_wakeup_fd(wakeup), writer)
        finally:
            signal.signal(signal.SIGUSR1, before)
            os.close(reader), os.close(writer)

    def test_other_threads_are_not_stopped(self):
        """Signals are the main thread's: what others ask of the same predictor is answered all the same."""
        want, found = self.predictor.predict(SHORT), []
        done = threading.Event()

        def run():
            while not done.is_set():
                found.append(self.predictor.predict(SHORT) == want)

        thread = threading.Thread(target=run)
        thread.start()
        for _ in range(5):
            sender = signal_oneself(0.02)
            self.assertRaises(KeyboardInterrupt, self.predictor.predict, LONG)
            sender.join()
        done.set()
        thread.join()
        self.assertTrue(found and all(found))

    def test_a_child_has_signals_of_its_own(self):
        context = multiprocessing.get_context("fork")
        queue = context.Queue()
        children = [context.Process(target=in_a_child, args=(queue,)) for _ in range(2)]
        for child in children:
            child.start()
        self.assertEqual([queue.get(timeout=60) for _ in children], 2 * [self.predictor.predict(SHORT).cycles])
        for child in children:
            child.join()
        thread = signal_oneself(0.05)
        self.assertRaises(KeyboardInterrupt, self.predictor.predict, LONG)
        thread.join()

    def test_a_script_ends_as_scripts_do(self):
        source = ("import edgetpu_sim as ets\nprint('begun', flush=True)\n"
                  "ets.simulate('systolic-16x16', ets.Model.parse(b'a, M, N, K,\\nwide, 9, 71134826, 2,\\n', 'long.csv'))\n")
        script = subprocess.Popen([sys.executable, "-c", source], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.assertEqual(script.stdout.readline(), "begun\n")
        time.sleep(0.1)
        script.send_signal(signal.SIGINT)
        self.assertIn("KeyboardInterrupt", script.communicate(timeout=30)[1])
        self.assertEqual(script.returncode, -signal.SIGINT)


if __name__ == "__main__":
    sys.exit(unittest.main())
