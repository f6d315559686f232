// page.js - draws the report that stands in #data, with D3. All text goes in as text nodes: names are not to be trusted.
"use strict";

const PARTS = [["compute", "arithmetic"], ["psum", "partial sums"], ["weight", "weights on their way"], ["halo", "borders between tiles"],
  ["link", "host link"], ["move", "moves in a tile"], ["sync", "barriers and instructions"], ["memory", "memory"], ["host", "operators on the host"], ["call", "the call itself"]];
let drawings = 0; // of rows: each has an id
const ROW = 15, ROWS_FROM = 20; // of the bars: pixels a row, where they begin
const PHASE_WORDS = { invoke: "starting the call on the host", instructions: "instructions over the link", input: "the input over the link",
  output: "the output over the link" };

// Version 5 of D3 keeps what happened, and where, in its own variables; later ones hand it to the listener.
const eventOf = e => d3.event || e;
const pointIn = (e, node) => d3.pointer ? d3.pointer(e, node) : d3.mouse(node);
const digits = (n, d) => n.toLocaleString("en", { maximumFractionDigits: d === undefined ? 0 : d });
const bytes = n => n >= 1048576 ? digits(n / 1048576, 2) + " MiB" : n >= 1024 ? digits(n / 1024, 1) + " KiB" : digits(n) + " B";
const count = n => n >= 1e9 ? digits(n / 1e9, 2) + " G" : n >= 1e6 ? digits(n / 1e6, 1) + " M" : n >= 1e3 ? digits(n / 1e3, 1) + " K" : digits(n);
const short = shape => (shape.length > 1 && shape[0] === 1 ? shape.slice(1) : shape).join("x");
const product = shape => shape.reduce((a, x) => a * x, 1);

// Everything that takes time, in order: transfers and layers. Its cycles add up to summary.cycles.
function itemsOf(report) {
  const phases = report.phases.map(p => ({ name: p.name, op: "transfer", where: "link", start: p.start_cycle, cycles: p.cycles, timed: true,
    parts: { [p.bytes ? "link" : "call"]: p.cycles }, macs: 0, parameters: 0, bound: p.name === "invoke" ? "host" : "link", util: 0, shape: "" }));
  const layers = report.layers.map(l => {
    const parts = {};
    if (l.where === "host" && l.cycles) parts.host = l.cycles;
    for (const [key] of PARTS) if (l.split && l.split[key + "_cycles"]) parts[key] = l.split[key + "_cycles"];
    return { name: l.name, op: l.op, where: l.where, reason: l.reason, start: l.start_cycle, cycles: l.cycles || 0, timed: l.cycles !== null, parts, macs: l.macs,
      parameters: l.parameter_bytes, streamed: l.parameters_streamed, narrow: l.narrow_bytes_per_tile, overfull: l.overfull, bound: l.bound_by || "host",
      util: l.utilization || 0, index: l.index, inputs: l.inputs, shape: short(l.output_shape), traffic: l.parameter_bytes + product(l.input_shape) + product(l.output_shape) };
  });
  const first = layers.find(l => l.cycles);
  let at = first ? first.start : 0; // what takes no time, or none that is known, stands where the one before it ended
  for (const l of layers) { if (!l.cycles) l.start = at; at = l.start + l.cycles; }
  return phases.concat(layers).sort((a, b) => a.start - b.start);
}

// Hovering over a mark shows what `text` says of its datum (and of the place in the mark, in pixels).
function tip(marks, text) {
  const box = document.getElementById("tip");
  marks.on("mousemove", function (e) {
    const at = eventOf(e);
    box.textContent = text(d3.select(this).datum(), pointIn(at, this)[0]);
    box.hidden = false;
    box.style.left = Math.max(0, Math.min(at.clientX + 12, innerWidth - box.offsetWidth - 8)) + "px";
    box.style.top = Math.max(0, Math.min(at.clientY + 12, innerHeight - box.offsetHeight - 8)) + "px";
  }).on("mouseleave", () => { box.hidden = true; });
}

