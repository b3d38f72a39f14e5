/* The way in: a token for a cookie. */

import { post } from "./api.js";
import { $ } from "./dom.js";
import "./shell.js";

/** Only an address of these pages, never another site's. */
function next() {
  const wish = new URLSearchParams(location.search).get("next") ?? "/";
  return wish.startsWith("/") && !wish.startsWith("//") && !wish.includes("\\") ? wish : "/";
}

$("#sign-in").addEventListener("submit", async (event) => {
  event.preventDefault();
  const wrong = $("#wrong");
  wrong.hidden = true;
  try {
    await post("/session", { token: $("#token").value.trim() });
    location.assign(next());
  } catch (error) {
    wrong.textContent = error.message;
    wrong.hidden = false;
    $("#token").select();
  }
});
