/* Cases: searches that were judged, kept and reopened. */

import { all, get } from "./api.js";
import { casePage } from "./case.js";
import { newSince } from "./caseline.js";
import { $, h, icon, show } from "./dom.js";
import { trouble } from "./messages.js";
import { session } from "./session.js";
import "./shell.js";
import { t, tn } from "./texts.js";
import { moment } from "./words.js";

const count = (found, verdict) => found.verdicts.filter((one) => one.verdict === verdict).length;

function card(found) {
  const fresh = newSince(found);
  const picture = found.photos[0]?.image;
  return h("a", { class: "panel case-card", href: `/cases?case=${found.id}` },
    picture && h("img", { src: picture, alt: "" }),
    h("div", { class: "meta" }, h("h2", {}, found.name),
      h("small", {}, t("{yes} the same, {no} someone else", { yes: count(found, "confirmed"), no: count(found, "rejected") })),
      found.created_at && h("small", {}, t("since {time}", { time: moment(found.created_at) })),
      h("span", { class: "grow" }), fresh && h("span", { class: "chip" }, fresh)));
}

async function list() {
  const cases = await all("/cases");
  show($("#page"),
    h("div", { class: "head" }, h("div", {}, h("h1", {}, t("Cases")), h("p", {}, cases.length ? tn("{count} case", "{count} cases", cases.length) : t("None yet.")))),
    cases.length ? h("div", { class: "cases-list" }, cases.map(card))
      : h("div", { class: "empty" }, h("h2", {}, t("A case begins with a verdict")),
        h("p", {}, t("Find somebody, and say of a moment that it is the same person, or someone else. The search is then kept here: photos, filters, verdicts, notes.")),
        h("div", { class: "row" }, h("a", { class: "btn main", href: "/" }, icon("search"), t("Find somebody")))));
}

session.then(async (found) => {
  if (!found.role) return;
  const id = new URLSearchParams(location.search).get("case");
  if (id) await casePage(await get(`/cases/${encodeURIComponent(id)}`));
  else await list();
}).catch(trouble);
