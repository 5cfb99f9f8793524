// The panel of a history: a slider and two lists above, the difference of the chosen two below.

function drawHistory({ host, send, memory }) {
  let state = null, waiting = 0;
  const heading = el("div", { role: "heading", "aria-level": 3, className: "nbm-title" });
  const when = el("span", { className: "nbm-muted" });
  const slider = el("input", { type: "range", min: 1, step: 1, "aria-label": "migration" });
  const from = el("select", { className: "nbm-select", "aria-label": "from" });
  const to = el("select", { className: "nbm-select", "aria-label": "to" });
  const tool = (text, label, act) => button(text, act, { "aria-label": label, title: label });
  const earlier = tool("◀", "the migration before", () => walk(state.to - 1));
  const later = tool("▶", "the migration behind", () => walk(state.to + 1));
  const inner = el("div", { className: "nbm-inner" });
  host.append(el("div", { className: "nbm-head" }, heading, when),
    el("div", { className: "nbm-walk" }, earlier, slider, later),
    el("div", { className: "nbm-walk" }, el("label", {}, "From ", from), el("label", {}, "to ", to)), inner);
  const plan = drawPlan({ host: inner, send, memory });

  /** What one migration changed. */
  const walk = (number) => ask(number - 1, number);
  function ask(first, last) {
    if (last < 0 || first < 0 || last >= state.names.length) return;
    [state.from, state.to] = [first, last];
    place();
    clearTimeout(waiting);
    waiting = setTimeout(() => send("choose", { from: first, to: last }), 80);
  }
  slider.addEventListener("input", () => walk(Number(slider.value)));
  for (const list of [from, to]) list.addEventListener("change", () => ask(Number(from.value), Number(to.value)));

  function place() {
    slider.value = state.to;
    slider.setAttribute("aria-valuetext", state.names[state.to]);
    [from.value, to.value] = [state.from, state.to];
    when.textContent = state.whens[state.to];
    earlier.disabled = state.to <= 1;
    later.disabled = state.to >= state.names.length - 1;
  }

  return {
    ...plan,
    state(message) {
      state = message.state;
      heading.textContent = state.title;
      slider.max = state.names.length - 1;
      const options = () => state.names.map((name, value) => el("option", { value, textContent: name }));
      if (from.options.length !== state.names.length) { from.replaceChildren(...options()); to.replaceChildren(...options()); }
      place();
      plan.state({ state: state.plan });
    },
    gone() {
      host.querySelectorAll("select, input").forEach((one) => (one.disabled = true));
      plan.gone();
    },
  };
}

export default panel(drawHistory);
