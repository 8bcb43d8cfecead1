// An address under which a calendar app finds one's reservations, without names.
import { command } from "../api.js";
import { fill, h, tell } from "../dom.js";
import { busy, problemLine } from "../forms.js";
import { t } from "../i18n.js";
import { copyable } from "./share-link.js";

export function calendarLink() {
  const problem = problemLine();
  const box = h("div", { class: "stack" });
  const made = (path) => {
    const link = location.origin + path;
    fill(box, copyable(link, t("calendar.title"), { field: "calendar-url", button: "calendar-copy" }),
      h("div", { class: "row" }, h("a", { class: "button", href: link.replace(/^https?:/, "webcal:") }, t("calendar.open")), h("button", { class: "quiet", "data-testid": "calendar-revoke", onclick: (event) => busy(event.currentTarget, problem, revoke) }, t("calendar.revoke"))));
  };
  const link = async () => made((await command({ type: "calendar.link" })).url);
  const revoke = async () => { await command({ type: "calendar.revoke" }); offer(); tell(t("calendar.revoked")); };
  const offer = () => fill(box, h("div", { class: "row" }, h("button", { "data-testid": "calendar-link", onclick: (event) => busy(event.currentTarget, problem, link) }, t("calendar.link")),
    h("button", { class: "quiet", onclick: (event) => busy(event.currentTarget, problem, revoke) }, t("calendar.revoke"))));
  offer();
  return h("section", {}, h("h2", {}, t("calendar.title")), h("p", { class: "small muted" }, t("calendar.what")), box, problem);
}
