// All recordings: one at a time, at one loudness, in turn, and two by turns.

let chosen = null;
let wanted = null; // the one that will play as soon as it is read
let turn = null; // the one whose turn it is, while all are played
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
const beside = sounds.filter((sound) => !sound.embedded).length;
if (match && beside) match.parentElement.append(beside === sounds.length ? " (not beside the page)" : " (of those in the page)");
if (match && beside === sounds.length) { match.checked = false; match.disabled = true; }

const swap = (card) => {
  const there = ofCard(card);
  if (there.length < 2) return;
  setTurn(null);
  const from = there.includes(chosen) ? chosen : there[0];
  const to = there[(there.indexOf(from) + 1) % there.length];
  const place = from.audio.currentTime;
  from.audio.pause();
  wanted = to;
  to.analyse().then(() => {
    if (wanted !== to) return;
    to.seek(to.length ? Math.min(place, Math.max(0, to.length - 0.05)) : place);
    to.play();
  });
};

const addCompare = (card) => {
  const there = ofCard(card);
  if (there.length < 2 || document.body.dataset.compare === "all") return;
  const button = make("button", { type: "button", textContent: "A/B" });
  button.setAttribute("aria-label", `A/B: compare the recordings of ${card.querySelector(".key")?.textContent ?? "this voice"}`);
  button.addEventListener("click", (event) => {
    swap(card);
    if (event.detail) card.focus({ preventScroll: true }); // by a mouse: Space is to pause now, not to swap again
  });
  const words = make("span");
  card.querySelector(".sounds").after(make("div", { className: "compare" }, button, words));
  Promise.all(there.map((sound) => new Promise((done) => { sound.whenSeen = done; }))).then(() => {
    const [one, other] = there;
    if (!one.embedded || !other.embedded) words.textContent = "as loud as they are: what lies beside the page isn’t measured";
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

// an old recording is played in its turn only where no other takes its place
const isOld = (sound) => sound.figure.dataset.side === "old";
const shownSounds = () => sounds.filter((sound) => !sound.card.hidden
  && (!isOld(sound) || ofCard(sound.card).every(isOld)));
const playAll = document.getElementById("play-all");
if (playAll) playAll.hidden = !sounds.length;
// its label says what it does now: pressed or not, the same word would say less
const setTurn = (sound) => {
  turn = sound;
  if (playAll) playAll.textContent = turn ? "Stop" : "Play all";
};
const playNext = (after) => {
  const still = new Set(shownSounds());
  // a filter may have hidden the one that has ended
  const next = sounds.slice(sounds.indexOf(after) + 1).find((sound) => still.has(sound)) ?? null;
  setTurn(next);
  if (!next) return;
  next.seek(0);
  next.card.scrollIntoView({ block: "center" });
  next.play();
};
const over = (sound) => { if (sound === turn) playNext(sound); };
const stop = () => {
  setTurn(null);
  wanted = null;
  for (const sound of sounds) sound.audio.pause();
};
playAll?.addEventListener("click", () => { if (turn) stop(); else playNext(null); });
