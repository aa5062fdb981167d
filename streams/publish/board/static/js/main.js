// Puts the page together: what the server says goes into `state`, a view of it is made, every part shows the view.
// It is shown again with each event and twice a second, because values grow old in silence.

import { Alarm } from "./alarm.js";
import { Alarms, evidence, isCurve } from "./alarms.js";
import { Churn } from "./churn.js";
import { ServerClock } from "./clock.js";
import { condition, look, sentence, shown } from "./condition.js";
import { Connection } from "./connection.js";
import { byId, radios, setAttribute, setText } from "./dom.js";
import { accounting, engine, summary } from "./engine.js";
import { Flows } from "./flows.js";
import { instant } from "./format.js";
import { History } from "./history.js";
import { STANDING, useCurrency } from "./kpis.js";
import { engagement, flows as flowsPanel, risk, satisfaction, value } from "./panels.js";
import { Plots } from "./plots.js";
import { PAGES, Prefs } from "./prefs.js";
import { Tiles } from "./tiles.js";
import { trouble } from "./trouble.js";
import { LANGUAGES, dress as dressWords, language, nextLanguage, say } from "./words.js";

const AGAIN_MS = 500;
const DAY_MS = 86_400_000;
const PREFERRED = "24h";

dressWords();

const state = { setup: null, values: null, dimensions: null, reasons: [], open: false };
const clock = new ServerClock();
const history = new History(() => draw());
const flows = new Flows(() => draw());
const prefs = new Prefs(() => renew());
const tiles = new Tiles(byId("tiles"));
const churn = new Churn(prefs, () => show());
const alarm = new Alarm((window) => prefs.set({ window }));
const alarms = new Alarms();
const plots = new Plots();
const connection = new Connection(take);
let announced = null;
let dressed = "";

function take(event, data) {
  if (data.clock) clock.told(data.clock);
  if (data.reasons) state.reasons = data.reasons;
  if (event === "hello") meet(data);
  if (event === "dimensions") state.dimensions = data;
  if (event === "values") state.values = data;
  if (event === "values") remember(data);
  show();
}

/** A server that serves another state of this page: load it. */
function meet(setup) {
  if (state.setup && state.setup.build !== setup.build) location.reload();
  state.setup = setup;
  useCurrency(setup.currency);
  setText(byId("tenant"), setup.tenant === "default" ? "" : setup.tenant);
  load();
}

/** The past of the chosen window. */
function load() {
  const window = chosen();
  history.range = Math.min(state.setup.ranges[window] ?? DAY_MS, DAY_MS);
  void history.load(window);
  void flows.load(window, state.values?.flows_t ?? null);
}

function remember(values) {
  const window = chosen();
  const value = (kpi) => (STANDING.has(kpi) ? values.now[kpi] : values.windows[window]?.[kpi])?.value ?? null;
  const read = (series) => (isCurve(series) ? evidence(values, series) : value(series));
  if (values.windows[window]) history.see(window, values.t, read);
  if (values.flows_t) void flows.load(window, values.flows_t);
}

function chosen() {
  const names = Object.keys(state.setup?.windows ?? {});
  if (names.includes(prefs.window)) return prefs.window;
  return names.includes(PREFERRED) ? PREFERRED : (names.at(-1) ?? "");
}

/** What every part of the page shows: the values of the chosen window, under the condition that holds. */
function view() {
  const { setup, values, dimensions } = state;
  const now = clock.now();
  const window = chosen();
  const held = condition(state, now);
  const judged = (one) => shown(one, held);
  const named = setup?.dimensions ?? [];
  const by = named.includes(prefs.by) ? prefs.by : (named[0] ?? null);
  const listed = { ...values?.windows?.[window], ...values?.now };
  return {
    setup, now, window, history, judged,
    condition: held,
    value: (kpi) => judged(listed[kpi]),
    t: values?.t ?? NaN,
    lookback: Math.min(setup?.windows[window] ?? DAY_MS, DAY_MS),
    windows: values?.windows ?? {},
    components: values?.components,
    alarms: values?.alarms ?? [],
    watched: values?.watched,
    accounting: values?.accounting,
    partitions: values?.partitions,
    process: values?.process ?? {},
    newestEvent: values?.newest_event ?? {},
    reasons: state.reasons,
    dimensions: dimensions?.values,
    dimensionsT: dimensions?.t,
    dimensionsHeld: withheld(dimensions?.values?.[by ?? "reason"], window),
    by,
  };
}

/** Whether the server itself withholds the values by dimension. */
function withheld(listed, window) {
  const held = ({ status }) => status === "stale" || status === "recovering";
  return Object.values(listed ?? {}).some((periods) => Object.values(periods[window] ?? {}).some(held));
}

function show() {
  state.open = connection?.open ?? false;
  const seen = view();
  head(seen);
  if (!state.setup) return;
  const names = Object.keys(state.setup.windows);
  radios(byId("pages"), "page", PAGES.map((name) => [name, say(`page.${name}`)]), prefs.page, (page) => prefs.set({ page }));
  radios(byId("windows"), "window", names.map((name) => [name, name]), seen.window, (window) => prefs.set({ window }));
  tiles.show(seen);
  churn.show(seen);
  alarms.show(seen);
  for (const panel of [satisfaction, flowsPanel, risk, value, engagement, accounting, engine, summary]) panel(seen);
}

function head(seen) {
  const wrong = trouble(seen, state.open);
  const held = look(state, seen.condition);
  const said = held === "ok" && wrong ? wrong : sentence(state, seen.condition, seen.now);
  const look_ = held === "ok" && wrong ? "trouble" : held;
  setText(byId("state-text"), said);
  setAttribute(byId("state"), "data-state", look_);
  setAttribute(document.documentElement, "data-condition", held);
  setText(byId("clock"), Number.isNaN(seen.t) ? "" : say("as_of", { time: instant(seen.t) }));
  setText(byId("definition"), state.values ? say("definition", { version: state.values.definition_version }) : "");
  const spike = alarm.show(seen);
  announce(look_, said, spike);
}

/** Tells screen readers what changed in kind, never that a number moved. */
function announce(kind, said, spike) {
  const key = `${kind} ${spike.split(".")[0]}`;
  if (key === announced) return;
  announced = key;
  setText(byId("announce"), [said, spike].filter(Boolean).join(" "));
}

function draw() {
  tiles.draw(history, flows);
  alarms.draw(history);
  plots.draw(history, flows);
  show();
}

/** After a choice: other curves, other colours, other sizes. */
function renew() {
  queueMicrotask(() => {
    if (state.setup && history.window !== chosen()) load();
    dress();
    show();
  });
}

function dress() {
  const { theme, wall } = prefs;
  setText(byId("theme-switch"), say(`theme.${theme}`));
  setAttribute(byId("wall-switch"), "aria-pressed", String(wall));
  const scheme = matchMedia("(prefers-color-scheme: dark)").matches;
  const dress_ = `${theme} ${wall} ${scheme}`;
  if (dress_ !== dressed && history.window) for (const plot of [...tiles.plots, ...alarms.plots, ...plots.all]) plot.renew();
  dressed = dress_;
}

const other = LANGUAGES[(LANGUAGES.indexOf(language) + 1) % LANGUAGES.length];
setText(byId("language-switch"), say("language.other"));
setAttribute(byId("language-switch"), "lang", other);
byId("language-switch").addEventListener("click", nextLanguage);
byId("theme-switch").addEventListener("click", () => prefs.nextTheme());
byId("wall-switch").addEventListener("click", () => prefs.set({ wall: !prefs.wall }));
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", dress);
setInterval(show, AGAIN_MS);
