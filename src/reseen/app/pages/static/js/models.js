/* Models with their cards: what each does, how good it was measured to be, under which licence. */

import { get } from "./api.js";
import { h, show } from "./dom.js";
import { known } from "./known.js";
import { t } from "./texts.js";
import { bytes, number } from "./words.js";

const TASKS = () => ({ detection: t("finds people"), detector: t("finds people"), embedding: t("compares people"), embedder: t("compares people") });

const NAMES = () => ({ mAP: t("mean average precision"), map: t("mean average precision"), rank1: t("right at first place"), "rank-1": t("right at first place"), minp: t("mean inverse negative penalty"), ap50: t("precision at half overlap") });

function figures(model) {
  const list = Array.isArray(model.figures) ? model.figures : Object.entries(model.figures ?? {}).map(([name, value]) => ({ name, value }));
  return h("div", { class: "figures" }, list.map((figure) => h("div", {}, h("b", {}, typeof figure.value === "number" ? number(figure.value, 3) : String(figure.value)), h("small", {}, NAMES()[figure.name] ?? figure.name, figure.on && ` · ${figure.on}`))));
}

function card(model) {
  const facts = [
    [t("Licence"), model.licence ?? model.license], [t("Trained on"), Array.isArray(model.data) ? model.data.join(", ") : model.data], [t("Source"), model.source],
    [t("Size"), model.size ? bytes(model.size) : null], [t("Usual place of the slider"), typeof model.threshold === "number" ? number(model.threshold, 3) : null], [t("Measured on"), model.curve?.source ?? model.measured_on],
  ].filter(([, value]) => value);
  return h("article", { class: "model" },
    h("div", { class: "row wrapping" }, h("h3", {}, model.name), h("small", {}, TASKS()[model.task] ?? model.task), model.used && h("span", { class: "chip" }, t("used here")), model.here === false && h("span", { class: "chip quiet" }, t("not on this machine"))),
    model.description && h("p", { class: "soft" }, known(model.description)),
    figures(model),
    facts.length > 0 && h("details", {}, h("summary", { class: "soft" }, t("Card")), h("dl", { class: "facts" }, facts.map(([name, value]) => [h("dt", {}, name), h("dd", {}, String(value))]))));
}

export async function modelsSection(place) {
  const found = await get("/models");
  const models = [...(found.items ?? found)].sort((a, b) => Boolean(b.used) - Boolean(a.used));
  const rest = models.filter((model) => !model.used);
  const used = models.filter((model) => model.used);
  show(place, (used.length ? used : models).map(card),
    used.length > 0 && rest.length > 0 && h("details", {}, h("summary", {}, t("Other models ({n})", { n: rest.length })), rest.map(card)));
}
