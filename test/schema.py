#!/usr/bin/env python3
"""schema.py PROGRAM - every JSON output is as share/schema says, and nothing else would be.

The schemas are strict (each object has its keys and no other); that they refuse what is wrong is tried on every output: with a key
more, with a key less, with a value of another type. Every key of a schema is in docs/FORMATS.md, and every
operator.
"""
import copy
import glob
import json
import os
import re
import subprocess
import sys

try:
    import jsonschema
except ImportError:
    sys.exit("schema: Python's jsonschema is missing (Debian: python3-jsonschema)")

program = sys.argv[1]
folder = "share/schema"
schemas = {os.path.basename(p): json.load(open(p)) for p in glob.glob(folder + "/*.schema.json")}
bad = 0


def say(text):
    global bad
    bad += 1
    print("schema: " + text)


def validator(name):
    schema = schemas[name + ".schema.json"]
    jsonschema.Draft202012Validator.check_schema(schema)
    store = {n: s for n, s in schemas.items()}
    return jsonschema.Draft202012Validator(schema, resolver=jsonschema.RefResolver(schema["$id"], schema, store))


def objects(value):
    if isinstance(value, dict):
        yield value
    for child in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from objects(child)


def mutants(document):
    """One of each kind of mistake in every kind of object: the first with these keys."""
    seen = set()
    for i, o in enumerate(objects(document)):
        if not o or tuple(o) in seen:
            continue
        seen.add(tuple(o))
        for change in ("more", "less", "type"):
            other = copy.deepcopy(document)
            mine = list(objects(other))[i]
            key = next((k for k in mine if k != "line"), None)
            if change == "more":
                mine["no such key"] = 1
            elif change == "less":
                del mine[key]
            else:
                mine[key] = {"an": "object"}
            yield change, key, other


def check(schema, text, what, free=()):
    if not text:
        return
    v = validator(schema)
    document = json.loads(text)
    for error in list(v.iter_errors(document))[:3]:
        say(f"{what}: {'/'.join(map(str, error.absolute_path))}: {error.message[:200]}")
    for change, key, other in mutants(document):
        if key in free or v.is_valid(other) is False:
            continue
        say(f"{what}: the schema takes a mistake ({change} {key})")


def run(*args, stdin=None):
    r = subprocess.run([program, *args], input=stdin, capture_output=True, text=True)
    if not r.stdout:
        say(f"{' '.join(args)} printed nothing: {r.stderr.strip()}")
    return r.stdout


MODELS = ["mobilenet-v1-0.25-128", "deeplab-v3-mobilenet-v2-1.0-513", "efficientnet-edgetpu-l"]
MACHINES = ["coral-usb", "systolic-16x16", "scalesim-32x32", "edgetpu-v2"]
for model in MODELS:
    for machine in MACHINES:
        check("report", run("profile", model, "--arch", machine, "--json"), f"profile {model} {machine}")
    check("report", run("inspect", model, "--json", "--multi-subgraph"), f"inspect {model}")
    check("compare", run("compare", model, "--arch", "coral-usb", "--arch", "systolic-64x64", "--json"), f"compare {model}")
    check("predict", run("predict", model, "--json"), f"predict {model}")
for model, layer in (("mobilenet-v1-0.25-128", "conv0"), ("mobilenet-v1-0.25-128", "squeeze"), ("efficientnet-edgetpu-s", "b1a.expand"),
                     ("deeplab-v3-mobilenet-v2-1.0-513", "classes"), ("deeplab-v3-mobilenet-v2-1.0-513", "block1.expand")):
    for machine in MACHINES:
        check("explain", run("explain", model, layer, "--arch", machine, "--json"), f"explain {model} {layer} {machine}")
lines = '{"model": "mobilenet-v1-0.25-128"}\n{"model": "no such"}\nnot JSON\n' \
        '{"edgetpu_sim_model": 1, "inputs": {"image": [1, 64, 64, 3]}, "layers": [{"op": "conv_2d", "out": 16}]}\n'
for n, answer in enumerate(run("predict", "--stdin", stdin=lines).splitlines()):
    check("predict", answer, f"predict --stdin, line {n + 1}", free=("model",))
for machine, vary in (("systolic-16x16", "output_sram.bytes=64,64Ki"), ("coral-usb", "link.in_bytes_per_s=100M..400M*2")):
    check("sweep", run("sweep", "mobilenet-v1-0.25-128", "--arch", machine, "--vary", vary, "--json"), f"sweep {vary}",
          free=("output_sram.bytes", "link.in_bytes_per_s"))
check("arch", run("arch", "coral-usb", "--json"), "arch coral-usb")
check("archs", run("arch", "--json"), "arch")
check("models", run("models", "--json"), "models")

# --- the schemas are strict, and the document knows every key
text = open("docs/FORMATS.md", encoding="utf-8").read()
known = set(re.findall(r"[a-z_0-9]+", " ".join(re.findall(r"`([^`]*)`", text))))


def closed(schema, where):
    if isinstance(schema, list):
        for s in schema:
            closed(s, where)
    if not isinstance(schema, dict):
        return
    if "properties" in schema and isinstance(schema["properties"], dict):
        if schema.get("additionalProperties") is not False:
            say(f"{where}: an object is open")
        for key in schema["properties"]:
            if key not in known:
                say(f"{where}: '{key}' is not in docs/FORMATS.md")
    for key, child in schema.items():
        closed(child, where)


for name, schema in schemas.items():
    closed(schema, name)

# --- every operator that a graph in YAML may have
for operator in re.findall(r'ETI_OP\(\w+, *"(\w+)"', open("lib/graph/op.def", encoding="utf-8").read()):
    if operator not in known | {"opaque", "strided_slice"}:  # of files only
        say(f"docs/FORMATS.md: the operator '{operator}' is missing")

# --- CSV: the columns that the document lists are those of the first row
for command, heading in ((["profile", MODELS[0]], "profile"), (["compare", MODELS[0], "--arch", "coral-usb", "--arch", "coral-usb2"], "compare"),
                         (["sweep", MODELS[0], "--vary", "grid.x=2,4"], "sweep")):
    first = run(*command, "--format", "csv").splitlines()[0].strip().split(",")
    table = re.search(r"### Columns of `%s --format csv`\n\n\| column \|.*?\n\|[-|]*\n((?:\|.*\n)*)" % heading, text)
    listed = re.findall(r"^\| (.*?) \|", table.group(1), re.M) if table else []
    columns = [c for row in listed for c in re.findall(r"`([^`]*)`", row)]
    if heading == "sweep":
        columns = [c if c != "KEY" else "grid.x" for c in columns]
    if columns != first:
        say(f"docs/FORMATS.md: columns of {heading}: {columns}, printed are {first}")
sys.exit(1 if bad else 0)
