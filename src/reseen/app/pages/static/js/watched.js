/* Watched folders: what arrives in them is looked through. */

import { del, get, post } from "./api.js";
import { agreed, dialog } from "./dialog.js";
import { h, icon, show } from "./dom.js";
import { Folders } from "./folders.js";
import { known } from "./known.js";
import { doing, trouble } from "./messages.js";
import { t } from "./texts.js";

export function watchFolder(changed) {
  const chosen = new Set();
  const camera = h("input", { type: "text", maxlength: 100 });
  const go = h("button", { type: "button", class: "btn main", disabled: true, onclick: () => doing(go, async () => {
    for (const folder of chosen) await post("/watched", { folder, ...(camera.value.trim() ? { camera: camera.value.trim() } : {}) });
    open.close();
    changed();
  }) }, t("Watch"));
  const folders = new Folders({ chosen, changed: () => { go.disabled = chosen.size === 0; } });
  const open = dialog(t("Watch a folder"), [h("p", { class: "soft" }, t("Footage that arrives in it is looked through by itself, as soon as it is complete.")), folders.element, h("label", { class: "field" }, h("span", {}, t("Camera (empty: from each file's name)")), camera)], [go]);
}

export async function drawWatched(place) {
  try {
    const folders = await get("/watched");
    show(place, folders.length > 0 && h("div", { class: "panel pad stack close" }, h("h2", {}, t("Watched folders")), folders.map((one) => h("div", { class: "row" }, icon("folder"),
      h("span", { class: "grow" }, one.folder, h("small", {}, one.camera ? ` · ${one.camera}` : "", one.problem ? ` · ${known(one.problem)}` : "")),
      h("button", { type: "button", class: "btn ghost small", "aria-label": t("Stop watching {folder}", { folder: one.folder }), onclick: () => stop(one, place) }, t("Stop watching"))))));
  } catch (error) {
    trouble(error);
  }
}

async function stop(one, place) {
  if (!(await agreed(t("Stop watching?"), h("p", {}, t("What was found in it stays. New files in {folder} are no longer looked through.", { folder: one.folder })), t("Stop watching"), { danger: false }))) return;
  await del(`/watched/${one.id}`).catch(trouble);
  drawWatched(place);
}
