// Paths of the client: /sign-in /rooms /rooms/{id} /casts /casts/{id} /work (also /plans, /schedule) /settings.

export const path = () => location.pathname.split("/").filter(Boolean);

export function go(to, replace = false) {
  if (location.pathname !== to) history[replace ? "replaceState" : "pushState"](null, "", to);
  dispatchEvent(new Event("navigate"));
}

addEventListener("popstate", () => dispatchEvent(new Event("navigate")));
document.addEventListener("click", (event) => {
  const link = event.target.closest?.("a[href^='/']");
  if (!link || link.target || event.defaultPrevented || event.button || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
  event.preventDefault();
  go(link.pathname);
});
