// What can be done with one line of the conversation.
import { now } from "../clock.js";
import { ask, h, tell } from "../dom.js";
import { askForm } from "../forms.js";
import { t } from "../i18n.js";
import { store } from "../session.js";
import { report } from "./report-dialog.js";

const EDIT_MS = 24 * 3600e3; // how long one's own text can be changed

/** `reply()` is called where that is chosen; the rest is done here. */
export async function entryMenu(entry, reply) {
  const mine = entry.by === store.me.id && ["text", "photo"].includes(entry.kind) && now() - Date.parse(entry.at) < EDIT_MS;
  const choice = await ask(t("entry.more"), (close) => h("div", { class: "menu" },
    ["reply", entry.body && "copy", mine && "edit", mine && "delete", entry.by !== store.me.id && "report"].filter(Boolean).map((name) => h("button", { class: name === "delete" ? "grave" : null, onclick: () => close(name), "data-testid": `entry-${name}` }, t(`entry.${name}`))),
    h("button", { class: "quiet", onclick: () => close() }, t("cancel"))));
  if (choice === "reply") reply();
  if (choice === "copy") navigator.clipboard.writeText(entry.body).then(() => tell(t("share.copied")), () => tell(t("share.by_hand")));
  if (choice === "report") report({ kind: "entry", room: entry.room, seq: entry.seq });
  if (choice === "edit") edit(entry);
  if (choice === "delete") erase(entry);
}

function edit(entry) {
  const text = h("textarea", { rows: "4", maxlength: "4000", required: true, value: entry.body ?? "", "aria-label": t("entry.edit"), "data-testid": "edit-body", autofocus: true });
  askForm(t("entry.edit"), { label: t("save"), testid: "change" }, change(entry, () => ({ type: "message.edit", body: text.value.trim() })), text);
}

function erase(entry) {
  askForm(t("entry.delete"), { label: t("entry.delete_yes"), testid: "change", grave: true }, change(entry, () => ({ type: "message.delete" })), h("p", { class: "muted" }, t("entry.delete_really")));
}

/** One intent, one key, however often it is tried. */
function change({ room, seq }, command) {
  const key = crypto.randomUUID();
  return () => store.give({ ...command(), room, seq }, key);
}
