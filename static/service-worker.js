// The shell, so that the app opens without a connection, and notifications. Nothing private is ever kept here.
// VERSION is made of the files' contents: a test says what to write here when one has changed.
const VERSION = "b1a351003f30";
const CACHE = `fuuro-${VERSION}`;
const ELEMENTS = ["block-dialog", "calendar-link", "cast-filter", "cast-list", "cast-page", "entry-menu", "face", "free-times", "fuuro-app", "guest-page", "house-nav",
  "install-guide", "invitation-card", "invitation-composer", "invitation-request", "letter-dialogs", "message-composer", "night-calendar",
  "photo-order", "plan-book", "plan-card", "preview", "profile-page", "push-offer", "radar-chart", "report-dialog", "reservation-acts",
  "reservation-card", "reservations-page", "review-dialog", "review-list", "room-entry", "room-head", "room-list", "room-menu", "room-search",
  "room-view", "rule-book", "settings-account", "settings-blocks", "settings-devices", "settings-notices", "settings-page", "share-link", "shift-book",
  "sign-in", "tag-picker", "tonight-page", "tonight-switch", "waitlist-dialog", "wax-seal", "work-page"];
const MODULES = ["api", "app", "clock", "disk", "dom", "drafts", "fleeting", "forms", "i18n", "install", "later", "leave", "log", "night", "outbox", "plans", "push", "reconcile",
  "router", "session", "shelf", "socket", "store", "theme", "update"];
const INK = ["back", "book", "cast", "choose", "close", "down", "follow", "letter", "more", "photo", "search", "send", "settings", "talk", "tonight", "work"];
const SHELL = ["/", "/manifest.webmanifest", ...["ja", "en", "pages.ja", "pages.en"].map((name) => `/i18n/${name}.json`),
  ...["paper", "ink", "room", "letter", "pages"].map((name) => `/css/${name}.css`), ...["seal.svg", "seal-192.png", "wax.svg", "wax-sealed.svg"].map((name) => `/icons/${name}`),
  ...INK.map((name) => `/icons/ink/${name}.svg`), ...MODULES.map((name) => `/js/${name}.js`), ...ELEMENTS.map((name) => `/js/elements/${name}.js`)];
const OURS = /^\/(api|ws|dev|health|metrics|operator|schema)(\/|$)/; // never a page, never cached
const ASLEEP_MS = 300; // a window that is awake answers within a few
const TITLE = "新しいお知らせがあります"; // no name and no words: others see this screen too

addEventListener("install", (event) => {
  event.waitUntil(caches.open(CACHE).then((cache) => cache.addAll(SHELL.map((path) => new Request(path, { cache: "reload" })))));
});

addEventListener("activate", (event) => {
  event.waitUntil((async () => {
    for (const name of await caches.keys()) if (name !== CACHE) await caches.delete(name);
    await clients.claim();
  })());
});

addEventListener("message", ({ data }) => { if (data === "update") skipWaiting(); });

// The shell comes from its cache, all of one version; what is not of the shell comes from the network.
addEventListener("fetch", (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (request.method !== "GET" || url.origin !== location.origin || OURS.test(url.pathname) || url.pathname === "/service-worker.js") return;
  const name = request.mode === "navigate" ? "/" : url.pathname;
  if (!SHELL.includes(name)) return;
  event.respondWith(caches.open(CACHE).then(async (cache) => (await cache.match(name)) ?? fetch(request)));
});

addEventListener("push", (event) => { event.waitUntil(show(told(event.data))); });

/** Our own form {type, room, seq, receipt}, beside the declarative one (W3C Push API: web_push, notification, app_badge). */
function told(data) {
  try { return data?.json() ?? {}; } catch { return {}; }
}

async function show({ notification = {}, app_badge: badge, room, receipt }) {
  const navigate = notification.navigate ?? (room ? `/rooms/${room}` : "/rooms");
  await registration.showNotification(notification.title ?? TITLE, { tag: notification.tag ?? room ?? "fuuro", renotify: true, icon: "/icons/seal-192.png", badge: "/icons/seal-192.png", lang: notification.lang ?? "ja", data: { navigate: pathOf(navigate) } });
  if (Number.isInteger(badge)) await navigator.setAppBadge?.(badge).catch(() => {});
  if (receipt) await fetch("/api/push/displayed", { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify({ receipt }) }).catch(() => {});
}

/** Only ever a page of ours. */
function pathOf(navigate) {
  try {
    const url = new URL(navigate, location.origin);
    return url.origin === location.origin ? url.pathname : "/rooms";
  } catch { return "/rooms"; }
}

// The house hears of the new one at the next start.
addEventListener("pushsubscriptionchange", (event) => { if (!event.newSubscription) event.waitUntil(registration.pushManager.subscribe(event.oldSubscription.options)); });

addEventListener("notificationclick", (event) => {
  event.notification.close();
  event.waitUntil(open(event.notification.data?.navigate ?? "/rooms"));
});

/** The window that shows the room already, else any of ours, else a new one. */
async function open(path) {
  const windows = (await clients.matchAll({ type: "window", includeUncontrolled: true })).filter(({ url }) => !OURS.test(new URL(url).pathname));
  const places = await Promise.all(windows.map(placeOf));
  const there = windows[places.indexOf(path)];
  const one = there ?? windows.find(({ visibilityState }) => visibilityState === "visible") ?? windows[0];
  if (!one) { await clients.openWindow(path); return; }
  await one.focus().catch(() => {}); // a browser may not allow it; the page is right all the same
  if (!there) one.postMessage({ navigate: path });
}

/** What a window shows now: its `url` is where it was opened. One that does not answer is asleep. */
function placeOf(client) {
  const { port1, port2 } = new MessageChannel();
  return new Promise((answer) => {
    port1.onmessage = ({ data }) => answer(data);
    setTimeout(answer, ASLEEP_MS, null);
    client.postMessage({ where: true }, [port2]);
  });
}
