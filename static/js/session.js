// Who is signed in on this page, and what that means: one socket, one store, one outbox.
import * as api from "./api.js";
import * as disk from "./disk.js";
import { loadDrafts } from "./drafts.js";
import { Outbox } from "./outbox.js";
import { go } from "./router.js";
import { Socket } from "./socket.js";
import { Store } from "./store.js";

export const ME = "fuuro.me"; // who was here last: opens their rooms without a connection
export const OWED = "fuuro.owed"; // somebody left without a connection, and the house does not know
const AFTER = "fuuro.after"; // where somebody wanted to go before signing in

export const socket = new Socket(() => store.cursors());
socket.addEventListener("opened", (event) => {
  const { account } = event.detail;
  if (account.id === store.me.id) return;
  event.stopImmediatePropagation(); // the cookie is another's by now: nothing of theirs comes among what is known here
  socket.stop();
  localStorage.setItem(ME, JSON.stringify(account));
  begin();
});
export const outbox = new Outbox(socket);
export const store = new Store(socket, outbox);

export const others = "BroadcastChannel" in globalThis ? new BroadcastChannel("fuuro.session") : null;
if (others) others.onmessage = ({ data }) => {
  if (data === "left") { if (store.me) end(true); } else if (data !== store.me?.id) begin();
};
addEventListener("online", settle);
socket.addEventListener("opened", () => outbox.flush());
socket.addEventListener("opened", () => import("./reconcile.js").then(({ reconcile }) => reconcile()).catch(() => {}));
socket.addEventListener("opened", () => import("./push.js").then(({ recheck }) => recheck()).catch(() => {}), { once: true });
socket.addEventListener("signedout", () => end());

const begin = () => location.replace("/rooms");
const end = (told) => import("./leave.js").then(({ clear }) => clear(told), begin);

/** At the start: whoever was here last, else whom the cookie knows; else the door. Who left without a connection is not let in again.
 * Throws Refused where nobody knows. */
export async function resume() {
  await settle();
  const kept = localStorage.getItem(ME);
  if (kept) return open(JSON.parse(kept));
  if (!localStorage.getItem(OWED) && (await api.fresh())) return open((await api.read("/api/me")).account);
  return turnToDoor();
}

/** After sign-in: `answer` is what verify or register gave. */
export async function enter(answer) {
  api.keep(answer);
  localStorage.removeItem(OWED); // the cookie of who left is no more
  await open(answer.account);
  others?.postMessage(answer.account.id);
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

/** Tells the house of a sign-out that it has not heard of, before anybody signs in here again. */
export async function settle() {
  if (localStorage.getItem(OWED)) await (await import("./leave.js")).tell();
}

/** Nobody is signed in: remembers what was wanted, and shows the door. */
export function turnToDoor() {
  if (location.pathname.startsWith("/casts/") || location.pathname.startsWith("/rooms/")) sessionStorage.setItem(AFTER, location.pathname);
  go("/sign-in", true);
}