function describe(item, report) {
  const host = item.where === "host" ? `\non the host: ${item.reason || "not supported"}\n` : "";
  if (!item.timed) return `${item.name} (${item.op})${host}time not known`;
  const us = c => digits(c / report.summary.clock_hz * 1e6, 1) + " us";
  const parts = PARTS.filter(([k]) => item.parts[k]).map(([k, words]) => `${words}: ${us(item.parts[k])}`);
  return `${item.name} (${item.op}) ${item.shape}\n${us(item.cycles)}, ${digits(item.cycles)} cycles, ` +
    `${digits(100 * item.cycles / report.summary.cycles, 1)} %\n` + (host ? host.trim() + "\na rough estimate" : parts.join("\n")) +
    (item.overfull ? "\nneeds more of a tile's memory than it has" : "");
}

function figures(box, report) {
  const s = report.summary, known = s.complete ? "" : " without what the host does for a time that is not known", array = report.layers.some(l => l.array);
  const memories = array ? [[bytes(s.parameter_bytes), "parameters"], [bytes(s.dram_read_bytes), "read from DRAM"], [bytes(s.dram_write_bytes), "written to DRAM"]]
    : [[bytes(s.onchip_parameter_bytes), "parameters on the chip, of " + bytes(s.parameter_capacity_bytes)],
      [bytes(s.streamed_parameter_bytes), "streamed at every inference"], [bytes(s.narrow_peak_bytes_per_tile), "activations a tile at the peak"]];
  const all = [[digits(s.latency_ms, s.latency_ms < 100 ? 3 : 1) + " ms", "latency" + known], [digits(100 * s.utilization, 1) + " %", "of the array's peak"],
    [count(s.macs), "multiply-accumulates"], [digits(s.energy_mj, 2) + " mJ", "an inference"], ...memories];
  const figure = box.append("div").attr("class", "figures").selectAll("div").data(s.cycles ? all : [all[2]]).join("div").attr("class", "figure");
  figure.append("b").text(d => d[0]);
  figure.append("span").text(d => d[1]);
}

// In words: the largest kinds of waiting, then the layers they are in.
function verdict(box, report, items) {
  const total = report.summary.cycles, totals = PARTS.map(([key, words]) => [words, d3.sum(items.filter(i => i.op !== "transfer"), i => i.parts[key] || 0)]);
  for (const name of new Set(report.phases.map(p => p.name))) // more than one of a kind where parts of the network run one after another
    totals.push([PHASE_WORDS[name] || name, d3.sum(report.phases.filter(p => p.name === name), p => p.cycles)]);
  totals.sort((a, b) => b[1] - a[1]);
  const share = c => digits(100 * c / total, 0) + " %";
  box.append("h2").text("Why it takes that long");
  const say = (text, kind) => box.append("p").attr("class", kind || null).text(text);
  if (total) say("Most of the time goes to " + totals.slice(0, 3).filter(([, c]) => c >= total / 200).map(([w, c]) => `${w} (${share(c)})`).join(", ") + ".");
  else say("Nothing of this network runs on the accelerator: how long it takes is not known.");
  const hot = items.filter(i => i.op !== "transfer").sort((a, b) => b.cycles - a.cycles).slice(0, 3);
  if (total && hot.length) say("The slowest layers: " + hot.map(i => `${i.name} (${share(i.cycles)}, bound by ${i.bound})`).join(", ") + ".");
  const host = items.filter(i => i.where === "host");
  if (host.length) say(`${host.length > 1 ? host.length + " operators run" : "An operator runs"} on the host, ${report.summary.host_cycles ? `by a rough estimate for ${digits(1e3 * report.summary.host_cycles / report.summary.clock_hz, 2)} ms, where all else is simulated` : report.summary.complete ? "in no time" : "whose time is not known and not counted here"}${host.length > 1 ? "; the first" : ""}: ` +
    `${host[0].name} (${host[0].op}): ${host[0].reason || "not supported"}.`, "host");
  if (report.summary.streamed_parameter_bytes) say(`${bytes(report.summary.streamed_parameter_bytes)} of the parameters do not fit on the chip ` +
    "and cross the link at every inference.");
  if (report.summary.overfull_layers) say((report.summary.overfull_layers > 1 ? report.summary.overfull_layers + " operators need" : "An operator needs") +
    " more of a tile's memory than it has; that is timed as if there was room.");
  if (report.summary.spilled_activation_bytes) say(`${bytes(report.summary.spilled_activation_bytes)} of the activations find no room on the ` +
    "chip: they go to the host and come back, as outputs and inputs between the layers.");
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
  const now = report.summary;
  box.append("h2").text("What would help");
  box.append("p").attr("class", "soft").text("The largest gains among changes of one layer and of the whole. Each change was made, and what came of it was simulated. " +
    "What it does to accuracy only training tells.");
  box.append("ol").attr("class", "advice").selectAll("li").data(report.changes).join("li").each(function (c) {
    const macs = 100 * c.saved_macs / now.macs;
    d3.select(this).append("b").text(`\u2212${digits(100 * (1 - c.latency_ms / now.latency_ms), 1)} %`);
    this.append(` ${words(c, report)}. ${digits(now.latency_ms, 3)} ms becomes ${digits(c.latency_ms, 3)} ms` +
      (Math.abs(macs) < .05 ? "." : `, with ${digits(Math.abs(macs), 1)} % ${macs > 0 ? "fewer" : "more"} products.`));
  });
  if (!report.changes.length) box.append("p").text("No single change that was tried makes it faster.");
}

