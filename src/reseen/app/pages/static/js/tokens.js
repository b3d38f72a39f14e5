/* Who may come in: tokens, shown once, revocable. */

import { del, get, post } from "./api.js";
import { agreed, dialog } from "./dialog.js";
import { h, icon, scroller, show } from "./dom.js";
import { doing, say, trouble } from "./messages.js";
import { t } from "./texts.js";
import { moment } from "./words.js";

const ROLES = () => ({ viewer: t("may look"), searcher: t("may look and search"), admin: t("may do everything") });

export async function tokensSection(place) {
  const [tokens, cameras] = await Promise.all([get("/tokens"), get("/cameras")]);
  const again = () => tokensSection(place).catch(trouble);
  show(place,
    tokens.length > 0 ? scroller(t("Tokens"), h("table", {}, h("thead", {}, h("tr", {}, h("th", {}, t("Name")), h("th", {}, t("Role")), h("th", {}, t("Cameras")), h("th", {}, t("Last used")), h("th", {}, h("span", { class: "only-read" }, t("Revoke"))))),
      h("tbody", {}, tokens.map((token) => h("tr", {}, h("td", {}, token.name), h("td", {}, ROLES()[token.role]), h("td", {}, token.cameras?.join(", ") ?? t("all")), h("td", {}, token.used_at ? moment(token.used_at) : t("never")),
        h("td", { class: "number" }, h("button", { type: "button", class: "btn small danger", "aria-label": t("Revoke {name}", { name: token.name }), onclick: () => revoke(token, again) }, t("Revoke"))))))))
      : h("p", {}, t("There are no tokens: only you, on this machine, can come in. With the first token, this browser too needs one.")),
    newToken(cameras, again, tokens.length === 0));
}

async function revoke(token, again) {
  if (!(await agreed(t("Revoke {name}?", { name: token.name }), h("p", {}, t("Whatever is open with it ends within five seconds.")), t("Revoke")))) return;
  try {
    await del(`/tokens/${token.id}`);
    say(t("Revoked."));
    again();
  } catch (error) {
    trouble(error);
  }
}

function newToken(cameras, again, first) {
  const name = h("input", { type: "text", required: true, maxlength: 60, autocomplete: "off" });
  const role = h("select", {}, Object.entries(ROLES()).map(([value, words]) => h("option", { value }, words)));
  if (first) role.value = "admin";
  const only = h("select", { multiple: true, size: Math.min(Math.max(cameras.length, 2), 5) }, cameras.map((camera) => h("option", { value: camera.name }, camera.name)));
  const limited = h("details", {}, h("summary", {}, t("Only some cameras")), h("label", { class: "field" }, h("span", {}, t("Cameras it may see")), only));
  const go = h("button", { class: "btn" }, icon("plus"), t("Make a token"));
  return h("form", { class: "stack close", onsubmit: (event) => {
    event.preventDefault();
    doing(go, async () => {
      const chosen = [...only.selectedOptions].map((option) => option.value);
      const made = await post("/tokens", { name: name.value.trim(), role: role.value, ...(limited.open && chosen.length ? { cameras: chosen } : {}) });
      const secret = made.token;
      dialog(t("The token of {name}", { name: made.name ?? name.value }), [h("p", {}, t("It is shown only now. Copy it to a safe place.")), h("p", { class: "secret" }, secret),
        h("button", { type: "button", class: "btn", onclick: () => navigator.clipboard?.writeText(secret).then(() => say(t("Copied."))) }, t("Copy"))], [], { onclose: again });
    });
  } }, h("h3", {}, t("A new one")), h("div", { class: "row wrapping" }, h("label", { class: "field" }, h("span", {}, t("Name")), name), h("label", { class: "field" }, h("span", {}, t("Role")), role)), limited, h("div", {}, go));
}
