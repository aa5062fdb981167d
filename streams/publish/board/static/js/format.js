// Numbers as people read them. Nothing here decides what is shown, and a missing number is always a dash.

import { language, say } from "./words.js";

export const NONE = "–";

const whole = new Intl.NumberFormat(language, { maximumFractionDigits: 1 }); // a count may be a half: a mean of two
const decimals = (least, most = least) =>
  new Intl.NumberFormat(language, { minimumFractionDigits: least, maximumFractionDigits: most });
const one = decimals(1);
const two = decimals(2);

/** With a minus that is one, as wide as a plus. */
const signed = (text) => text.replace("-", "−");

export const count = (number) => signed(whole.format(number));

export const percent = (ratio) => {
  const share = ratio * 100;
  if (share === 0) return "0 %";
  return `${signed((Math.abs(share) < 10 ? two : one).format(share))} %`;
};

export const score = (number) => signed(one.format(number));
export const decimal = (number) => signed(two.format(number));

export function money(currency) {
  const style = { style: "currency", currency };
  const exact = new Intl.NumberFormat(language, style);
  const full = new Intl.NumberFormat(language, { ...style, maximumFractionDigits: 0 });
  const rough = new Intl.NumberFormat(language, { ...style, notation: "compact", maximumFractionDigits: 2 });
  const form = (size) => (size < 1_000 ? exact : size < 1_000_000 ? full : rough);
  return (number) => signed(form(Math.abs(number)).format(number));
}

const UNITS = [
  [2 * 86_400_000, 86_400_000, "span.days"],
  [3_600_000, 3_600_000, "span.hours"],
  [60_000, 60_000, "span.minutes"],
];

/** A span of time in one unit, rounded down: 3 s, 12 min, 5 h, 2 d. */
export function span(ms) {
  const [, size, key] = UNITS.find(([from]) => ms >= from) ?? [0, 1_000, "span.seconds"];
  return say(key, { n: Math.floor(Math.max(0, ms) / size) });
}

const two_digits = (number) => String(number).padStart(2, "0");

/** Time of day, as the browser's time zone has it. */
export function timeOfDay(ms, seconds = true) {
  const date = new Date(ms);
  const parts = [date.getHours(), date.getMinutes(), ...(seconds ? [date.getSeconds()] : [])];
  return parts.map(two_digits).join(":");
}

const dates = language === "en" ? "en-GB" : language;
const calendar = new Intl.DateTimeFormat(dates, { day: "numeric", month: "short" });
const withZone = new Intl.DateTimeFormat(dates, { timeZoneName: "short" });

export const day = (ms) => calendar.format(new Date(ms));

/** Day and time of day, short. */
export const moment = (ms) => `${day(ms)} ${timeOfDay(ms, false)}`;

/** Time of day, time zone and date. */
export function instant(ms) {
  const date = new Date(ms);
  const zone = withZone.formatToParts(date).find(({ type }) => type === "timeZoneName").value;
  return `${timeOfDay(ms)} ${zone}, ${day(ms)}`;
}

export const words = (name) => name.replaceAll("_", " ");