// A drawing as wide as its report, so that letters have their size; on paper it is scaled.
function drawing(box, height, name, label) {
  const width = Math.max(440, Math.min(1100, box.node().clientWidth || 1000));
  return box.append("svg").attr("viewBox", `0 0 ${width} ${height}`).attr("class", name).attr("role", "img").attr("aria-label", label).property("width_px", width);
}
const axisIn = (svg, x, y, axis) => svg.append("g").attr("class", "axis").attr("transform", `translate(${x},${y})`).call(axis);

// The parts of each item one behind the other: a list a part, of [from, to] in cycles with the item in `data`.
const stacked = items => d3.stack().keys(PARTS.map(p => p[0])).value((item, key) => item.parts[key] || 0)(items);
function bars(svg, items, place) {
  svg.append("g").selectAll("g").data(stacked(items)).join("g").attr("class", "part").style("fill", d => `var(--${d.key})`)
    .selectAll("rect").data(d => d.filter(p => p[1] > p[0])).join("rect").each(function (p) { place(d3.select(this), p); });
}

// All of it in one line over time; a span that is brushed there is shown alone by whoever listens.
function strip(box, report, items, span) {
  const s = report.summary, svg = drawing(box, 48, "strip", "all of the call over time"), width = svg.property("width_px"), most = s.cycles || 1;
  const x = d3.scaleLinear().domain([0, most]).range([14, width - 14]), ms = d3.scaleLinear().domain([0, s.latency_ms || 1]).range(x.range());
  const timed = items.filter(i => i.cycles), find = d3.bisector(i => i.start).right;
  bars(svg, timed, (rect, p) => rect.attr("x", x(p.data.start + p[0])).attr("width", x(p[1]) - x(p[0])).attr("y", 2).attr("height", 22));
  svg.append("path").attr("class", "edge").attr("d", timed.map(i => `M${x(i.start)} 2v22`).join(""));
  axisIn(svg, 0, 25, d3.axisBottom(ms).ticks(width / 110).tickFormat(t => digits(t, 3) + " ms"));
  const brush = svg.append("g").attr("class", "brush").call(d3.brushX().extent([[14, 1], [width - 14, 25]]).on("end", e => {
    const picked = eventOf(e).selection;
    span.call("change", null, picked ? picked.map(x.invert) : [0, most]);
  }));
  tip(brush.selectAll(".overlay, .selection"), (d, px) => describe(timed[Math.max(0, find(timed, x.invert(px)) - 1)], report));
}

