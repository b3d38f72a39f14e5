/* Who is here, and what they may do. */

import { get, signIn } from "./api.js";

export const session = get("/session").then((found) => {
  if (found.role) document.documentElement.dataset.role = found.role;
  else signIn();
  return found;
});

const RANK = { viewer: 0, searcher: 1, admin: 2 };

export async function may(role) {
  return RANK[(await session).role] >= RANK[role];
}
