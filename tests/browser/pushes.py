"""Push in the browser's stead. A headless chromium has no push service: here `PushManager` subscribes with the tests' own
service, whose keys encrypt and decrypt for real, and what was decrypted is handed to the page's real service worker."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Page

from tests.tools.house import House
from tests.tools.push_service import PushService

EDGE = """() => {
  const kept = () => JSON.parse(localStorage.getItem('edge.subscription'));
  const whole = (made) => made && { endpoint: made.endpoint, toJSON: () => made,
    unsubscribe: async () => { localStorage.removeItem('edge.subscription'); return true; } };
  PushManager.prototype.subscribe = async ({ userVisibleOnly, applicationServerKey }) => {
    if (!userVisibleOnly) throw new DOMException('only what is shown', 'NotAllowedError');
    const key = btoa(String.fromCharCode(...applicationServerKey)).replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, '');
    localStorage.setItem('edge.subscription', JSON.stringify(await browserSubscribes(key)));
    return whole(kept());
  };
  PushManager.prototype.getSubscription = async () => whole(kept());
}"""
"""The two methods of a browser that need its maker's push service; the subscription outlives a reload, as there."""


SHOWN = """async () => {
  const registration = await navigator.serviceWorker.ready;
  for (const deadline = performance.now() + 20000; performance.now() < deadline; ) {
    const [one] = await registration.getNotifications();
    if (one) return [one.title, one.body, one.data.navigate];
    await new Promise((again) => requestAnimationFrame(again));
  }
  return null;
}"""
"""The first notification on the screen, once there is one; null after 20 s."""

CLICKED = """async () => {
  const [one] = await registration.getNotifications();
  const event = new NotificationEvent('notificationclick', { notification: one });
  const waits = [];
  Object.defineProperty(event, 'waitUntil', { value: (promise) => waits.push(promise) });  // refused to events of a script
  dispatchEvent(event);
  await Promise.all(waits);
  return (await registration.getNotifications()).length;
}"""
"""For the worker: a tap on the first notification; how many are left."""


@contextmanager
def push_service() -> Iterator[PushService]:
    """A push service on a thread of its own: Playwright's event loop has this one."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    service = PushService()
    try:
        asyncio.run_coroutine_threadsafe(service.__aenter__(), loop).result(20)
        yield service
        asyncio.run_coroutine_threadsafe(service.__aexit__(None, None, None), loop).result(20)
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


def subscribes_with(page: Page, service: PushService) -> None:
    """From its next page on, this browser's push service is `service`."""
    page.context.expose_function("browserSubscribes", lambda key: service.subscribe(key).as_json())
    page.context.add_init_script(f"({EDGE})()")


def shown_of(page: Page, house: House, plaintext: str) -> list[str] | None:
    """Title, words and address of the notification that a push makes. DevTools does not say when it hands a push to a worker that is just going
    to sleep, and it is lost; a push service would keep it, so it is handed over again, which shows the same notification once."""
    for _ in range(3):
        _deliver(page, house, plaintext)
        if (shown := page.evaluate(SHOWN)) is not None:
            return list(shown)
    return None


def _deliver(page: Page, house: House, plaintext: str) -> None:
    """As the browser does when a push has come: to the service worker, which is woken for it."""
    page.evaluate("navigator.serviceWorker.ready.then(() => true)")
    tools = page.context.new_cdp_session(page)
    registrations: list[str] = []
    tools.on(
        "ServiceWorker.workerRegistrationUpdated",
        lambda e: registrations.extend(
            r["registrationId"]
            for r in e["registrations"]
            if r["scopeURL"].startswith(house.url) and not r["isDeleted"]
        ),
    )
    tools.send("ServiceWorker.enable")
    for _ in range(300):
        if registrations:
            break
        page.evaluate("new Promise((frame) => requestAnimationFrame(frame))")
    assert registrations
    message = {"origin": house.url, "registrationId": registrations[-1], "data": plaintext}
    tools.send("ServiceWorker.deliverPushMessage", message)
