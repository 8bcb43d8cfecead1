// A cast's desk: her shifts, and her plans.
import { fill, h } from "../dom.js";
import { t } from "../i18n.js";
import "./plan-book.js";
import "./shift-book.js";

class WorkPage extends HTMLElement {
  connectedCallback() {
    const plans = h("plan-book", { id: "plans" });
    fill(this, h("header", { class: "bar" }, h("h1", {}, t("title.work"))), h("div", { class: "page two" }, h("shift-book", { id: "schedule" }), plans));
    if (this.dataset.part === "plans") plans.addEventListener("ready", () => plans.scrollIntoView({ block: "start" }), { once: true });
  }
}
customElements.define("work-page", WorkPage);
