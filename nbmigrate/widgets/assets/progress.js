// The panel of a cell whose work takes long.

function drawProgress({ host, send }) {
  const work = workUnderWay(() => send("cancel"));
  work.begin("Starting …");
  host.append(work.node);
  return {
    state({ state }) {
      host.hidden = state.is_over;
      work.progress(state);
    },
    progress: work.progress,
    gone() {
      host.hidden = true;
    },
  };
}

export default panel(drawProgress);
