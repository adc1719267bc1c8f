// One recording: its button, its wave and its place in it.

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
    this.told = Number(figure.dataset.seconds) || 0; // an encoder may have added a tenth
    this.seconds = this.told;
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
    this.range.addEventListener("keydown", (event) => {
      const seconds = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
      if (!seconds || event.ctrlKey || event.metaKey || event.altKey) return;
      event.preventDefault(); // its own steps are too small to be heard
      this.seek(this.audio.currentTime + seconds);
    });
    for (const event of ["play", "pause", "ended", "timeupdate", "loadedmetadata", "seeked"]) {
      this.audio.addEventListener(event, () => this.show());
    }
    this.audio.addEventListener("ended", () => over(this));
    this.audio.addEventListener("error", () => this.fail());
  }

  see() {
    this.seen = true;
    new ResizeObserver(() => this.draw()).observe(this.canvas);
    return this.analyse();
  }

  get length() { return Number.isFinite(this.audio.duration) ? this.audio.duration : this.seconds; }
  get embedded() { return this.audio.src.startsWith("data:"); }
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
    if (!this.embedded) return;
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
    wanted = this;
    await this.analyse();
    if (wanted !== this) return; // another one was chosen in the meantime, or none
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
    if (this.playing) stop(); else { setTurn(null); this.play(); }
  }

  fail() {
    if (!this.figure.querySelector(".missing")) {
      this.figure.append(make("p", { className: "missing", textContent: "This browser can’t play it." }));
    }
    over(this);
  }

  show() {
    const { length, playing } = this;
    this.figure.classList.toggle("playing", playing);
    this.button.setAttribute("aria-label", `${playing ? "Pause" : "Play"}: ${this.label}`);
    const at = this.audio.currentTime;
    this.range.value = length ? 1000 * at / length : 0;
    this.range.setAttribute("aria-valuetext", `${clock(at)} of ${clock(length)}`);
    const end = this.told || length;
    this.time.textContent = end ? `${clock(Math.min(at, end))} / ${clock(end)}` : clock(at);
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
