// Numbers as people read them. Nothing here decides what is shown, and a missing number is always a dash.

export const NONE = "–";

const whole = new Intl.NumberFormat("en", { maximumFractionDigits: 0 });
const decimals = (least, most = least) =>
  new Intl.NumberFormat("en", { minimumFractionDigits: least, maximumFractionDigits: most });
const one = decimals(1);
const two = decimals(2);

export const count = (number) => whole.format(number);

export const percent = (ratio) => {
  const share = ratio * 100;
  const small = Math.abs(share) < 10 && share !== 0;
  return `${(small ? two : one).format(share)} %`;
};

export const score = (number) => one.format(number);
export const decimal = (number) => two.format(number);

export function money(currency) {
  const style = { style: "currency", currency };
  const exact = new Intl.NumberFormat("en", style);
  const rough = new Intl.NumberFormat("en", { ...style, notation: "compact", maximumFractionDigits: 2 });
  return (number) => (Math.abs(number) < 100_000 ? exact : rough).format(number);
}

export function probability(p) {
  if (p === 0) return "0";
  if (p >= 0.001) return p.toPrecision(2);
  return `10^${Math.floor(Math.log10(p))}`;
}

const UNITS = [
  [86_400_000, "d"],
  [3_600_000, "h"],
  [60_000, "min"],
];

/** A span of time in one unit, rounded down: 3 s, 12 min, 5 h, 2 d. */
export function span(ms) {
  const [size, name] = UNITS.find(([unit]) => ms >= unit) ?? [1_000, "s"];
  return `${Math.floor(Math.max(0, ms) / size)} ${name}`;
}

const two_digits = (number) => String(number).padStart(2, "0");

/** Time of day, as the browser's time zone has it. */
export function timeOfDay(ms, seconds = true) {
  const date = new Date(ms);
  const parts = [date.getHours(), date.getMinutes(), ...(seconds ? [date.getSeconds()] : [])];
  return parts.map(two_digits).join(":");
}

export const words = (name) => name.replaceAll("_", " ");
