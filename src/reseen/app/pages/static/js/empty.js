/* What a page says when it has nothing to show: what to do next. */

import { get, link } from "./api.js";
import { h, icon, show } from "./dom.js";
import { t } from "./texts.js";
import { cameras as count, length, people, score, when } from "./words.js";

/** Nothing has been looked through yet. */
export function nothingLooked(visitor) {
  const step = (n, title, words) => h("li", { class: "panel" }, h("span", { class: "n" }, n), h("b", {}, title), words);
  return h("div", { class: "empty welcome" },
    h("h1", {}, t("Find a person in footage")),
    h("p", {}, t("Nothing has been looked through yet.")),
    h("ul", { class: "steps" },
      step("1", t("Add footage"), t("Video files, pictures, whole folders. They stay where they are, on this machine.")),
      step("2", t("Drop a photo"), t("Of the person you are looking for. Head to feet is best.")),
      step("3", t("Look at the moments"), t("And say which are the same person. That makes the next search better."))),
    h("div", { class: "row" }, visitor?.role === "admin"
      ? h("a", { class: "btn main", href: "/footage" }, icon("plus"), t("Add footage"))
      : h("p", {}, t("Ask whoever runs Reseen to add footage."))));
}

/** There is footage, but nobody is wanted yet. */
export function nothingWanted(cameras) {
  const place = h("p");
  const seconds = cameras.reduce((sum, camera) => sum + (camera.seconds ?? 0), 0);
  place.textContent = t("{time} looked through · {cameras}", { time: length(seconds), cameras: count(cameras.length) });
  get("/people/count").then((found) => { place.append(` · ${people(found.count)}`); }).catch(() => {});
  return h("div", { class: "start" }, h("div", { class: "empty" },
    h("h1", {}, t("Who are you looking for?")), place,
    h("ul", {},
      h("li", {}, t("Drop a photo anywhere on this page, paste one, or choose one.")),
      h("li", {}, t("Head to feet is best. What people wear counts most, so a photo from the same day helps.")),
      h("li", {}, t("Several photos of the same person work better than one."))),
    h("div", { class: "row" }, h("a", { class: "btn", href: "/browse" }, t("No photo? Look at everybody who was seen")))), recent());
}

/** Those who were seen last: a click finds them. */
function recent() {
  const place = h("section", { hidden: true });
  get("/people/page?offset=0&limit=24").then((page) => {
    const seen = page.items;
    place.hidden = seen.length === 0;
    show(place, h("h2", {}, t("Seen last")), h("div", { class: "recent" }, seen.filter((person) => person.best_shot).map((person) => h("a", { href: `/?person=${person.person}`, "aria-label": t("Find this person: {who}", { who: `${person.camera}, ${when(person.wall_start, person.start, true)}` }) }, h("img", { src: link.shot(person.best_shot), alt: "" })))));
  }).catch(() => {});
  return place;
}

/** The search found nobody above the slider. */
export function nothingAlike(answer, lower, another) {
  const best = answer.moments[0];
  return h("div", { class: "empty" },
    h("h2", {}, t("Nobody this alike was seen")),
    h("p", {}, t("{time} with {people} looked through.", { time: length(answer.coverage.seconds), people: people(answer.people) })),
    h("ul", {}, h("li", {}, t("Another photo: larger, sharper, from the same day.")), h("li", {}, t("Less alike: move the slider to the left.")), h("li", {}, t("More cameras, or a longer time."))),
    h("div", { class: "row" },
      best && h("button", { type: "button", class: "btn main", onclick: () => lower(Math.max(answer.moments[Math.min(answer.moments.length, 12) - 1].score - 0.005, -1)) }, t("Show the most alike (up to {n})", { n: score(best.score) })),
      h("button", { type: "button", class: "btn", onclick: another }, t("Add another photo"))));
}
