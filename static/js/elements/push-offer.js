// Offers notifications once there is something to be notified of; said no to once, it does not come back.
import { fill, h } from "../dom.js";
import { busy, problemLine } from "../forms.js";
import { t } from "../i18n.js";
import * as push from "../push.js";

const LATER = "fuuro.push_later";

class PushOffer extends HTMLElement {
  async connectedCallback() {
    if (localStorage.getItem(LATER) || (await push.state().catch(() => "impossible")) !== "off") return;
    const problem = problemLine();
    const yes = h("button", { "data-testid": "push-offer", onclick: async () => {
      if (await busy(yes, problem, push.subscribe)) this.remove();
    } }, t("push.on"));
    const later = h("button", { class: "quiet", onclick: () => { localStorage.setItem(LATER, "1"); this.remove(); } }, t("push.later"));
    fill(this, h("div", { class: "card" }, h("p", {}, t("push.offer")), problem, h("div", { class: "row" }, yes, later)));
  }
}
customElements.define("push-offer", PushOffer);
