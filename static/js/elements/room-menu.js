// What else can be done in a conversation: look for words, be left in peace, tell the house, block.
import { command, read, sentence } from "../api.js";
import { now } from "../clock.js";
import { ask, h, tell } from "../dom.js";
import { t } from "../i18n.js";
import { go } from "../router.js";
import { store } from "../session.js";
import { block, unblock } from "./block-dialog.js";
import { report } from "./report-dialog.js";
import { searchRooms } from "./room-search.js";

const MUTED_MS = 8 * 3600e3; // until the morning

export async function roomMenu(room) {
  const card = store.rooms.get(room);
  if (!card) return;
  const { with: other } = card;
  const ours = card.blocked && await blocks(other.id);
  const muted = card.muted_until && Date.parse(card.muted_until) > now();
  const choice = await ask(t("more"), (close) => h("div", { class: "menu" },
    [[`page_${other.role}`, `room.page_${other.role}`], ["search", "search.here"], ["mute", muted ? "mute.end" : "mute.begin"], ["report", "report.open"], ours ? ["unblock", "block.end"] : ["block", "block.open"]]
      .map(([name, words]) => h("button", { class: name === "block" ? "grave" : null, "data-testid": name, onclick: () => close(name) }, t(words))),
    h("button", { class: "quiet", onclick: () => close() }, t("cancel"))));
  if (choice?.startsWith("page")) go(`/${other.role}s/${other.id}`);
  if (choice === "search") searchRooms(room);
  if (choice === "report") report({ kind: "account", account: other.id });
  if (choice === "block") block(other.id);
  if (choice === "unblock") unblock(other.id);
  if (choice === "mute") await mute(room, muted);
}

/** Whether one blocks `account` oneself: of a block by the other nobody is told, and blocking once more is no contradiction. */
const blocks = (account) => read("/api/blocks").then(({ items }) => items.some((one) => one.account.id === account), () => false);

async function mute(room, muted) {
  const until = muted ? null : new Date(now() + MUTED_MS).toISOString();
  try {
    await command({ type: "room.mute", room, until });
    store.change(room, { muted_until: until });
    tell(t(muted ? "mute.ended" : "mute.begun"));
  } catch (error) { tell(sentence(error)); }
}
