// Signing out: the session ends, and everything of the account leaves this device.
import * as api from "./api.js";
import * as disk from "./disk.js";
import { forgetDrafts } from "./drafts.js";
import { go } from "./router.js";
import { ME, OWED, others, outbox, socket, store } from "./session.js";

/** This device's session ends, and everything of the account leaves it; where the house could not be told, it is told later. */
export async function leave() {
  await import("./push.js").then(({ unsubscribe }) => unsubscribe()).catch(() => {});
  try { await api.call("POST", "/api/auth/logout"); } catch (error) {
    if (error.code !== "unauthenticated") localStorage.setItem(OWED, "1");
  }
  await clear();
}

/** Tells the house of a sign-out that it has not heard of. */
export async function tell() {
  try {
    if (await api.fresh()) await api.call("POST", "/api/auth/logout");
    localStorage.removeItem(OWED);
  } catch { /* still no connection */ } finally { api.forget(); }
}

/** What this device has of the account goes, in every tab. */
export async function clear(told = false) {
  if (!told) others?.postMessage("left");
  socket.stop();
  api.forget();
  store.forget();
  outbox.forget();
  forgetDrafts();
  for (const key of [ME, "fuuro.push_later"]) localStorage.removeItem(key);
  sessionStorage.clear();
  navigator.clearAppBadge?.().catch(() => {});
  await burn(await disk.shut());
  go("/sign-in", true);
}

/** Everything of everybody leaves this device. */
async function burn(db) {
  const names = (await indexedDB.databases?.()) ?? (db?.name ? [db] : []);
  await Promise.all(names.filter(({ name }) => name?.startsWith("fuuro-")).map(({ name }) => new Promise((done) => {
    const request = indexedDB.deleteDatabase(name);
    request.onsuccess = request.onerror = request.onblocked = done;
  })));
}
