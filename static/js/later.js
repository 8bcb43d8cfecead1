// What the first load does without: pages and dialogs come with their styles and their words, when they are first wanted.
import { sheet } from "./dom.js";
import { moreWords } from "./i18n.js";

/** `load` imports a module; its styles and words are there before it. */
export const later = (load) => Promise.all([sheet("pages"), moreWords()]).then(load);
