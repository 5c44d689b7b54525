// What the page can do beyond being read: search and filters, sortable tables, charts that zoom.
// The text is all there without it. Nothing that comes from evidence is ever taken for markup:
// elements are made by name and words are set as text.
"use strict";
(() => {
  const OUTCOMES = ["failed", "error", "flaky", "skipped", "passed"];
  const SIGNS = { failed: "✕", error: "✕", missed: "✕", flaky: "≈", waived: "≈", skipped: "–",
    passed: "✓", met: "✓", invalid: "!", "no evidence": "?", finding: "•", measurement: "·" };
  const TONES = { failed: "missed", error: "missed", flaky: "no-evidence", skipped: "no-evidence",
    passed: "met", finding: "invalid" };
  const BATCH = 40;
  const $ = (id) => document.getElementById(id);
  const make = (tag, cls, ...inside) => {
    const element = document.createElement(tag);
    if (cls) element.className = cls;
    element.append(...inside);
    return element;
  };
  const seconds = (ms) => (ms < 10 ? `${ms} ms` : ms < 10000 ? `${(ms / 1000).toFixed(2)} s` : `${Math.round(ms / 1000)} s`);

  // --- data ---------------------------------------------------------------------------------

  let unpacking = null;
  const unpack = () => (unpacking ??= (async () => {
    const raw = Uint8Array.from(atob($("pack").textContent), (c) => c.charCodeAt(0));
    const stream = new Blob([raw]).stream().pipeThrough(new DecompressionStream("deflate-raw"));
    return JSON.parse(await new Response(stream).text());
  })());

  let listing = null;
  const everything = () => (listing ??= unpack().then((data) => [...objectives(data), ...tests(data), ...findings(data), ...measured(data)]));

  function* objectives(data) {
    for (const [id, state, promise, why] of data.objectives)
      yield { kind: "objective", state, layer: "", name: id, note: promise, speaks: [id], ms: 0, words: `${id} ${promise} ${why}`,
        body: () => [make("p", "", promise), make("p", "why", why), link(id)] };
  }
  const link = (id) => {
    const layer = id.endsWith("-suite") ? `layer-${id.slice(0, -6)}` : id;
    const a = make("a", "", "Show it in the page");
    a.href = `#${$(id) ? id : $(layer) ? layer : "optional"}`;
    return a;
  };

  function* tests(data) {
    const t = data.tests;
    for (let i = 0; i < t.name.length; i++) {
      const state = OUTCOMES[t.outcome[i]], path = t.files[t.file[i]], told = t.told[i];
      const id = t.name[i] ? `${path}::${t.name[i]}` : path;
      yield { kind: "test", state, layer: t.layers[t.layer[i]], name: id, note: told?.[5] ?? "", ms: t.ms[i],
        speaks: t.promises[t.speaks[i]], words: `${id} ${told?.[0] ?? ""} ${told?.[5] ?? ""}`, body: () => test(told, t.promises[t.speaks[i]]) };
    }
  }
  function test(told, speaks) {
    const parts = [];
    if (speaks.length) parts.push(make("p", "soft", `Speaks for ${speaks.join(", ")}`));
    if (!told) return parts.length ? parts : [make("p", "soft", "Speaks for no objective of its own.")];
    const [message, trace, repeat, files, cause, , elsewhere] = told;
    if (message) parts.push(make("p", "why", make("bdi", "", message)));
    if (trace) parts.push(make("pre", "", trace));
    if (repeat) parts.push(make("code", "todo", repeat));
    for (const file of files) {
      const a = make("a", "", file);
      a.href = file.split("/").map(encodeURIComponent).join("/");
      parts.push(make("p", "", a));
    }
    for (const name of elsewhere) parts.push(make("p", "soft", name));
    if (cause && $(`cause-${cause}`)) {
      const a = make("a", "", "Others of the same cause");
      a.href = `#cause-${cause}`;
      parts.push(make("p", "", a));
    }
    return parts;
  }
  function* findings(data) {
    for (const [tool, rule, severity, place, message, layer, waived, mark, doubted] of data.findings)
      yield { kind: "finding", state: waived ? "waived" : "finding", layer, name: `${tool} ${rule} ${place}`, note: doubted ? `${severity}, in evidence that is not believed` : severity, speaks: [], ms: 0,
        words: `${tool} ${rule} ${severity} ${place} ${message} ${mark}`, body: () => [make("p", "", make("bdi", "", message)), make("p", "mono soft", mark)] };
  }
  function* measured(data) {
    for (const [layer, metric, value, samples, interval] of data.measurements)
      yield { kind: "measurement", state: "measurement", layer, name: metric, note: value, speaks: [], ms: 0, words: metric,
        body: () => [make("p", "", `${value}, n ${samples}, interval ${interval}`)] };
  }

  // --- asking -------------------------------------------------------------------------------

  // s:failed  layer:unit  kind:test  @objective  t:>1 (seconds)  words  -without
  function parse(text) {
    const rules = [];
    for (const token of text.match(/-?[\w@]*:?"[^"]*"|\S+/g) ?? []) {
      const not = token.startsWith("-") && token.length > 1;
      const word = (not ? token.slice(1) : token).replaceAll('"', "").toLowerCase();
      const [, key, value] = word.match(/^(s|layer|kind|t):(.*)$/) ?? [];
      let holds = (item) => item.words.toLowerCase().includes(word);
      if (key === "s") holds = (item) => item.state.replace(" ", "-").startsWith(value.replace(" ", "-"));
      else if (key === "layer") holds = (item) => item.layer.startsWith(value);
      else if (key === "kind") holds = (item) => item.kind.startsWith(value);
      else if (key === "t") holds = (item) => item.kind === "test" && (value[0] === "<" ? item.ms < 1000 * value.slice(1) : item.ms > 1000 * value.replace(">", ""));
      else if (word[0] === "@") holds = (item) => item.speaks.some((id) => id.startsWith(word.slice(1)));
      rules.push(not ? (item) => !holds(item) : holds);
    }
    return (item) => rules.every((rule) => rule(item));
  }

  const CHIPS = ["s:failed", "s:error", "s:flaky", "s:skipped", "s:missed", "s:no-evidence", "kind:finding", "t:>1"];
  let shown = "";
  async function show(text) {
    shown = text;
    const items = await everything();
    if (shown !== text) return; // another key was pressed meanwhile
    const asked = text.trim() !== "";
    document.querySelector("main").classList.toggle("searching", asked);
    const hits = asked ? items.filter(parse(text)) : items.filter((item) => item.kind === "test");
    const count = make("p", "note", asked ? `${hits.length.toLocaleString("en")} of ${items.length.toLocaleString("en")} tests, objectives, findings and measurements` : "What did not pass comes first.");
    count.setAttribute("role", "status");
    const list = make("div", "card");
    $("results").replaceChildren(chips(text), count, ...(hits.length ? [list] : []));
    page(list, hits, 0);
  }

  function chips(text) {
    const row = make("div", "chips");
    const words = text.split(/\s+/).filter(Boolean);
    for (const chip of CHIPS) {
      const on = words.includes(chip);
      const button = make("button", "", chip);
      button.type = "button";
      button.setAttribute("aria-pressed", on);
      button.onclick = () => {
        ask((on ? words.filter((word) => word !== chip) : [...words, chip]).join(" "));
        setTimeout(() => [...document.querySelectorAll(".chips button")].find((b) => b.textContent === chip)?.focus(), 50);
      };
      row.append(button);
    }
    return row;
  }

  function page(list, hits, from) {
    list.append(...hits.slice(from, from + BATCH).map(hit));
    const next = from + BATCH;
    if (next >= hits.length) return;
    const more = make("button", "more", `Show ${Math.min(BATCH, hits.length - next)} more of ${(hits.length - next).toLocaleString("en")}`);
    more.type = "button";
    more.onclick = () => {
      more.remove();
      page(list, hits, next);
      list.children[next]?.querySelector("summary")?.focus();
    };
    list.append(more);
  }

  function hit(item) {
    const note = [item.kind === "test" ? item.layer : item.kind, item.note, item.ms ? seconds(item.ms) : ""].filter(Boolean).join(" · ");
    const summary = make("summary", "", make("span", "state", `${SIGNS[item.state] ?? "·"} ${item.state}`), make("bdi", "what", item.name), make("span", "soft small", note));
    const row = make("details", `row hit ${TONES[item.state] ?? item.state.replace(" ", "-")}`, summary);
    row.addEventListener("toggle", () => row.append(make("div", "full", ...item.body())), { once: true });
    return row;
  }

  // --- the address --------------------------------------------------------------------------

  // "#q=s%3Afailed&sort=3-" : a page from a disk may change what stands behind the #, and no more
  const state = () => new URLSearchParams(/^#(q|sort)=/.test(location.hash) ? location.hash.slice(1) : "");
  function keep(changes) {
    const wanted = state();
    for (const [key, value] of Object.entries(changes)) value ? wanted.set(key, value) : wanted.delete(key);
    const text = wanted.toString();
    history.replaceState(null, "", text ? `#${text}` : "#tests");
  }
  function ask(text) {
    $("q").value = text;
    keep({ q: text });
    show(text);
  }
  function follow() {
    const { hash } = location, wanted = state();
    if (wanted.size) {
      if (wanted.has("q") && wanted.get("q") !== shown) {
        $("q").value = wanted.get("q");
        show(wanted.get("q"));
      }
      if (wanted.has("sort")) sort(wanted.get("sort"));
      return;
    }
    if (shown) {
      $("q").value = "";
      show("");
    }
    let target = null;
    try { target = $(decodeURIComponent(hash.slice(1))); } catch { return; }
    if (target?.tagName === "DETAILS") target.open = true;
    target?.scrollIntoView();
  }

  // --- tables -------------------------------------------------------------------------------

  const table = document.querySelector("table[data-sort]");
  function sort(how) { // "3-": by the third column, the highest first
    const column = parseInt(how, 10), down = how.endsWith("-");
    if (!table || !(column >= 0)) return;
    const rows = [...table.tBodies[0].rows];
    const key = (row) => column ? Number(row.dataset.by.split(" ")[column - 1]) : row.cells[0].textContent;
    rows.sort((a, b) => { const x = key(a), y = key(b); return (x < y ? -1 : x > y ? 1 : 0) * (down ? -1 : 1); });
    table.tBodies[0].append(...rows);
    [...table.tHead.rows[0].cells].forEach((cell, i) => i === column ? cell.setAttribute("aria-sort", down ? "descending" : "ascending") : cell.removeAttribute("aria-sort"));
  }
  if (table) [...table.tHead.rows[0].cells].forEach((cell, i) => {
    const button = make("button", "", cell.textContent);
    button.type = "button";
    button.onclick = () => {
      const how = `${i}${cell.getAttribute("aria-sort") === "descending" ? "+" : "-"}`;
      keep({ sort: how });
      sort(how);
    };
    cell.replaceChildren(button);
  });

  // --- charts -------------------------------------------------------------------------------

  const style = getComputedStyle(document.documentElement);
  const colour = (name) => style.getPropertyValue(name).trim();
  const NINES = [0, Math.log10(2), 1, 2, 3, 4]; // 0, 50, 90, 99, 99.9 and 99.99 %
  const DASHES = [[], [7, 3], [2, 3]];
  const drawn = [];
  // uPlot joins across what is undefined (not sampled at that moment) and parts a line at null
  const parted = (x, [, values, gaps]) => values.map((y, i) => y ?? (gaps.some(([from, to]) => x[i] > from && x[i] < to) ? null : undefined));
  const alone = (ys) => {
    const told = [...ys.keys()].filter((i) => ys[i] !== undefined);
    return told.filter((at, n) => ys[at] !== null && (ys[told[n - 1]] ?? null) === null && (ys[told[n + 1]] ?? null) === null);
  };
  async function draw(figure) {
    const chart = (await unpack()).charts[figure.dataset.chart];
    const svg = figure.querySelector("svg");
    const time = chart.axis === "time";
    const grid = { stroke: colour("--line"), width: 1 }, axis = { stroke: colour("--soft"), grid, ticks: grid };
    const percent = (at) => `${Number((100 - 100 * 10 ** -at).toPrecision(6))} %`;
    const lines = chart.lines.map((line) => parted(chart.x, line));
    const plot = new uPlot({
      width: svg.clientWidth, height: 230,
      scales: { x: { time: false }, y: { range: (u, low, high) => [Math.min(0, low) * 1.08, Math.max(0, high) * 1.08 || (low < 0 ? 0 : 1)] } },
      axes: [{ ...axis, ...(time ? {} : { splits: (u, i, low, high) => NINES.filter((at) => at >= low && at <= high) }), values: (u, at) => at.map((x) => (time ? `${x} s` : percent(x))) }, { ...axis, size: 60 }],
      series: [{ label: "at", value: (u, x) => (x == null ? "–" : time ? `${x} s` : percent(x)) }, ...chart.lines.map(([label], i) => ({
        label, stroke: colour(`--s${i}`), width: 1.6, dash: DASHES[i % 3], points: { show: false, size: 4, fill: colour(`--s${i}`), filter: () => alone(lines[i]) }, value: (u, y) => y ?? "–" }))],
      cursor: { sync: time ? { key: "time" } : undefined, drag: { x: true, y: false } },
      hooks: { draw: [(u) => marks(u, chart)], setScale: [(u, key) => time && key === "x" && zoom(u)] },
    }, [chart.x, ...lines]);
    plot.root.setAttribute("role", "img");
    plot.root.setAttribute("aria-label", svg.getAttribute("aria-label"));
    svg.replaceWith(plot.root);
    if (time) drawn.push(plot);
    new ResizeObserver(() => plot.setSize({ width: figure.clientWidth - 32, height: 230 })).observe(figure);
  }
  let zooming = false;
  function zoom(from) {
    if (zooming) return;
    zooming = true;
    const { min, max } = from.scales.x;
    for (const plot of drawn) if (plot !== from && min != null) plot.setScale("x", { min, max });
    zooming = false;
  }
  function marks(u, chart) {
    const { ctx, bbox } = u, dot = devicePixelRatio;
    ctx.save();
    ctx.lineWidth = dot;
    ctx.setLineDash([5 * dot, 3 * dot]);
    ctx.font = `${11 * dot}px system-ui, sans-serif`;
    ctx.strokeStyle = ctx.fillStyle = colour("--nogo");
    ctx.textAlign = "left"; // the axes leave their own behind
    const across = (x0, y0, x1, y1) => { ctx.beginPath(); ctx.moveTo(x0, y0); ctx.lineTo(x1, y1); ctx.stroke(); };
    if (chart.limit != null) {
      const y = u.valToPos(chart.limit, "y", true);
      if (y > bbox.top) { across(bbox.left, y, bbox.left + bbox.width, y); ctx.fillText("limit", bbox.left + 4 * dot, y - 4 * dot); }
    }
    chart.marks.forEach(([at, text], i) => {
      const x = u.valToPos(at, "x", true);
      if (x < bbox.left || x > bbox.left + bbox.width) return;
      across(x, bbox.top, x, bbox.top + bbox.height);
      const room = bbox.left + bbox.width - x > ctx.measureText(text).width + 4 * dot;
      ctx.textAlign = room ? "left" : "right";
      ctx.fillText(text, x + (room ? 4 : -4) * dot, bbox.top + (12 + 13 * (i % 4)) * dot);
    });
    ctx.restore();
  }

  // --- begin --------------------------------------------------------------------------------

  const onSight = (element, act) => {
    const eye = new IntersectionObserver((seen) => {
      if (seen.some((entry) => entry.isIntersecting)) { eye.disconnect(); act(element); }
    }, { rootMargin: "300px" });
    eye.observe(element);
  };
  const plots = (within) => {
    if (typeof uPlot !== "undefined") within.querySelectorAll("[data-chart]").forEach((figure) => onSight(figure, draw));
  };
  // What a closed row holds is put aside until the row is opened, so that the page stays small.
  for (const full of document.querySelectorAll("details.row:not([open]) > .full")) {
    const row = full.parentElement;
    full.remove();
    row.addEventListener("toggle", () => { row.append(full); plots(full); }, { once: true });
  }
  let typing = 0;
  const form = document.querySelector("form[role=search]");
  form.hidden = false;
  form.addEventListener("submit", (event) => event.preventDefault());
  $("q").addEventListener("input", (event) => { clearTimeout(typing); typing = setTimeout(() => ask(event.target.value), 120); });
  document.addEventListener("keydown", (event) => {
    if (event.key === "/" && !/INPUT|TEXTAREA/.test(event.target.tagName)) { event.preventDefault(); $("q").focus(); }
    if (event.key === "Escape" && shown) ask("");
  });
  addEventListener("hashchange", follow);
  plots(document);
  onSight($("tests"), () => shown || show(""));
  if (location.hash) follow();
})();
