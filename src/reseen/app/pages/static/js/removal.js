/* Removing a source: what it deletes is said first. */

import { del, get } from "./api.js";
import { agreed } from "./dialog.js";
import { h } from "./dom.js";
import { say, trouble } from "./messages.js";
import { t } from "./texts.js";
import { bytes, length, number } from "./words.js";

export async function removeSource(source, changed) {
  try {
    const plan = await get(`/sources/${source.id}/removal`);
    const facts = [
      [t("Looked through"), length(plan.seconds ?? 0)], [t("People"), number(plan.people ?? plan.tracklets ?? 0)],
      [t("Pictures of them"), number(plan.shots ?? 0)], [t("Room on the disk"), bytes(plan.bytes ?? 0)],
    ];
    const body = [
      h("p", {}, t("This deletes for good what was found in it:")),
      h("dl", { class: "facts" }, facts.map(([name, value]) => [h("dt", {}, name), h("dd", {}, value)])),
      h("p", {}, t("The footage itself stays where it is. It can be added and looked through again.")),
    ];
    if (!(await agreed(t("Remove {name}?", { name: source.name }), body, t("Remove")))) return;
    await del(`/sources/${source.id}`);
    say(t("It is being removed."));
    changed();
  } catch (error) {
    trouble(error);
  }
}

