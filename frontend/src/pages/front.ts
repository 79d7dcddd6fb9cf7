// The front door: map, time line and list show the same hour; what is judged anew arrives by itself.
import { live } from "../live";
import { stationMap } from "../map";
import type { ClassLook, Place, StationMap, Value } from "../map";

interface Start {
  opening: string;
  hour: string;
  outlines: string;
  live: string;
  element: string;
  tiles: string[];
  words: Record<"play" | "pause" | "live" | "past" | "waiting" | "failed" | "no_map" | "no_place" | "no_verdict" | "late" | "without", string>;
}

interface Verdict {
  index: string;
  figure: string;
  klass: number;
  word: string;
  deciding: string;
  interval: string;
  url: string;
  age: string;
  late: boolean;
  note: string;
}

interface Frame {
  time: number | null;
  interval: string;
  values: Record<string, Verdict>;
  said: { city: string; url: string; text: string }[];
}

interface Opening {
  index: string;
  classes: ClassLook[];
  points: Place[];
  step: number | null;
  newest: number | null;
  frame: Frame;
}

const BEIJING_MS = 8 * 3600_000;
const STEP_MS = 700;
const POLL_MS = 60_000;

function byId<Kind extends HTMLElement>(id: string): Kind {
  const found = document.getElementById(id);
  if (!found) throw new Error(`the page has no #${id}`);
  return found as Kind;
}

const start = JSON.parse(byId("map-start").textContent ?? "") as Start;
/** How to go back in time; null where stations are not judged at even intervals. */
const line = document.getElementById("hour")
  ? {
      slider: byId<HTMLInputElement>("hour"), said: byId<HTMLOutputElement>("hour-said"),
      play: byId<HTMLButtonElement>("play"), now: byId<HTMLButtonElement>("now"),
    }
  : null;
const state = byId("live-said");
const message = byId("map-message");
const last = Number(line?.slider.max ?? 0);

let opening: Opening;
let map: StationMap | null = null;
let shown: Frame | null = null;
/** Which answer is wanted: older ones that come late are dropped. */
let asked = 0;
let connected = false;
const frames = new Map<number, Promise<Frame>>();

async function json<Answer>(address: string): Promise<Answer> {
  const answer = await fetch(address, { headers: { Accept: "application/json" } });
  if (!answer.ok) throw new Error(`${address}: ${answer.status}`);
  return (await answer.json()) as Answer;
}

function digits(instant: number): string {
  return new Date(instant + BEIJING_MS).toISOString().replace(/\D/g, "").slice(0, 14);
}

function frameAt(position: number): Promise<Frame> {
  if (position === last || opening.newest === null || opening.step === null) return Promise.resolve(opening.frame);
  const time = opening.newest - (last - position) * opening.step;
  let found = frames.get(time);
  if (!found) {
    found = json<Frame>(start.hour + digits(time));
    frames.set(time, found);
    found.catch(() => frames.delete(time));
  }
  return found;
}

async function show(position: number): Promise<void> {
  const mine = ++asked;
  let frame: Frame;
  try {
    frame = await frameAt(position);
  } catch {
    if (mine === asked) complain();
    return;
  }
  if (mine !== asked) return;
  shown = frame;
  if (line) {
    line.slider.value = String(position);
    line.slider.setAttribute("aria-valuetext", frame.interval);
    line.said.textContent = frame.interval;
    line.now.textContent = position === last ? start.words.live : start.words.past;
    line.now.disabled = position === last;
  }
  byId("said").replaceChildren(...frame.said.map(sentence));
  draw();
  fillList(frame);
}

function sentence({ city, url, text }: Frame["said"][number]): HTMLElement {
  const item = written("li", "");
  if (city) {
    const link = document.createElement("a");
    link.href = url;
    link.append(written("strong", city));
    item.append(link, " ");
  }
  item.append(text);
  return item;
}

/** What goes before where there is no room for all: the higher index, the worse class. */
function rank(verdict: Verdict): number {
  return opening.index ? Number(verdict.index) || 0 : verdict.klass + 1;
}

function complain(): void {
  state.textContent = start.words.failed;
  stop();
}

function draw(): void {
  if (!map || !shown) return;
  const values = new Map<string, Value>();
  for (const [id, verdict] of Object.entries(shown.values)) {
    const parts = [...(opening.index ? [opening.index, verdict.index] : []), verdict.word || start.words.no_verdict, verdict.deciding, verdict.interval];
    if (verdict.late) parts.push(start.words.late);
    values.set(id, { figure: verdict.figure, rank: rank(verdict), klass: verdict.klass, said: parts.filter(Boolean).join(" · "), late: verdict.late });
  }
  map.show(values);
}

// the list

function written(tag: string, text: string, name = ""): HTMLElement {
  const made = document.createElement(tag);
  made.textContent = text;
  if (name) made.className = name;
  return made;
}

