// What a reviewer of a plan has against a voice: kept by the browser, and saved as a text to be sent.

const objections = all(".objection");
const review = `ddvoices review ${document.body.dataset.plan}`;
const keyOf = (field) => field.closest("[data-card]").dataset.key;
const said = () => objections.filter((field) => field.value.trim()).map((field) => [keyOf(field), field.value.trim()]);

const recallReview = () => {
  const kept = new Map(recall(review));
  for (const field of objections) field.value = kept.get(keyOf(field)) ?? "";
};
// whoever reads "no objection" wants to know whether somebody has listened
const heard = new Set(recall(`${review} heard`).map(String));
for (const sound of sounds) {
  sound.audio.addEventListener("playing", () => {
    heard.add(sound.label);
    keep(`${review} heard`, [...heard].map((label) => [label]));
  });
}
const playedText = () => {
  const count = sounds.filter((sound) => heard.has(sound.label)).length;
  return `Played: ${count || "none"} of ${sounds.length} recording${sounds.length === 1 ? "" : "s"}.`;
};
const reviewText = () => {
  const against = said();
  const others = objections.length - against.length;
  const rest = `${against.length ? "other " : ""}${others} voice${others === 1 ? "" : "s"}`;
  return [
    `Review of the ${document.body.dataset.plan}`,
    ...against.map(([key, words]) => `- ${key}: ${words.replace(/\n/g, "\n  ")}`),
    ...(others ? [`No objection to the ${rest}.`] : []),
    ...(sounds.length ? [playedText()] : []),
  ].join("\n");
};
for (const field of objections) {
  field.addEventListener("input", () => keep(review, said()));
  field.addEventListener("keydown", (event) => { if (event.key === "Escape") field.blur(); });
}
document.getElementById("save-review")?.addEventListener("click", () => {
  save("review.txt", "text/plain", `${reviewText()}\n`);
});
if (objections.length) recallReview();
