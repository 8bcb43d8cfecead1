// Who is signed in on this page, and what that means: one socket, one store, one outbox.
import * as api from "./api.js";
import * as disk from "./disk.js";
import { forgetDrafts, loadDrafts } from "./drafts.js";
import { Outbox } from "./outbox.js";
import { go } from "./router.js";
import { Socket } from "./socket.js";
import { Store } from "./store.js";

const ME = "fuuro.me"; // who was here last: opens their rooms without a connection
const OWED = "fuuro.owed"; // somebody left without a connection, and the house does not know
const AFTER = "fuuro.after"; // where somebody wanted to go before signing in

const push = () => import("./push.js");

export const socket = new Socket(() => store.cursors());
export const outbox = new Outbox(socket);
export const store = new Store(socket, outbox);

const others = "BroadcastChannel" in globalThis ? new BroadcastChannel("fuuro.session") : null;
if (others) others.onmessage = () => { if (store.me) clear(true); };
addEventListener("online", settle);
socket.addEventListener("opened", () => outbox.flush());
socket.addEventListener("opened", () => api.read("/api/reservations?status=draft,confirmed,arrived").then(({ items }) => store.book(items), () => {}));
socket.addEventListener("opened", () => push().then(({ recheck }) => recheck()).catch(() => {}), { once: true });
socket.addEventListener("signedout", () => clear());

/** At the start: whoever was here last, else whom the cookie knows; else the door. Who left without a connection is not let in again. */
export async function resume() {
  await settle();
  const kept = localStorage.getItem(ME);
  if (kept) return open(JSON.parse(kept));
  if (!localStorage.getItem(OWED) && (await api.fresh().catch(() => null))) return open((await api.read("/api/me")).account);
  return turnToDoor();
}

/** After sign-in: `answer` is what verify or register gave. */
export async function enter(answer) {
  api.keep(answer);
  await open(answer.account);
  const after = sessionStorage.getItem(AFTER) ?? "/rooms";
  sessionStorage.clear();
  go(after, true);
}

async function open(account) {
  localStorage.setItem(ME, JSON.stringify(account));
  await disk.openDisk(account.id);
  await store.load(account);
  await outbox.load();
  await loadDrafts();
  socket.start();
}

/** This device's session ends, and everything of the account leaves it; where the house could not be told, it is told later. */
export async function leave() {
  await push().then(({ unsubscribe }) => unsubscribe()).catch(() => {});
  try { await api.call("POST", "/api/auth/logout"); } catch (error) {
    if (error.code !== "unauthenticated") localStorage.setItem(OWED, "1");
  }
  await clear();
}

/** Tells the house of a sign-out that it has not heard of, before anybody signs in here again. */
export async function settle() {
  if (!localStorage.getItem(OWED)) return;
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
  await disk.burn();
  go("/sign-in", true);
}

/** Nobody is signed in: remembers what was wanted, and shows the door. */
export function turnToDoor() {
  if (location.pathname.startsWith("/casts/") || location.pathname.startsWith("/rooms/")) sessionStorage.setItem(AFTER, location.pathname);
  go("/sign-in", true);
}
