// Notifications: asked for by a tap, after their value was seen; told to the server anew at every start.
import { command, read } from "./api.js";

const PATIENCE_MS = 8_000; // a browser without a push service never answers

export const possible = () => "serviceWorker" in navigator && "PushManager" in window && "Notification" in window;

/** "on", "off", "denied" or "impossible". */
export async function state() {
  if (!possible()) return "impossible";
  if (Notification.permission === "denied") return "denied";
  return (await subscription()) ? "on" : "off";
}

/** Throws an Error whose message is the key of a sentence, or Refused. */
export async function subscribe() {
  if (!possible()) throw new Error("push.impossible");
  if ((await Notification.requestPermission()) !== "granted") throw new Error("push.denied");
  const { key } = await read("/api/push/key");
  const registration = await patiently(navigator.serviceWorker.ready);
  const options = { userVisibleOnly: true, applicationServerKey: bytes(key) };
  await told(await patiently(registration.pushManager.subscribe(options)));
}

/** The server should know what the browser has. */
export async function recheck() {
  const known = possible() && Notification.permission === "granted" && (await subscription());
  if (known) await told(known);
}

export async function unsubscribe() {
  const known = possible() && (await subscription());
  if (!known) return;
  await known.unsubscribe();
  await command({ type: "push.unsubscribe", endpoint: known.endpoint });
}

async function subscription() {
  const registration = await navigator.serviceWorker.getRegistration();
  return registration?.pushManager.getSubscription();
}

async function told(known) {
  const { endpoint, keys: { p256dh, auth } } = known.toJSON();
  await command({ type: "push.subscribe", endpoint, keys: { p256dh, auth } });
}

function patiently(promise) {
  let timer;
  const silence = new Promise((_, reject) => { timer = setTimeout(() => reject(new Error("push.silent")), PATIENCE_MS); });
  const failed = (error) => { throw new Error(error.message === "push.silent" ? "push.silent" : "push.failed"); };
  return Promise.race([promise, silence]).catch(failed).finally(() => clearTimeout(timer));
}

function bytes(base64url) {
  const text = atob(base64url.replace(/-/g, "+").replace(/_/g, "/"));
  return Uint8Array.from(text, (c) => c.charCodeAt(0));
}
