// What each section of the operator's page shows, and what can be decided there.
import { call, read, sentence } from "./api.js";
import { h } from "./dom.js";
import { moment, w } from "./operator-words.js";

export const SECTIONS = { reports, disputes, accounts, deliveries, codes, audit };

/** Gives a command; its result. */
const give = async (type, fields = {}) =>
  (await call("POST", "/api/commands", { type, ...fields }, { "idempotency-key": crypto.randomUUID() })).result;

/** Fills `body` with a card an item, page after page. */
async function pages(body, path, empty, card, into = body) {
  let cursor = null;
  const more = h("button", { hidden: true, onclick: () => next() }, w("more"));
  async function next() {
    const found = await read(path + (cursor ? `${path.includes("?") ? "&" : "?"}cursor=${cursor}` : ""));
    if (!cursor && found.items.length === 0) body.append(h("p", { class: "empty" }, w(empty)));
    into.append(...found.items.map(card));
    cursor = found.next;
    more.hidden = !cursor;
  }
  await next();
  body.append(more);
}

/** A button that decides: the card says that it is done, or why not. */
function decide(label, run, look = "") {
  return h("button", { class: look, type: "button", onclick: async ({ target }) => {
    const card = target.closest(".card");
    card.querySelector(".error")?.remove();
    target.disabled = true;
    try {
      const done = await run(card);
      card.replaceChildren(done ?? h("p", { class: "muted" }, w("done")));
    } catch (refused) {
      card.append(h("p", { class: "error", role: "alert" }, sentence(refused)));
      target.disabled = false;
    }
  } }, label);
}

const note = (label) => h("label", {}, h("span", {}, label), h("textarea", { name: "note", rows: 2, maxlength: "500" }));
const noted = (card) => card.querySelector("[name=note]").value.trim() || null;
const who = (account) => account ? [w(account.role), " ", account.display_name || w("gone")] : w("gone");
const list = (...pairs) => h("dl", {}, pairs.filter(([, value]) => value).map(([term, value]) => [h("dt", {}, term), h("dd", {}, value)]));

// ── reports ──
async function reports(body) {
  await pages(body, "/api/operator/reports?status=open", "no_reports", (report) => {
    const settle = (outcome) => (card) => give("report.settle", { report: report.id, outcome, note: noted(card) }).then(() => null);
    return h("article", { class: "card", "data-testid": "report" },
      h("header", {}, h("h2", {}, w(`kind_${report.subject.kind}`)), h("time", { class: "muted", datetime: report.at }, moment(report.at))),
      list([w("about"), who(report.about)], [w("by"), who(report.by)], [w("reason"), report.reason], [w("note"), report.note]),
      h("p", { class: "muted small" }, w("evidence")), evidence(report.evidence),
      note(w("inner")),
      h("div", { class: "row" }, decide(w("upheld_report"), settle("upheld"), "main"), decide(w("dismissed"), settle("dismissed")),
        report.about && h("a", { class: "button quiet", href: `#accounts/${report.about.id}` }, w("see_account"))));
  });
}

function evidence(kept) {
  const scores = kept.scores && Object.entries(kept.scores).map(([axis, score]) => `${axis} ${score}`).join(" · ");
  return [
    h("blockquote", {}, kept.body ?? kept.more?.note ?? kept.comment ?? kept.display_name ?? "–"),
    scores && list([w("scores"), scores]),
    (kept.edits ?? []).length > 0 && [h("p", { class: "muted small" }, w("edits")), kept.edits.map((edit) => h("blockquote", {}, edit.body ?? "–"))],
  ];
}

// ── disputes ──
async function disputes(body) {
  await pages(body, "/api/operator/disputes", "no_disputes", ({ reservation, steps }) => {
    const names = { [reservation.cast.id]: reservation.cast, [reservation.guest.id]: reservation.guest };
    const settle = (outcome) => (card) => give("dispute.settle", { reservation: reservation.id, outcome, note: noted(card) }).then(() => null);
    return h("article", { class: "card", "data-testid": "dispute" },
      h("header", {}, h("h2", {}, who(reservation.guest), " – ", who(reservation.cast))),
      list([w("when"), moment(reservation.starts_at)], [w("plan"), reservation.plan.name]),
      h("p", { class: "muted small" }, w("course")),
      h("table", {}, steps.map((step) => h("tr", {},
        h("td", {}, h("time", { datetime: step.at }, moment(step.at))), h("td", {}, w(`status_${step.status}`)), h("td", {}, step.by ? who(names[step.by]) : w("house")), h("td", {}, step.reason ?? "")))),
      note(w("judgement")),
      h("div", { class: "row" }, decide(w("cleared"), settle("cleared"), "main"), decide(w("upheld"), settle("upheld"))));
  });
}

