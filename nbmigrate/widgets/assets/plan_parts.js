// The parts of a plan: signs, hazards, questions, what an object opens to.

const SIGN_WORDS = { "+": "added", "-": "removed", "~": "changed", ">": "renamed", " ": "unchanged" };
const SIGN_NAMES = { "+": "add", "-": "remove", "~": "change", ">": "rename", " ": "same" };
const SEVERITY_MARKS = { "loses data": "!", "fails on data": "?", blocks: "▲" };

const sign = (of) =>
  el("span", {
    className: `nbm-sign nbm-${SIGN_NAMES[of]}`, role: "img", title: SIGN_WORDS[of],
    "aria-label": SIGN_WORDS[of], textContent: of === ">" ? "→" : of,
  });

/** Text in which `names` stand between backquotes. */
function prose(text, props = {}, tag = "span") {
  const parts = text.split("`").map((part, at) => (at % 2 ? el("code", { textContent: part }) : part));
  return el(tag, props, parts);
}

const severity = (word) =>
  el("span", { className: `nbm-severity nbm-severity-${word.replaceAll(" ", "-")}`, textContent: `${SEVERITY_MARKS[word] ?? ""} ${word}` });

const hazard = ({ severity: word, path, text, code, lock, meaning, allowed, advice }) =>
  el("li", { className: "nbm-hazard" }, severity(word), el("code", { textContent: path }), ` ${text} `,
    el("span", { className: "nbm-muted", textContent: lock ? `${code}, ${lock}` : code }),
    meaning ? prose(`here: ${meaning}`, { className: "nbm-meaning" }, "div") : null,
    allowed ? prose(`allowed: ${allowed}`, { className: "nbm-muted nbm-advice" }, "div") : null,
    advice ? prose(`advice: ${advice}`, { className: "nbm-muted nbm-advice" }, "div") : null);

const hazards = (list) => (list.length ? el("ul", { className: "nbm-hazards", "aria-label": "hazards" }, list.map(hazard)) : null);

const samples = (list) => list.map(({ title, columns, rows }) => table(columns, rows, { caption: title }));

/** What an object's line opens to. */
function details({ children, before_after, sql, hazards: dangers, samples: losses }) {
  const inside = children.map(([of, label, note, depth]) =>
    el("div", { className: `nbm-child nbm-tint-${SIGN_NAMES[of]}`, style: `padding-left:${10 + depth * 20}px` },
      sign(of), prose(label), note ? el("span", { className: "nbm-muted", textContent: ` ${note}` }) : null));
  return el("div", { className: "nbm-details" }, inside, hazards(dangers),
    before_after.length ? beforeAfter(before_after) : null, samples(losses), sqlBlock(sql));
}

const beforeAfter = (rows) => table(["", "before", "after"], rows.map((row) => row.map((text) => text || "–")), { caption: "before and after" });

/** A question with its evidence; `answer(choice, value)` is called by a click. `drafts` keeps what is being typed. */
function question(asked, number, total, drafts, answer) {
  const title = el("div", { className: "nbm-question-title" },
    el("span", { className: "nbm-muted", textContent: total > 1 ? `Question ${number} of ${total} ` : "Question " }), prose(asked.text[0].toUpperCase() + asked.text.slice(1)));
  const evidence = asked.evidence.length
    ? el("ul", { className: "nbm-evidence", "aria-label": "evidence" }, asked.evidence.map((line) => prose(line, {}, "li"))) : null;
  const choices = asked.choices.map((choice, at) => (choice.needs_value ? field(choice, `${asked.key} ${at}`, drafts, (value) => answer(at, value)) : pick(choice, () => answer(at))));
  return el("section", { className: `nbm-question nbm-question-${asked.kind.replaceAll(" ", "-")}`, "aria-label": asked.text.replaceAll("`", "") },
    title, evidence, samples(asked.samples), el("div", { className: "nbm-choices" }, choices));
}

const pick = (choice, onclick) =>
  el("button", { type: "button", className: "nbm-button nbm-choice", title: choice.flag, onclick }, prose(choice.text));

function field(choice, name, drafts, use) {
  const input = el("input", { type: "text", className: "nbm-input", spellcheck: false, placeholder: "SQL, such as 0 or 'none'", "aria-label": choice.text.replaceAll("`", "") });
  input.value = drafts.get(name) ?? "";
  input.dataset.draft = name;
  input.addEventListener("input", () => drafts.set(name, input.value));
  input.addEventListener("keydown", (event) => { if (event.key === "Enter") use(input.value); });
  return el("span", { className: "nbm-field", title: choice.flag }, prose(choice.text), input, button("Use", () => use(input.value)));
}

/** The answers given so far, each with a way back. */
const answered = (given, withdraw) =>
  given.length ? el("ul", { className: "nbm-answered", "aria-label": "answers" }, given.map(({ key, text, answer, value, flag }) =>
    el("li", {}, el("span", { className: "nbm-tick", textContent: "✓ ", "aria-label": "answered" }), prose(`${answer}${value ? `: ${value}` : ""} `, { title: flag }),
      withdraw ? button("Change", () => withdraw(key), { "aria-label": `change the answer to: ${text.replaceAll("`", "")}`, className: "nbm-button nbm-link" }) : null))) : null;
