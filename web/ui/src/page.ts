// What every page gets from script: themes and text sizes without a reload, menus that close by themselves. Every page
// works without it.

import "./terminal";

const YEAR_S = 365 * 24 * 60 * 60;
const SIZES = ["1", "1.25", "1.5", "2"];

function remember(name: string, value: string): void {
  const secure = location.protocol === "https:" ? "; secure" : "";
  document.cookie = `${name}=${value}; path=/; max-age=${String(YEAR_S)}; samesite=lax${secure}`;
}

function press(attribute: string, chosen: string): void {
  for (const button of document.querySelectorAll(`[${attribute}]`)) {
    button.setAttribute("aria-pressed", String(button.getAttribute(attribute) === chosen));
  }
}

function setTheme(theme: string): void {
  remember("tema", theme);
  document.documentElement.dataset["theme"] = theme;
  press("data-set-theme", theme);
}

function setSize(size: string): void {
  remember("dydis", size);
  document.documentElement.dataset["size"] = size;
  press("data-set-size", size);
  const next = SIZES[(SIZES.indexOf(size) + 1) % SIZES.length] ?? "1";
  for (const button of document.querySelectorAll<HTMLButtonElement>("[data-next-size]")) button.value = next;
}

/** The words of the button for larger text change at the largest: there the server draws the page anew. */
function wordsChange(button: HTMLButtonElement): boolean {
  return button.hasAttribute("data-next-size") && (button.value === "2" || document.documentElement.dataset["size"] === "2");
}

document.addEventListener("submit", (event) => {
  const form = event.target;
  const button = event.submitter;
  if (!(form instanceof HTMLFormElement) || !(button instanceof HTMLButtonElement)) return;
  if (form.getAttribute("action") !== "/aikste/rodinys" || wordsChange(button)) return;
  if (button.name === "tema") setTheme(button.value);
  else if (button.name === "dydis" && SIZES.includes(button.value)) setSize(button.value);
  // The language is the server's business.
  else return;
  event.preventDefault();
});

const openMenus = (): NodeListOf<HTMLDetailsElement> => document.querySelectorAll<HTMLDetailsElement>("details.menu[open]");

document.addEventListener("click", (event) => {
  for (const menu of openMenus()) {
    if (event.target instanceof Node && !menu.contains(event.target)) menu.open = false;
  }
});

document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  for (const menu of openMenus()) {
    menu.open = false;
    menu.querySelector<HTMLElement>("summary")?.focus();
  }
});
