// Hear an explanation: stems, heatmap and lyrics on one clock.
//
// All stems start together on one AudioContext, each through a gain that follows the
// chosen cells and one that follows mute and solo. Text from songs only ever becomes
// text nodes. The same element is updated when another class is chosen: sound goes on.

const FADE_S = 0.008;
const STRONG = { support: [230, 97, 1], oppose: [94, 60, 153] };
const PALE = { support: [253, 184, 99], oppose: [178, 171, 210] };

const element = (tag, attributes = {}, ...children) => {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name === "class") made.className = value;
    else if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
    else made.setAttribute(name, value);
  }
  made.append(...children);
  return made;
};

const clock = (seconds) => {
  const whole = Math.max(0, Math.round(seconds));
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, "0")}`;
};

const signed = (weight) => (weight < 0 ? "−" : "+") + Math.abs(weight).toFixed(3);

const mixed = (colour, share) =>
  `rgb(${colour.map((part) => Math.round(255 + (part - 255) * share)).join(",")})`;

class Player {
  constructor(host) {
    this.host = host;
    this.buffers = null;
    this.muted = new Set();
    this.soloed = new Set();
    this.runs = [];
    this.playing = "";
    this.position = 0;
  }

  // ---- what is shown -------------------------------------------------------

  update(data) {
    const structure = JSON.stringify([data.id, data.sources, data.boundaries, data.text]);
    this.data = data;
    if (structure !== this.structure) {
      this.stop();
      this.structure = structure;
      this.buffers = null;
      this.position = 0;
      this.build();
    }
    this.paint();
  }

  build() {
    const { data } = this;
    this.root = element("div", { class: "player" });
    this.root.player = this;
    this.status = element("p", { class: "status", role: "status" });
    if (data.sources.length) this.root.append(this.transport(), this.heatmap());
    this.root.append(this.status);
    if (data.text) this.root.append(this.lyrics());
    this.root.append(this.legend());
    this.host.replaceChildren(this.root);
    this.say("");
  }

  transport() {
    const button = (name, text, title, extra = "") =>
      element("button", {
        type: "button", class: `play ${extra}`, "data-play": name, title, "aria-pressed": "false",
        onclick: () => this.toggle(name),
      }, text);
    this.mattered = button("mattered", "▶ Play what mattered",
      "The parts that carry most of the support, silence skipped", "main");
    this.seek = element("input", {
      type: "range", min: 0, max: this.data.duration, step: 0.1, value: 0,
      "aria-label": "Position in the song",
      oninput: () => this.seekTo(Number(this.seek.value)),
    });
    this.time = element("span", { class: "time" });
    return element("div", { class: "transport" },
      this.mattered,
      button("song", "▶ Whole song", "Everything"),
      button("rest", "▶ The rest", "Everything but what mattered"),
      element("span", { class: "seek" }, this.seek, this.time));
  }

  heatmap() {
    const { sources, boundaries } = this.data;
    const n = boundaries.length - 1;
    const grid = element("div", {
      class: "heatmap", role: "group", style: `--columns:${n}`,
      "aria-label": "Sources over time. Arrow keys move, Enter plays.",
      onkeydown: (event) => this.move(event),
    });
    grid.append(element("span", { class: "corner" }));
    for (let k = 0; k < n; k += 1) {
      grid.append(element("span", { class: "tick", "data-k": k, "aria-hidden": "true" },
        clock(boundaries[k])));
    }
    this.cells = sources.map((source, row) => {
      grid.append(this.channel(source));
      return Array.from({ length: n }, (_, k) => {
        const cell = element("button", {
          type: "button", class: "cell", "data-row": row, "data-k": k,
          tabindex: row || k ? -1 : 0,
          onclick: () => this.toggle(`cell ${row} ${k}`),
          onfocus: () => this.sayCell(row, k),
          onmouseenter: () => this.sayCell(row, k),
          onmouseleave: () => this.say(""),
        });
        grid.append(cell);
        return cell;
      });
    });
    this.ticks = [...grid.querySelectorAll(".tick")];
    return grid;
  }

  channel(source) {
    const flip = (set, name, symbol) =>
      element("button", {
        type: "button", class: "flip", "aria-pressed": "false", "aria-label": `${name} ${source}`,
        title: `${name} ${source}`,
        onclick: (event) => {
          if (set.has(source)) set.delete(source);
          else set.add(source);
          event.currentTarget.setAttribute("aria-pressed", String(set.has(source)));
          this.level();
        },
      }, symbol);
    return element("span", { class: "channel" },
      element("span", { class: "source" }, source),
      element("span", { class: "flips" },
        flip(this.muted, "Mute", "M"), flip(this.soloed, "Solo", "S")));
  }

  lyrics() {
    const { text, units } = this.data;
    const spans = units.flatMap((unit, i) => unit.spans.map(([from, to]) => ({ from, to, i })));
    spans.sort((a, b) => a.from - b.from);
    this.marks = [];
    const box = element("div", { class: "lyrics", role: "group", "aria-label": "Lyrics" });
    // Positions count characters as Python does, so cut by code points.
    const points = Array.from(text);
    let at = 0;
    for (const { from, to, i } of spans) {
      if (from < at) continue;
      if (from > at) box.append(points.slice(at, from).join(""));
      const mark = element("mark", {
        tabindex: 0,
        onfocus: () => this.sayUnit(i),
        onmouseenter: () => this.sayUnit(i),
        onmouseleave: () => this.say(""),
      }, points.slice(from, to).join(""));
      this.marks.push({ mark, i });
      box.append(mark);
      at = to;
    }
    box.append(points.slice(at).join(""));
    return box;
  }

  legend() {
    const entry = (kind, ...text) =>
      element("span", {}, element("i", { class: `swatch ${kind}`, "aria-hidden": "true" }), ...text);
    this.legendText = [element("span"), element("span")];
    const entries = [
      entry("support", "+ supports ", this.legendText[0]),
      entry("oppose", "− opposes ", this.legendText[1]),
      entry("noise", "grey: within chance"),
    ];
    if (this.data.sources.length) entries.push(entry("mattered", "underlined: what mattered"));
    return element("p", { class: "legend" }, ...entries);
  }

  // Colour everything for the chosen class.
  paint() {
    const { data } = this;
    const scale = Math.max(data.scale, 1e-9);
    for (const text of this.legendText) text.textContent = data.label;
    (this.cells || []).forEach((cells, row) => cells.forEach((cell, k) => {
      if (!data.sources.length) return;
      const weight = data.weights[row][k];
      const isNoise = data.noise[row][k];
      const share = Math.min(1, Math.abs(weight) / scale);
      const colour = STRONG[weight < 0 ? "oppose" : "support"];
      cell.style.background = isNoise ? "#ececec" : mixed(colour, 0.12 + 0.88 * share);
      cell.style.color = !isNoise && weight < 0 && share > 0.55 ? "#fff" : "#1a1a1a";
      cell.textContent = isNoise ? "·" : weight < 0 ? "−" : "+";
      cell.classList.toggle("mattered", data.mattered[row][k]);
      cell.setAttribute("aria-label", `Play ${this.describeCell(row, k)}`);
    }));
    for (const { mark, i } of this.marks || []) {
      const unit = data.units[i];
      const share = Math.min(1, Math.abs(unit.weight) / scale);
      const kind = unit.noise ? "noise" : unit.weight < 0 ? "oppose" : "support";
      mark.className = kind;
      mark.style.background =
        unit.noise ? "transparent" : mixed(PALE[kind], 0.25 + 0.75 * share);
      mark.style.textDecorationThickness = unit.noise ? "" : `${(1 + 3 * share).toFixed(1)}px`;
      mark.setAttribute("aria-label", this.describeUnit(i));
      mark.title = this.describeUnit(i);
    }
    if (this.mattered) {
      this.mattered.disabled = !data.mattered.flat().some(Boolean);
    }
    this.showState();
  }

  verdict(weight, error, isNoise) {
    const size = `${signed(weight)} ± ${(1.96 * error).toFixed(3)}`;
    if (isNoise) return `within chance (${size})`;
    return `${weight < 0 ? "opposes" : "supports"} ${this.data.label} by ${size}`;
  }

  describeCell(row, k) {
    const { sources, boundaries, weights, errors, noise } = this.data;
    const when = `${clock(boundaries[k])}–${clock(boundaries[k + 1])}`;
    return `${sources[row]} ${when}: ${this.verdict(weights[row][k], errors[row][k], noise[row][k])}`;
  }

  describeUnit(i) {
    const unit = this.data.units[i];
    if (!unit.seen) return `“${unit.name}”: the model does not read this far`;
    return `“${unit.name}”: ${this.verdict(unit.weight, unit.error, unit.noise)}`;
  }

  sayCell(row, k) { this.say(this.describeCell(row, k)); }

  sayUnit(i) { this.say(this.describeUnit(i)); }

  say(text) {
    const hint = this.data.sources.length
      ? "Click a cell to hear that source in those seconds."
      : "Point at a word to see its weight.";
    this.status.textContent = text || hint;
  }

  move(event) {
    const steps = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] };
    const step = steps[event.key];
    const here = event.target.closest?.(".cell");
    if (!step || !here) return;
    event.preventDefault();
    const next = this.cells[Number(here.dataset.row) + step[0]]?.[Number(here.dataset.k) + step[1]];
    if (!next) return;
    here.tabIndex = -1;
    next.tabIndex = 0;
    next.focus();
  }

  // ---- what is heard -------------------------------------------------------

  async toggle(name) {
    const again = this.playing === name;
    this.stop();
    if (again) return;
    this.playing = name;
    this.showState();
    try {
      await this.ready();
    } catch {
      this.playing = "";
      this.showState();
      this.status.textContent = "This browser cannot play the sound (OGG Vorbis). Try a current one.";
      return;
    }
    if (this.playing === name) this.start(this.plan(name));
  }

  async ready() {
    this.context ||= new AudioContext();
    await this.context.resume();
    if (this.buffers) return;
    this.status.textContent = "Loading the sound…";
    const decode = async (text) => {
      const bytes = Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
      return this.context.decodeAudioData(bytes.buffer);
    };
    this.buffers = await Promise.all(this.data.sources.map((name) => decode(this.data.sounds[name])));
    this.say("");
  }

  // The stretches to play, each with one on/off table (sources x segments).
  plan(name) {
    const { sources, boundaries, mattered, duration } = this.data;
    const all = sources.map(() => boundaries.slice(1).map(() => true));
    if (name === "song") {
      const from = this.position < duration - 0.2 ? this.position : 0;
      return [{ from, to: duration, table: all }];
    }
    if (name.startsWith("cell")) {
      const [, row, k] = name.split(" ").map(Number);
      const table = all.map((line, i) => line.map((_, j) => i === row && j === k));
      return [{ from: boundaries[k], to: boundaries[k + 1], table }];
    }
    const table = mattered.map((line) => line.map((on) => (name === "mattered" ? on : !on)));
    const runs = [];
    for (let k = 0; k < boundaries.length - 1; k += 1) {
      if (!table.some((line) => line[k])) continue;
      const last = runs[runs.length - 1];
      if (last && last.to === boundaries[k]) last.to = boundaries[k + 1];
      else runs.push({ from: boundaries[k], to: boundaries[k + 1], table });
    }
    return runs;
  }

  start(runs) {
    const { context } = this;
    const { boundaries } = this.data;
    this.output = context.createGain();
    this.meter = context.createAnalyser();
    this.output.connect(this.meter).connect(context.destination);
    this.channels = this.data.sources.map(() => {
      const gain = context.createGain();
      gain.connect(this.output);
      return gain;
    });
    this.level();
    let at = context.currentTime + 0.03;
    this.runs = runs.map((run) => {
      const timed = { ...run, at };
      this.buffers.forEach((buffer, row) => {
        const source = context.createBufferSource();
        source.buffer = buffer;
        const gain = context.createGain();
        source.connect(gain).connect(this.channels[row]);
        gain.gain.setValueAtTime(0, at);
        boundaries.slice(0, -1).forEach((start, k) => {
          const end = boundaries[k + 1];
          if (end <= run.from || start >= run.to) return;
          const when = at + Math.max(start, run.from) - run.from;
          const before = start > run.from && run.table[row][k - 1] ? 1 : 0;
          gain.gain.setValueAtTime(before, when);
          gain.gain.linearRampToValueAtTime(run.table[row][k] ? 1 : 0, when + FADE_S);
        });
        const end = at + run.to - run.from;
        const last = run.table[row][boundaries.findLastIndex((start) => start < run.to)];
        gain.gain.setValueAtTime(last ? 1 : 0, end - FADE_S);
        gain.gain.linearRampToValueAtTime(0, end);
        source.start(at, run.from, run.to - run.from);
        source.stop(end);
      });
      at += run.to - run.from;
      return timed;
    });
    this.ends = at;
    this.frame();
  }

  // Apply mute and solo.
  level() {
    if (!this.channels) return;
    this.data.sources.forEach((source, row) => {
      const silent = this.muted.has(source) || (this.soloed.size && !this.soloed.has(source));
      this.channels[row].gain.setTargetAtTime(silent ? 0 : 1, this.context.currentTime, 0.01);
    });
  }

  // Loudness of what is sounding now, 0 to 1.
  loudness() {
    if (!this.playing || !this.meter) return 0;
    const wave = new Float32Array(this.meter.fftSize);
    this.meter.getFloatTimeDomainData(wave);
    return Math.sqrt(wave.reduce((sum, value) => sum + value * value, 0) / wave.length);
  }

  stop() {
    cancelAnimationFrame(this.frameId);
    if (this.output) this.output.disconnect();
    this.output = this.channels = this.meter = null;
    this.runs = [];
    this.playing = "";
    if (this.root) this.showState();
  }

  seekTo(seconds) {
    this.position = seconds;
    const wasSong = this.playing === "song";
    this.stop();
    if (wasSong) this.toggle("song");
  }

  frame() {
    if (!this.root.isConnected) { this.stop(); return; }
    const now = this.context.currentTime;
    if (now >= this.ends) {
      if (this.playing === "song") this.position = 0;
      this.stop();
      return;
    }
    const run = this.runs.findLast((candidate) => candidate.at <= now) || this.runs[0];
    this.head = run ? run.from + Math.max(0, now - run.at) : 0;
    if (this.playing === "song") this.position = this.head;
    this.showState();
    this.frameId = requestAnimationFrame(() => this.frame());
  }

  showState() {
    if (!this.root || !this.data.sources.length) return;
    const isOn = this.runs.length > 0;
    const here = isOn ? this.head ?? 0 : this.position;
    this.root.dataset.playing = this.playing;
    for (const button of this.root.querySelectorAll(".play")) {
      const on = button.dataset.play === this.playing;
      button.setAttribute("aria-pressed", String(on));
      button.textContent = button.textContent.replace(/^[▶■]/, on ? "■" : "▶");
    }
    this.seek.value = here;
    this.seek.setAttribute("aria-valuetext", clock(here));
    this.time.textContent = `${clock(here)} / ${clock(this.data.duration)}`;
    const { boundaries } = this.data;
    const column = isOn ? boundaries.findLastIndex((start) => start <= here) : -1;
    this.ticks.forEach((tick, k) => tick.classList.toggle("now", k === column));
    this.cells.forEach((cells, row) => cells.forEach((cell, k) => {
      cell.classList.toggle("now", k === column);
      cell.classList.toggle("sounding", this.playing === `cell ${row} ${k}`);
    }));
  }
}

export default function render({ data, parentElement }) {
  let host = parentElement.querySelector(".host");
  if (!host) {
    host = element("div", { class: "host" });
    parentElement.append(host);
  }
  host.player ||= new Player(host);
  host.player.update(data);
}
