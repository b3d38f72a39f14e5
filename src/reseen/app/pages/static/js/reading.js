/* How footage is read: a library keeps what it was made with. */

import { facts, h, show } from "./dom.js";
import { t } from "./texts.js";
import { bytes, length, number, people } from "./words.js";

const yes = (value) => (value ? t("yes") : t("no"));

export async function readingSection(place, asked) {
  const { analysis, library } = await asked;
  const rows = [
    [t("Pictures looked at each second"), number(analysis.rate, 2)],
    [t("Pictures kept of a person in one stretch"), analysis.shots === "all" ? t("all") : String(analysis.shots)],
    [t("Read in stretches of"), length(analysis.segment_seconds)],
    [t("Pictures in which nothing moves are left out"), yes(analysis.gate)],
    [t("Smallest person"), t("{n} pixels high", { n: analysis.min_height })],
    [t("Large pictures are looked at in parts"), analysis.tiles === "auto" ? t("where needed") : analysis.tiles ? String(analysis.tiles) : yes(false)],
    [t("Library"), `${library.folder} · ${people(library.tracklets)} · ${bytes(library.bytes)}`],
    [t("Footage may be added from"), library.roots.length ? library.roots.join(", ") : t("nowhere on this machine; by upload only")],
    [t("Version"), library.version],
  ];
  show(place, facts(rows),
    h("p", { class: "soft" }, t("A library keeps what it was made with, so that everything in it can be compared. More pictures a second find people who pass quickly, and take longer; 5 suits most cameras.")));
}
