// What somebody has begun to write and not sent: there when they come back, also after a reload; gone at sign-out with all that is on the disk.
import * as disk from "./disk.js";

const KEY = "drafts";
let texts = new Map();

/** Those of who is signed in. */
export async function loadDrafts() {
  texts = new Map((await disk.get("kept", KEY).catch(() => null)) ?? []);
}

export const draftOf = (name) => texts.get(name) ?? "";

/** Keeps `text` under `name`; none: nothing is left of it. */
export function keepDraft(name, text) {
  if (text === draftOf(name)) return;
  if (text) texts.set(name, text);
  else texts.delete(name);
  disk.put("kept", [...texts], KEY).catch(() => {});
}

export function forgetDrafts() { texts = new Map(); }
