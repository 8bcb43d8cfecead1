// The shell, so that the app opens without a connection, and pushes. Nothing private is ever cached here.
const VERSION = "fuuro-1";
const SHELL = ["/", "/manifest.webmanifest", "/icons/seal.svg", "/css/paper.css", "/css/room.css", "/css/letter.css", "/i18n/ja.json", "/i18n/en.json",
  ...["app", "api", "clock", "disk", "dom", "i18n", "outbox", "push", "router", "socket", "store"].map((name) => `/js/${name}.js`),
  ...["fuuro-app", "sign-in", "room-list", "room-view", "room-entry", "message-composer", "invitation-card", "invitation-composer", "wax-seal", "cast-pages", "work-page", "settings-page"].map((name) => `/js/elements/${name}.js`)];

self.addEventListener("install", (event) => {
  event.waitUntil(caches.open(VERSION).then((cache) => cache.addAll(SHELL)));
});

self.addEventListener("activate", (event) => {
  event.waitUntil(caches.keys().then((names) => Promise.all(names.filter((n) => n !== VERSION).map((n) => caches.delete(n)))).then(() => self.clients.claim()));
});

self.addEventListener("message", (event) => { if (event.data === "update") self.skipWaiting(); });

// The network first, so that a new version is seen at once; the cache when there is no network.
self.addEventListener("fetch", (event) => {
  const url = new URL(event.request.url);
  if (event.request.method !== "GET" || url.origin !== location.origin || /^\/(api|ws|dev|health|metrics|schema)(\/|$)/.test(url.pathname)) return;
  const name = event.request.mode === "navigate" ? "/" : url.pathname;
  event.respondWith(fetch(event.request).catch(async () => (await caches.match(name)) ?? Response.error()));
});

self.addEventListener("push", (event) => { event.waitUntil(show(event.data?.json() ?? {})); });

async function show(told) {
  await self.registration.showNotification(told.notification?.title ?? "新しいお知らせがあります", {
    tag: told.room ?? "fuuro", icon: "/icons/seal-192.png", badge: "/icons/seal-192.png", data: { navigate: told.notification?.navigate ?? "/rooms" },
  });
  if (told.notification?.app_badge !== undefined) await self.navigator.setAppBadge?.(told.notification.app_badge);
}

self.addEventListener("notificationclick", (event) => {
  event.notification.close();
  event.waitUntil(open(event.notification.data?.navigate ?? "/rooms"));
});

async function open(path) {
  const [client] = await self.clients.matchAll({ type: "window" });
  if (!client) return self.clients.openWindow(path);
  client.postMessage({ navigate: path });
  return client.focus();
}
