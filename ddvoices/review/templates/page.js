"use strict";
(() => {
  const root = document.documentElement;
  const all = (selector, within = document) => [...within.querySelectorAll(selector)];
  const make = (tag, properties = {}, ...children) => {
    const element = Object.assign(document.createElement(tag), properties);
    element.append(...children);
    return element;
  };
  root.classList.add("script");

  // ---- Loudness and waveform -------------------------------------------------------------------------------

  const BARS = 240;
  const RATE = 48000;
  const BLOCK = 0.4; // seconds, each three quarters over the one before: ITU-R BS.1770
  const QUIETEST = -70; // LUFS under which a block is no speech

  const bytesOf = (source) => {
    const text = atob(source.slice(source.indexOf(",") + 1));
    const bytes = new Uint8Array(text.length);
    for (let at = 0; at < text.length; at++) bytes[at] = text.charCodeAt(at);
    return bytes.buffer;
  };

  const weighted = async (decoded) => {
    const context = new OfflineAudioContext(decoded.numberOfChannels, decoded.length, decoded.sampleRate);
    const source = new AudioBufferSourceNode(context, { buffer: decoded });
    const shelf = new BiquadFilterNode(context, { type: "highshelf", frequency: 1682, gain: 4 });
    const pass = new BiquadFilterNode(context, { type: "highpass", frequency: 38, Q: -6 });
    source.connect(shelf).connect(pass).connect(context.destination);
    source.start();
    return context.startRendering();
  };

  const energies = (buffer) => {
    const size = Math.max(1, Math.round(BLOCK * buffer.sampleRate));
    const found = [];
    const channels = Array.from({ length: buffer.numberOfChannels }, (_, number) => buffer.getChannelData(number));
    for (let start = 0; start === 0 || start + size <= buffer.length; start += size / 4) {
      const from = Math.round(start);
      const to = Math.min(from + size, buffer.length);
      let sum = 0;
      for (const channel of channels) for (let at = from; at < to; at++) sum += channel[at] * channel[at];
      found.push(sum / Math.max(1, to - from));
    }
    return found;
  };

  const level = (energy) => -0.691 + 10 * Math.log10(energy);
  const mean = (values) => values.reduce((sum, value) => sum + value, 0) / values.length;

  const loudness = async (decoded) => {
    const heard = energies(await weighted(decoded)).filter((energy) => level(energy) > QUIETEST);
    if (!heard.length) return null;
    const gate = level(mean(heard)) - 10;
    return level(mean(heard.filter((energy) => level(energy) > gate)));
  };

  const peaks = (decoded) => {
    const samples = decoded.getChannelData(0);
    const step = samples.length / BARS;
    const found = Array.from({ length: BARS }, (_, bar) => {
      let most = 0;
      for (let at = Math.floor(bar * step); at < (bar + 1) * step; at++) most = Math.max(most, Math.abs(samples[at] || 0));
      return most;
    });
    const top = Math.max(...found) || 1;
    return found.map((peak) => peak / top);
  };

  // ---- One recording ---------------------------------------------------------------------------------------

  const clock = (seconds) => {
    const whole = Number.isFinite(seconds) ? seconds : 0;
    return `${Math.floor(whole / 60)}:${(whole % 60).toFixed(1).padStart(4, "0")}`;
  };

  const icon = (name, path) => {
    const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
    svg.setAttribute("viewBox", "0 0 16 16");
    svg.setAttribute("aria-hidden", "true");
    svg.setAttribute("class", name);
    const shape = document.createElementNS("http://www.w3.org/2000/svg", "path");
    shape.setAttribute("d", path);
    svg.append(shape);
    return svg;
  };

  class Sound {
    constructor(figure) {
      this.figure = figure;
      this.audio = figure.querySelector("audio");
      this.card = figure.closest("[data-card]");
      this.label = figure.dataset.label;
      this.peaks = null;
      this.loudness = null;
      this.seconds = Number(figure.dataset.seconds) || 0;
      this.build();
      this.listen();
    }

    build() {
      this.button = make("button", { type: "button", className: "play" },
        icon("go", "M4 2.5v11l9-5.5z"), icon("pause", "M4 2.5h3v11H4zM9 2.5h3v11H9z"));
      this.canvas = make("canvas");
      this.range = make("input", { type: "range", min: 0, max: 1000, value: 0, step: 5 });
      this.range.setAttribute("aria-label", `Place in: ${this.label}`);
      this.time = make("span", { className: "time" });
      const wave = make("div", { className: "wave" }, this.canvas, this.range);
      this.figure.append(make("div", { className: "player" }, this.button, wave, this.time));
      this.figure.classList.add("ready");
      this.show();
    }

    listen() {
      this.button.addEventListener("click", () => this.toggle());
      this.range.addEventListener("input", () => {
        this.seek(this.length * this.range.value / 1000);
      });
      for (const event of ["play", "pause", "ended", "timeupdate", "loadedmetadata", "seeked"]) {
        this.audio.addEventListener(event, () => this.show());
      }
      this.audio.addEventListener("ended", () => { if (onEnd) onEnd(this); });
      this.audio.addEventListener("error", () => this.fail());
    }

    see() {
      this.seen = true;
      new ResizeObserver(() => this.draw()).observe(this.canvas);
      return this.analyse();
    }

    get length() { return Number.isFinite(this.audio.duration) ? this.audio.duration : this.seconds; }
    get playing() { return !this.audio.paused && !this.audio.ended; }

    seek(seconds) {
      this.audio.currentTime = Math.max(0, Math.min(seconds, this.length || seconds));
      this.show();
    }

    async analyse() {
      this.analysed ??= this.read();
      return this.analysed;
    }

    async read() {
      if (!this.audio.src.startsWith("data:")) return;
      try {
        const decoded = await new OfflineAudioContext(1, 1, RATE).decodeAudioData(bytesOf(this.audio.src));
        this.seconds = decoded.duration;
        this.peaks = peaks(decoded);
        this.loudness = await loudness(decoded);
      } catch {
        this.peaks = null; // it may play all the same
      }
      this.figure.dataset.loudness = this.loudness === null ? "" : this.loudness.toFixed(1);
      this.show();
      this.draw();
    }

    async play() {
      await this.analyse();
      for (const other of sounds) if (other !== this) other.audio.pause();
      choose(this);
      setVolumes(this);
      try {
        await this.audio.play();
      } catch (error) {
        if (error.name !== "AbortError") this.fail();
      }
    }

    toggle() {
      playingAll = false;
      if (this.playing) this.audio.pause(); else this.play();
    }

    fail() {
      if (this.figure.querySelector(".missing")) return;
      this.figure.append(make("p", { className: "missing", textContent: "This browser can’t play it." }));
    }

    show() {
      const { length, playing } = this;
      this.figure.classList.toggle("playing", playing);
      this.button.setAttribute("aria-label", `${playing ? "Pause" : "Play"}: ${this.label}`);
      const at = this.audio.currentTime;
      this.range.value = length ? 1000 * at / length : 0;
      this.range.setAttribute("aria-valuetext", `${clock(at)} of ${clock(length)}`);
      this.time.textContent = `${clock(at)} / ${clock(length)}`;
      this.draw();
    }

    draw() {
      if (!this.seen) return; // to ask for its width would lay out the whole page, once for each
      const { canvas } = this;
      const width = Math.round(canvas.clientWidth * devicePixelRatio);
      const height = Math.round(canvas.clientHeight * devicePixelRatio);
      if (!width || !height) return;
      canvas.width = width;
      canvas.height = height;
      const context = canvas.getContext("2d");
      const colors = getComputedStyle(canvas);
      const at = this.length ? this.audio.currentTime / this.length : 0;
      const bars = this.peaks || new Array(BARS).fill(0.02);
      const step = width / bars.length;
      bars.forEach((peak, number) => {
        const tall = Math.max(devicePixelRatio, peak * height);
        context.fillStyle = number / bars.length < at ? colors.getPropertyValue("--accent") : colors.getPropertyValue("--wave");
        context.fillRect(number * step, (height - tall) / 2, Math.max(1, step * 0.7), tall);
      });
    }
  }

  // ---- All of them -----------------------------------------------------------------------------------------

  let chosen = null;
  let playingAll = false;
  let onEnd = null;
  const sounds = all(".sound").filter((figure) => figure.querySelector("audio")).map((figure) => new Sound(figure));
  const byFigure = new Map(sounds.map((sound) => [sound.figure, sound]));
  const cards = all("[data-card]");
  const ofCard = (card) => all(".sound", card).map((figure) => byFigure.get(figure)).filter(Boolean);

  const choose = (sound) => {
    chosen = sound;
    for (const other of sounds) other.figure.classList.toggle("chosen", other === sound);
    here(sound.card);
  };

  // The louder ones come down to the quietest of those that are compared, but not for one that nearly is silent.
  const LOWEST = -36;
  const match = document.getElementById("match");
  const compared = (sound) => (document.body.dataset.compare === "all" ? sounds : ofCard(sound.card));
  const setVolumes = (sound) => {
    const group = compared(sound);
    const levels = group.map((other) => other.loudness).filter((value) => value !== null);
    const target = Math.max(LOWEST, Math.min(...levels));
    for (const other of group) {
      const down = match?.checked && other.loudness !== null ? Math.min(0, target - other.loudness) : 0;
      other.audio.volume = 10 ** (down / 20);
    }
  };
  match?.addEventListener("change", () => { if (chosen) setVolumes(chosen); });

  const swap = (card) => {
    const there = ofCard(card);
    if (there.length < 2) return;
    const from = there.includes(chosen) ? chosen : there[0];
    const to = there[(there.indexOf(from) + 1) % there.length];
    const place = from.audio.currentTime;
    from.audio.pause();
    to.analyse().then(() => {
      to.seek(to.length ? Math.min(place, Math.max(0, to.length - 0.05)) : place);
      to.play();
    });
  };

  const addCompare = (card) => {
    const there = ofCard(card);
    if (there.length < 2 || document.body.dataset.compare === "all") return;
    const button = make("button", { type: "button", textContent: "A/B" });
    button.setAttribute("aria-label", `Compare the recordings of ${card.querySelector(".key")?.textContent ?? "this voice"}`);
    button.addEventListener("click", () => swap(card));
    const words = make("span");
    card.querySelector(".sounds").after(make("div", { className: "compare" }, button, words));
    Promise.all(there.map((sound) => new Promise((done) => { sound.whenSeen = done; }))).then(() => {
      const [one, other] = there;
      if (one.loudness === null || other.loudness === null) return;
      const louder = other.loudness - one.loudness;
      words.textContent = Math.abs(louder) < 0.5 ? "as loud as before"
        : `${Math.abs(louder).toFixed(1)} dB ${louder > 0 ? "louder" : "quieter"} than before`;
    });
  };

  // Decoding takes time: each recording is read when it comes near the window.
  const near = new IntersectionObserver((entries) => {
    for (const entry of entries.filter((each) => each.isIntersecting)) {
      near.unobserve(entry.target);
      const sound = byFigure.get(entry.target);
      sound.see().then(() => sound.whenSeen?.());
    }
  }, { rootMargin: "600px" });

  cards.forEach(addCompare);
  for (const sound of sounds) near.observe(sound.figure);

  const shownSounds = () => sounds.filter((sound) => !sound.card.hidden && sound.figure.dataset.side !== "old");
  const playNext = (after) => {
    const list = shownSounds();
    const next = list[after ? list.indexOf(after) + 1 : 0];
    if (!next) { playingAll = false; return; }
    next.seek(0);
    next.card.scrollIntoView({ block: "center" });
    next.play();
  };
  onEnd = (sound) => { if (playingAll) playNext(sound); };
  const playAll = document.getElementById("play-all");
  playAll?.addEventListener("click", () => { playingAll = true; playNext(null); });

  // ---- Filter, search, places ------------------------------------------------------------------------------

  const search = document.getElementById("search");
  const shown = document.getElementById("shown");
  const none = document.getElementById("none");
  const chips = all("[data-filter]");
  // an id is found by a good part of it, and no short word is found in one
  const SHORTEST_ID = 6;
  const textOf = (card) => {
    const copy = card.cloneNode(true);
    for (const id of all("code, audio", copy)) id.remove();
    return copy.textContent.toLowerCase();
  };
  const texts = new Map(cards.map((card) => [card, { words: textOf(card), all: card.textContent.toLowerCase() }]));
  const holds = (card, word) => texts.get(card)[word.length < SHORTEST_ID ? "words" : "all"].includes(word);

  const wants = (name) => chips.filter((chip) => chip.dataset.filter === name && chip.getAttribute("aria-pressed") === "true")
    .map((chip) => chip.dataset.value);
  const has = (card, name, values) => !values.length || card.dataset[name].split(" ").some((value) => values.includes(value));

  const filter = () => {
    const words = (search?.value ?? "").toLowerCase().split(/\s+/).filter(Boolean);
    const names = [...new Set(chips.map((chip) => chip.dataset.filter))];
    const chosenValues = names.map((name) => [name, wants(name)]);
    let count = 0;
    for (const card of cards) {
      const fits = words.every((word) => holds(card, word))
        && chosenValues.every(([name, values]) => has(card, name, values));
      card.hidden = !fits;
      count += fits;
    }
    if (shown) shown.textContent = count === cards.length ? "" : `${count} of ${cards.length}`;
    if (none) none.hidden = count > 0 || !cards.length;
  };
  search?.addEventListener("input", filter);
  for (const chip of chips) {
    chip.addEventListener("click", () => {
      chip.setAttribute("aria-pressed", String(chip.getAttribute("aria-pressed") !== "true"));
      filter();
    });
  }

  // ---- Marks of an audition -------------------------------------------------------------------------------

  const marks = all(".mark");
  const store = `ddvoices ${document.title} ${location.pathname}`;
  const nameOf = (mark) => [mark.closest("[data-card]").dataset.key, mark.closest(".take").dataset.region];
  const isMarked = (mark) => mark.getAttribute("aria-pressed") === "true";

  const showMarks = () => {
    for (const card of cards) card.dataset.marked = all(".mark", card).some(isMarked) ? "yes" : "no";
    filter();
  };
  const keep = () => {
    try {
      localStorage.setItem(store, JSON.stringify(marks.filter(isMarked).map(nameOf)));
    } catch { /* a browser that keeps nothing for files; marks last as long as the page */ }
  };
  const remember = () => {
    let kept = [];
    try {
      kept = JSON.parse(localStorage.getItem(store) ?? "[]").map(String);
    } catch { /* the same */ }
    for (const mark of marks) mark.setAttribute("aria-pressed", String(kept.includes(String(nameOf(mark)))));
    showMarks();
  };
  const marksDocument = () => ({
    format_version: "1.0",
    text: document.body.dataset.text,
    favourites: marks.filter(isMarked).map((mark) => {
      const [key, region] = nameOf(mark);
      return { key, region, id: mark.closest(".take").dataset.voice ?? null };
    }),
  });
  for (const mark of marks) {
    mark.addEventListener("click", () => {
      mark.setAttribute("aria-pressed", String(!isMarked(mark)));
      keep();
      showMarks();
    });
  }
  document.getElementById("export")?.addEventListener("click", () => {
    const text = `${JSON.stringify(marksDocument(), null, 2)}\n`;
    const url = URL.createObjectURL(new Blob([text], { type: "application/json" }));
    make("a", { href: url, download: "favourites.json" }).click();
    setTimeout(() => URL.revokeObjectURL(url), 10000);
  });
  if (marks.length) remember();

  const here = (card) => { for (const other of cards) other.classList.toggle("here", other === card); };
  const move = (step) => {
    const list = cards.filter((card) => !card.hidden);
    const at = list.findIndex((card) => card.classList.contains("here"));
    const next = list[Math.max(0, Math.min(list.length - 1, at < 0 ? (step > 0 ? 0 : list.length - 1) : at + step))];
    if (!next) return;
    here(next);
    next.scrollIntoView({ block: "nearest" });
    next.focus({ preventScroll: true });
  };
  const current = () => cards.find((card) => card.classList.contains("here") && !card.hidden);

  const help = document.getElementById("help");
  document.getElementById("keys")?.addEventListener("click", () => help.showModal());

  const shortcuts = {
    j: () => move(1),
    k: () => move(-1),
    x: () => { const card = current(); if (card) swap(card); },
    " ": () => {
      const card = current();
      const there = card ? ofCard(card) : sounds;
      (there.includes(chosen) ? chosen : there.at(document.body.dataset.compare ? 0 : -1))?.toggle();
    },
    "/": () => search?.focus(),
    "?": () => help.showModal(),
    m: () => {
      const card = current();
      const take = card?.contains(chosen?.figure) ? chosen.figure.closest(".take") : card;
      take?.querySelector(".mark")?.click();
    },
  };
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || help.open) return;
    if (event.target === search && event.key === "Escape") { search.value = ""; filter(); search.blur(); return; }
    const typing = event.target.matches("input:not([type=checkbox]):not([type=range]), textarea, select");
    const pressing = event.key === " " && event.target.matches("button, a, input, summary");
    if (typing || pressing || !(event.key in shortcuts)) return;
    event.preventDefault();
    shortcuts[event.key]();
  });

  const visit = () => {
    const card = location.hash.length > 1 && document.getElementById(decodeURIComponent(location.hash.slice(1)));
    if (card && cards.includes(card)) { card.hidden = false; here(card); }
  };
  addEventListener("hashchange", visit);
  visit();
})();
