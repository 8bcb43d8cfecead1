// Whether this runs from the home screen, and how it gets there on this platform.
let prompt = null;
addEventListener("beforeinstallprompt", (event) => { event.preventDefault(); prompt = event; dispatchEvent(new Event("installable")); });

export const installed = () => matchMedia("(display-mode: standalone)").matches || navigator.standalone === true;
export const promptable = () => Boolean(prompt);

/** The browser's own question; true when it was answered with yes. */
export async function install() {
  const event = prompt;
  prompt = null;
  await event.prompt();
  return (await event.userChoice).outcome === "accepted";
}

/** "ios", "android" or "desktop". */
export function platform() {
  const { userAgent, maxTouchPoints, platform: name } = navigator;
  if (/iPhone|iPad|iPod/.test(userAgent) || (name === "MacIntel" && maxTouchPoints > 1)) return "ios";
  return /Android/.test(userAgent) ? "android" : "desktop";
}
