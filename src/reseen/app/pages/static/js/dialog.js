/* Dialogs and menus: the browser's own, so that focus and Esc behave. */

import { h, icon, show } from "./dom.js";
import { t } from "./texts.js";

/** Opens a dialog; `buttons` are elements for its foot. Closing removes it. */
export function dialog(title, body, buttons = [], { wide = false, onclose = null } = {}) {
  const id = `d${Math.random().toString(36).slice(2)}`;
  const foot = h("footer", {}, buttons);
  foot.hidden = buttons.length === 0;
  const content = h("div", { class: "body stack" }, body);
  const box = h(
    "dialog",
    { class: wide ? "wide" : "", "aria-labelledby": id },
    h("header", {}, h("h2", { id }, title), h("button", { type: "button", class: "btn ghost small", "aria-label": t("Close"), onclick: () => box.close() }, icon("cross"))),
    content,
    foot,
  );
  box.addEventListener("close", () => {
    box.remove();
    onclose?.();
  });
  box.addEventListener("click", (event) => {
    if (event.target === box && event.detail) box.close();
  });
  document.body.append(box);
  box.showModal();
  return {
    box,
    close: () => box.close(),
    body: (...parts) => show(content, parts),
    foot: (...parts) => {
      show(foot, parts);
      foot.hidden = parts.length === 0;
    },
  };
}

/** Asks before something that cannot be taken back; true when agreed. */
export function agreed(title, body, yes, { danger = true } = {}) {
  return new Promise((resolve) => {
    let answer = false;
    const go = h("button", { type: "button", class: danger ? "btn danger main" : "btn main" }, yes);
    const stay = h("button", { type: "button", class: "btn", autofocus: true }, t("Cancel"));
    const open = dialog(title, body, [stay, go], { onclose: () => resolve(answer) });
    go.addEventListener("click", () => { answer = true; open.close(); });
    stay.addEventListener("click", () => open.close());
  });
}

/** Asks for one line of text; null when not given. */
export function asked(title, label, value, yes = t("Save")) {
  return new Promise((resolve) => {
    let answer = null;
    const input = h("input", { type: "text", value: value ?? "", maxlength: 200, autofocus: true });
    const form = h("form", { id: "asked", onsubmit: (event) => { event.preventDefault(); answer = input.value.trim(); open.close(); } }, h("label", { class: "field" }, h("span", {}, label), input));
    const open = dialog(title, form, [
      h("button", { type: "button", class: "btn", onclick: () => open.close() }, t("Cancel")),
      h("button", { class: "btn main", form: "asked" }, yes),
    ], { onclose: () => resolve(answer) });
    input.select();
  });
}

/** A menu under a button; entries are {text, icon, run, danger}. */
export function menu(button, entries) {
  const close = () => box.hidePopover();
  const box = h("div", { class: "menu", popover: "auto", role: "menu" }, entries.filter(Boolean).map((entry) =>
    h(entry.href ? "a" : "button", { role: "menuitem", type: entry.href ? null : "button", href: entry.href, class: entry.danger ? "danger" : "", onclick: () => { close(); entry.run?.(); } },
      entry.icon && icon(entry.icon), entry.text)));
  box.addEventListener("toggle", (event) => {
    button.setAttribute("aria-expanded", String(event.newState === "open"));
    if (event.newState === "closed") { box.remove(); button.focus(); }
  });
  box.addEventListener("keydown", (event) => {
    const items = [...box.children];
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (!step) return;
    event.preventDefault();
    event.stopPropagation();
    items[(items.indexOf(document.activeElement) + step + items.length) % items.length].focus();
  });
  document.body.append(box);
  box.showPopover();
  const at = button.getBoundingClientRect();
  const { width, height } = box.getBoundingClientRect();
  box.style.left = `${Math.max(8, Math.min(at.right - width, innerWidth - width - 8))}px`;
  box.style.top = `${at.bottom + height + 8 > innerHeight ? Math.max(8, at.top - height - 4) : at.bottom + 4}px`;
  box.firstElementChild?.focus();
}
