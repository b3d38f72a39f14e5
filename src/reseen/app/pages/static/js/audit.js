/* The audit log: shown, filtered, exported. */

import { BASE, get, query } from "./api.js";
import { h, icon, scroller, settled, show } from "./dom.js";
import { trouble } from "./messages.js";
import { t } from "./texts.js";
import { fromInput, fullDay, clock, number } from "./words.js";

const ACTIONS = () => ({
  search: t("search"), view: t("clip seen"), export: t("taken away"), verdict: t("verdict"), remove: t("footage removed"), purge: t("too old, deleted"),
  forget: t("person forgotten"), token: t("token"), hide: t("hidden"), case: t("case"), add: t("footage added"), settings: t("settings"),
});

function words(entry) {
  const detail = entry.detail ?? "";
  if (typeof detail !== "object" || detail === null) return String(detail);
  return Object.entries(detail).filter(([, value]) => value !== null && value !== "").map(([name, value]) => `${name}: ${typeof value === "object" ? JSON.stringify(value) : value}`).join(", ");
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
