// Tonight: one switch, told to followers; and whether one is seen online.
import { command, read, sentence } from "../api.js";
import { clockTime } from "../clock.js";
import { h, tell } from "../dom.js";
import { t } from "../i18n.js";
import { socket, store } from "../session.js";

export function tonightSwitch() {
  let status = null;
  const until = h("span", { class: "small muted" });
  const button = h("button", { type: "button", role: "switch", class: "switch", "aria-checked": "false", disabled: true, "data-testid": "tonight", onclick: () => set({ tonight: !status.tonight }) },
    h("span", { class: "knob", "aria-hidden": "true" }), h("span", {}, h("strong", {}, t("casts.tonight")), until));
  const seen = h("input", { type: "checkbox", disabled: true, "data-testid": "invisible", onchange: () => set({ tonight: status.tonight, invisible: seen.checked }) });
  const box = h("section", { class: "card tonight-card" }, button, h("label", { class: "tick" }, seen, h("span", { class: "small" }, t("tonight.invisible"))));

  function show(now) {
    status = now;
    button.disabled = seen.disabled = false;
    button.setAttribute("aria-checked", String(now.tonight));
    until.textContent = now.tonight ? t("tonight.until", { at: clockTime(now.tonight_until) }) : t("tonight.off");
  }

  async function set(change) {
    button.disabled = true;
    try {
      const { status: made } = await command({ type: "status.set", ...change });
      show(made);
      if (change.invisible === undefined) tell(t(status.tonight ? "tonight.told" : "tonight.ended"));
    } catch (error) {
      tell(sentence(error));
      if (change.invisible !== undefined) seen.checked = !change.invisible;
      if (status) show(status);
    }
  }

  const ask = () => read("/api/status").then(({ status: now, invisible }) => { seen.checked = invisible; show(now); }, (error) => { if (!status) tell(sentence(error)); });
  const heard = ({ detail }) => {
    if (!left() && detail.cast === store.me?.id) show(detail.status);
  };
  const opened = () => { if (!left()) ask(); };
  const left = () => {
    if (box.isConnected) return false;
    store.removeEventListener("status.changed", heard);
    socket.removeEventListener("opened", opened);
    return true;
  };
  store.addEventListener("status.changed", heard);
  socket.addEventListener("opened", opened);
  ask();
  return box;
}
