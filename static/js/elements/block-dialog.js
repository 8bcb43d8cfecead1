// A block: at once, total, told to nobody; taken back with one tap.
import { command, sentence } from "../api.js";
import { ask, h, tell } from "../dom.js";
import { t } from "../i18n.js";
import { dayName, nightOf, nightSpan } from "../clock.js";
import { store } from "../session.js";

/** Blocks `account`, and says what still stands between the two. True when it is done. */
export async function block(account) {
  try {
    const { confirmed } = await command({ type: "block.add", account });
    if (confirmed.length) {
      store.book(confirmed);
      await ask(t("block.title"), (close) => h("div", { class: "stack" }, h("h2", {}, t("block.done")), h("p", {}, t("block.stands")),
        h("ul", {}, confirmed.map((r) => h("li", { class: "figures" }, `${dayName(nightOf(r.starts_at))} ${nightSpan(r.starts_at, r.ends_at)}`))), h("div", { class: "acts" }, h("button", { class: "main", onclick: () => close() }, t("close")), h("button", { class: "quiet", onclick: () => { close(); unblock(account); } }, t("undo")))));
    } else tell(t("block.done"), { label: t("undo"), act: () => unblock(account) });
    return true;
  } catch (error) { tell(sentence(error)); return false; }
}

export async function unblock(account) {
  try {
    await command({ type: "block.remove", account });
    tell(t("block.undone"));
    return true;
  } catch (error) { tell(sentence(error)); return false; }
}
