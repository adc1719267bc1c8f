// Favourites of an audition: kept by the browser, and saved: as a text for people, and as JSON.

const marks = all(".mark");
const store = `ddvoices ${document.title} ${location.pathname}`;
const nameOf = (mark) => [mark.closest("[data-card]").dataset.key, mark.closest(".take").dataset.region];
const isMarked = (mark) => mark.getAttribute("aria-pressed") === "true";

const showMarks = () => {
  for (const card of cards) card.dataset.marked = all(".mark", card).some(isMarked) ? "yes" : "no";
  filter();
};
const remember = () => {
  const kept = recall(store).map(String);
  for (const mark of marks) mark.setAttribute("aria-pressed", String(kept.includes(String(nameOf(mark)))));
  showMarks();
};
const marksDocument = () => ({
  format_version: "1.0",
  text: JSON.parse(document.body.dataset.text),
  favourites: marks.filter(isMarked).map((mark) => {
    const [key, region] = nameOf(mark);
    return { key, region, id: mark.closest(".take").dataset.voice ?? null };
  }),
});
const marksText = () => {
  const line = document.querySelector("h1").textContent.replace(/\s+/g, " ").trim();
  const favourites = marks.filter(isMarked).map((mark) => `- ${nameOf(mark).join(", ")}\n`);
  return `${line}\n${favourites.join("") || "No favourites.\n"}`;
};
for (const mark of marks) {
  mark.addEventListener("click", () => {
    mark.setAttribute("aria-pressed", String(!isMarked(mark)));
    keep(store, marks.filter(isMarked).map(nameOf));
    showMarks();
  });
}
document.getElementById("export")?.addEventListener("click", () => {
  save("favourites.json", "application/json", `${JSON.stringify(marksDocument(), null, 2)}\n`);
});
document.getElementById("export-text")?.addEventListener("click", () => save("favourites.txt", "text/plain", marksText()));
if (marks.length) remember();
