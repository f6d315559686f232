// page.js - draws the report that stands in #data. All text goes in as text nodes: names are not to be trusted.
"use strict";

const PARTS = [["compute", "arithmetic"], ["psum", "partial sums"], ["weight", "weights on their way"], ["halo", "borders between tiles"],
  ["link", "host link"], ["move", "moves in a tile"], ["sync", "barriers and instructions"], ["memory", "memory"]];
const PHASE_WORDS = { invoke: "starting the call on the host", instructions: "instructions over the link", input: "the input over the link",
  output: "the output over the link" };

function make(tag, text, attributes, parent) {
  const e = document.createElement(tag);
  if (text !== null && text !== undefined) e.textContent = text;
  for (const key in attributes || {}) e.setAttribute(key, attributes[key]);
  if (parent) parent.append(e);
  return e;
}
function draw(tag, attributes, parent, text) {
  const e = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const key in attributes) e.setAttribute(key, attributes[key]);
  if (text) e.textContent = text;
  if (parent) parent.append(e);
  return e;
}
const digits = (n, d) => n.toLocaleString("en", { maximumFractionDigits: d === undefined ? 0 : d });
const bytes = n => n >= 1048576 ? digits(n / 1048576, 2) + " MiB" : n >= 1024 ? digits(n / 1024, 1) + " KiB" : digits(n) + " B";
const count = n => n >= 1e9 ? digits(n / 1e9, 2) + " G" : n >= 1e6 ? digits(n / 1e6, 1) + " M" : n >= 1e3 ? digits(n / 1e3, 1) + " K" : digits(n);
const sum = (list, of) => list.reduce((a, x) => a + of(x), 0);
const short = shape => (shape.length > 1 && shape[0] === 1 ? shape.slice(1) : shape).join("x");
const product = shape => shape.reduce((a, x) => a * x, 1);

// Everything that takes time, in order: transfers and layers. Its cycles add up to summary.cycles.
function itemsOf(report) {
  const phases = report.phases.map(p => ({ name: p.name, op: "transfer", where: "link", start: p.start_cycle, cycles: p.cycles,
    parts: { link: p.cycles }, macs: 0, parameters: 0, bound: p.name === "invoke" ? "host" : "link", util: 0, shape: "" }));
  const layers = report.layers.map(l => {
    const parts = {};
    for (const [key] of PARTS) if (l.split && l.split[key + "_cycles"]) parts[key] = l.split[key + "_cycles"];
    return { name: l.name, op: l.op, where: l.where, reason: l.reason, start: l.start_cycle, cycles: l.cycles || 0, parts, macs: l.macs,
      parameters: l.parameter_bytes, streamed: l.parameters_streamed, narrow: l.narrow_bytes_per_tile, bound: l.bound_by || "host",
      util: l.utilization || 0, index: l.index, inputs: l.inputs, shape: short(l.output_shape), traffic: l.parameter_bytes + product(l.input_shape) + product(l.output_shape) };
  });
  const first = layers.find(l => l.cycles);
  let at = first ? first.start : 0; // what takes no time, or none that is known, stands where the one before it ended
  for (const l of layers) { if (!l.cycles) l.start = at; at = l.start + l.cycles; }
  return phases.concat(layers).sort((a, b) => a.start - b.start);
}

function tip(element, text) {
  const box = document.getElementById("tip");
  element.addEventListener("mousemove", e => {
    box.textContent = text();
    box.hidden = false;
    box.style.left = Math.min(e.clientX + 12, innerWidth - box.offsetWidth - 8) + "px";
    box.style.top = Math.min(e.clientY + 12, innerHeight - box.offsetHeight - 8) + "px";
  });
  element.addEventListener("mouseleave", () => { box.hidden = true; });
}

function describe(item, report) {
  if (item.where === "host") return `${item.name} (${item.op})\non the host: ${item.reason || "not supported"}\ntime not known`;
  const us = c => digits(c / report.summary.clock_hz * 1e6, 1) + " us";
  const parts = PARTS.filter(([k]) => item.parts[k]).map(([k, words]) => `${words}: ${us(item.parts[k])}`);
  return `${item.name} (${item.op}) ${item.shape}\n${us(item.cycles)}, ${digits(item.cycles)} cycles, ` +
    `${digits(100 * item.cycles / report.summary.cycles, 1)} %\n` + parts.join("\n");
}

