// Paths of the client: /sign-in, /rooms, /rooms/{id}, /casts, /casts/{id}, /work, /settings.

export function path() { return location.pathname.split("/").filter(Boolean); }

export function go(to, replace = false) {
  if (location.pathname === to) return;
  history[replace ? "replaceState" : "pushState"](null, "", to);
  dispatchEvent(new Event("navigate"));
}

addEventListener("popstate", () => dispatchEvent(new Event("navigate")));
document.addEventListener("click", (event) => {
  const link = event.target.closest?.("a[href^='/']");
  if (!link || link.target || event.metaKey || event.ctrlKey || event.shiftKey || link.pathname.startsWith("/dev/")) return;
  event.preventDefault();
  go(link.pathname);
});
