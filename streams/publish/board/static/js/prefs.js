// What the person in front of the page chose. Page, window, breakdown and wall stand in the address, so that a screen
// on a wall can be opened as it should look; the theme is remembered by the browser.

export const PAGES = ["overview", "value", "engagement"];
const THEMES = ["system", "light", "dark"];
const KEY = "kpi-board-theme";

function remembered() {
  try {
    return localStorage.getItem(KEY);
  } catch {
    return null; // storage is forbidden: the theme is then chosen anew each time
  }
}

export class Prefs {
  #changed;

  /** `changed()` is called after every choice. */
  constructor(changed) {
    this.#changed = changed;
    this.#read();
    addEventListener("hashchange", () => {
      this.#read();
      this.#apply();
    });
    this.#apply();
  }

  #read() {
    const chosen = new URLSearchParams(location.hash.slice(1));
    const theme = chosen.get("theme") ?? remembered();
    this.window = chosen.get("window");
    this.by = chosen.get("by");
    this.wall = chosen.has("wall");
    this.lang = chosen.get("lang");
    this.page = PAGES.includes(chosen.get("page")) ? chosen.get("page") : PAGES[0];
    this.theme = THEMES.includes(theme) ? theme : "system";
  }

  /** Takes some of page, window, by, wall, theme. */
  set(choice) {
    Object.assign(this, choice);
    const chosen = new URLSearchParams();
    if (this.page !== PAGES[0]) chosen.set("page", this.page);
    if (this.window) chosen.set("window", this.window);
    if (this.by) chosen.set("by", this.by);
    if (this.lang) chosen.set("lang", this.lang);
    if (this.wall) chosen.set("wall", "");
    history.replaceState(null, "", `#${chosen.toString().replace("wall=", "wall")}`);
    this.#apply();
  }

  nextTheme() {
    const theme = THEMES[(THEMES.indexOf(this.theme) + 1) % THEMES.length];
    try {
      localStorage.setItem(KEY, theme);
    } catch {
      // see above
    }
    this.set({ theme });
  }

  #apply() {
    document.documentElement.dataset.theme = this.theme;
    document.documentElement.dataset.mode = this.wall ? "wall" : "full";
    document.documentElement.dataset.page = this.wall ? PAGES[0] : this.page;
    this.#changed();
  }
}