function figures(box, report) {
  const s = report.summary, list = make("div", null, { class: "figures" }, box);
  const known = s.complete ? "" : " without the host's operators", array = report.layers.some(l => l.array);
  const memories = array ? [[bytes(s.parameter_bytes), "parameters"], [bytes(s.dram_read_bytes), "read from DRAM"], [bytes(s.dram_write_bytes), "written to DRAM"]]
    : [[bytes(s.onchip_parameter_bytes), "parameters on the chip, of " + bytes(s.parameter_capacity_bytes)],
      [bytes(s.streamed_parameter_bytes), "streamed at every inference"], [bytes(s.narrow_peak_bytes_per_tile), "activations a tile at the peak"]];
  for (const [value, words] of [[digits(s.latency_ms, 3) + " ms", "latency" + known], [digits(100 * s.utilization, 1) + " %", "of the array's peak"],
    [count(s.macs), "multiply-accumulates"], [digits(s.energy_mj, 2) + " mJ", "an inference"], ...memories]) {
    const f = make("div", null, { class: "figure" }, list);
    make("b", value, {}, f);
    make("span", words, {}, f);
  }
}

// In words: the largest kinds of waiting, then the layers they are in.
function verdict(box, report, items) {
  const total = report.summary.cycles, totals = PARTS.map(([key, words]) => [words, sum(items.filter(i => i.op !== "transfer"), i => i.parts[key] || 0)]);
  for (const p of report.phases) totals.push([PHASE_WORDS[p.name] || p.name, p.cycles]);
  totals.sort((a, b) => b[1] - a[1]);
  const share = c => digits(100 * c / total, 0) + " %";
  make("h2", "Why it takes that long", {}, box);
  make("p", "Most of the time goes to " + totals.slice(0, 3).filter(([, c]) => c >= total / 200).map(([w, c]) => `${w} (${share(c)})`).join(", ") + ".", {}, box);
  const hot = items.filter(i => i.op !== "transfer").sort((a, b) => b.cycles - a.cycles).slice(0, 3);
  if (hot.length) make("p", "The slowest layers: " + hot.map(i => `${i.name} (${share(i.cycles)}, bound by ${i.bound})`).join(", ") + ".", {}, box);
  const host = items.filter(i => i.where === "host");
  if (host.length) make("p", `${host.length} operators run on the host, whose time is not known and not counted here; the first: ` +
    `${host[0].name} (${host[0].op}): ${host[0].reason || "not supported"}.`, { class: "host" }, box);
  if (report.summary.streamed_parameter_bytes) make("p", `${bytes(report.summary.streamed_parameter_bytes)} of the parameters do not fit on the chip ` +
    "and cross the link at every inference.", {}, box);
  if (report.summary.spilled_activation_bytes) make("p", `${bytes(report.summary.spilled_activation_bytes)} of the activations find no room on the ` +
    "chip: they go to the host and come back, as outputs and inputs between the layers.", {}, box);
}

// What a change is, in words that a reader can act on.
function words(c, report) {
  const before = c.layer === null ? null : report.layers.slice(0, c.layer).reverse().find(l => l.op === "conv_2d");
  switch (c.dimension) {
    case "fused": return `${before ? before.name : "the convolution before it"} and ${c.layer_name} as one regular convolution of ${c.to}x${c.to}`;
    case "kernel": return `${c.layer_name}: a kernel of ${c.to}x${c.to} instead of ${c.from}x${c.from}`;
    case "channels": return `${c.layer_name}: ${c.to} channels instead of ${c.from}, with every layer tied to it`;
    case "widths": return `every layer ${c.to} % as wide: then all parameters stay on the chip and none is sent at an inference`;
    case "multiple": return `every width above ${c.to} to the nearest multiple of ${c.to}: no cells without a channel`;
    case "resolution": return `an input ${c.to} pixels wide instead of ${c.from}`;
    case "link": return report.layers.some(l => l.array) ? `memory twice as fast, ${digits(c.to)} MB/s` :
      `a host link twice as fast, ${digits(c.to)} MB/s to the chip`;
    default: return c.dimension;
  }
}

