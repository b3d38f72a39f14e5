/* Removing a source: what it deletes is said first. */

import { del, get } from "./api.js";
import { agreed } from "./dialog.js";
import { facts, h } from "./dom.js";
import { say, trouble } from "./messages.js";
import { t } from "./texts.js";
import { bytes, length, number } from "./words.js";

export async function removeSource(source, changed) {
  try {
    const plan = await get(`/sources/${source.id}/removal`);
    const rows = [
      [t("Looked through"), length(plan.seconds)], [t("People"), number(plan.people)],
      [t("Pictures of them"), number(plan.shots)], [t("Room on the disk"), bytes(plan.bytes)],
    ];
    const body = [
      h("p", {}, t("This deletes for good what was found in it:")),
      facts(rows),
      plan.exports.length > 0 && h("p", {}, t("Also what was taken away and still lies here: {names}", { names: plan.exports.join(", ") })),
      h("p", {}, plan.uploaded ? t("It was uploaded and lies in the library: the footage itself is deleted too.") : t("The footage itself stays where it is. It can be added and looked through again.")),
    ];
    if (!(await agreed(t("Remove {name}?", { name: source.name }), body, t("Remove")))) return;
    await del(`/sources/${source.id}`);
    say(t("It is being removed."));
    changed();
  } catch (error) {
    trouble(error);
  }
}
