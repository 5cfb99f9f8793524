// The studio: tables on the left; data, structure and SQL on the right; one line that speaks below.

function drawStudio({ host, send, memory }) {
  const link = (memory.link ??= new Link());
  link.send = send;
  host.classList.add("nbs");
  const live = el("span", { className: "nbs-live", role: "status", "aria-live": "polite" });
  const cancel = button("Cancel", () => link.cancel(), { className: "nbm-button nbs-small", hidden: true });
  const about = el("span", { className: "nbm-muted nbs-about" });
  const say = (text, tone = "") => { live.textContent = text.replaceAll("\n", " — "); live.dataset.tone = tone; };
  const fail = (error) => link.isCancelled(error) ? say("Cancelled.", "warn") : say([error.text ?? String(error), error.hint].filter(Boolean).join(" — "), "bad");

  const list = new TableList({ open: (relation) => { show("data"); return data.open(relation); }, marked: (relation) => data?.hasEdits(relation) });
  const opened = (relation) => { list.choose(relation); structure.shown = ""; main.hidden = false; if (memory.tab === "structure") show("structure"); };
  const data = new DataTab({ link, memory, say, fail, drawSide: () => list.remark(), opened });
  const structure = new StructureTab({ link, fail });
  const query = new SqlTab({ link, fail, say, memory });

  // --- tabs -------------------------------------------------------------------

  const tabs = [["data", "Data", data.node], ["structure", "Structure", structure.node], ["sql", "SQL", query.node]].map(([name, text, node]) => {
    const id = `nbs-${link.name}-${name}-${Math.random().toString(36).slice(2, 7)}`;
    const tab = el("button", { type: "button", role: "tab", className: "nbs-tab", textContent: text, id: `${id}-tab`, "aria-controls": id, onclick: () => show(name) });
    Object.assign(node, { id, role: "tabpanel" }).setAttribute("aria-labelledby", tab.id);
    return { name, tab, node };
  });
  const bar = el("div", { className: "nbs-tabs", role: "tablist" }, tabs.map(({ tab }) => tab), el("span", { className: "nbs-gap" }), about);
  bar.addEventListener("keydown", (event) => {
    const way = { ArrowRight: 1, ArrowLeft: -1 }[event.key], at = tabs.findIndex(({ tab }) => tab === event.target);
    if (!way || at < 0) return;
    const next = tabs[(at + way + tabs.length) % tabs.length];
    show(next.name);
    next.tab.focus();
  });

  function show(name) {
    memory.tab = name;
    for (const one of tabs) {
      const isOn = one.name === name;
      one.node.hidden = !isOn;
      one.tab.setAttribute("aria-selected", String(isOn));
      one.tab.tabIndex = isOn ? 0 : -1;
    }
    const relation = memory.place?.relation;
    if (name === "structure" && relation && structure.shown !== nameOf(relation)) {
      structure.shown = nameOf(relation);
      structure.show(relation);
    }
  }

  const main = el("div", { className: "nbs-main" }, bar, tabs.map(({ node }) => node));
  host.append(el("div", { className: "nbs-both" }, list.node, main), el("div", { className: "nbs-status" }, live, el("span", { className: "nbs-gap" }), cancel));

  // Only what lasts may be cancelled: a button that comes and goes is no help.
  let timer = 0;
  link.onWait = () => {
    clearTimeout(timer);
    if (link.waiting.size === 0) cancel.hidden = true;
    else timer = setTimeout(() => { cancel.hidden = link.waiting.size === 0; }, 600);
  };

  // --- messages ---------------------------------------------------------------

  async function start({ relation, database, is_read_only }) {
    about.textContent = `${database}${is_read_only ? " · read only" : ""}`;
    host.classList.toggle("nbs-readonly", is_read_only);
    show(memory.tab ?? "data");
    data.showDetails(false);
    try {
      const found = await link.ask("relations");
      list.fill(found);
      const wanted = memory.place?.relation ?? relation ?? found[0]?.relation;
      if (!wanted) return;
      const { filters, sort } = memory.place ?? {};
      await data.open(wanted, filters, { sort, isBack: Boolean(memory.place) });
    } catch (error) { fail(error); }
  }

  return {
    state: ({ state }) => start(state),
    answer: (message) => link.take(message),
    progress: (message) => link.progress(message),
    error: (error) => fail(error),
    gone() {
      host.querySelectorAll("button, input, select, textarea").forEach((one) => (one.disabled = true));
      say("The kernel of this studio is gone. Run the cell again.", "warn");
    },
  };
}

export default panel(drawStudio);
