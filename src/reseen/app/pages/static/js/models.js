/* Models with their cards: what each does, how good it was measured to be, under which licence. */

import { get } from "./api.js";
import { facts, h, show } from "./dom.js";
import { known } from "./known.js";
import { t } from "./texts.js";
import { number } from "./words.js";

const TASKS = () => ({ detection: t("finds people"), reid: t("compares people") });

const NAMES = () => ({ map: t("mean average precision"), rank1: t("right at first place"), "rank-1": t("right at first place"), minp: t("mean inverse negative penalty"), ap50: t("precision at half overlap") });

function figures(values, title) {
  const list = Object.entries(values ?? {});
  if (!list.length) return null;
  return h("div", {}, h("small", {}, title), h("div", { class: "figures" }, list.map(([name, value]) => h("div", {}, h("b", {}, typeof value === "number" ? number(value, 3) : String(value)), h("small", {}, NAMES()[name.toLowerCase()] ?? name)))));
}

function card(model) {
  const rows = [
    [t("Licence"), model.licence], [t("Trained on"), model.data], [t("Source"), model.source],
    [t("Looks at"), t("{width} × {height} pixels", { width: model.input[0], height: model.input[1] })],
    [t("Usual place of the slider"), typeof model.threshold === "number" ? `${number(model.threshold, 3)}${model.calibrated ? ` · ${t("measured on your footage")}` : ""}` : null],
    [t("Certainty measured on"), model.pairs ? t("{n} pairs of strangers", { n: number(model.pairs) }) : null], [t("Notes"), model.notes.map(known).join(" ")],
  ].filter(([, value]) => value);
  return h("article", { class: "model" },
    h("div", { class: "row wrapping" }, h("h3", {}, model.name), h("small", {}, TASKS()[model.task] ?? model.task), model.used && h("span", { class: "chip" }, t("used here")), !model.present && h("span", { class: "chip quiet" }, t("not on this machine"))),
    model.summary && h("p", { class: "soft" }, known(model.summary)),
    figures(model.measured, t("measured by this project")), figures(model.published, t("published, not measured here")),
    rows.length > 0 && h("details", {}, h("summary", { class: "soft" }, t("Card")), facts(rows)));
}

export async function modelsSection(place) {
  const found = await get("/models");
  const models = [...found].sort((a, b) => Boolean(b.used) - Boolean(a.used));
  const rest = models.filter((model) => !model.used);
  const used = models.filter((model) => model.used);
  show(place, (used.length ? used : models).map(card),
    used.length > 0 && rest.length > 0 && h("details", {}, h("summary", {}, t("Other models ({n})", { n: rest.length })), rest.map(card)));
}
