// A cast's photos in the order in which they are shown: added, moved, taken out. The first is her portrait.
import { sentence, upload } from "../api.js";
import { fill, h, icon, say, tell } from "../dom.js";
import { t } from "../i18n.js";

const MOST = 12;

/** {element, ids()} for photos as `CastProfile` has them. */
export function photoOrder(photos) {
  const shown = [...photos];
  const list = h("ul", { class: "photo-order", "data-testid": "photos" });
  const file = h("input", { type: "file", accept: "image/*", multiple: true, class: "unseen", tabindex: "-1", "aria-hidden": "true", "data-testid": "photo-file", onchange: () => add() });
  const more = h("button", { type: "button", class: "add", "data-testid": "photo-add", onclick: () => file.click() }, icon("photo"), t("photos.add"));

  function show(focus) {
    fill(list, shown.map((photo, i) => h("li", {}, h("img", { src: photo.sizes["320"], alt: t("photos.nth", { n: i + 1 }), width: 320, height: 427 }),
      i === 0 && h("span", { class: "first" }, t("photos.first")),
      h("div", { class: "row" }, h("button", { type: "button", class: "bare", disabled: i === 0, "aria-label": t("photos.earlier", { n: i + 1 }), onclick: () => move(i, -1) }, icon("back")),
        h("button", { type: "button", class: "bare", "aria-label": t("photos.remove", { n: i + 1 }), onclick: () => { shown.splice(i, 1); show(); } }, icon("close")),
        h("button", { type: "button", class: "bare turned", disabled: i === shown.length - 1, "aria-label": t("photos.later", { n: i + 1 }), onclick: () => move(i, 1) }, icon("back"))))), shown.length < MOST && h("li", {}, more));
    if (focus) list.children[focus.at]?.querySelectorAll("button")[focus.button]?.focus();
  }

  function move(i, by) {
    shown.splice(i + by, 0, ...shown.splice(i, 1));
    say(t("photos.moved", { n: i + by + 1 }));
    show({ at: i + by, button: by < 0 ? 0 : 2 });
  }

  async function add() {
    more.disabled = true;
    for (const one of [...file.files].slice(0, MOST - shown.length)) {
      try { shown.push((await upload(one)).photo); show(); } catch (error) { tell(sentence(error)); }
    }
    file.value = "";
    more.disabled = false;
  }

  show();
  return { element: h("div", {}, list, file), ids: () => shown.map(({ id }) => id) };
}