function timeline(box, report, items, span) {
  box.append("h2").text("Layers over time, and the network");
  const legend = box.append("p").attr("class", "legend soft").selectAll("span").data(PARTS.filter(([key]) => items.some(i => i.parts[key]))).join("span");
  legend.append("i").style("background", d => `var(--${d[0]})`);
  legend.append("span").text(d => d[1]);
  strip(box, report, items, span);
  box.append("p").attr("class", "soft hint").text("Draw over the line to see the layers and the memory of that span; a click beside it shows all again.");
  const list = box.append("div").attr("class", "scroll");
  rows(list, report, items);
  addEventListener("beforeprint", () => slices(list));
  addEventListener("afterprint", () => list.selectAll("svg.slice").remove());
  span.on("change.rows", ([from, to]) => rows(list, report, items.filter(i => i.start < to && i.start + i.cycles >= from)));
}

// A row a layer or transfer: its bar, its share, beside it the network.
function rows(list, report, items) {
  list.selectAll("*").remove();
  const row = ROW, gutter = 66, left = 236, top = ROWS_FROM, height = items.length * row + top + 4;
  const whole = drawing(list, height, "time", "a bar a layer"), width = whole.property("width_px"), id = "rows" + drawings++;
  const svg = whole.append("g").attr("id", id);
  const y = d3.scaleBand().domain(d3.range(items.length)).range([top, top + items.length * row]);
  const us = c => c / report.summary.clock_hz * 1e6, x = d3.scaleLinear().domain([0, d3.max(items, i => us(i.cycles)) || 1]).range([left, width - 60]);
  axisIn(svg, 0, top, d3.axisTop(x).ticks((width - left) / 90).tickFormat(t => digits(t, 2) + " us"));
  graph(svg, items, n => y(n) + row / 2, gutter - 8);
  items.forEach((item, n) => { item.row = n; });
  bars(svg, items, (rect, p) => rect.attr("x", x(us(p[0]))).attr("width", Math.max(.4, x(us(p[1])) - x(us(p[0])))).attr("y", y(p.data.row) + 2).attr("height", row - 4));
  const g = svg.selectAll("g.row").data(items).join("g").attr("class", "row").attr("transform", (d, n) => `translate(0,${y(n)})`);
  g.append("text").attr("x", left - 6).attr("y", 11).attr("text-anchor", "end").text(i => i.name.length > 26 ? i.name.slice(0, 12) + "\u2026" + i.name.slice(-13) : i.name);
  g.append("text").attr("x", i => x(us(i.cycles)) + 5).attr("y", 11).attr("class", i => i.where === "host" ? "on-host" : "small")
    .text(i => i.where === "host" ? "\u25c6 host" + (i.cycles ? ", " + digits(100 * i.cycles / report.summary.cycles, 1) + " %" : "") : i.cycles ? digits(100 * i.cycles / report.summary.cycles, 1) + " %" : "");
  g.append("rect").attr("x", gutter).attr("width", width - gutter).attr("height", row).attr("class", "hover");
  tip(g, item => describe(item, report));
  tip(svg.selectAll("circle.node"), item => describe(item, report));
}

// Paper cannot break a drawing: there the rows stand in slices, each a view of all of it.
function slices(list) {
  const whole = list.select("svg.time"), [, , width, height] = whole.attr("viewBox").split(" ").map(Number), n = whole.selectAll("g.row").size();
  const tall = ROW * Math.max(12, Math.min(70, Math.ceil(n / 30))), cuts = [0, ...d3.range(ROWS_FROM + tall, height - 4, tall), height];
  list.selectAll("svg.slice").data(d3.pairs(cuts)).join("svg").attr("class", "slice").attr("viewBox", ([from, to]) => `0 ${from} ${width} ${to - from}`)
    .append("use").attr("href", "#" + whole.select("g").attr("id"));
}