function advice(box, report) {
  if (!report.changes) return;
  make("h2", "What would help", {}, box);
  make("p", "The largest gains among changes of one layer and of the whole. Each change was made, and what came of it was simulated. " +
    "What it does to accuracy only training tells.", { class: "soft" }, box);
  const list = make("ol", null, { class: "advice" }, box), now = report.summary;
  for (const c of report.changes) {
    const item = make("li", null, {}, list), macs = 100 * c.saved_macs / now.macs;
    make("b", `\u2212${digits(100 * (1 - c.latency_ms / now.latency_ms), 1)} %`, {}, item);
    item.append(` ${words(c, report)}. ${digits(now.latency_ms, 3)} ms becomes ${digits(c.latency_ms, 3)} ms` +
      (Math.abs(macs) < .05 ? "." : `, with ${digits(Math.abs(macs), 1)} % ${macs > 0 ? "fewer" : "more"} products.`));
  }
  if (!report.changes.length) make("p", "No single change that was tried makes it faster.", {}, box);
}

// All of it in one line.
function strip(box, report, items) {
  const width = 1000, svg = draw("svg", { viewBox: `0 0 ${width} 40`, class: "strip" }, box), scale = width / (report.summary.cycles || 1);
  for (const item of items) {
    if (!item.cycles) continue;
    const g = draw("g", {}, svg);
    let x = item.start * scale;
    for (const [key] of PARTS) {
      if (!item.parts[key]) continue;
      draw("rect", { x, y: 2, width: item.parts[key] * scale, height: 22, style: `fill: var(--${key})` }, g);
      x += item.parts[key] * scale;
    }
    draw("path", { d: `M${x} 2v22`, class: "edge" }, g);
    tip(g, () => describe(item, report));
  }
  for (let i = 0; i <= 4; i++)
    draw("text", { x: i * width / 4, y: 37, "text-anchor": ["start", "middle", "middle", "middle", "end"][i] }, svg, digits(report.summary.latency_ms * i / 4, 2) + " ms");
}

function timeline(box, report, items) {
  make("h2", "Layers over time, and the network", {}, box);
  const legend = make("p", null, { class: "legend soft" }, box), total = report.summary.cycles || 1;
  for (const [key, words] of PARTS) {
    if (!items.some(i => i.parts[key])) continue;
    const entry = make("span", null, {}, legend);
    make("i", null, { style: `background: var(--${key})` }, entry);
    entry.append(words);
  }
  strip(box, report, items);
  const row = 15, gutter = 66, left = 236, width = 1000, svg = draw("svg", { viewBox: `0 0 ${width} ${items.length * row + 4}`, class: "time" },
    make("div", null, { class: "scroll" }, box));
  graph(svg, report, items, n => n * row + 2 + row / 2, gutter - 8);
  const most = Math.max(1, ...items.map(i => i.cycles)), scale = (width - left - 60) / most;
  items.forEach((item, n) => {
    const g = draw("g", {}, svg), y = n * row + 2;
    let x = left;
    draw("rect", { x: gutter, y, width: width - gutter, height: row, fill: "transparent" }, g);
    const name = item.name.length > 26 ? item.name.slice(0, 12) + "\u2026" + item.name.slice(-13) : item.name;
    draw("text", { x: left - 6, y: y + 11, "text-anchor": "end" }, g, name);
    for (const [key] of PARTS) {
      if (!item.parts[key]) continue;
      draw("rect", { x, y: y + 2, width: Math.max(item.parts[key] * scale, .4), height: row - 4, style: `fill: var(--${key})` }, g);
      x += item.parts[key] * scale;
    }
    if (item.where === "host") draw("text", { x, y: y + 11, style: "fill: var(--hot)" }, g, "\u25c6 host");
    else if (item.cycles) draw("text", { x: x + 5, y: y + 11, class: "small" }, g, digits(100 * item.cycles / total, 1) + " %");
    tip(g, () => describe(item, report));
  });
}

