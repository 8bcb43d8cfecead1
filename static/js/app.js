// Starts the client. What is on the screen is the elements' matter.
import { loadWords } from "./i18n.js";
import { resume } from "./session.js";
import { applyTheme } from "./theme.js";
import "./install.js";
import { register } from "./update.js";

applyTheme();
await loadWords();
await import("./elements/fuuro-app.js");
register();
await resume().catch(() => dispatchEvent(new Event("navigate")));
dispatchEvent(new Event("navigate"));
