// Telling the house: a reason in one tap, words if one has any.
import { command } from "../api.js";
import { h, tell } from "../dom.js";
import { askForm } from "../forms.js";
import { t } from "../i18n.js";

const REASONS = ["insistent", "insulting", "private", "unsafe", "other"];

/** `subject` as `report.file` takes it. Resolves with true once it is filed. */
export async function report(subject) {
  const key = crypto.randomUUID();
  const note = h("textarea", { rows: "3", maxlength: "4000", "data-testid": "report-note" });
  const reasons = h("fieldset", { class: "radios" }, h("legend", { class: "small muted" }, t("report.why")), REASONS.map((reason, i) => h("label", { class: "tick" }, h("input", { type: "radio", name: "reason", value: reason, checked: i === 0, "data-testid": `report-${reason}` }), h("span", {}, t(`report.${reason}`)))));
  const done = await askForm(t("report.title"), { label: t("report.send"), testid: "report-send", grave: true }, () => {
    const reason = t(`report.${reasons.querySelector(":checked").value}`);
    return command({ type: "report.file", subject, reason, ...(note.value.trim() ? { note: note.value.trim() } : {}) }, key);
  }, h("p", { class: "muted small" }, t("report.what")), reasons, h("label", {}, h("span", {}, t("report.note")), note));
  if (done) tell(t("report.done"));
  return Boolean(done);
}
