// The way from voice to voice: by keys, and by links to one.

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
  p: () => playAll?.click(),
  "/": () => search?.focus(),
  "?": () => help.showModal(),
  o: () => current()?.querySelector(".objection")?.focus(),
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

const addressed = () => {
  try {
    return decodeURIComponent(location.hash.slice(1));
  } catch {
    return ""; // an address that somebody has cut or written by hand
  }
};

// a text that scrolls in its place must be within reach of keys, and shows first what has changed in it
const LONG = 100; // characters: what is shorter never scrolls
const ABOVE = 48; // pixels: two lines before the change
const shownOnce = new WeakSet();
const scrolling = new ResizeObserver((entries) => { // not before a card comes near, and is laid out
  for (const { target } of entries) {
    target.tabIndex = target.scrollHeight > target.clientHeight ? 0 : -1;
    const change = shownOnce.has(target) ? null : target.querySelector("del, ins");
    if (change) target.scrollTop = change.offsetTop - ABOVE;
    shownOnce.add(target);
  }
});
for (const text of all("td > *")) if (text.textContent.length > LONG) scrolling.observe(text);

const visit = () => {
  const card = document.getElementById(addressed());
  if (card && cards.includes(card)) { card.hidden = false; here(card); }
};
addEventListener("hashchange", visit);
visit();
