/* Beside the player: the photo and the best shot, the facts, the verdict. */

import { link } from "./api.js";
import { $, facts, h, icon, show } from "./dom.js";
import { lookAddress } from "./moments.js";
import { t } from "./texts.js";
import { fullDay, chance, clock, later, length, number, people, position, score, sure, when } from "./words.js";

/** The part of a photo that shows the wanted person, cut out by the browser. */
function cut({ image: address, box, size }) {
  const holder = h("div", { class: "shot crop" });
  const image = h("img", { alt: t("Your photo") });
  image.addEventListener("load", () => {
    // The picture is a smaller one than the photo that the box was found in.
    const [width, height] = size ?? [image.naturalWidth, image.naturalHeight];
    const [x1, y1, x2, y2] = box ?? [0, 0, width, height];
    const scale = Math.min(holder.clientWidth / (x2 - x1), holder.clientHeight / (y2 - y1));
    Object.assign(image.style, {
      position: "absolute", maxWidth: "none", width: `${width * scale}px`,
      left: `${holder.clientWidth / 2 - ((x1 + x2) / 2) * scale}px`, top: `${holder.clientHeight / 2 - ((y1 + y2) / 2) * scale}px`,
    });
  });
  image.src = address;
  holder.append(image);
  return holder;
}

function yours(kept) {
  const shot = kept.pictures?.length ? cut(kept.pictures[0]) : kept.shot ? h("img", { class: "shot", src: link.shot(kept.shot), alt: t("Who is wanted") }) : null;
  return shot && h("figure", {}, shot, h("figcaption", {}, kept.pictures?.length ? t("Your photo") : t("Who is wanted")));
}

function byChance(moment, searched) {
  const value = moment.expected_false_matches;
  if (value === null || value === undefined) return t("not known for this model");
  const each = value / Math.max(searched, 1);
  if (moment.at_most && each > 0) return t("fewer than 1 in {n} people", { n: number(Number((1 / each).toPrecision(2))) });
  if (each > 0 && each < 0.5) return t("about 1 in {n} people", { n: number(Number((1 / each).toPrecision(2))) });
  return t("{n} among {people}", { n: chance(value), people: people(searched) });
}

function told(moment, source, answer) {
  const wall = moment.wall_start;
  const from = wall ? `${fullDay(wall)}, ${clock(wall)}` : position(moment.start);
  const to = wall ? clock(moment.wall_end ?? later(wall, moment.end - moment.start)) : position(moment.end);
  const rows = [[t("Camera"), moment.camera], [t("Seen"), `${from} – ${to} (${length(moment.end - moment.start)})`]];
  if (answer) rows.push([t("Likeness"), h("span", {}, h("b", {}, sure(moment.sure)), `, ${score(moment.score)}`)], [t("By chance"), byChance(moment, answer.people)]);
  rows.push([t("Source"), source.name]);
  return facts(rows);
}

/** Draws the panel for a moment; `hooks` are told what the user did. */
export function beside({ moment, source, answer, kept, shown, hooks }) {
  const button = (className, words, name, verdict) => h("button", { type: "button", class: `btn ${className}`, id: verdict, "aria-pressed": String(moment.verdict === verdict), onclick: () => hooks.judge(verdict) }, h("span", {}, words), h("kbd", {}, name));
  const bestTime = moment.best_time ?? moment.start;
  const best = moment.best_shot ? h("figure", {}, h("img", { class: "shot", src: link.shot(moment.best_shot), alt: t("Best shot") }), h("figcaption", {}, t("Best shot, {time}", { time: when(later(moment.wall_start, bestTime - moment.start), bestTime) }))) : null;
  show($("#side"),
    h("div", { class: "pair" }, yours(kept), best),
    told(moment, source, answer),
    answer && h("p", { class: "notice" }, t("Visual similarity, not identity. The same clothes on another person look alike.")),
    answer && h("div", { class: "two", "data-for": "searcher" }, button("y", t("Same person"), "y", "confirmed"), button("n", t("Someone else"), "n", "rejected")),
    answer && h("button", { type: "button", class: "btn", "data-for": "searcher", onclick: hooks.take }, icon("download"), t("Take this clip, others blurred…")),
    h("button", { type: "button", class: "btn", "data-for": "searcher", onclick: hooks.find }, icon("search"), t("Find this person"), " ", h("kbd", {}, "f")),
    answer && h("a", { class: "btn ghost", href: hooks.back }, icon("back"), t("All moments"), " ", h("kbd", {}, "Esc")));
  const place = $("#strip");
  show(place, answer && strip(moment, shown, answer));
  place.querySelector("[aria-current]")?.scrollIntoView({ block: "nearest", inline: "center" });
}

function strip(moment, shown, answer) {
  const index = shown.findIndex((one) => one.id === moment.id);
  const near = shown.slice(Math.max(0, index - 20), index + 21);
  return h("div", {}, h("span", { class: "label" }, t("{n} of {all}, most alike first", { n: number(index + 1), all: number(shown.length) })),
    h("div", { class: "strip" }, near.map((one) => h("a", { href: lookAddress(answer, one), class: one.verdict ?? "", "aria-current": one.id === moment.id ? "true" : null, "aria-label": `${one.camera}, ${when(one.wall_start, one.start)}, ${sure(one.sure)}` }, h("img", { src: link.shot(one.best_shot), alt: "", loading: "lazy" })))));
}