// The network beside its rows: a point a layer, the hotter the more of the time it takes; an arc where a result is read further down.
function graph(svg, items, yOf, x) {
  const layers = items.filter(i => i.index !== undefined), at = new Map(items.map((item, n) => [item.index, n]));
  const heat = d3.scaleSqrt().domain([0, d3.max(layers, i => i.cycles) || 1]).range([0, 100]), arc = d3.line().curve(d3.curveBasis);
  const links = layers.flatMap(i => (i.inputs || []).filter(from => at.has(from)).map(from => [at.get(from), at.get(i.index)]));
  const out = ([a, b]) => b - a < 2 ? 0 : Math.min(x - 4, 5 * Math.sqrt(b - a)) * 1.4;
  svg.append("g").selectAll("path").data(links).join("path").attr("class", "link")
    .attr("d", l => arc([[x, yOf(l[0])], [x - out(l), yOf(l[0])], [x - out(l), yOf(l[1])], [x, yOf(l[1])]]));
  svg.append("g").selectAll("circle").data(layers).join("circle").attr("class", "node").attr("cx", x).attr("cy", i => yOf(at.get(i.index))).attr("r", 4)
    .style("fill", i => i.where === "host" ? "var(--paper)" : `color-mix(in srgb, var(--hot) ${Math.round(heat(i.cycles))}%, var(--cold))`);
}

// Every layer a point: arithmetic intensity against what it reached. The roof is the array's peak, and, sloping, what link or DRAM could
// feed if nothing were on the chip already: layers above that slope live on what is.
function roofline(box, report, items) {
  const s = report.summary, points = items.filter(i => i.macs && i.cycles && i.traffic && i.where !== "host");
  if (!points.length || !s.utilization) return;
  box.append("h2").text("Roofline");
  box.append("p").attr("class", "soft hint").text("Ctrl and the wheel, or a double click, zoom; dragging moves.");
  const peak = s.tpu_macs / ((s.cycles - s.host_cycles) * s.utilization), height = 330, top = 22, left = 60, bottom = 40, svg = drawing(box, height, "roofline", "products a cycle over products a byte");
  const width = svg.property("width_px"), across = p => p.macs / p.traffic, up = p => p.macs / p.cycles, spread = ([a, b]) => [a / 1.4, b * 1.7];
  const slope = s.feed_bytes_per_s / s.clock_hz, ridge = slope ? peak / slope : 0, feed = report.layers.some(l => l.array) ? "DRAM" : "host link";
  const x = d3.scaleLog().domain(spread(d3.extent(points, across))).range([left, width - 10]);
  const y = d3.scaleLog().domain(spread([d3.min(points, up), peak])).range([height - bottom, top]);
  const plain = t => digits(t, 3), below = axisIn(svg, 0, height - bottom, g => g), beside = axisIn(svg, left, 0, g => g);
  svg.append("text").attr("x", 4).attr("y", 12).text("MACs a cycle");
  svg.append("text").attr("x", width - 10).attr("y", height - 6).attr("text-anchor", "end").text("MACs a byte of input, output and parameters");
  const plot = svg.append("svg").attr("class", "plot").attr("x", left).attr("y", top).attr("width", width - left - 10).attr("height", height - bottom - top)
    .attr("viewBox", `${left} ${top} ${width - left - 10} ${height - bottom - top}`);
  plot.append("rect").attr("x", left).attr("width", width - left).attr("height", height).attr("class", "hover");
  const roof = plot.append("path").attr("class", "roof"), label = plot.append("text").attr("x", width - 16).attr("text-anchor", "end").text(`peak: ${digits(peak)} MACs a cycle`);
  const fed = plot.append("text").text(`${feed}: ${digits(slope, 2)} bytes a cycle`);
  const largest = p => d3.max(Object.entries(p.parts), e => e[1]), radius = d3.scaleSqrt().domain([0, s.cycles]).range([3, 17]);
  const dots = plot.selectAll("circle").data(d3.sort ? d3.sort(points, p => -p.cycles) : points.slice().sort((a, b) => b.cycles - a.cycles)).join("circle")
    .attr("r", p => radius(p.cycles)).style("fill", p => `var(--${Object.keys(p.parts).find(k => p.parts[k] === largest(p))})`);
  tip(dots, p => describe(p, report) + `\n${digits(across(p), 1)} MACs a byte, ${digits(up(p), 1)} a cycle`);
  const place = (h, v) => {
    below.call(d3.axisBottom(h).ticks(8, plain));
    beside.call(d3.axisLeft(v).ticks(6, plain));
    dots.attr("cx", p => h(across(p))).attr("cy", p => v(up(p)));
    const edge = h.domain()[0], far = Math.max(edge, Math.min(ridge, h.domain()[1]));
    roof.attr("d", `M${left} ${v(peak)}H${width}` + (slope ? `M${left} ${v(edge * slope)}L${h(far)} ${v(far * slope)}` : ""));
    label.attr("y", v(peak) - 5);
    const middle = Math.sqrt(Math.min(far, Math.max(edge, v.domain()[0] / slope)) * far) || 1;
    fed.attr("x", Math.min(h(middle) + 10, width - 16 - fed.node().getComputedTextLength())).attr("y", v(middle * slope || 1) + 12).style("display", slope ? null : "none");
  };
  plot.call(d3.zoom().scaleExtent([1, 40]).extent([[left, top], [width - 10, height - bottom]]).translateExtent([[left, top], [width - 10, height - bottom]])
    .filter(function (e) { const at = eventOf(e); return at.type === "wheel" ? at.ctrlKey || at.metaKey : !at.ctrlKey && !at.button; })
    .wheelDelta(e => { const at = eventOf(e); return -at.deltaY * (at.deltaMode === 1 ? .1 : .004); }) // D3's is ten times faster with Ctrl
    .on("zoom", e => { const t = eventOf(e).transform; place(t.rescaleX(x), t.rescaleY(y)); }));
  place(x, y);
}

