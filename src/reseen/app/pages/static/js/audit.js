/* The audit log: shown, filtered, exported. */

import { BASE, get, query } from "./api.js";
import { h, icon, scroller, settled, show } from "./dom.js";
import { trouble } from "./messages.js";
import { t } from "./texts.js";
import { fromInput, fullDay, clock, number } from "./words.js";

const ACTIONS = () => ({
  search: t("search"), view: t("clip seen"), export: t("taken away"), download: t("downloaded"), "delete export": t("file taken away deleted"),
  case: t("case made"), "delete case": t("case deleted"), verdict: t("verdict"), join: t("made one person"), split: t("taken apart"),
  hide: t("hidden or shown again"), forget: t("person forgotten"), remove: t("footage removed"),
  "add footage": t("footage added"), "change source": t("source changed"), "relink source": t("file found again"), "change camera": t("camera changed"),
  watch: t("folder watched"), "watch no longer": t("folder no longer watched"),
  "pause job": t("job paused"), "resume job": t("job resumed"), "cancel job": t("job cancelled"),
  setting: t("setting changed"), calibrate: t("calibrated"), reembed: t("read again with another model"),
  "create token": t("token made"), "revoke token": t("token revoked"),
});

const NAMES = () => ({
  camera: t("camera"), cameras: t("cameras"), source: t("source"), case: t("case"), name: t("name"), photos: t("photos"), confirmed: t("the same person"), rejected: t("someone else"),
  threshold: t("likeness from"), verdict: t("verdict"), moments: t("moments"), start: t("from"), end: t("until"), clips: t("clips"), blur: t("blurred"), token: t("token"), role: t("role"), reason: t("reason"),
});

/** What nobody reads in a table: ids within the library; hashes are cut short. */
const LEFT_OUT = new Set(["tracklets", "job"]);

function value(of) {
  if (Array.isArray(of)) return of.map(value).join(", ");
  if (typeof of === "object" && of !== null) return words({ detail: of });
  return /^[0-9a-f]{40,}$/.test(String(of)) ? `${String(of).slice(0, 12)}…` : String(of);
}

function words(entry) {
  const detail = entry.detail ?? "";
  if (typeof detail !== "object") return String(detail);
  return Object.entries(detail).filter(([name, of]) => of !== null && of !== "" && !LEFT_OUT.has(name)).map(([name, of]) => `${NAMES()[name] ?? name}: ${value(of)}`).join(", ");
}

function row(entry) {
  const filters = words({ detail: entry.filters });
  return h("tr", {},
    h("td", { class: "nowrap" }, `${fullDay(entry.at)} ${clock(entry.at)}`), h("td", {}, entry.who), h("td", {}, ACTIONS()[entry.action] ?? entry.action),
    h("td", {}, entry.thumbnail === "shown" ? h("img", { src: `${BASE}/audit/${entry.id}/thumbnail`, alt: t("Photo"), loading: "lazy" }) : entry.thumbnail === "forgotten" ? t("forgotten") : null),
    h("td", {}, words(entry), entry.photos?.length > 0 && h("small", { title: entry.photos.join("\n") }, t("photo {hash}…", { hash: entry.photos[0].slice(0, 12) })), filters && h("small", {}, filters)),
    h("td", { class: "number" }, entry.results === null || entry.results === undefined ? "" : number(entry.results)));
}

export async function auditSection(place) {
  const action = h("select", {}, h("option", { value: "" }, t("everything")), Object.entries(ACTIONS()).map(([value, label]) => h("option", { value }, label)));
  const who = h("input", { type: "search" });
  const since = h("input", { type: "datetime-local" });
  const body = h("tbody");
  const more = h("button", { type: "button", class: "btn", hidden: true }, t("Show more"));
  const away = h("a", { class: "btn", download: "" }, icon("download"), t("Export (CSV)"));
  const asked = () => ({ action: action.value, who: who.value.trim(), since: fromInput(since.value) });
  let next = null;
  const load = async (cursor) => {
    const page = await get(`/audit${query({ ...asked(), cursor, limit: 50 })}`);
    next = page.next;
    more.hidden = !next;
    if (cursor) body.append(...page.items.map(row));
    else show(body, page.items.length ? page.items.map(row) : h("tr", {}, h("td", { colspan: 6 }, t("Nothing yet."))));
    away.href = `${BASE}/audit/export${query(asked())}`;
  };
  const again = settled(250, () => load(null).catch(trouble));
  for (const one of [action, since]) one.addEventListener("change", again);
  who.addEventListener("input", again);
  more.addEventListener("click", () => load(next).catch(trouble));
  show(place,
    h("div", { class: "row wrapping" }, h("label", { class: "field" }, h("span", {}, t("What")), action), h("label", { class: "field" }, h("span", {}, t("Who")), who), h("label", { class: "field" }, h("span", {}, t("Since")), since), h("span", { class: "grow" }), away),
    scroller(t("Audit log"), h("table", { class: "audit" }, h("thead", {}, h("tr", {}, h("th", {}, t("When")), h("th", {}, t("Who")), h("th", {}, t("What")), h("th", {}, h("span", { class: "only-read" }, t("Photo"))), h("th", {}, t("More")), h("th", { class: "number" }, t("Results")))), body)),
    h("div", { class: "more" }, more));
  await load(null);
}
