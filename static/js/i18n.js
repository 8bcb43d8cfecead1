// Words: Japanese first, English beside it; by choice, else by the browser's language.

export const language = localStorage.getItem("fuuro.language") || (navigator.language.startsWith("ja") ? "ja" : "en");
let words = {};

export async function loadWords() {
  words = await (await fetch(`/i18n/${language}.json`)).json();
  document.documentElement.lang = language;
}

/** The sentence under `key`, with {name} replaced. */
export function t(key, values = {}) {
  return (words[key] ?? key).replace(/\{(\w+)\}/g, (_, name) => values[name] ?? "");
}

export function chooseLanguage(to) {
  localStorage.setItem("fuuro.language", to);
  location.reload();
}