function fillList(frame: Frame): void {
  const known = new Set(opening.points.map((point) => point.id));
  for (const row of document.querySelectorAll<HTMLTableRowElement>("#list tr[data-point]")) {
    const id = row.dataset.point ?? "";
    if (!known.has(id)) continue; // out of service, or of another element
    const verdict = frame.values[id];
    const cell = (name: string, ...content: (Node | string)[]): void => {
      row.querySelector(`[data-cell="${name}"]`)?.replaceChildren(...content);
    };
    if (!verdict) {
      cell("index", "—");
      cell("class", written("span", start.words.no_verdict, "soft"));
      cell("deciding");
      cell("interval", written("span", frame.interval, "nowrap soft"));
      continue;
    }
    const link = (text: string, name = ""): HTMLAnchorElement => {
      const made = written("a", text, name) as HTMLAnchorElement;
      made.href = verdict.url;
      return made;
    };
    cell("index", link(verdict.index, "large"));
    if (verdict.klass < 0) {
      cell("class", link(start.words.no_verdict, "soft"), " ", written("span", verdict.note, "small soft"));
    } else {
      const of = written("span", "", "nowrap");
      of.append(written("span", "", `swatch ${start.element}-${verdict.klass}`), link(verdict.word));
      cell("class", of);
    }
    cell("deciding", verdict.deciding || "—");
    const when: (Node | string)[] = [written("span", verdict.interval, "nowrap")];
    if (isNow()) when.push(" ", written("span", verdict.age, "small soft"));
    if (verdict.late) when.push(" ", written("span", start.words.late, "tag"));
    cell("interval", ...when);
  }
}

// time

let playing = 0;

function isNow(): boolean {
  return !line || Number(line.slider.value) === last;
}

function stop(): void {
  window.clearTimeout(playing);
  playing = 0;
  if (!line) return;
  line.play.textContent = start.words.play;
  line.play.setAttribute("aria-pressed", "false");
}

async function step(position: number): Promise<void> {
  const began = performance.now();
  await show(position);
  if (!playing) return;
  if (position >= last) {
    stop();
    return;
  }
  void frameAt(position + 1).catch(() => undefined);
  playing = window.setTimeout(() => void step(position + 1), Math.max(0, STEP_MS - (performance.now() - began)));
}

if (line) {
  const { slider, play, now } = line;
  play.addEventListener("click", () => {
    if (playing) {
      stop();
      return;
    }
    const from = Number(slider.value);
    play.textContent = start.words.pause;
    play.setAttribute("aria-pressed", "true");
    playing = -1;
    void step(from >= last ? 0 : from);
  });
  slider.addEventListener("input", () => {
    stop();
    void show(Number(slider.value));
  });
  now.addEventListener("click", () => {
    stop();
    void show(last);
  });
}

// live

let pending = 0;

/** Ask anew, once for many events. */
function refresh(): void {
  window.clearTimeout(pending);
  pending = window.setTimeout(() => void take(), 150 + Math.random() * 250);
}

async function take(): Promise<void> {
  try {
    opening = await json<Opening>(start.opening);
  } catch {
    state.textContent = start.words.failed;
    return;
  }
  frames.clear(); // what came late changes past hours too
  if (connected) state.textContent = "";
  if (isNow() && !playing) await show(last);
}

async function begin(): Promise<void> {
  try {
    opening = await json<Opening>(start.opening);
  } catch {
    complain();
    if (line) line.said.textContent = "—";
    return;
  }
  if (line) line.slider.disabled = opening.newest === null;
  await show(last);
  live(start.live, {
    events: {
      judged: (body) => {
        if ((body as { element?: string }).element === start.element) refresh();
      },
    },
    state: (is) => {
      const again = !connected && is === "open";
      connected = is === "open";
      state.textContent = connected ? "" : start.words.waiting;
      if (again) refresh();
    },
  });
  window.setInterval(() => {
    if (!connected && !document.hidden) refresh();
  }, POLL_MS);
  await openMap();
}

async function openMap(): Promise<void> {
  const element = byId("map");
  if (!opening.points.some((point) => point.lon !== null && point.lat !== null)) {
    message.textContent = start.words.no_place;
    message.hidden = false;
  }
  try {
    map = await stationMap(element, {
      element: start.element,
      places: opening.points,
      classes: opening.classes,
      outlines: start.outlines,
      tiles: start.tiles,
      label: byId("map-box").getAttribute("aria-label") ?? "",
    });
  } catch {
    element.replaceChildren();
    message.textContent = start.words.no_map;
    message.hidden = false;
    return;
  }
  draw();
  look();
}

// where to look

const cities = [...document.querySelectorAll<HTMLButtonElement>("button[data-city]")];
/** The city with the most stations, until the reader chooses. */
let city = "";

function look(): void {
  if (cities.length && !city) {
    const counted = new Map<string, number>();
    for (const point of opening.points) counted.set(point.city, (counted.get(point.city) ?? 0) + 1);
    city = [...counted].reduce((best, one) => (one[1] > best[1] ? one : best), ["", 0] as [string, number])[0];
  }
  for (const one of cities) one.setAttribute("aria-pressed", String(one.dataset.city === city));
  map?.fit(city ? opening.points.filter((point) => point.city === city) : undefined);
}

for (const one of cities) {
  one.addEventListener("click", () => {
    city = one.dataset.city ?? "";
    if (map) look();
  });
}
byId("zoom-in").addEventListener("click", () => map?.zoom(1));
byId("zoom-out").addEventListener("click", () => map?.zoom(-1));

void begin();
