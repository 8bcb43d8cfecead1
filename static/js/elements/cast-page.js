// One cast: photos, words, tags, her plans with full prices, when she is free, what guests said, and the way into a conversation.
import { command, read, sentence } from "../api.js";
import { ask, fill, h, icon } from "../dom.js";
import { busy, problemLine } from "../forms.js";
import { t } from "../i18n.js";
import { go } from "../router.js";
import { store } from "../session.js";
import { portrait } from "./face.js";
import "./free-times.js";
import { planCard } from "./plan-card.js";
import { radarChart } from "./radar-chart.js";
import "./review-list.js";
import { shareLink } from "./share-link.js";
import { nameOf } from "./tag-picker.js";

class CastPage extends HTMLElement {
  #id;
  #cast = null;
  #page = h("div", { class: "page cast" });
  #title = h("h1");
  #status = h("p", { class: "small presence", "aria-live": "polite" });
  #radar = h("div");

  connectedCallback() {
    this.#id = this.dataset.cast;
    const own = this.#id === store.me.id;
    const menu = !own && h("button", { class: "bare", "aria-label": t("more"), "data-testid": "cast-menu", onclick: () => this.#menu() }, icon("more"));
    fill(this, h("header", { class: "bar" }, h("a", { href: own ? "/settings" : "/casts", class: "button bare back", "aria-label": t("back"), onclick: (event) => this.#back(event) }, icon("back")), this.#title, menu), this.#page);
    fill(this.#page, h("div", { class: "skeleton", "aria-hidden": "true" }));
    store.addEventListener("status.changed", this.#heardStatus);
    store.addEventListener("radar.updated", this.#heardRadar);
    this.#load();
  }

  disconnectedCallback() {
    store.removeEventListener("status.changed", this.#heardStatus);
    store.removeEventListener("radar.updated", this.#heardRadar);
  }

  /** Back to what was looked for, as it was. */
  #back(event) {
    if (!history.state?.inside || this.#id === store.me.id) return;
    event.preventDefault();
    history.back();
  }

  async #load() {
    try { this.#show(await read(`/api/casts/${this.#id}`)); } catch (error) {
      fill(this.#page, h("div", { class: "empty", role: "alert" }, h("p", {}, sentence(error)), h("button", { onclick: () => this.#load() }, t("again"))));
    }
  }

  #heardStatus = ({ detail }) => { if (detail.cast === this.#id) this.#showStatus(detail.status); };
  #heardRadar = ({ detail }) => { if (detail.cast === this.#id) fill(this.#radar, detail.radar && radarChart(detail.radar)); };

  #showStatus({ online, tonight }) {
    fill(this.#status, tonight && h("span", { class: "gold" }, h("span", { class: "dot tonight", "aria-hidden": "true" }), t("casts.tonight")),
      online && h("span", {}, h("span", { class: "dot online", "aria-hidden": "true" }), t("casts.online")));
  }

  #show(cast) {
    this.#cast = cast;
    const { account, headline, about, area, tags, photos, plans, radar, published } = cast;
    const guest = store.me.role === "guest";
    const own = account.id === store.me.id;
    this.#title.textContent = account.display_name;
    this.#showStatus(cast.status);
    fill(this.#radar, radar ? radarChart(radar) : h("p", { class: "muted" }, t("radar.few")));
    const times = h("free-times");
    Object.assign(times, { cast: account.id, plans, choose: guest ? (plan, at) => this.#ask(plan, at) : null, wait: guest ? async (plan) => (await import("./waitlist-dialog.js")).askToWait(account.id, plan) : null });
    fill(this.#page,
      h("div", { class: "gallery", tabindex: photos.length > 1 ? "0" : null, role: "group", "aria-label": t("cast.photos") }, photos.length
        ? photos.map(({ sizes }, i) => h("img", { src: sizes["720"], srcset: Object.entries(sizes).map(([width, url]) => `${url} ${width}w`).join(", "), sizes: "(min-width: 900px) 320px, 80vw", alt: t("cast.photo", { name: account.display_name, n: i + 1 }), loading: i ? "lazy" : "eager", width: 720, height: 960 }))
        : portrait(account, "full")),
      h("header", { class: "who-is" }, h("h2", {}, account.display_name), headline && h("p", { class: "headline" }, headline), area && h("p", { class: "small muted" }, area), this.#status),
      own && [!published && h("p", { class: "card" }, t("profile.hidden")), h("section", { class: "card" }, h("h3", {}, t("share.title")), h("p", { class: "small muted" }, t("share.what")), shareLink(), h("a", { class: "button", href: "/profile", "data-testid": "edit-profile" }, t("profile.edit")))],
      guest && this.#acts(cast),
      about && h("p", { class: "about" }, about),
      tags.length > 0 && h("ul", { class: "chips", "aria-label": t("filter.tags") }, tags.map((tag) => h("li", {}, guest ? h("a", { class: "chip", href: `/casts?tags=${tag.id}` }, nameOf(tag)) : h("span", { class: "chip" }, nameOf(tag))))),
      h("section", {}, h("h2", {}, t("plans.title")), plans.length ? plans.map((p) => planCard(p)) : h("p", { class: "muted" }, t("casts.no_plans"))),
      plans.length > 0 && h("section", {}, h("h2", {}, t("free.title")), guest && h("p", { class: "small muted" }, t("free.what")), times),
      h("section", {}, h("h2", {}, t("radar.title")), this.#radar),
      h("section", {}, h("h2", {}, t("reviews.title")), h("review-list", { "data-cast": account.id })));
  }

  #acts({ account, following }) {
    const problem = problemLine();
    const act = (work) => (event) => busy(event.currentTarget, problem, work);
    const talk = act(async () => go(`/rooms/${await store.talkTo(account.id)}`));
    const follow = act(async () => { await command({ type: following ? "follow.remove" : "follow.add", cast: account.id }); await this.#load(); });
    return h("div", { class: "stack" }, h("div", { class: "pair acts-pair" }, h("button", { class: "main", "data-testid": "talk", onclick: talk }, icon("talk"), t("casts.talk")),
      h("button", { "data-testid": "follow", "aria-pressed": String(following), onclick: follow }, icon("follow"), t(following ? "casts.unfollow" : "casts.follow"))), problem,
    h("p", { class: "small muted" }, t("casts.follow_what")));
  }

  async #ask(plan, at) {
    const { askForInvitation } = await import("./invitation-request.js");
    const room = await askForInvitation(null, this.#id, { plan: plan.id, at });
    if (room) go(`/rooms/${room}`);
  }

  async #menu() {
    const choice = await ask(t("more"), (close) => h("div", { class: "menu" }, h("button", { "data-testid": "report", onclick: () => close("report") }, t("report.open")),
      h("button", { class: "grave", "data-testid": "block", onclick: () => close("block") }, t("block.open")), h("button", { class: "quiet", onclick: () => close() }, t("cancel"))));
    if (choice === "report") (await import("./report-dialog.js")).report({ kind: "account", account: this.#id });
    if (choice === "block" && (await (await import("./block-dialog.js")).block(this.#id))) go("/casts");
  }
}
customElements.define("cast-page", CastPage);
