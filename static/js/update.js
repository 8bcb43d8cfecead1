// The service worker: registered, listened to, and replaced when the person says so.
import { go } from "./router.js";
import { socket } from "./session.js";

const WORKER = "/service-worker.js";
const OFTEN_MS = 3_600_000; // a page that stays open looks no more often, unless the house has begun anew

let looked = performance.now();
let pressed = false; // it was this page that asked for the change

export async function register() {
  if (!("serviceWorker" in navigator)) return;
  navigator.serviceWorker.addEventListener("message", ({ data, ports }) => {
    if (data.where) ports[0].postMessage(location.pathname);
    if (data.navigate?.startsWith("/")) go(data.navigate);
  });
  const trusted = window.trustedTypes?.createPolicy("fuuro", { createScriptURL: () => WORKER }).createScriptURL(WORKER) ?? WORKER;
  let controlled = Boolean(navigator.serviceWorker.controller);
  try {
    const registration = await navigator.serviceWorker.register(trusted);
    navigator.serviceWorker.addEventListener("controllerchange", () => {
      if (controlled && (pressed || document.hidden)) location.reload();
      else if (controlled) announce(registration);
      controlled = true; // the first worker takes over a page of its own version
    });
    if (registration.waiting) announce(registration);
    registration.addEventListener("updatefound", () => {
      const worker = registration.installing;
      worker.addEventListener("statechange", () => { if (worker.state === "installed" && navigator.serviceWorker.controller) announce(registration); });
    });
    const look = () => {
      if (document.hidden || performance.now() - looked < OFTEN_MS) return;
      looked = performance.now();
      registration.update().catch(() => {});
    };
    document.addEventListener("visibilitychange", look);
    socket.addEventListener("restart", () => { looked = -OFTEN_MS; });
    socket.addEventListener("opened", look);
  } catch { /* without it, everything but opening offline and notifications works */ }
}

/** Tells the page that a newer client is ready; `detail()` changes to it. */
function announce(registration) {
  dispatchEvent(new CustomEvent("newer", { detail: () => {
    pressed = true;
    if (registration.waiting) registration.waiting.postMessage("update");
    else location.reload(); // another page has changed already
  } }));
}
