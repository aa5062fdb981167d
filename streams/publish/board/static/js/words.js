// What the page says, in the language that was chosen here, else that of the browser, else English. Every text stands
// in a catalogue of the server (texts/); what KPIs are called in English stands with their declaration.

import { DECLARED } from "./declared.js";
import { KPI_TEXTS, TEXTS } from "./texts.js";

const KEY = "kpi-board-language";
const FALLBACK = "en";

export const LANGUAGES = Object.keys(TEXTS);

function remembered() {
  try {
    return localStorage.getItem(KEY);
  } catch {
    return null; // storage is forbidden: the browser's language then
  }
}

const asked = new URLSearchParams(location.hash.slice(1)).get("lang");
const wanted = [asked, remembered(), ...navigator.languages.map((one) => one.split("-")[0])];

export const language = wanted.find((one) => LANGUAGES.includes(one)) ?? FALLBACK;

/** The text of a key, its parts in braces filled in. */
export function say(key, parts = {}) {
  return TEXTS[language][key].replace(/\{(\w+)\}/g, (_, name) => parts[name]);
}

/** Whether there is a text of a key that is made of data, like a status. */
export const known = (key) => key in TEXTS[language];

/** The same for one and for many: `key.one` where the number is 1. */
export const counted = (key, n, parts) => say(n === 1 ? `${key}.one` : key, parts);

/** What a KPI is called, why it can be undefined and what it means, by the definition in force. */
export function told(kpi) {
  const declared = DECLARED[kpi];
  const translated = KPI_TEXTS[language];
  if (!translated?.[kpi]) return declared;
  const variant = translated[declared.variant];
  const name = declared.named ? `${translated[kpi].name}（${variant.name}）` : translated[kpi].name;
  return { name, why: translated[kpi].why ?? "", says: variant?.says ?? translated[kpi].says };
}

/** The next language, for good. */
export function nextLanguage() {
  const next = LANGUAGES[(LANGUAGES.indexOf(language) + 1) % LANGUAGES.length];
  try {
    localStorage.setItem(KEY, next);
  } catch {
    // see above
  }
  const chosen = new URLSearchParams(location.hash.slice(1));
  chosen.set("lang", next);
  location.hash = chosen.toString().replace("wall=", "wall");
  location.reload();
}

/** Puts the texts into the markup, which has none of its own. */
export function dress() {
  document.documentElement.lang = language;
  document.title = say("title");
  for (const node of document.querySelectorAll("[data-say]")) node.textContent = say(node.dataset.say);
  for (const node of document.querySelectorAll("[data-say-label]")) node.setAttribute("aria-label", say(node.dataset.sayLabel));
}
