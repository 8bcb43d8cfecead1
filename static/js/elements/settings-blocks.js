// Whom one does not talk to any more, and the way back.
import { fill, h } from "../dom.js";
import { t } from "../i18n.js";
import { store } from "../session.js";
import { unblock } from "./block-dialog.js";
import { portrait } from "./face.js";

export function blocksPart() {
  const list = h("ul", { class: "lines", "data-testid": "blocked" });
  const part = h("section", {}, h("h2", {}, t("blocks.title")), list, h("p", { class: "small muted" }, t("blocks.what")));
  const show = () => {
    const cards = [...store.rooms.values()].filter(({ blocked }) => blocked);
    fill(list, cards.length ? cards.map(({ with: other }) => h("li", {}, h("span", { class: "who" }, portrait(other, "small"), h("span", {}, other.display_name)), h("button", { class: "quiet", "data-testid": "unblock", onclick: () => unblock(other.id) }, t("block.end")))) : h("li", { class: "muted" }, t("blocks.none")));
  };
  const changed = () => { if (part.isConnected) show(); else store.removeEventListener("change", changed); };
  store.addEventListener("change", changed);
  show();
  return part;
}
