// Wires the parts together and starts them. What is on the screen is the elements' matter.
import { fresh, call, forget } from "./api.js";
import * as disk from "./disk.js";
import { loadWords } from "./i18n.js";
import { Outbox } from "./outbox.js";
import * as push from "./push.js";
import { go } from "./router.js";
import { Socket } from "./socket.js";
import { Store } from "./store.js";

export const socket = new Socket(() => store.cursors());
export const outbox = new Outbox(socket);
export const store = new Store(socket, outbox);

const ME = "fuuro.me"; // who was here last: opens their rooms without a connection

/** After sign-in, or at a start with somebody signed in. */
export async function enter(account) {
  localStorage.setItem(ME, JSON.stringify(account));
  await disk.openDisk(account.id);
  await store.load(account);
  await outbox.load();
  socket.start();
}

/** Everything of this account leaves the device, and its session ends. */
export async function leave() {
  try { await push.unsubscribe(); } catch { /* it ends with the session anyway */ }
  try { await call("POST", "/api/auth/logout"); } catch { /* offline: the cookie stays until it expires; the device list can end it */ }
  await clear();
}

async function clear() {
  socket.stop();
  forget();
  localStorage.removeItem(ME);
  await disk.burn();
  location.replace("/sign-in");
}

socket.addEventListener("signedout", clear);
socket.addEventListener("opened", () => push.recheck(socket).catch(() => {}), { once: true });

async function start() {
  await loadWords();
  await import("./elements/fuuro-app.js");
  const kept = localStorage.getItem(ME);
  if (kept) await enter(JSON.parse(kept));
  else {
    const token = await fresh().catch(() => null);
    if (token) await enter((await call("GET", "/api/me")).account);
    else if (!["sign-in"].includes(location.pathname.split("/")[1])) {
      if (location.pathname.startsWith("/casts/")) sessionStorage.setItem("fuuro.after", location.pathname);
      go("/sign-in", true);
    }
  }
  dispatchEvent(new Event("navigate"));
  if ("serviceWorker" in navigator) {
    await navigator.serviceWorker.register(scriptURL());
    navigator.serviceWorker.addEventListener("message", ({ data }) => data.navigate && go(data.navigate));
  }
}

/** The only script that is ever named by a string; browsers with Trusted Types want it said by a policy. */
function scriptURL() {
  const path = "/service-worker.js";
  return window.trustedTypes ? trustedTypes.createPolicy("fuuro", { createScriptURL: () => path }).createScriptURL(path) : path;
}

start();
