// What a reviewer of a plan has against a voice: kept by the browser, and saved as a text to be sent.

const objections = all(".objection");
const review = `ddvoices review ${document.body.dataset.plan}`;
const keyOf = (field) => field.closest("[data-card]").dataset.key;
const said = () => objections.filter((field) => field.value.trim()).map((field) => [keyOf(field), field.value.trim()]);

const keepReview = () => {
  try {
    localStorage.setItem(review, JSON.stringify(said()));
  } catch { /* a browser that keeps nothing for files; what is written lasts as long as the page */ }
};
const recallReview = () => {
  try {
    const kept = new Map(JSON.parse(localStorage.getItem(review) ?? "[]"));
    for (const field of objections) field.value = kept.get(keyOf(field)) ?? "";
  } catch { /* the same */ }
};
const reviewText = () => {
  const against = said();
  const others = objections.length - against.length;
  const rest = `${against.length ? "other " : ""}${others} voice${others === 1 ? "" : "s"}`;
  return [
    `Review of the ${document.body.dataset.plan}`,
    ...against.map(([key, words]) => `- ${key}: ${words}`),
    ...(others ? [`No objection to the ${rest}.`] : []),
  ].join("\n");
};
for (const field of objections) {
  field.addEventListener("input", keepReview);
  field.addEventListener("keydown", (event) => { if (event.key === "Escape") field.blur(); });
}
document.getElementById("save-review")?.addEventListener("click", () => {
  save("review.txt", "text/plain", `${reviewText()}\n`);
});
if (objections.length) recallReview();
