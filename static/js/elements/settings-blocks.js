// Whom one has blocked oneself, and the way back.
import { read, sentence } from "../api.js";
import { fill, h } from "../dom.js";
import { t } from "../i18n.js";
import { unblock } from "./block-dialog.js";
import { portrait } from "./face.js";

export function blocksPart() {
  const list = h("ul", { class: "lines", "data-testid": "blocked" });
  const line = (account) => h("li", {}, h("span", { class: "who" }, portrait(account, "small"), h("span", {}, account.display_name)),
    h("button", { class: "quiet", "data-testid": "unblock", onclick: async () => { if (await unblock(account.id)) load(); } }, t("block.end")));
  const load = () => read("/api/blocks").then(
    ({ items }) => fill(list, items.length ? items.map(({ account }) => line(account)) : h("li", { class: "muted" }, t("blocks.none"))),
    (error) => fill(list, h("li", { class: "muted" }, sentence(error))));
  load();
  return h("section", {}, h("h2", {}, t("blocks.title")), list, h("p", { class: "small muted" }, t("blocks.what")));
}
