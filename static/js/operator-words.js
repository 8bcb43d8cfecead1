// The words of the operator's page, in both languages.
import { language } from "./i18n.js";

const both = {
  title: ["番台", "The desk"], leave: ["サインアウト", "Sign out"], phone: ["電話番号", "Phone number"], send: ["コードを送る", "Send the code"],
  code: ["認証コード", "Code"], enter: ["入る", "Sign in"], again: ["番号を変える", "Another number"],
  stranger: ["この番号は運営者のものではありません。", "This number is no operator's."],
  reports: ["通報", "Reports"], disputes: ["異議", "Disputes"], accounts: ["アカウント", "Accounts"], deliveries: ["届かなかったもの", "Dead letters"],
  codes: ["キャストコード", "Cast codes"], audit: ["記録", "Log"],
  no_reports: ["未対応の通報はありません。", "No open reports."], no_disputes: ["未決の異議はありません。", "No open disputes."],
  no_accounts: ["該当するアカウントはありません。", "No such account."], no_deliveries: ["すべて届いています。", "Everything has been delivered."],
  no_audit: ["記録はまだありません。", "Nothing has been recorded yet."],
  by: ["通報者", "Filed by"], about: ["対象", "About"], reason: ["理由", "Reason"], note: ["メモ", "Note"], evidence: ["通報時の内容", "As it was"],
  edits: ["のちの書き換え", "Later wordings"], scores: ["点数", "Scores"], gone: ["(名前なし)", "(no name)"],
  kind_account: ["アカウント", "Account"], kind_entry: ["トークの発言", "Entry of a room"], kind_review: ["レビュー", "Review"],
  upheld_report: ["認める", "Uphold"], dismissed: ["退ける", "Dismiss"], inner: ["内部メモ(通報者には見えません)", "Note of the house (not told)"],
  see_account: ["アカウントを見る", "See the account"],
  cast: ["キャスト", "Cast"], guest: ["ゲスト", "Guest"], operator: ["運営者", "Operator"], when: ["予約", "When"], plan: ["プラン", "Plan"], course: ["経過", "What happened"],
  upheld: ["無断キャンセルを維持", "The no-show stands"], cleared: ["無断キャンセルを取り消す", "Clear the guest"], judgement: ["判断の理由(双方に伝わります)", "Why (both sides are told)"],
  status_draft: ["招待", "Invited"], status_confirmed: ["確定", "Confirmed"], status_arrived: ["来店", "Arrived"], status_completed: ["完了", "Completed"],
  status_no_show: ["無断キャンセル", "No-show"], status_disputed: ["異議", "Disputed"], status_upheld: ["維持", "Upheld"], status_cleared: ["取り消し", "Cleared"],
  search: ["名前かIDで探す", "Name or id"], find: ["探す", "Find"], only_suspended: ["停止中のみ", "Suspended only"],
  suspended: ["停止中", "Suspended"], until: ["まで", "until"], endless: ["期限なし", "until restored"],
  age_ok: ["年齢確認済み", "Age checked"], age_no: ["年齢未確認", "Age not checked"], check_age: ["年齢を確認した", "Age checked"],
  suspend: ["停止する", "Suspend"], restore: ["停止を解く", "Restore"], why: ["停止の理由", "Why"], until_field: ["いつまで(空欄なら期限なし)", "Until (empty: until restored)"],
  suspend_hint: ["すべての端末からサインアウトさせ、下書きと確定した予約は相手に知らせて終わります。", "Signs them out everywhere; drafts and confirmed reservations end, and the others are told."],
  attempts: ["試行", "tries"], replay: ["もう一度送る", "Send again"], what: ["内容", "What"], error: ["エラー", "Error"],
  mint: ["コードを作る", "Make a code"], mint_hint: ["一度だけ使え、7日で切れます。この画面でしか見られません。", "Good once, for seven days. It is shown here and nowhere else."],
  at: ["時刻", "When"], who: ["誰が", "Who"], deed: ["何を", "What"], subject: ["何に", "To what"], house: ["(店)", "(the house)"],
  more: ["さらに表示", "More"], done: ["済みました。", "Done."],
};

/** The word under `key`. */
export const w = (key) => (both[key] ?? [key, key])[language === "ja" ? 0 : 1];

/** A moment, in the reader's zone. */
export const moment = (text) => new Intl.DateTimeFormat(language, { dateStyle: "medium", timeStyle: "short" }).format(new Date(text));
