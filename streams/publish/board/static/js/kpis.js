// What each KPI is called on the page, how its number reads, and why it can be undefined.

import { DECLARED } from "./declared.js";
import * as format from "./format.js";
import { say, told } from "./words.js";

const RATIO = { form: format.percent, unit: say("unit.points"), scale: 100, step: 0.0001 };
const COUNT = { form: format.count, unit: "", scale: 1, step: 1, countable: true };
const SCORE = { form: format.score, unit: say("unit.points"), scale: 1, step: 0.1 };
const MEAN = { form: format.decimal, unit: "", scale: 1 };

let moneyForm = format.decimal;
const MONEY = { form: (number) => moneyForm(number), unit: "%", relative: true };

export function useCurrency(currency) {
  moneyForm = format.money(currency);
}

const FORMS = { ratio: RATIO, count: COUNT, points: SCORE, number: MEAN, money: MONEY, probability: MEAN };

export const KPIS = Object.fromEntries(Object.entries(DECLARED).map(([kpi, declared]) => [kpi, { ...declared, ...told(kpi), ...FORMS[declared.form] }]));

const place = (kpi) => DECLARED[kpi].tile;

export const TILES = Object.keys(DECLARED).filter(place).sort((one, other) => place(one) - place(other));

/** The KPIs that a panel lists, and those that a larger drawing shows. */
export const listed = (panel) => Object.keys(DECLARED).filter((kpi) => DECLARED[kpi].panel === panel);
export const drawn = (plot) => Object.keys(DECLARED).filter((kpi) => DECLARED[kpi].plot === plot);

export const STANDING = new Set(Object.keys(DECLARED).filter((kpi) => DECLARED[kpi].standing));

export const number = (kpi, value) => (value === null || value === undefined ? format.NONE : KPIS[kpi].form(value));

/** The 95 % interval as text; empty where there is none. */
export function interval(kpi, value) {
  if (value?.low === null || value?.low === undefined) return "";
  const [low, high] = [value.low, value.high].map(KPIS[kpi].form);
  return say("value.between", { low: low.replace(/ %$/, ""), high });
}

/** What a KPI means by the definition in force, for whoever points at its name. */
export const meaning = (kpi) => `${KPIS[kpi].says} ${KPIS[kpi].formula}`;

/** A curve of a KPI for a plot. */
export const line = (kpi) => ({ name: KPIS[kpi].name, colour: KPIS[kpi].colour, form: KPIS[kpi].form, step: KPIS[kpi].step });

/** What the badge beside a value says; empty for ok. */
export function badge(value) {
  return value && value.status !== "ok" ? say(`status.${value.status}`) : "";
}

/** Why a value is missing or not to be trusted, in words. */
export function reason(kpi, value, minN) {
  if (value.status === "undefined") return say("why.undefined", { why: KPIS[kpi].why || say("why.nothing") });
  if (value.status === "low_n") return say("why.low_n", { n: format.count(value.n), least: format.count(minN[kpi]) });
  return value.status === "ok" ? "" : say(`why.${value.status}`);
}

/** How a value moved against an earlier one, like "+0.31 pt"; null where one of them is missing. */
export function change(kpi, value, before) {
  if (value === null || before === null || value === undefined || before === undefined) return null;
  const { unit, scale, relative, countable } = KPIS[kpi];
  if (relative && before === 0) return null;
  const moved = relative ? ((value - before) / Math.abs(before)) * 100 : (value - before) * scale;
  const size = Math.abs(moved);
  const text = countable ? format.count(size) : (size < 10 ? format.decimal : format.score)(size);
  const none = Number(text.replaceAll(",", "")) === 0;
  return { direction: none ? 0 : Math.sign(moved), text: `${text}${unit && ` ${unit}`}` };
}