function memory(box, report, items, span) {
  const layers = items.filter(i => i.narrow !== undefined && i.where === "tpu"), peak = layers[d3.scan ? d3.scan(layers, (a, b) => b.narrow - a.narrow) : d3.maxIndex(layers, l => l.narrow)];
  if (!peak || !peak.narrow) return; // a machine without narrow memory
  const s = report.summary, highest = s.narrow_peak_bytes_per_tile;
  const holes = highest > peak.narrow ? `, at addresses up to ${bytes(highest)}: there are holes between them` : "";
  box.append("h2").text("Memory over time");
  box.append("p").text(`Activations in the narrow memory of a tile: at most ${bytes(peak.narrow)}, in ${peak.name}${holes}. Parameters on the chip throughout: ` +
    `${bytes(s.onchip_parameter_bytes)} of ${bytes(s.parameter_capacity_bytes)}.`);
  const height = 160, left = 60, bottom = 24, svg = drawing(box, height, "memory", "narrow memory a tile over time"), width = svg.property("width_px");
  const ms = c => c / s.clock_hz * 1e3, x = d3.scaleLinear().range([left, width - 10]), y = d3.scaleLinear().domain([0, peak.narrow]).range([height - bottom, 12]);
  axisIn(svg, left, 0, d3.axisLeft(y).tickValues(d3.range(0, peak.narrow * 1.01, peak.narrow / 4)).tickFormat(bytes));
  const time = axisIn(svg, 0, height - bottom, g => g);
  const plot = svg.append("svg").attr("x", left).attr("width", width - left - 10).attr("height", height - bottom).attr("viewBox", `${left} 0 ${width - left - 10} ${height - bottom}`);
  const bar = plot.selectAll("rect").data(layers).join("rect").attr("y", l => y(l.narrow)).attr("height", l => y(0) - y(l.narrow)).attr("class", l => l === peak ? "peak" : "held");
  tip(bar, l => `${l.name}\n${bytes(l.narrow)} a tile`);
  const place = ([from, to]) => {
    x.domain([ms(from), ms(to)]);
    bar.attr("x", l => x(ms(l.start))).attr("width", l => Math.max(.5, x(ms(l.start + l.cycles)) - x(ms(l.start))));
    time.call(d3.axisBottom(x).ticks(width / 110).tickFormat(t => digits(t, 3) + " ms"));
  };
  place([0, s.cycles || 1]);
  span.on("change.memory", place);
}

