// Where the account is signed in; any of them can be ended from here.
import { call, read, sentence } from "../api.js";
import { calendarDay, clockTime, dayName } from "../clock.js";
import { fill, h } from "../dom.js";
import { busy, problemLine } from "../forms.js";
import { t } from "../i18n.js";

export function devicesPart() {
  const list = h("ul", { class: "lines", "data-testid": "devices" });
  const problem = problemLine();
  async function show() {
    try {
      const { items } = await read("/api/auth/devices");
      fill(list, items.map((d) => h("li", { "data-testid": "device" }, h("div", {}, h("div", {}, d.name || t("devices.nameless")), h("p", { class: "small muted figures" }, d.current ? t("devices.this") : `${dayName(calendarDay(d.seen_at))} ${clockTime(d.seen_at)}`)),
        !d.current && h("button", { class: "quiet", "data-testid": "device-end", onclick: async (event) => {
          if (await busy(event.currentTarget, problem, () => call("DELETE", `/api/auth/devices/${d.id}`))) show();
        } }, t("devices.end")))));
    } catch (error) { fill(list, h("li", { class: "muted" }, sentence(error))); }
  }
  show();
  return h("section", {}, h("h2", {}, t("devices.title")), list, problem);
}
