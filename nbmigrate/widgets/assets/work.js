// Work under way: a bar, what is done, and Cancel.

function workUnderWay(stop) {
  const bar = el("progress", { className: "nbm-progress", max: 1, "aria-label": "progress" });
  const doing = el("div", { className: "nbm-muted nbm-doing", role: "status" });
  const cancel = button("Cancel", () => {
    cancel.disabled = true;
    cancel.textContent = "Cancelling …";
    stop();
  });
  return {
    node: el("div", { className: "nbm-work" }, el("div", { className: "nbm-press" }, bar, cancel), doing),
    begin(text) {
      bar.removeAttribute("value");
      doing.textContent = text;
      cancel.disabled = false;
      cancel.textContent = "Cancel";
    },
    progress({ fraction, text }) {
      if (fraction === null) bar.removeAttribute("value");
      else bar.value = fraction;
      doing.textContent = text;
    },
  };
}
