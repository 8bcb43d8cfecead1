// Tags to choose from, by category. Where unwanted ones can be named too, a tag goes round: wanted, unwanted, neither.
import { read, sentence } from "../api.js";
import { fill, h } from "../dom.js";
import { language, t } from "../i18n.js";

let vocabulary = null;
/** All tags there are; asked for once. Throws Refused. */
export const tags = () => (vocabulary ??= read("/api/tags").then(({ items }) => items).catch((error) => { vocabulary = null; throw error; }));

export const nameOf = (tag) => tag[language];

/** `wanted` and, where there is one, `unwanted` are Sets of ids that the picker changes; `changed()` hears of it. */
export function tagPicker(wanted, unwanted, changed = () => {}) {
  const box = h("div", { class: "stack" }, h("p", { class: "muted" }, t("loading")));
  const stateOf = (id) => (wanted.has(id) ? "wanted" : unwanted?.has(id) ? "unwanted" : "");
  const turn = (id) => {
    if (wanted.delete(id)) unwanted?.add(id);
    else if (!unwanted?.delete(id)) wanted.add(id);
    changed();
  };
  const chip = (tag) => {
    const sign = h("span", { "aria-hidden": "true" });
    const button = h("button", { type: "button", class: "chip", "data-testid": "tag", "data-tag": tag.id, onclick: () => { turn(tag.id); show(); } }, sign, nameOf(tag));
    const show = () => {
      const state = stateOf(tag.id);
      button.dataset.state = state;
      sign.textContent = { wanted: "✓ ", unwanted: "✕ ", "": "" }[state];
      button.setAttribute("aria-pressed", String(state === "wanted"));
      button.setAttribute("aria-label", state === "unwanted" ? t("tags.without", { tag: nameOf(tag) }) : nameOf(tag));
    };
    show();
    return button;
  };
  tags().then((all) => {
    const categories = [...new Set(all.map((tag) => tag.category))];
    fill(box, categories.map((category) => {
      const own = all.filter((tag) => tag.category === category);
      const count = own.filter((tag) => stateOf(tag.id)).length;
      return h("details", { class: "category", open: count > 0 }, h("summary", {}, t(`tags.${category}`)), h("div", { class: "chips" }, own.map(chip)));
    }));
  }, (error) => fill(box, h("p", { class: "error", role: "alert" }, sentence(error))));
  return box;
}
