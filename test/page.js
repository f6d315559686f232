// page.js - what a reader does with the page, done to a copy of it by test/page.sh; the result stands in <html data-test>.
"use strict";
try {
  const say = (good, what) => { if (!good) throw new Error(what); };
  const all = (query, from) => [...(from || document).querySelectorAll(query)];
  const drawn_ms = performance.now();
  say(drawn_ms < 20000, `drawn after ${drawn_ms} ms`); // of a thousand layers less than 1 s on an idle machine
  const sections = all("section.report");
  say(sections.length === reports.length, "a section a report");
  sections.forEach((section, n) => {
    const total = reports[n].summary.cycles, foot = section.querySelector("tfoot td"), rows = () => all("tbody tr", section).filter(r => r.style.display !== "none");
    say(Number(foot.dataset.cycles) === total, `rows add up to ${foot.dataset.cycles}, not ${total}`);
    const parts = itemsOf(reports[n]).reduce((a, i) => a + Object.values(i.parts).reduce((x, y) => x + y, 0), 0);
    say(parts === total, `the coloured parts add up to ${parts}, not ${total}`);
    const before = rows().length, drawn = total ? reports[n].layers : [], cell = column => rows().map(r => r.children[column].textContent);
    say(before === reports[n].layers.length + reports[n].phases.length, "a row a layer and transfer");
    all("thead button", section)[6].click();
    const cycles = cell(6).map(t => Number(t.replace(/,/g, "")) || 0);
    say(cycles.every((c, i) => !i || c <= cycles[i - 1]), "sorted by cycles, most first");
    all("thead button", section)[0].click();
    say(cell(0).every((t, i, a) => !i || a[i - 1].localeCompare(t) <= 0), "sorted by name");
    const filter = section.querySelector("input");
    filter.value = "transfer";
    filter.dispatchEvent(new Event("input"));
    say(rows().length === reports[n].phases.length, "the filter leaves the transfers");
    filter.value = "";
    filter.dispatchEvent(new Event("input"));
    say(rows().length === before, "an empty filter leaves all");
    for (const mark of all("svg.time g.row, svg.time circle, svg.roofline circle, svg.memory rect, svg.strip .overlay", section)) {
      mark.dispatchEvent(new MouseEvent("mousemove", { clientX: 10, clientY: 10 }));
      const text = document.getElementById("tip").textContent;
      say(!document.getElementById("tip").hidden && /cycles|on the host|a tile$/.test(text) && !/NaN|undefined|null/.test(text), "hovering: " + text);
      mark.dispatchEvent(new MouseEvent("mouseleave"));
    }
    say(all("circle.node", section).length === drawn.length, "a point of the network a layer");
    say(all("path.link", section).length === drawn.reduce((a, l) => a + l.inputs.length, 0), "a line a result that is read");
    const gains = all("ol.advice li b", section).map(b => Number(b.textContent.replace("\u2212", "").replace(" %", "")));
    say(gains.length <= 3 && gains.every((g, i) => g >= 0 && (!i || g <= gains[i - 1])), "the largest gains first: " + gains);
    say(document.getElementById("tip").hidden, "the value goes away again");
    say(!/NaN|undefined/.test(section.textContent), "no value is missing");
    say(all("tr.host", section).length === reports[n].summary.host_layers, "operators on the host are marked");
    const roof = [...all("svg.roofline text", section)].map(t => t.textContent).find(t => t.startsWith("peak: "));
    const cells = reports[n].layers.filter(l => l.utilization && l.macs && l.split).map(l => l.macs / (l.cycles * l.utilization));
    say(!roof || !cells.length || Math.abs(Number(roof.replace(/[^0-9]/g, "")) / Math.min(...cells) - 1) < .02, "the roof is what the cells can do: " + roof);
  });
  sections.forEach((section, n) => {
    const total = reports[n].summary.cycles, before = itemsOf(reports[n]).length;
    if (!total) return; // nothing to draw
    // last, since D3 swallows the click that follows a drag: a span is drawn over the line of all time: its layers stay, a click beside it brings back all; the roofline zooms
    const line = section.querySelector(".strip .overlay"), at = line.getBoundingClientRect(), bars = () => all("svg.time g.row", section).length;
    const mouse = (target, kind, part) => target.dispatchEvent(new MouseEvent(kind, { view: window, bubbles: true, cancelable: true, button: 0,
      clientX: at.left + part * at.width, clientY: at.top + at.height / 2 }));
    const draw = (from, to) => { mouse(line, "mousedown", from); mouse(window, "mousemove", to); mouse(window, "mouseup", to); };
    say(bars() === before, "a bar a row");
    const begun_ms = performance.now();
    draw(.4, .8);
    document.body.getBoundingClientRect();
    say(performance.now() - begun_ms < 6000, `a span takes ${performance.now() - begun_ms} ms`);
    const items = itemsOf(reports[n]), held = items.filter(i => i.start < .79 * total && i.start + i.cycles > .41 * total).length;
    say(bars() >= held && (bars() < before || held === before), `a span shows ${bars()} of ${before} rows; ${held} are inside`);
    draw(.1, .1);
    say(bars() === before, "a click shows all rows again");
    window.dispatchEvent(new Event("beforeprint"));
    const tall = svg => Number(svg.getAttribute("viewBox").split(" ")[3]), slices = all("svg.slice", section);
    say(slices.reduce((a, s) => a + tall(s), 0) === tall(section.querySelector("svg.time")), "on paper all rows, in slices");
    say(slices.every(s => section.contains(document.querySelector(s.querySelector("use").getAttribute("href")))), "each report's own rows");
    window.dispatchEvent(new Event("afterprint"));
    say(!all("svg.slice", section).length, "the slices go");
    const dot = section.querySelector("svg.roofline circle"), was = dot && dot.getAttribute("cx") + dot.getAttribute("cy");
    if (dot) section.querySelector("svg.plot").dispatchEvent(new WheelEvent("wheel", { view: window, bubbles: true, cancelable: true, ctrlKey: true, deltaY: -200,
      clientX: dot.getBoundingClientRect().left + 90, clientY: dot.getBoundingClientRect().top + 30 }));
    say(!dot || dot.getAttribute("cx") + dot.getAttribute("cy") !== was, "the roofline zooms");
  });
  say(document.querySelector("footer").textContent.includes("Copyright") && document.querySelector("footer").textContent.includes(d3.version), "the library's licence");
  say(all("script").length === 4, "names made no element");
  document.documentElement.dataset.test = "good";
} catch (e) {
  document.documentElement.dataset.test = String(e.message);
}
