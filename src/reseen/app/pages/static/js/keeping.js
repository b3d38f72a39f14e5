/* How long it is kept: for all cameras, and for single ones. */

import { get, patch, put } from "./api.js";
import { h, scroller, show } from "./dom.js";
import { doing, say } from "./messages.js";
import { t } from "./texts.js";
import { length, number } from "./words.js";

const field = (value, label) => h("input", { type: "number", min: 1, max: 36500, step: 1, value: value ?? "", placeholder: t("for ever"), "aria-label": label });
const days = (input) => (input.value === "" ? null : Number(input.value));

export async function keepingSection(place, asked) {
  const [settings, cameras] = await Promise.all([asked, get("/cameras")]);
  const everywhere = field(settings.retention_days, t("Days, all cameras"));
  const rows = cameras.map((camera) => ({ camera, input: field(camera.retention_days, t("Days, {camera}", { camera: camera.name })) }));
  const save = h("button", { class: "btn main" }, t("Save"));
  const form = h("form", { onsubmit: (event) => {
    event.preventDefault();
    doing(save, async () => {
      Object.assign(settings, await put("/settings", { retention_days: days(everywhere), language: settings.language }));
      for (const { camera, input } of rows) {
        if (days(input) === (camera.retention_days ?? null)) continue;
        await patch(`/cameras/${encodeURIComponent(camera.name)}`, { retention_days: days(input) });
        camera.retention_days = days(input);
      }
      say(t("Kept."));
    });
  } },
  scroller(t("Days"), h("table", {}, h("thead", {}, h("tr", {}, h("th", {}, t("Camera")), h("th", {}, t("Looked through")), h("th", {}, t("People")), h("th", {}, t("Days")))),
    h("tbody", {},
      h("tr", {}, h("td", {}, h("b", {}, t("All cameras"))), h("td"), h("td"), h("td", {}, everywhere)),
      rows.map(({ camera, input }) => h("tr", {}, h("td", {}, camera.name), h("td", {}, length(camera.seconds ?? 0)), h("td", {}, number(camera.people ?? 0)), h("td", {}, input)))))),
  h("div", { class: "row" }, h("span", { class: "soft grow" }, t("Empty: as for all cameras; empty there: for ever.")), save));
  show(place, form);
}
