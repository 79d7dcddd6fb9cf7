// The wall: asks for the state when the server says that something was judged and every half minute, and puts it into
// elements that are there from the beginning. Nothing is ever added to the page, so it can stay up for days.
import { at, chart, zone, type Chart, type ChartOption } from "../chart";
import { live } from "../live";

interface Figure { label: string; number: string; below: string; style: string }
interface Class { word: string; style: string; count: number }
interface Tile { id: string; name: string; city: string; number: string; word: string; style: string; below: string; klass: number }
interface Turn { title: string; below: string; style: string; word: string; span: string; rows: [number, number | null, number][] }
interface State {
  now: number; version: string; figures: Figure[]; classes: Class[]; stations: Tile[]; charts: Turn[]; news: string[];
}
interface Settings {
  state: string; live: string; version: string; index: string; colours: string[]; words: Record<string, string>;
}

const REFRESH_MS = 30_000;
const STALE_MS = 120_000;
const PAGE_MS = 12_000;
const CHART_MS = 10_000;
const NEWS_MS = 7_000;
const NEWS_KEPT = 20;
const SETTLE_MS = 1_000;

const settings = JSON.parse(element("room-settings").textContent ?? "{}") as Settings;
const tiles = [...document.querySelectorAll<HTMLElement>(".tile")];
const figures = [...document.querySelectorAll<HTMLElement>(".key")];
const classes = [...document.querySelectorAll<HTMLElement>(".classes li")];

let state: State | null = null;
let ahead = 0; // how far the server's clock is ahead of this machine's [ms]
let asked = 0;
let asking = false;
let page = -1;
let turn = -1;
let said = -1;
let changes: string[] = [];
let drawing: Promise<Chart> | null = null;

function element(id: string): HTMLElement {
  const found = document.getElementById(id);
  if (!found) throw new Error(`the page lacks #${id}`);
  return found;
}

function put(within: ParentNode, selector: string, text: string): void {
  const found = within.querySelector(selector);
  if (found && found.textContent !== text) found.textContent = text;
}

function words(name: string, values: Record<string, string | number> = {}): string {
  return (settings.words[name] ?? name).replace(/\{(\w+)\}/g, (whole, key: string) => String(values[key] ?? whole));
}

/** Exchange the style class that carries the official colour. */
function paint(of: HTMLElement, style: string): void {
  const old = of.dataset.style;
  if (old === style) return;
  if (old) of.classList.remove(old);
  if (style) of.classList.add(style);
  of.dataset.style = style;
}

async function refresh(): Promise<void> {
  if (asking) return;
  asking = true;
  try {
    const answer = await fetch(settings.state, { cache: "no-store", signal: AbortSignal.timeout(20_000) });
    if (!answer.ok) return; // the age beside the title says that nothing new came
    const fresh = (await answer.json()) as State;
    if (fresh.version !== settings.version) {
      location.reload(); // a newer Lichen serves us
      return;
    }
    ahead = fresh.now - Date.now();
    note(state, fresh);
    state = fresh;
    show(fresh);
    tick();
  } catch {
    // Offline or restarting: the same.
  } finally {
    asking = false;
  }
}

/** What changed between two states, for the ticker. */
function note(before: State | null, after: State): void {
  if (!before) return;
  const known = new Map(before.stations.map((tile) => [tile.id, tile]));
  for (const tile of after.stations) {
    const old = known.get(tile.id);
    if (!old || old.klass === tile.klass) continue;
    const kind = tile.klass < 0 ? "lost" : old.klass < 0 ? "back" : tile.klass > old.klass ? "worse" : "better";
    tell(words(kind, { name: tile.name, word: tile.word, number: tile.number }));
  }
}

function tell(text: string): void {
  changes = [`${clockText(Date.now() + ahead).slice(0, 5)} ${text}`, ...changes].slice(0, NEWS_KEPT);
  said = -1; // the newest first
}

function show(fresh: State): void {
  fresh.figures.forEach((figure, at) => {
    const box = figures[at];
    if (!box) return;
    put(box, ".label", figure.label);
    put(box, ".key-number", figure.number);
    put(box, ".below", figure.below);
    box.querySelector(".key-number")?.classList.toggle("long", figure.number.length > 7);
    paint(box, figure.style);
  });
  fresh.classes.forEach((one, at) => {
    const box = classes[at];
    if (!box) return;
    put(box, ".count", String(one.count));
    put(box, ".word", one.word);
    box.classList.toggle("none", one.count === 0);
    paint(box, one.style);
  });
  if (page < 0) page = 0;
  showTiles();
  if (turn < 0) nextChart();
  if (said < 0) nextNews();
}

