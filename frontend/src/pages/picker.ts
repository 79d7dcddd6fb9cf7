// The map in a point's form: a click fills in longitude and latitude; what is written there moves the pin. Whether the
// position lies in the chosen district is said beside it. Without map or script the fields do the same.
import type { Map as Engine } from "maplibre-gl";
import { style } from "../map";
import { around } from "../map/around";

interface Start {
  outlines: string;
  check: string;
  tiles: string[];
  words: Record<"label" | "fits" | "none" | "failed" | "no_map", string>;
}

/** Of longitude and latitude: about 10 m. */
const DECIMALS = 4;
const CLOSE = 12;

function byId<Kind extends HTMLElement>(id: string): Kind {
  const found = document.getElementById(id);
  if (!found) throw new Error(`the page has no #${id}`);
  return found as Kind;
}

const start = JSON.parse(byId("picker-start").textContent ?? "") as Start;
const [lon, lat, city, district] = ["lon", "lat", "city", "district"].map((name) => byId<HTMLInputElement>(`id_${name}`)) as [HTMLInputElement, HTMLInputElement, HTMLInputElement, HTMLInputElement];
const said = byId("picker-said");
const box = byId("picker");
let map: Engine | null = null;
let asked = 0;
const pin = document.createElement("span");
pin.className = "pin";
pin.hidden = true;

function position(): [number, number] | null {
  const [x, y] = [Number.parseFloat(lon.value), Number.parseFloat(lat.value)];
  return Number.isFinite(x) && Number.isFinite(y) && Math.abs(x) <= 180 && Math.abs(y) <= 85 ? [x, y] : null;
}

/** Keep the pin where the fields say. */
function follow(): void {
  const at = position();
  pin.hidden = !map || !at;
  if (!map || !at) return;
  const { x, y } = map.project(at);
  pin.style.transform = `translate(${Math.round(x)}px, ${Math.round(y)}px)`;
}

async function check(): Promise<void> {
  const at = position();
  const mine = ++asked;
  follow();
  if (!at) {
    tell(start.words.none, false);
    return;
  }
  const query = new URLSearchParams({ lon: String(at[0]), lat: String(at[1]), city: city.value, district: district.value });
  let doubt = start.words.failed;
  try {
    const answer = await fetch(`${start.check}?${query}`, { headers: { Accept: "application/json" } });
    if (answer.ok) doubt = ((await answer.json()) as { doubt: string }).doubt;
  } catch {
    // said below
  }
  if (mine !== asked) return;
  tell(doubt || (city.value && district.value ? start.words.fits : ""), Boolean(doubt));
}

function tell(text: string, isDoubtful: boolean): void {
  said.textContent = text;
  said.className = isDoubtful ? "doubtful" : "soft";
}

async function open(): Promise<void> {
  const [{ Map: MapEngine }, answer] = await Promise.all([import("../map/engine"), fetch(start.outlines)]);
  const { features } = (await answer.json()) as GeoJSON.FeatureCollection;
  const at = position();
  const bounds = around(features, city.value, district.value);
  const engine = new MapEngine({
    container: box,
    style: style({ outlines: start.outlines, tiles: start.tiles }),
    ...(at ? { center: at, zoom: CLOSE } : bounds ? { bounds, fitBoundsOptions: { padding: 20 } } : {}),
    attributionControl: false,
    dragRotate: false,
    pitchWithRotate: false,
    renderWorldCopies: false,
    fadeDuration: 0,
    maxZoom: 17,
    locale: { "Map.Title": start.words.label },
  });
  engine.touchZoomRotate.disableRotation();
  engine.keyboard.disableRotation();
  await new Promise<void>((resolve, reject) => {
    engine.once("load", () => resolve());
    engine.once("error", ({ error }) => {
      if (!engine.loaded() && !engine.isStyleLoaded()) reject(error);
    });
  });
  map = engine;
  box.append(pin);
  box.dataset.state = "open";
  engine.on("move", follow);
  engine.on("resize", follow);
  engine.on("click", ({ lngLat }) => {
    lon.value = lngLat.lng.toFixed(DECIMALS);
    lat.value = lngLat.lat.toFixed(DECIMALS);
    void check();
  });
  byId("zoom-in").addEventListener("click", () => engine.zoomTo(engine.getZoom() + 1, { animate: false }));
  byId("zoom-out").addEventListener("click", () => engine.zoomTo(engine.getZoom() - 1, { animate: false }));
  for (const one of [city, district]) {
    one.addEventListener("change", () => {
      const of = around(features, city.value, district.value);
      if (of && !position()) engine.fitBounds(of, { padding: 20, animate: false });
    });
  }
  for (const one of [lon, lat]) {
    one.addEventListener("change", () => {
      const there = position();
      if (there && !engine.getBounds().contains(there)) engine.jumpTo({ center: there, zoom: Math.max(CLOSE, engine.getZoom()) });
    });
  }
  follow();
}

for (const one of [lon, lat, city, district]) one.addEventListener("change", () => void check());
void check();
open().catch(() => {
  const message = byId("picker-message");
  message.textContent = start.words.no_map;
  message.hidden = false;
});
