// Starts the client. What is on the screen is the elements' matter.
import "./shelf.js";
import { sentence } from "./api.js";
import { fill, h } from "./dom.js";
import { loadWords, t } from "./i18n.js";
import { resume } from "./session.js";
import { applyTheme } from "./theme.js";
import "./install.js";

applyTheme();
await loadWords();
await import("./elements/fuuro-app.js");
import("./update.js").then(({ register }) => register(), () => {});
try {
  await resume();
  dispatchEvent(new Event("navigate"));
} catch (error) {
  fill(document.querySelector("fuuro-app"), h("div", { class: "empty", role: "alert" }, h("p", {}, sentence(error)), h("button", { onclick: () => location.reload() }, t("again"))));
}