function pages(): number {
  return Math.max(1, Math.ceil((state?.stations.length ?? 0) / tiles.length));
}

function showTiles(): void {
  if (!state) return;
  page %= pages();
  tiles.forEach((box, at) => {
    const tile = state?.stations[page * tiles.length + at];
    box.hidden = !tile;
    if (!tile) return;
    put(box, "h2", tile.name);
    put(box, ".tile-number", tile.number);
    put(box, ".word", tile.word);
    put(box, ".below", [tile.city, tile.below].filter(Boolean).join(" · "));
    paint(box, tile.style);
  });
}

/** Whether a chart spans at most so many days. */
function within(of: Turn, days: number): boolean {
  const [first, last] = [of.rows[0]?.[0] ?? 0, of.rows.at(-1)?.[0] ?? 0];
  return last - first <= days * 86_400_000;
}

function option(of: Turn): ChartOption {
  const size = parseFloat(getComputedStyle(document.documentElement).fontSize);
  const text = { fontSize: 1.25 * size };
  return {
    animation: false,
    aria: { enabled: true },
    grid: { left: 1 * size, right: 1.5 * size, top: 3.5 * size, bottom: 3.2 * size, containLabel: true },
    xAxis: { type: "time", name: zone(), nameLocation: "middle", nameGap: 2.6 * size, nameTextStyle: text, axisLabel: { ...text, ...(within(of, 2) ? { formatter: "{HH}:{mm}" } : {}), hideOverlap: true }, splitNumber: 4 },
    yAxis: { type: "value", name: settings.index, nameTextStyle: text, axisLabel: text, min: 0 },
    tooltip: { show: false },
    series: [{
      type: "bar", barCategoryGap: "15%", barMaxWidth: 3 * size, barMinWidth: 2,
      data: of.rows.map(([time, index, klass]) => ({
        value: [at(time), index], itemStyle: { color: settings.colours[klass] ?? "#888" },
      })),
    }],
  };
}

function nextChart(): void {
  const turns = state?.charts ?? [];
  if (!turns.length) return;
  turn = (turn + 1) % turns.length;
  const one = turns[turn];
  if (!one) return;
  put(document, "#chart-title", words("chart", { name: one.title, index: settings.index, span: one.span }));
  put(document, "#turn", words("page", { page: turn + 1, pages: turns.length }));
  if (drawing) {
    void drawing.then((drawn) => {
      drawn.update(option(one));
    });
  } else {
    drawing = chart(element("chart"), option(one));
  }
}

function nextNews(): void {
  const items = [...changes, ...(state?.news ?? [])];
  said = items.length ? (said + 1) % items.length : 0;
  put(document, "#news", items[said] ?? words("quiet"));
}

const clockFormat = new Intl.DateTimeFormat("en-GB", {
  timeZone: "Asia/Shanghai", hour: "2-digit", minute: "2-digit", second: "2-digit",
});
const dateFormat = new Intl.DateTimeFormat(document.documentElement.lang === "en" ? "en-GB" : "zh-CN", {
  timeZone: "Asia/Shanghai", year: "numeric", month: "long", day: "numeric", weekday: "long",
});

function clockText(instant: number): string {
  return clockFormat.format(instant);
}

function tick(): void {
  const now = Date.now() + ahead;
  put(document, "#clock", clockText(now));
  put(document, "#date", dateFormat.format(now));
  if (!state) return;
  const age = now - state.now;
  const stale = age > STALE_MS;
  element("fresh").classList.toggle("stale", stale);
  put(
    document,
    "#fresh",
    stale
      ? words("stale", { time: clockText(state.now) })
      : words("fresh", { seconds: Math.max(0, Math.round(age / 1000)) }),
  );
}

function soon(): void {
  window.clearTimeout(asked);
  asked = window.setTimeout(() => void refresh(), SETTLE_MS);
}

live(settings.live, {
  events: {
    judged: (body) => {
      const count = (body as { points?: unknown[] }).points?.length ?? 0;
      if (count) tell(words("judged", { count }));
      soon();
    },
  },
});
window.setInterval(tick, 1_000);
window.setInterval(() => void refresh(), REFRESH_MS);
window.setInterval(() => {
  page += 1;
  showTiles();
}, PAGE_MS);
window.setInterval(nextChart, CHART_MS);
window.setInterval(nextNews, NEWS_MS);
tick();
void refresh();