// ── accounts ──
async function accounts(body, q) {
  const results = h("div", { class: "cards" });
  const find = async ({ words, suspended }) => {
    results.replaceChildren();
    const query = new URLSearchParams({ ...(words ? { q: words } : {}), ...(suspended ? { suspended: true } : {}) });
    await pages(results, `/api/operator/accounts?${query}`, "no_accounts", account);
  };
  body.append(
    h("form", { onsubmit: (event) => { event.preventDefault(); find(Object.fromEntries(new FormData(event.target))).catch((refused) => results.replaceChildren(h("p", { class: "error" }, sentence(refused)))); } },
      h("div", { class: "row" }, h("input", { name: "words", value: q, placeholder: w("search"), "aria-label": w("search"), "data-testid": "search" }), h("button", { class: "main" }, w("find"))),
      h("label", { class: "row" }, h("input", { type: "checkbox", name: "suspended", class: "tick" }), w("only_suspended"))),
    results);
  if (q) await find({ words: q });
}

function account(standing) {
  const card = h("article", { class: "card", "data-testid": "account" });
  const changed = (run) => async (shown) => { const said = await run(shown); card.replaceWith(account(said.standing)); };
  const { account: one } = standing;
  const head = h("header", {}, h("h2", {}, one.display_name || w("gone")), h("span", { class: "muted" }, w(one.role)),
    standing.suspended && h("span", { class: "mark" }, w("suspended")));
  card.append(head, list(
    ["ID", one.id],
    [w("suspended"), standing.suspended && (standing.suspended_until ? `${moment(standing.suspended_until)} ${w("until")}` : w("endless"))],
    [w("reason"), standing.suspended_reason],
    [w("age_ok"), standing.age_checked_at ? moment(standing.age_checked_at) : w("age_no")]));
  if (one.role === "operator") return card;
  card.append(h("div", { class: "row" },
    !standing.age_checked_at && decide(w("check_age"), changed(() => give("account.age_checked", { account: one.id }))),
    standing.suspended && decide(w("restore"), changed(() => give("account.restore", { account: one.id })))));
  if (!standing.suspended) {
    card.append(h("details", {}, h("summary", {}, w("suspend")), h("div", { class: "cards" },
      h("p", { class: "small muted" }, w("suspend_hint")),
      h("label", {}, h("span", {}, w("why")), h("input", { name: "reason", maxlength: "500" })),
      h("label", {}, h("span", {}, w("until_field")), h("input", { name: "until", type: "datetime-local" })),
      decide(w("suspend"), changed((shown) => {
        const until = shown.querySelector("[name=until]").value;
        return give("account.suspend", { account: one.id, reason: shown.querySelector("[name=reason]").value, until: until ? new Date(until).toISOString() : null });
      }), "main"))));
  }
  return card;
}

// ── dead letters ──
async function deliveries(body) {
  await pages(body, "/api/operator/deliveries", "no_deliveries", (letter) => h("article", { class: "card", "data-testid": "letter" },
    h("header", {}, h("h2", {}, letter.handler), h("time", { class: "muted", datetime: letter.dead_at }, moment(letter.dead_at))),
    list([w("what"), letter.subject || `${letter.source} ${letter.id}`], [w("attempts"), String(letter.attempts)], [w("error"), letter.error]),
    h("div", { class: "row" }, decide(w("replay"), () => give("delivery.replay", { source: letter.source, handler: letter.handler, id: letter.id }).then(() => null)))));
}

// ── cast codes ──
async function codes(body) {
  const shown = h("p", { class: "code figures", "data-testid": "minted", hidden: true });
  body.append(h("article", { class: "card" }, h("p", { class: "muted" }, w("mint_hint")), shown,
    h("div", { class: "row" }, h("button", { class: "main", onclick: async ({ target }) => {
      target.disabled = true;
      try { shown.textContent = (await give("cast_code.mint")).code; shown.hidden = false; }
      catch (refused) { body.append(h("p", { class: "error", role: "alert" }, sentence(refused))); }
      finally { target.disabled = false; }
    } }, w("mint")))));
}

// ── the log ──
async function audit(body) {
  const rows = h("tbody");
  body.append(h("table", {}, h("thead", {}, h("tr", {}, ["at", "who", "deed", "subject", "note"].map((name) => h("th", {}, w(name))))), rows));
  await pages(body, "/api/operator/audit", "no_audit", (deed) => h("tr", {},
    h("td", { class: "short" }, h("time", { datetime: deed.at }, moment(deed.at))), h("td", {}, deed.by ? who(deed.by) : w("house")), h("td", { class: "short" }, deed.action),
    h("td", { class: "small" }, deed.subject ?? ""), h("td", { class: "small" }, Object.entries(deed.details).map(([name, value]) => `${name}: ${value}`).join(" · "))), rows);
}
