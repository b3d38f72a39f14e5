/* Calibration on one's own footage. */

import { get, post } from "./api.js";
import { h, show } from "./dom.js";
import { active, watchJobs } from "./jobs.js";
import { known } from "./known.js";
import { doing } from "./messages.js";
import { progressLine } from "./shell.js";
import { t } from "./texts.js";
import { moment } from "./words.js";

export async function calibrationSection(place) {
  const line = h("p", { "aria-live": "polite" });
  const go = h("button", { type: "button", class: "btn", onclick: () => doing(go, async () => take(await post("/calibration"))) }, t("Calibrate now"));
  const take = (job) => {
    if (job.kind !== "calibrate") return;
    go.disabled = active(job);
    line.textContent = active(job) ? [t("Calibrating"), progressLine(job)].filter(Boolean).join(" · ")
      : job.state === "done" ? t("Calibrated {time}. {what}", { time: job.ended_at ? moment(job.ended_at) : "", what: known(job.message) }) : known(job.message);
  };
  show(place, h("p", {}, t("People who are side by side in one picture are different people, pictures of one passage are the same person: that suffices, nobody has to label anything. It takes some minutes of footage with several people.")), h("div", { class: "row wrapping" }, go, line));
  const { items } = await get("/jobs?limit=100");
  const last = items.find((job) => job.kind === "calibrate");
  if (last) take(last);
  watchJobs(take);
}
