/* How footage is read: pictures a second, and what else the library was made with. */

import { put } from "./api.js";
import { h, show } from "./dom.js";
import { doing, say } from "./messages.js";
import { t } from "./texts.js";

export async function readingSection(place, asked) {
  const settings = await asked;
  const rate = settings.analysis_rate ?? settings.analysis?.rate;
  const input = h("input", { type: "number", min: 0.5, max: 30, step: 0.5, value: rate ?? "", "aria-describedby": "rate-says" });
  const save = h("button", { class: "btn main" }, t("Save"));
  const form = h("form", { class: "row wrapping", onsubmit: (event) => {
    event.preventDefault();
    doing(save, async () => {
      await put("/settings", { analysis_rate: Number(input.value) });
      say(t("Kept."));
    });
  } }, h("label", { class: "field" }, h("span", {}, t("Pictures looked at each second")), input), save);
  const facts = Object.entries(settings.analysis ?? {}).filter(([, value]) => ["string", "number", "boolean"].includes(typeof value));
  show(place, form, h("p", { class: "soft", id: "rate-says" }, t("More finds people who pass quickly, and takes longer. 5 suits most cameras.")),
    facts.length > 0 && h("details", {}, h("summary", { class: "soft" }, t("Everything it was made with")), h("dl", { class: "facts" }, facts.map(([name, value]) => [h("dt", {}, name), h("dd", {}, String(value))]))));
}
