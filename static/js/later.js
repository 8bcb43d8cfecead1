// What not every page needs comes with the first that does: pages and dialogs with their styles and words, conversations with their styles.
import { sheet } from "./dom.js";
import { moreWords } from "./i18n.js";

/** `load` imports a module; its styles and words are there before it. */
export const later = (load) => Promise.all([sheet("pages"), moreWords()]).then(load);
export const talk = (load) => Promise.all([sheet("room"), sheet("letter")]).then(load);
