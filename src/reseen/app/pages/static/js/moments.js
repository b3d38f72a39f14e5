/* The moments that a search showed, in the order shown, and what was asked. */

import { get } from "./api.js";

/** A search as Find left it: its answer, the moments above its slider, its photos. */
export async function remembered(id) {
  const answer = await get(`/searches/${encodeURIComponent(id)}`);
  const kept = JSON.parse(sessionStorage.getItem(`find:${id}`) ?? "{}");
  const cutoff = Number(sessionStorage.getItem(`cutoff:${id}`)) || answer.threshold;
  const shown = answer.moments.filter((moment) => moment.score >= cutoff - 1e-9 || moment.verdict === "confirmed");
  return { answer, kept, shown: shown.length ? shown : answer.moments };
}
