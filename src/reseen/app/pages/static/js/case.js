/* One case: who is wanted, what was judged, notes, what is new. */

import { del, get, link, patch, post } from "./api.js";
import { newSince } from "./caseline.js";
import { agreed } from "./dialog.js";
import { $, facts, h, icon, settled, show } from "./dom.js";
import { doing, say, trouble } from "./messages.js";
import { may } from "./session.js";
import { t, tn } from "./texts.js";
import { length, moment, number, when } from "./words.js";

export async function casePage(found) {
  const admin = await may("admin");
  document.title = `${found.name} · Reseen`;
  const fresh = newSince(found);
  const name = h("input", { type: "text", class: "title", value: found.name, maxlength: 200, "aria-label": t("Name of the case"), onchange: () => change(found, { name: name.value.trim() || found.name }) });
  const notes = h("textarea", { id: "notes", value: found.notes ?? "", rows: 8, maxlength: 20000, oninput: settled(700, () => change(found, { notes: notes.value })) });
  show($("#page"),
    h("h1", { class: "only-read" }, found.name),
    h("div", { class: "head" }, h("div", { class: "grow" }, h("a", { href: "/cases", class: "soft" }, t("Cases")), name, h("p", {}, [found.created_at && t("since {time}", { time: moment(found.created_at) }), fresh].filter(Boolean).join(" · "))),
      h("a", { class: "btn main", href: `/?case=${found.id}` }, icon("search"), t("Search again"))),
    h("div", { class: "case" },
      h("div", { class: "stack" }, judged(found, "confirmed", t("The same person")), judged(found, "rejected", t("Someone else")),
        (found.verdicts ?? []).length === 0 && h("p", { class: "panel pad soft" }, t("Nothing was judged yet."))),
      h("aside", { class: "stack" },
        h("section", { class: "panel pad stack close" }, h("h2", {}, t("Who is wanted")), photos(found), asked(found)),
        h("section", { class: "panel pad stack close" }, h("label", { for: "notes" }, h("h2", {}, t("Notes"))), notes, h("small", { id: "kept", "aria-live": "polite" })),
        h("div", { class: "row wrapping" },
          h("button", { type: "button", class: "btn danger", onclick: () => remove(found) }, icon("trash"), t("Delete the case…")),
          admin && h("button", { type: "button", class: "btn danger", onclick: (event) => doing(event.currentTarget, () => forget(found)) }, t("Forget this person…"))))));
}

function photos(found) {
  const pictures = found.photos.map((photo) => (photo.image ? h("img", { src: photo.image, alt: t("Photo {name}", { name: photo.name }) }) : h("p", { class: "soft" }, t("This person was forgotten"))));
  return h("div", { class: "shots photos" }, pictures.map((picture) => h("figure", {}, picture)));
}

function asked(found) {
  const { cameras, start, end } = found.filters ?? {};
  const rows = [[t("Cameras"), cameras?.length ? cameras.join(", ") : t("all")], [t("Between"), start || end ? `${start ? moment(start) : "…"} – ${end ? moment(end) : "…"}` : t("always")]];
  return facts(rows);
}

function judged(found, verdict, title) {
  const list = (found.verdicts ?? []).filter((one) => one.verdict === verdict);
  if (!list.length) return null;
  return h("section", { class: "panel pad" }, h("h2", {}, `${title} · ${number(list.length)}`), h("div", { class: "shots" }, list.map((one) => {
    const shot = one.best_shot ? h("img", { src: link.shot(one.best_shot), alt: title, loading: "lazy" }) : h("img", { alt: t("deleted") });
    const where = one.source_id ? h("a", { href: `/look?source=${one.source_id}&time=${one.start ?? 0}${one.person ? `&person=${one.person}` : ""}` }, shot) : shot;
    return h("figure", {}, where, h("figcaption", {}, [one.camera, one.start !== undefined && when(one.wall_start, one.start, true), one.who].filter(Boolean).join(" · "), one.note && h("br"), one.note));
  })));
}

async function change(found, what) {
  try {
    Object.assign(found, await patch(`/cases/${found.id}`, what));
    $("#kept").textContent = t("Kept.");
  } catch (error) {
    trouble(error);
  }
}

async function remove(found) {
  if (!(await agreed(t("Delete the case {name}?", { name: found.name }), h("p", {}, t("Its photos, verdicts and notes are deleted for good. The people stay in the library.")), t("Delete")))) return;
  try {
    await del(`/cases/${found.id}`);
    location.assign("/cases");
  } catch (error) {
    trouble(error);
  }
}

async function forget(found) {
  const plan = await get(`/cases/${found.id}/forget`);
  const body = [
    h("p", {}, t("Everything that was confirmed as this person is deleted for good: where they were seen, their pictures, what they are found by, and the photos of this case.")),
    h("p", {}, tn("{count} picture in {time}.", "{count} pictures in {time}.", plan.shots, { time: length(plan.seconds) })),
    plan.exports.length > 0 && h("p", {}, t("Also what was taken away and still lies here: {names}", { names: plan.exports.join(", ") })),
    plan.unfinished.length > 0 && h("p", { class: "chip warn" }, t("Not yet looked through to the end, would find them again: {names}", { names: plan.unfinished.join(", ") })),
    h("p", {}, h("b", {}, t("The footage itself remains.")), plan.sources.length > 0 && ` ${plan.sources.join(", ")}.`, " ", t("Whoever looks through it again finds this person again.")),
  ];
  if (!(await agreed(t("Forget this person?"), body, t("Forget for good")))) return;
  await post(`/cases/${found.id}/forget`);
  say(t("This person is being forgotten."));
  setTimeout(() => location.assign("/cases"), 1500);
}
