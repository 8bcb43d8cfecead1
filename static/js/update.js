// The service worker: registered, listened to, and replaced when the person says so.
import { go } from "./router.js";

const WORKER = "/service-worker.js";

export async function register() {
  if (!("serviceWorker" in navigator)) return;
  navigator.serviceWorker.addEventListener("message", ({ data, ports }) => {
    if (data.where) ports[0].postMessage(location.pathname);
    if (data.navigate?.startsWith("/")) go(data.navigate);
  });
  const trusted = window.trustedTypes?.createPolicy("fuuro", { createScriptURL: () => WORKER }).createScriptURL(WORKER) ?? WORKER;
  try {
    const registration = await navigator.serviceWorker.register(trusted);
    if (registration.waiting) announce(registration.waiting);
    registration.addEventListener("updatefound", () => {
      const worker = registration.installing;
      worker.addEventListener("statechange", () => { if (worker.state === "installed" && navigator.serviceWorker.controller) announce(worker); });
    });
  } catch { /* without it, everything but opening offline and notifications works */ }
}

/** Tells the page that a newer client is ready; `detail()` changes to it. */
function announce(worker) {
  const change = () => {
    navigator.serviceWorker.addEventListener("controllerchange", () => location.reload(), { once: true });
    worker.postMessage("update");
  };
  dispatchEvent(new CustomEvent("newer", { detail: change }));
}