// The network beside its rows: a point a layer, the hotter the more of the time it takes; an arc where a result is read further down.
function graph(svg, report, items, yOf, x) {
  const row = new Map(items.map((item, n) => [item.index, n])), most = Math.max(1, ...items.filter(i => i.index !== undefined).map(i => i.cycles));
  for (const item of items) {
    for (const from of item.inputs || []) {
      const a = row.get(from), b = row.get(item.index), out = Math.min(x - 4, 5 * Math.sqrt(b - a));
      draw("path", { d: b - a < 2 ? `M${x} ${yOf(a)}V${yOf(b)}` : `M${x} ${yOf(a)}C${x - 1.4 * out} ${yOf(a)} ${x - 1.4 * out} ${yOf(b)} ${x} ${yOf(b)}`, class: "link" }, svg);
    }
  }
  for (const item of items) {
    if (item.index === undefined) continue;
    const heat = Math.sqrt(item.cycles / most), fill = item.where === "host" ? "var(--paper)" : `color-mix(in srgb, var(--hot) ${Math.round(100 * heat)}%, var(--cold))`;
    const dot = draw("circle", { cx: x, cy: yOf(row.get(item.index)), r: 4, style: `fill: ${fill}`, class: "node" }, svg);
    tip(dot, () => describe(item, report));
  }
}

function axes(svg, width, height, left, words, bottom) {
  draw("path", { d: `M${left} 8V${height - bottom}H${width - 8}`, class: "axis" }, svg);
  draw("text", { x: left + 4, y: 16 }, svg, words[0]);
  draw("text", { x: width - 8, y: height - 4, "text-anchor": "end" }, svg, words[1]);
}

// Every layer a point: arithmetic intensity against what it reached; the line is the array's peak.
function roofline(box, report, items) {
  const s = report.summary, points = items.filter(i => i.macs && i.cycles && i.traffic);
  if (!points.length || !s.utilization) return;
  make("h2", "Roofline", {}, box);
  const peak = s.tpu_macs / (s.cycles * s.utilization), width = 1000, height = 300, left = 60, bottom = 40;
  const svg = draw("svg", { viewBox: `0 0 ${width} ${height}` }, box);
  axes(svg, width, height, left, ["MACs a cycle", "MACs a byte of input, output and parameters"], bottom);
  const xs = points.map(p => Math.log10(p.macs / p.traffic)), ys = points.map(p => Math.log10(p.macs / p.cycles));
  const x0 = Math.min(...xs) - .1, x1 = Math.max(...xs) + .1, y0 = Math.min(...ys) - .1, y1 = Math.log10(peak) + .15;
  const x = v => left + (v - x0) / (x1 - x0) * (width - left - 20), y = v => height - bottom - (v - y0) / (y1 - y0) * (height - bottom - 16);
  for (let d = Math.ceil(y0); d <= y1; d++) draw("text", { x: left - 6, y: y(d) + 4, "text-anchor": "end" }, svg, digits(10 ** d, 3));
  for (let d = Math.ceil(x0); d <= x1; d++) draw("text", { x: x(d), y: height - bottom + 14, "text-anchor": "middle" }, svg, digits(10 ** d, 3));
  draw("path", { d: `M${left} ${y(Math.log10(peak))}H${width - 8}`, style: "stroke: var(--ink); stroke-dasharray: 5 4" }, svg);
  draw("text", { x: width - 8, y: y(Math.log10(peak)) - 5, "text-anchor": "end" }, svg, `peak: ${digits(peak)} MACs a cycle`);
  points.forEach((p, i) => {
    const largest = PARTS.reduce((a, [k]) => (p.parts[k] || 0) > (p.parts[a] || 0) ? k : a, "compute");
    const dot = draw("circle", { cx: x(xs[i]), cy: y(ys[i]), r: 3 + 14 * Math.sqrt(p.cycles / s.cycles), style: `fill: var(--${largest}); fill-opacity: .65` }, svg);
    tip(dot, () => describe(p, report) + `\n${digits(p.macs / p.traffic, 1)} MACs a byte, ${digits(p.macs / p.cycles, 1)} a cycle`);
  });
}

