/* The moments that a search showed, in the order shown, and what was asked; pages hand them on to each other. */

import { get } from "./api.js";

const LAST = "find:last";

/** Where a moment of an answer is looked at. */
export const lookAddress = (answer, moment) => `/look?search=${encodeURIComponent(answer.id)}&moment=${encodeURIComponent(moment.id)}`;

/** Where an answer is shown; `inCase` is the id of its case, if it has one. */
export const findAddress = (answer, inCase) => `/?${inCase ? `case=${inCase}&` : ""}search=${encodeURIComponent(answer.id)}`;

/** The moments above the slider; who was confirmed stays in view. */
export const above = (answer, cutoff) => answer.moments.filter((moment) => moment.score >= cutoff - 1e-9 || moment.verdict === "confirmed");

/** What Find knows of a search beside its answer; empty where it was never here. */
export const kept = (id) => JSON.parse(sessionStorage.getItem(`find:${id}`) ?? "{}");

export function keep(id, found) {
  sessionStorage.setItem(`find:${id}`, JSON.stringify(found));
  sessionStorage.setItem(LAST, id);
}

/** Where the slider of a search stood; null where it was never moved. */
export function cutoff(id) {
  const found = sessionStorage.getItem(`cutoff:${id}`);
  return found === null ? null : Number(found);
}

export const keepCutoff = (id, value) => sessionStorage.setItem(`cutoff:${id}`, String(value));

/** The search that was looked at last, so that Find shows it again. */
export const lastSearch = () => sessionStorage.getItem(LAST);

export const forgetLast = () => sessionStorage.removeItem(LAST);

/** A search as Find left it: its answer, the moments above its slider, its photos. */
export async function remembered(id) {
  const answer = await get(`/searches/${encodeURIComponent(id)}`);
  const shown = above(answer, cutoff(id) ?? answer.threshold);
  return { answer, kept: kept(id), shown: shown.length ? shown : answer.moments };
}
