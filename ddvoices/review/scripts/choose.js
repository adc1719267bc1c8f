// Which voices are shown: search and filters.

const search = document.getElementById("search");
const shown = document.getElementById("shown");
const none = document.getElementById("none");
const chips = all("[data-filter]");
// an id is found by a good part of it, and no short word is found in one
const SHORTEST_ID = 6;
const textOf = (card, without) => {
  const copy = card.cloneNode(true);
  for (const part of all(without, copy)) part.remove();
  return copy.textContent.toLowerCase();
};
const texts = new Map(cards.map((card) => [card, {
  words: textOf(card, "code, audio, .objecting, .sr"), all: textOf(card, ".objecting, .sr"),
}]));
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
