// Notifications: asked for by a tap, after their value was seen; re-checked at every start.
import { read } from "./api.js";

const PATIENCE_MS = 8_000; // a browser without a push service never answers

export const possible = () => "serviceWorker" in navigator && "PushManager" in window;

function bytes(base64url) {
  const text = atob(base64url.replace(/-/g, "+").replace(/_/g, "/"));
  return Uint8Array.from(text, (c) => c.charCodeAt(0));
}

function patiently(promise) {
  return Promise.race([promise, new Promise((_, reject) => setTimeout(() => reject(new Error("push.silent")), PATIENCE_MS))]);
}

/** Throws an Error whose message is the key of a sentence. */
export async function subscribe(socket) {
  if (!possible()) throw new Error("push.impossible");
  if ((await Notification.requestPermission()) !== "granted") throw new Error("push.denied");
  const registration = await navigator.serviceWorker.ready;
  const { key } = await read("/api/push/key");
  let subscription;
  try {
    subscription = await patiently(registration.pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: bytes(key) }));
  } catch (error) { throw new Error(error.message === "push.silent" ? "push.silent" : "push.failed"); }
  await tell(socket, subscription);
}

/** At every start: the server should know what the browser has. */
export async function recheck(socket) {
  if (!possible() || Notification.permission !== "granted") return;
  const registration = await navigator.serviceWorker.ready;
  const subscription = await registration.pushManager.getSubscription();
  if (subscription) await tell(socket, subscription);
}

async function tell(socket, subscription) {
  const { endpoint, keys } = subscription.toJSON();
  await socket.ask({ type: "push.subscribe", endpoint, keys: { p256dh: keys.p256dh, auth: keys.auth } });
}

export async function unsubscribe() {
  const registration = await navigator.serviceWorker?.getRegistration();
  await (await registration?.pushManager?.getSubscription())?.unsubscribe();
}
