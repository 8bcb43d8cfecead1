// Words: Japanese first; English by choice.

export const language = localStorage.getItem("fuuro.language") === "en" ? "en" : "ja";
let words = {};

export async function loadWords() {
  words = await (await fetch(`/i18n/${language}.json`)).json();
  document.documentElement.lang = language;
}

let more = null;
/** The words of pages, once: whatever `later.js` brings has them. */
export function moreWords() {
  more ??= fetch(`/i18n/pages.${language}.json`).then((answer) => answer.json()).then((found) => { Object.assign(words, found); }, (error) => { more = null; throw error; });
  return more;
}

/** The sentence under `key`, with {name} replaced; the key itself where there is none. */
export function t(key, values = {}) {
  return (words[key] ?? key).replace(/\{(\w+)\}/g, (_, name) => values[name] ?? "");
}

export function chooseLanguage(to) {
  localStorage.setItem("fuuro.language", to);
  location.reload();
}