function memory(box, report, items) {
  const layers = items.filter(i => i.narrow !== undefined && i.where === "tpu");
  const most = Math.max(0, ...layers.map(l => l.narrow));
  if (!most) return; // a machine without narrow memory
  const peak = layers.find(l => l.narrow === most);
  make("h2", "Memory over time", {}, box);
  const highest = report.summary.narrow_peak_bytes_per_tile, holes = highest > most ? `, at addresses up to ${bytes(highest)}: there are holes between them` : "";
  make("p", `Activations in the narrow memory of a tile: at most ${bytes(most)}, in ${peak.name}${holes}. Parameters on the chip throughout: ` +
    `${bytes(report.summary.onchip_parameter_bytes)} of ${bytes(report.summary.parameter_capacity_bytes)}.`, {}, box);
  const width = 1000, height = 150, left = 60, svg = draw("svg", { viewBox: `0 0 ${width} ${height}` }, box);
  axes(svg, width, height, left, [bytes(most), "time"], 24);
  for (const l of layers) {
    const scale = (width - left - 10) / report.summary.cycles, tall = l.narrow / most * (height - 48);
    const bar = draw("rect", { x: left + l.start * scale, y: height - 24 - tall, width: Math.max(l.cycles * scale, .5), height: tall,
      style: `fill: var(--${l === peak ? "hot" : "halo"})` }, svg);
    tip(bar, () => `${l.name}\n${bytes(l.narrow)} a tile`);
  }
}

const COLUMNS = [["layer", "name", 1], ["op", "op", 1], ["output", "shape", 1], ["where", "where", 1], ["MACs", "macs"], ["parameter bytes", "parameters"],
  ["cycles", "cycles"], ["us", "cycles"], ["%", "cycles"], ["util %", "util"], ["bound by", "bound", 1]];

function rowOf(item, report) {
  const tr = make("tr", null, item.where === "host" ? { class: "host" } : {}), s = report.summary, host = item.where === "host";
  const some = n => n ? digits(n) : "\u2013", layer = item.op !== "transfer";
  const cells = [item.name, item.op, item.shape, item.streamed ? "tpu, streamed" : item.where, some(item.macs), some(item.parameters), host ? "\u2013" : digits(item.cycles),
    host ? "\u2013" : digits(item.cycles / s.clock_hz * 1e6, 1), host ? "\u2013" : digits(100 * item.cycles / s.cycles, 1), host || !layer || !item.macs ? "\u2013" : digits(100 * item.util, 1), item.bound];
  cells.forEach((text, i) => make("td", text, COLUMNS[i][2] ? { class: "text", title: text } : {}, tr));
  return tr;
}

function table(box, report, items) {
  make("h2", "Every layer", {}, box);
  const filter = make("input", null, { type: "search", placeholder: "filter by name, operator, place, bound", "aria-label": "filter" }, box);
  const t = make("table", null, {}, make("div", null, { class: "scroll" }, box)), head = make("tr", null, {}, make("thead", null, {}, t));
  const body = make("tbody", null, {}, t), foot = make("td", null, { colspan: COLUMNS.length }, make("tr", null, {}, make("tfoot", null, {}, t)));
  const rows = items.map(item => ({ item, tr: rowOf(item, report) }));
  let sorted = null, up = false;
  const show = () => {
    const words = filter.value.toLowerCase(), seen = rows.filter(({ item }) => [item.name, item.op, item.where, item.bound].join(" ").toLowerCase().includes(words));
    body.replaceChildren(...seen.map(r => r.tr));
    foot.textContent = `${seen.length} of ${rows.length} rows: ${digits(sum(seen, r => r.item.cycles))} of ${digits(report.summary.cycles)} cycles`;
    foot.dataset.cycles = sum(seen, r => r.item.cycles);
  };
  COLUMNS.forEach(([title, key, text], i) => {
    const button = make("button", title, { title: "sort" }, make("th", null, text ? { class: "text" } : {}, head));
    button.addEventListener("click", () => {
      up = sorted === i ? !up : !!text;
      sorted = i;
      rows.sort((a, b) => (up ? 1 : -1) * (text ? String(a.item[key]).localeCompare(String(b.item[key])) : a.item[key] - b.item[key]));
      show();
    });
  });
  filter.addEventListener("input", show);
  show();
}

function show(report, parent) {
  const box = make("section", null, { class: "report" }, parent), items = itemsOf(report);
  make("h1", report.model, {}, box);
  make("p", "on " + report.arch, { class: "soft" }, box);
  for (const part of [figures, verdict, advice, timeline, roofline, memory, table]) part(box, report, items);
}

const reports = JSON.parse(document.getElementById("data").textContent), parent = document.getElementById("reports");
parent.replaceChildren();
if (reports.length > 1) parent.className = "two";
for (const report of reports) show(report, parent);
document.title = reports.map(r => `${r.model} on ${r.arch}`).join(" | ");
