// The panel of a plan: questions on top, the tree of changes, and one button below.

function drawPlan({ host, send, memory }) {
  let state = null;
  memory.open ??= new Set();       // numbers of opened objects
  memory.folded ??= new Set();     // names of folded schemas
  memory.known ??= new Map();      // what opened objects show, by number
  memory.drafts ??= new Map();     // what is being typed, by question
  const { open, folded, known, drafts } = memory;
  let lines = [], at = 0;          // the lines of the tree, and the one that Tab goes to

  const live = el("div", { className: "nbm-live", role: "status", "aria-live": "polite" });
  const heard = el("div", { className: "nbm-heard", role: "status", "aria-live": "polite" });
  const head = el("div", { className: "nbm-head" });
  const above = el("div");
  const tree = el("div", { className: "nbm-tree", role: "tree", "aria-label": "changes" });
  const below = el("div");
  host.append(head, above, tree, below, live, heard);
  const list = new VirtualList(tree, { usual: 30, draw: drawLine });

  // --- the tree ---------------------------------------------------------------

  function arrange() {
    const schemas = new Map();
    state.plan.nodes.forEach((node, number) => {
      const name = node[5];
      if (!schemas.has(name)) schemas.set(name, []);
      schemas.get(name).push(number);
    });
    lines = [];
    for (const [name, numbers] of schemas) {
      if (name) lines.push({ schema: name, count: numbers.length });
      if (!folded.has(name)) lines.push(...numbers.map((number) => ({ number, level: name ? 2 : 1 })));
    }
    at = Math.min(at, Math.max(0, lines.length - 1));
    list.reset(lines.length);
    tree.hidden = lines.length === 0;
  }

  function drawLine(line) {
    const what = lines[line];
    return what.schema === undefined ? objectLine(line, what) : schemaLine(line, what);
  }

  function row(line, level, expanded, props, ...children) {
    const node = el("div", { role: "treeitem", "aria-level": level, "aria-expanded": String(expanded), tabIndex: line === at ? 0 : -1, ...props }, ...children);
    node.firstChild.addEventListener("click", () => { moveTo(line); toggle(line); });
    return node;
  }

  const arrow = (expanded) => el("span", { className: "nbm-arrow", textContent: expanded ? "▾" : "▸", "aria-hidden": "true" });

  function schemaLine(line, { schema, count }) {
    const expanded = !folded.has(schema);
    return row(line, 1, expanded, { className: "nbm-schema" },
      el("div", { className: "nbm-row" }, arrow(expanded), el("span", { className: "nbm-muted", textContent: "schema " }), el("b", { textContent: schema }),
        el("span", { className: "nbm-muted", textContent: ` ${count} ${count === 1 ? "object" : "objects"}` })));
  }

  function objectLine(line, { number, level }) {
    const [of, kind, label, inside, worst] = state.plan.nodes[number];
    const expanded = open.has(number);
    const about = `${SIGN_WORDS[of]} ${kind} ${label}${worst ? `, ${worst}` : ""}`;
    return row(line, level, expanded, { className: "nbm-object", "aria-label": about },
      el("div", { className: `nbm-row nbm-tint-${SIGN_NAMES[of]}`, style: `padding-left:${level === 2 ? 24 : 8}px` }, arrow(expanded), sign(of),
        el("span", { className: "nbm-muted", textContent: `${kind} ` }), el("b", { textContent: label }),
        inside ? el("span", { className: "nbm-inside", textContent: inside.replace(">", "→"), "aria-hidden": "true" }) : null, worst ? severity(worst) : null),
      expanded ? (known.has(number) ? details(known.get(number)) : el("div", { className: "nbm-details nbm-muted", textContent: "Loading …" })) : null);
  }

  function toggle(line) {
    const { schema, number } = lines[line];
    if (schema !== undefined) {
      folded.has(schema) ? folded.delete(schema) : folded.add(schema);
      arrange();
    } else {
      open.has(number) ? open.delete(number) : open.add(number);
      if (open.has(number) && !known.has(number)) send("details", { node: number, revision: state.revision });
      list.redraw(line);
    }
    focusLine(line);
  }

  const isOpen = (line) => (lines[line].schema === undefined ? open.has(lines[line].number) : !folded.has(lines[line].schema));

  function moveTo(line) {
    const former = list.drawn.get(at);
    if (former) former.tabIndex = -1;
    at = Math.max(0, Math.min(line, lines.length - 1));
    const node = list.reveal(at);
    if (node) node.tabIndex = 0;
    return node;
  }

  const focusLine = (line) => moveTo(line)?.focus({ preventScroll: true });

  const KEYS = {
    ArrowDown: () => focusLine(at + 1),
    ArrowUp: () => focusLine(at - 1),
    Home: () => focusLine(0),
    End: () => focusLine(lines.length - 1),
    PageDown: () => focusLine(at + 10),
    PageUp: () => focusLine(at - 10),
    ArrowRight: () => (isOpen(at) ? focusLine(at + 1) : toggle(at)),
    ArrowLeft: () => (isOpen(at) ? toggle(at) : focusLine(lines.findLastIndex((line, of) => of < at && line.schema !== undefined))),
    Enter: () => toggle(at),
    " ": () => toggle(at),
  };

  tree.addEventListener("keydown", (event) => {
    if (event.target.getAttribute("role") !== "treeitem" || !KEYS[event.key]) return;
    event.preventDefault();
    KEYS[event.key]();
  });

  // --- around it --------------------------------------------------------------

  function drawHead() {
    const { title, phase, plan } = state;
    const chip = { review: plan.is_empty ? "no differences" : plan.counts, working: "working …", done: plan.counts }[phase];
    head.replaceChildren(el("div", { role: "heading", "aria-level": 3, className: "nbm-title", textContent: state.done?.text || title }),
      el("span", { className: "nbm-muted", textContent: chip }));
  }

  function drawAbove() {
    const { plan, phase, notice } = state;
    const asked = plan.questions.map((one, number) =>
      question(one, number + 1, plan.questions.length, drafts, (choice, value = "") => send("answer", { key: one.key, choice, value })));
    above.replaceChildren(...[
      notice ? note(notice.tone, notice.text, notice.hint) : null,
      state.done?.note ? note("good", state.done.note) : null,
      phase === "review" ? answered(plan.answered, (key) => send("withdraw", { key })) : answered(plan.answered),
      ...(phase === "review" ? asked : []),
    ].filter(Boolean));
  }

  const note = (tone, text, hint = "") =>
    el("div", { className: `nbm-note nbm-note-${tone}`, role: tone === "bad" ? "alert" : "status" }, prose(text), hint ? prose(hint, { className: "nbm-muted nbm-hint" }, "div") : null);

  function drawBelow() {
    const { plan, phase, done } = state;
    below.replaceChildren(...[
      plan.hazards.length ? fold(`Hazards (${plan.hazards.length})`, () => hazards(plan.hazards.slice(0, 200)), phase === "review" && plan.hazards.length <= 10) : null,
      plan.statements ? fold(`SQL, ${plan.statements} ${plan.statements === 1 ? "statement" : "statements"}`, askSql, false) : null,
      done?.rows.length ? fold(done.rows_title, () => table([], done.rows, { right: [1], caption: "" }), done.rows.length <= 5) : null,
      phase === "review" ? actions() : null,
      phase === "done" ? afterwards() : null,
    ].filter(Boolean));
  }

  function fold(title, body, isOpen) {
    const node = el("details", { className: "nbm-fold", open: isOpen }, el("summary", { textContent: title }));
    const fill = () => { if (node.open && node.childElementCount === 1) node.append(body()); };
    node.addEventListener("toggle", fill);
    fill();
    return node;
  }

  const sqlPlaces = new Set();
  function askSql() {
    const place = el("div", { className: "nbm-muted", textContent: "Loading …" });
    sqlPlaces.add(place);
    send("sql", { revision: state.revision });
    return place;
  }

  function actions() {
    const { plan, action, can_act, losses, line, revision, ways = [] } = state;
    if (plan.is_empty) return null;
    const left = plan.questions.length;
    const press = action ? button(action, () => send("act", { revision }), { disabled: !can_act, className: `nbm-button nbm-act${losses.length ? " nbm-danger" : ""}` }) : null;
    const why = action && left ? el("span", { className: "nbm-muted", textContent: `${left} ${left === 1 ? "question" : "questions"} to answer first` }) : null;
    const others = ways.map(({ key, label, title }) => button(label, () => send("way", { revision, key }), { title }));
    if (!line && !press && !why && !(can_act && losses.length)) return null;
    return el("div", { className: "nbm-actions" },
      can_act && losses.length ? el("div", { className: "nbm-note nbm-note-bad" }, el("b", { textContent: "This loses: " }), el("ul", {}, losses.map((text) => prose(text, {}, "li")))) : null,
      line ? el("div", { className: "nbm-typed" }, el("span", { className: "nbm-muted", textContent: "The same in the cell: " }), el("code", { className: "nbm-code", textContent: line }), copyButton(line, "copy the line")) : null,
      press || why ? el("div", { className: "nbm-press" }, press, others, why) : null);
  }

  const afterwards = () => (state.done?.undo ? el("div", { className: "nbm-press nbm-after" }, button("Undo", () => send("undo", { revision: state.revision }), { title: state.done.undo })) : null);

  // --- work under way ---------------------------------------------------------

  const { node: work, begin, progress } = workUnderWay(() => send("cancel"));
  work.hidden = true;
  below.before(work);

  function drawWork() {
    const isWorking = state.phase === "working";
    if (isWorking && work.hidden) begin("Starting …");
    work.hidden = !isWorking;
  }

  // --- messages ---------------------------------------------------------------

  function keepFocus(redraw) {
    const draft = document.activeElement?.dataset?.draft;
    const hadFocus = host.contains(document.activeElement) && !tree.contains(document.activeElement);
    redraw();
    const again = [...above.querySelectorAll("input")].find((input) => input.dataset.draft === draft);
    if (hadFocus && draft && again) again.focus({ preventScroll: true });
    if (hadFocus && !host.contains(document.activeElement))
      (above.querySelector("button, input") ?? below.querySelector(".nbm-act:not(:disabled)") ?? tree.querySelector("[tabindex='0']"))?.focus({ preventScroll: true });
  }

  return {
    state(message) {
      const isNew = state?.revision !== message.state.revision;
      state = message.state;
      host.dataset.phase = state.phase;
      host.removeAttribute("aria-busy");
      live.textContent = "";
      heard.textContent = { review: `${state.plan.counts}, ${state.plan.questions.length} to answer`, working: "working", done: state.done?.text }[state.phase];
      keepFocus(() => {
        if (memory.revision !== state.revision) { open.clear(); known.clear(); }
        memory.revision = state.revision;
        drawHead(); drawAbove(); drawBelow(); drawWork();
        if (isNew) arrange();
      });
    },
    details({ node, revision, details: found }) {
      if (revision !== state?.revision) return;
      known.set(node, found);
      const line = lines.findIndex(({ number }) => number === node);
      const hadFocus = list.drawn.get(line)?.contains(document.activeElement);
      if (line >= 0 && open.has(node)) list.redraw(line);
      if (hadFocus) focusLine(line);
    },
    sql({ text }) {
      for (const place of sqlPlaces) place.replaceWith(sqlBlock(text));
      sqlPlaces.clear();
    },
    busy({ text }) {
      host.setAttribute("aria-busy", "true");
      live.textContent = text;
    },
    progress,
    error({ text, hint }) {
      host.removeAttribute("aria-busy");
      live.textContent = hint ? `${text} (${hint})` : text;
    },
    gone() {
      host.querySelectorAll("button, input").forEach((one) => (one.disabled = true));
      live.textContent = "The kernel that made this plan is gone. Run the cell again.";
    },
  };
}
