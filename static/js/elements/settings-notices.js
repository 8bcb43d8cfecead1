// Notifications of this device, the hours without them, and whether others see how far one has read.
import { command } from "../api.js";
import { fill, h, tell } from "../dom.js";
import { busy, problemLine } from "../forms.js";
import { t } from "../i18n.js";
import * as push from "../push.js";
import { store } from "../session.js";

/** {element, show(settings), fail(why)}. */
export function noticesPart() {
  const device = h("div", { class: "stack" });
  const problem = problemLine();
  let waiting = 0, turn = Promise.resolve();
  // One after the other; what is shown is what the house says to the last: an answer to an earlier one does not know of it yet.
  const save = (change) => {
    waiting += 1;
    turn = turn.then(async () => {
      try {
        const { settings } = await command({ type: "settings.save", ...change });
        if (waiting === 1) show(settings);
        tell(t("profile.saved"));
      } catch { tell(t("error.offline")); } finally { waiting -= 1; }
    });
  };
  const quiet = h("input", { type: "checkbox", disabled: true, "data-testid": "quiet", onchange: () => { times.hidden = !quiet.checked; save(quiet.checked ? { quiet_from: from.value, quiet_to: to.value } : { quiet_from: null, quiet_to: null }); } });
  const time = (value, testid) => h("input", { type: "time", required: true, value, class: "figures", "data-testid": testid, onchange: () => { if (from.value && to.value) save({ quiet_from: from.value, quiet_to: to.value }); } });
  const from = time("03:00", "quiet-from");
  const to = time("12:00", "quiet-to");
  const times = h("div", { class: "pair", hidden: true }, h("label", {}, h("span", {}, t("quiet.from")), from), h("label", {}, h("span", {}, t("quiet.to")), to));
  const receipts = h("input", { type: "checkbox", disabled: true, "data-testid": "receipts", onchange: () => save({ private_receipts: !receipts.checked }) });

  const fail = (why) => { problem.textContent = why; problem.hidden = false; };

  function show(settings) {
    problem.hidden = true;
    quiet.disabled = receipts.disabled = false;
    quiet.checked = Boolean(settings.quiet_from);
    times.hidden = !quiet.checked;
    if (quiet.checked) [from.value, to.value] = [settings.quiet_from, settings.quiet_to];
    receipts.checked = !settings.private_receipts;
  }

  async function showDevice(said = "") {
    const state = await push.state();
    const turn = (work) => async (event) => { if (await busy(event.currentTarget, problem, work)) showDevice(t("push.done")); };
    fill(device, h("p", { class: "small muted" }, t("push.what")),
      state === "off" && h("button", { "data-testid": "push", onclick: turn(push.subscribe) }, t("push.on")),
      state === "on" && [h("p", { class: "small", role: "status" }, said || t("push.done")), h("button", { class: "quiet", onclick: turn(push.unsubscribe) }, t("push.off"))],
      ["denied", "impossible"].includes(state) && h("p", { class: "small" }, t(`push.${state}`)), problem);
  }

  const element = h("section", {}, h("h2", {}, t("push.title")), device, h("label", { class: "tick" }, quiet, h("span", {}, t("quiet.title"))), times, h("p", { class: "small muted" }, t("quiet.what")),
    h("label", { class: "tick" }, receipts, h("span", {}, t("receipts.title"))), h("p", { class: "small muted" }, t("receipts.what")));
  const heard = ({ detail }) => { if (element.isConnected) { if (!waiting) show(detail.settings); } else store.removeEventListener("settings.changed", heard); };
  store.addEventListener("settings.changed", heard);
  showDevice();
  return { element, show, fail };
}
