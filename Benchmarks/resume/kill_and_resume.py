#!/usr/bin/env python3
"""Kills training runs at random moments, resumes them, and compares the end with a run that never stopped.

    python3 Benchmarks/resume/kill_and_resume.py [--sesame .build/release/sesame] [--kills 10] [--seed 1]

For `pretrain gpt`, `pretrain bert` and `finetune classify`, once with SIGKILL and once with Ctrl-C: ten moments, drawn
uniformly over the time that the whole run takes. The weights of the model folder must be equal byte for byte, and so must
every metric in the workspace but speeds. Then a run is killed after step 10,000, and the time is taken from its resume to the
first step. Needs only Python's standard library and the texts in `corpora/`; works in a temporary folder.
"""
import argparse
import hashlib
import os
import random
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


class Study:
    def __init__(self, sesame, folder):
        self.sesame, self.folder = sesame, folder

    def run(self, *arguments):
        result = subprocess.run([self.sesame, *arguments], cwd=self.folder, capture_output=True, text=True)
        if result.returncode != 0:
            sys.exit(f"sesame {' '.join(arguments)} failed with {result.returncode}:\n{result.stderr}")
        return result

    def killed_after(self, seconds, number, arguments):
        """Whether the run was still going on when the signal came."""
        with open(os.path.join(self.folder, "log"), "a") as log:
            process = subprocess.Popen([self.sesame, *arguments], cwd=self.folder, stdout=log, stderr=log)
        try:
            process.wait(seconds)
        except subprocess.TimeoutExpired:
            process.send_signal(number)
        status = process.wait()
        if status not in (0, -signal.SIGKILL, 130):
            sys.exit(f"sesame {' '.join(arguments)} ended with {status}; see {self.folder}/log")
        return status != 0

    def prepare(self):
        corpora = os.path.join(ROOT, "corpora")
        self.run("corpus", "import", "english", os.path.join(corpora, "english"), "--unit", "file")
        self.run(
            "corpus", "import", "reviews", "--label-column", "label",
            "--train", os.path.join(corpora, "reviews", "train.tsv"),
            "--validation", os.path.join(corpora, "reviews", "validation.tsv"))
        self.run("vocab", "build", "letters", "--corpus", "english", "--kind", "character")
        self.run("vocab", "build", "pieces", "--corpus", "english", "--size", "800", "--lowercase")
        self.run(
            "pretrain", "bert", "english", "--tokenizer", "pieces", "--steps", "20", "--layers", "2", "--width", "64",
            "--context", "64", "--output", "models/base")

    def outcome(self, model):
        with open(os.path.join(self.folder, "models", model, "model.safetensors"), "rb") as file:
            weights = hashlib.sha256(file.read()).hexdigest()
        checkpoints = os.path.join(self.folder, "models", model + ".checkpoints")
        database = sqlite3.connect(f"file:{self.folder}/sesame.sqlite?mode=ro", uri=True)
        (run,), = database.execute(
            "SELECT DISTINCT runID FROM checkpoint WHERE path LIKE ?", (checkpoints + "/%",)).fetchall()
        (status,), = database.execute("SELECT status FROM run WHERE id = ?", (run,)).fetchall()
        if status != "finished":
            sys.exit(f"run {run} is {status}")
        metrics = database.execute(
            "SELECT name, split, step, value FROM metric WHERE runID = ? AND name <> 'tokensPerSecond'"
            " ORDER BY name, split, step", (run,)).fetchall()
        database.close()
        hidden = [name for name in os.listdir(checkpoints) if not name.startswith("step-")]
        if hidden:
            sys.exit(f"left in {checkpoints}: {hidden}")
        return weights, metrics

    def compare(self, name, arguments, number, kills, generator):
        label = f"{name}-{'kill' if number == signal.SIGKILL else 'interrupt'}"
        start = time.monotonic()
        self.run(*arguments, "--output", f"models/{label}-whole")
        seconds = time.monotonic() - start
        parts = [*arguments, "--output", f"models/{label}-parts", "--resume"]
        count = 0
        # As many pieces as make it likely that the run is still going on at the last.
        for _ in range(kills):
            count += self.killed_after(generator.uniform(0, 2 * seconds / (kills + 2)), number, parts)
        self.run(*parts)
        whole, resumed = self.outcome(label + "-whole"), self.outcome(label + "-parts")
        same = whole == resumed
        print(
            f"{label:20} {seconds:6.1f} s whole, stopped {count:2} of {kills} times, "
            f"{len(whole[1]):4} metric values: {'equal' if same else 'DIFFERENT'}", flush=True)
        return same

    def resume_far(self, step=10_000):
        checkpoint = os.path.join(self.folder, f"models/far.checkpoints/step-{step:08}")
        arguments = [
            "pretrain", "gpt", "english", "--tokenizer", "letters", "--steps", str(step + 400), "--evaluate-every", "0",
            "--checkpoint-every", str(step), "--layers", "2", "--width", "64", "--context", "32", "--output", "models/far"]
        start = time.monotonic()
        process = subprocess.Popen(
            [self.sesame, *arguments], cwd=self.folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        while process.poll() is None and not os.path.exists(checkpoint):
            time.sleep(0.01)
        reached = time.monotonic() - start
        process.kill()
        if process.wait() == 0:
            sys.exit("the run was over before it could be killed")
        start = time.monotonic()
        resumed = subprocess.Popen(
            [self.sesame, *arguments, "--resume"], cwd=self.folder, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
            text=True)
        begun = None
        for line in resumed.stderr:
            if begun is None and f"continuing after step {step}" in line:
                begun = time.monotonic() - start
        if resumed.wait() != 0 or begun is None:
            sys.exit("the run could not be resumed")
        total = time.monotonic() - start
        print(
            f"step {step} reached in {reached:.1f} s; resumed, the program trains on after {begun:.2f} s, and has made the "
            f"400 steps left after {total:.2f} s")
        return begun < 2


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--sesame", default=os.path.join(ROOT, ".build/release/sesame"))
    parser.add_argument("--kills", type=int, default=10)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--scale", type=float, default=1, help="times the steps of each run")
    options = parser.parse_args()
    generator = random.Random(options.seed)

    def steps(count):
        return ["--steps", str(round(count * options.scale)), "--evaluate-every", "20", "--checkpoint-every", "15"]

    small = ["--layers", "2", "--width", "64", "--dropout", "0.1"]
    commands = {
        "gpt": ["pretrain", "gpt", "english", "--tokenizer", "letters", *small, "--context", "64", *steps(600)],
        "bert": ["pretrain", "bert", "english", "--tokenizer", "pieces", *small, "--context", "64", *steps(300)],
        "classify": ["finetune", "classify", "reviews", "--model", "models/base", *steps(300)],
    }
    with tempfile.TemporaryDirectory() as folder:
        study = Study(os.path.abspath(options.sesame), os.path.realpath(folder))
        study.prepare()
        results = [
            study.compare(name, command, number, options.kills, generator)
            for number in (signal.SIGKILL, signal.SIGINT)
            for name, command in commands.items()]
        results.append(study.resume_far())
    sys.exit(0 if all(results) else 1)


if __name__ == "__main__":
    main()
