// Paths of the client: /sign-in /rooms /rooms/{id} /casts /casts/{id} /reservations /settings, of a cast /tonight /work (also /plans, /schedule)
// /profile /guests/{id}.

export const path = () => location.pathname.split("/").filter(Boolean);

/** Whether one came here by going back (or forth): what was seen there is wanted as it was. */
export let isReturn = false;

/** `inside` in the state: the page before this one was ours, so going back stays in the house. */
export function go(to, replace = false) {
  isReturn = false;
  const state = { inside: replace ? Boolean(history.state?.inside) : true };
  if (location.pathname + location.search !== to) history[replace ? "replaceState" : "pushState"](state, "", to);
  dispatchEvent(new Event("navigate"));
}

addEventListener("popstate", () => { isReturn = true; dispatchEvent(new Event("navigate")); });
document.addEventListener("click", (event) => {
  const link = event.target.closest?.("a[href^='/']");
  if (!link || link.target || event.defaultPrevented || event.button || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
  event.preventDefault();
  go(link.pathname + link.search);
});