const COLUMNS = [["layer", "name", 1], ["op", "op", 1], ["output", "shape", 1], ["where", "where", 1], ["MACs", "macs"], ["parameter bytes", "parameters"],
  ["cycles", "cycles"], ["us", "cycles"], ["%", "cycles"], ["util %", "util"], ["bound by", "bound", 1]];

function cellsOf(item, report) {
  const s = report.summary, timed = item.timed, some = (n, d, known) => known ? digits(n, d) : "\u2013";
  return [item.name, item.op, item.shape, item.streamed ? "tpu, streamed" : item.where, some(item.macs, 0, item.macs), some(item.parameters, 0, item.parameters),
    some(item.cycles, 0, timed), some(item.cycles / s.clock_hz * 1e6, 1, timed), some(100 * item.cycles / s.cycles, 1, timed),
    some(100 * item.util, 1, timed && item.macs), item.bound];
}

function table(box, report, items) {
  box.append("h2").text("Every layer");
  const filter = box.append("input").attr("type", "search").attr("placeholder", "filter by name, operator, place, bound").attr("aria-label", "filter");
  const t = box.append("div").attr("class", "scroll").append("table"), kind = i => COLUMNS[i][2] ? "text" : null;
  const heads = t.append("thead").append("tr").selectAll("th").data(COLUMNS).join("th").attr("class", (d, i) => kind(i)).attr("data-title", d => d[0]);
  const body = t.append("tbody"), foot = t.append("tfoot").append("tr").append("td").attr("colspan", COLUMNS.length);
  const tr = body.selectAll("tr").data(items).join("tr").attr("class", item => item.where === "host" ? "host" : null);
  tr.selectAll("td").data(item => cellsOf(item, report)).join("td").attr("class", (d, i) => kind(i)).attr("title", (d, i) => kind(i) && d).text(d => d);
  let sorted = null, up = false;
  const show = () => {
    const words = filter.property("value").toLowerCase(), fits = i => [i.name, i.op, i.where, i.bound].join(" ").toLowerCase().includes(words), seen = items.filter(fits);
    tr.style("display", item => fits(item) ? null : "none");
    foot.text(`${seen.length} of ${items.length} rows: ${digits(d3.sum(seen, i => i.cycles))} of ${digits(report.summary.cycles)} cycles`)
      .attr("data-cycles", d3.sum(seen, i => i.cycles));
  };
  const buttons = heads.append("button").attr("title", "sort").text(d => d[0]);
  buttons.on("click", function () {
    const [title, key, text] = d3.select(this).datum();
    up = sorted === title ? !up : !!text;
    sorted = title;
    const by = text ? (a, b) => String(a[key]).localeCompare(String(b[key])) : (a, b) => a[key] - b[key];
    tr.sort((a, b) => (up ? 1 : -1) * by(a, b));
    heads.attr("aria-sort", d => d[0] !== sorted ? null : up ? "ascending" : "descending");
  });
  filter.on("input", show);
  show();
}

function show(report, box) {
  const items = itemsOf(report), span = d3.dispatch("change");
  box.append("h1").text(report.model);
  box.append("p").attr("class", "soft").text("on " + report.arch);
  const parts = report.summary.cycles ? [figures, verdict, advice, timeline, roofline, memory, table] : [figures, verdict, table];
  for (const part of parts) part(box, report, items, span);
}

const reports = JSON.parse(document.getElementById("data").textContent), parent = d3.select("#reports");
parent.selectAll("*").remove();
parent.attr("class", reports.length > 1 ? "two" : null);
d3.select("#library").text("Charts: D3 " + d3.version);
parent.selectAll("section").data(reports).join("section").attr("class", "report").each(function (report) { show(report, d3.select(this)); });
document.title = reports.map(r => `${r.model} on ${r.arch}`).join(" | ");
