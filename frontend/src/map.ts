// A map of stations: district outlines, every station a dot in the colour of its class, and its value as a link where
// there is room for it. Works without tiles; the engine (MapLibre GL) is loaded when a map is opened.
import type { GeoJSONSource, LngLatBoundsLike, Map as Engine, PaddingOptions, StyleSpecification } from "maplibre-gl";
import { around } from "./map/around";
import { token } from "./tokens";

export interface Place {
  id: string;
  name: string;
  city: string;
  lon: number | null;
  lat: number | null;
  url: string;
}

export interface ClassLook {
  word: string;
  rgb: [number, number, number];
  ink: string;
}

/** What a dot says (the index, or the word of the class); `klass` -1 = no class. The higher `rank` goes before. */
export interface Value {
  figure: string;
  rank: number;
  klass: number;
  said: string;
  late: boolean;
}

export interface MapOptions {
  /** The element's slug, for the style classes of its colours. */
  element: string;
  places: Place[];
  classes: ClassLook[];
  /** Address of a GeoJSON file. */
  outlines: string;
  /** Addresses of raster tiles, the last on top. */
  tiles: string[];
  label: string;
}

export interface StationMap {
  show(values: ReadonlyMap<string, Value>): void;
  /** Look at some places, at all if none is given; at once, as cities may lie far apart. */
  fit(places?: Place[]): void;
  zoom(by: number): void;
  close(): void;
}

const NO_COLOUR: [number, number, number] = [140, 145, 140];
/** Values nearer than this would cover each other. [px] */
const ROOM = { x: 54, y: 28 };
/** Of a dot without its value. [px] */
const DOT = 15;
/** Shown at least to either side of the middle. [degree] */
const LEAST_SPAN = 0.12;
const MOST_LINKS = 250;

/** Open a map; rejects where the browser cannot draw one. */
export async function stationMap(element: HTMLElement, options: MapOptions): Promise<StationMap> {
  const { LngLatBounds, Map: MapEngine } = await import("./map/engine");
  const placed = options.places.filter((one): one is Place & { lon: number; lat: number } => one.lon !== null && one.lat !== null);
  const still = window.matchMedia("(prefers-reduced-motion: reduce)");
  const dark = window.matchMedia("(prefers-color-scheme: dark)");
  let values: ReadonlyMap<string, Value> = new Map();
  let looks = 0;

  /** Keeps values clear of the buttons over the map. */
  function margin(): PaddingOptions {
    const [side, buttons] = [Math.min(60, element.clientWidth / 9), 36];
    return { left: side, bottom: side, right: side + buttons, top: side + buttons };
  }
  const engine: Engine = new MapEngine({
    container: element,
    style: style(options),
    bounds: bounds(placed),
    fitBoundsOptions: { padding: margin(), maxZoom: 12 },
    attributionControl: false,
    dragRotate: false,
    pitchWithRotate: false,
    cooperativeGestures: false,
    renderWorldCopies: false,
    fadeDuration: 0,
    maxZoom: 17,
    locale: { "Map.Title": options.label },
  });
  engine.touchZoomRotate.disableRotation();
  engine.keyboard.disableRotation();

  const links = document.createElement("div");
  links.className = "map-dots";
  // Within the engine's own box: the map can also be dragged and zoomed where a value lies over it.
  engine.getCanvasContainer().append(links);
  const linkOf = new Map<string, HTMLAnchorElement>();
  const placeOf = new Map(placed.map((place) => [place.id, place]));

  function bounds(of: readonly { lon: number | null; lat: number | null }[]): LngLatBoundsLike | undefined {
    const found = new LngLatBounds();
    for (const { lon, lat } of of) if (lon !== null && lat !== null) found.extend([lon, lat]);
    if (found.isEmpty()) return undefined;
    // One station alone is shown with its surroundings.
    const { lng, lat } = found.getCenter();
    for (const side of [-1, 1]) found.extend([lng + side * LEAST_SPAN, lat + side * LEAST_SPAN]);
    return found;
  }

  /** Look at a city none of whose places has a position. */
  async function surround(city: string): Promise<void> {
    const mine = (looks += 1);
    const answer = await fetch(options.outlines);
    if (mine !== looks) return;
    const box = around(((await answer.json()) as GeoJSON.FeatureCollection).features, city);
    if (box) engine.fitBounds(box, { padding: margin(), maxZoom: 12, animate: false });
  }

  function link(place: Place): HTMLAnchorElement {
    let found = linkOf.get(place.id);
    if (!found) {
      found = document.createElement("a");
      found.href = place.url;
      found.draggable = false;
      found.dataset.point = place.id;
      linkOf.set(place.id, found);
    }
    const value = values.get(place.id);
    found.className = ["dot", ...(value && value.klass >= 0 ? ["judged", `${options.element}-${value.klass}`] : []), ...(value?.late ? ["late"] : [])].join(" ");
    found.textContent = value?.figure ?? "—";
    found.title = found.ariaLabel = `${place.name} ${value?.said ?? ""}`.trim();
    return found;
  }

  /** Links for what is in view, the highest value first where there is no room for all. */
  function arrange(): void {
    const { clientWidth: width, clientHeight: height } = element;
    const inView = placed
      .map((place) => ({ place, at: engine.project([place.lon, place.lat]), rank: values.get(place.id)?.rank ?? -1 }))
      .filter(({ at }) => at.x > 0 && at.y > 0 && at.x < width && at.y < height)
      .sort((one, other) => other.rank - one.rank);
    const taken = new Map<string, { x: number; y: number }[]>();
    const chosen: HTMLAnchorElement[] = [];
    for (const { place, at } of inView) {
      if (chosen.length >= MOST_LINKS) break;
      const [column, row] = [Math.floor(at.x / ROOM.x), Math.floor(at.y / ROOM.y)];
      let free = true;
      for (let x = column - 1; free && x <= column + 1; x++) {
        for (let y = row - 1; free && y <= row + 1; y++) {
          free = !(taken.get(`${x} ${y}`) ?? []).some((one) => Math.abs(one.x - at.x) < ROOM.x && Math.abs(one.y - at.y) < ROOM.y);
        }
      }
      if (!free) continue;
      const cell = `${column} ${row}`;
      taken.set(cell, [...(taken.get(cell) ?? []), at]);
      chosen.push(link(place));
    }
    // Kept in the order of the list, so that the keyboard goes through them as through the list.
    const wanted = new Set(chosen);
    const focused = document.activeElement;
    for (const old of [...links.children]) if (!wanted.has(old as HTMLAnchorElement) && old !== focused) old.remove();
    let before: Element | null = null;
    for (const place of placed) {
      const one = linkOf.get(place.id);
      if (!one || !wanted.has(one)) continue;
      const following: Element | null = before ? before.nextElementSibling : links.firstElementChild;
      if (following !== one) links.insertBefore(one, following);
      before = one;
    }
    follow();
  }

  /** Keep the links over their dots. */
  function follow(): void {
    for (const one of links.children as HTMLCollectionOf<HTMLAnchorElement>) {
      const place = placeOf.get(one.dataset.point ?? "");
      if (!place) continue;
      const at = engine.project([place.lon, place.lat]);
      one.style.transform = `translate(${Math.round(at.x)}px, ${Math.round(at.y)}px)`;
    }
  }

  function dots(): GeoJSON.FeatureCollection {
    return {
      type: "FeatureCollection",
      features: placed.map((place) => ({
        type: "Feature",
        properties: { id: place.id, url: place.url, klass: values.get(place.id)?.klass ?? -1 },
        geometry: { type: "Point", coordinates: [place.lon, place.lat] },
      })),
    };
  }

  engine.on("styleimagemissing", ({ id }) => {
    if (!engine.hasImage(id)) engine.addImage(id, picture(options.classes, Number(id.replace(DOT_NAME, ""))), { pixelRatio: SHARP });
  });
  await new Promise<void>((resolve, reject) => {
    engine.once("load", () => resolve());
    engine.once("error", ({ error }) => {
      if (!engine.loaded() && !engine.isStyleLoaded()) reject(error);
    });
  });
  dark.addEventListener("change", again);
  engine.on("move", follow);
  engine.on("moveend", arrange);
  engine.on("resize", arrange);
  engine.on("click", "dots", (event) => {
    if (event.originalEvent.target !== engine.getCanvas()) return; // a value over the dot: it leads there itself
    const url: unknown = event.features?.[0]?.properties.url;
    if (typeof url === "string") window.location.assign(url);
  });
  engine.on("mouseenter", "dots", () => (engine.getCanvas().style.cursor = "pointer"));
  engine.on("mouseleave", "dots", () => (engine.getCanvas().style.cursor = ""));

  function again(): void {
    engine.setStyle(style(options), { diff: true });
    engine.once("styledata", () => (engine.getSource("dots") as GeoJSONSource | undefined)?.setData(dots()));
  }

  return {
    show(shown) {
      values = shown;
      (engine.getSource("dots") as GeoJSONSource | undefined)?.setData(dots());
      arrange();
    },
    fit(places = options.places) {
      const found = bounds(places);
      looks += 1;
      if (found) engine.fitBounds(found, { padding: margin(), maxZoom: 12, animate: false });
      else void surround(places[0]?.city ?? "");
    },
    zoom(by) {
      engine.zoomTo(engine.getZoom() + by, { animate: !still.matches });
    },
    close() {
      dark.removeEventListener("change", again);
      engine.remove();
      links.remove();
    },
  };
}

const DOT_NAME = "class ";
const SHARP = 2;

/** A dot in the colour of a class with its number in it, for those who cannot tell the colours apart. */
function picture(classes: ClassLook[], klass: number): ImageData {
  const [side, look] = [(DOT + 2) * SHARP, classes[klass]];
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = side;
  const pen = canvas.getContext("2d");
  if (!pen) throw new Error("no canvas");
  pen.beginPath();
  pen.arc(side / 2, side / 2, (DOT * SHARP) / 2, 0, 2 * Math.PI);
  pen.fillStyle = `rgb(${(look?.rgb ?? NO_COLOUR).join(",")})`;
  pen.fill();
  pen.lineWidth = SHARP;
  pen.strokeStyle = "rgb(0 0 0 / 70%)";
  pen.stroke();
  if (look) {
    pen.fillStyle = look.ink;
    pen.font = `700 ${11 * SHARP}px system-ui, sans-serif`;
    pen.textAlign = "center";
    pen.textBaseline = "middle";
    pen.fillText(String(klass + 1), side / 2, side / 2 + SHARP / 2);
  }
  return pen.getImageData(0, 0, side, side);
}

/** Districts, and tiles under them where there are some; `dots` is for the page to fill. */
export function style({ outlines, tiles }: Pick<MapOptions, "outlines" | "tiles">): StyleSpecification {
  const english = document.documentElement.lang === "en";
  return {
    version: 8,
    sources: {
      ...Object.fromEntries(tiles.map((address, number) => [`tiles-${number}`, { type: "raster" as const, tiles: [new URL(address, location.href).href.replace(/%7B/gi, "{").replace(/%7D/gi, "}")], tileSize: 256 }])),
      districts: { type: "geojson", data: new URL(outlines, location.href).href },
      dots: { type: "geojson", data: { type: "FeatureCollection", features: [] } },
    },
    layers: [
      { id: "paper", type: "background", paint: { "background-color": token("--around") } },
      ...tiles.map((_, number) => ({ id: `tiles-${number}`, type: "raster" as const, source: `tiles-${number}` })),
      ...(tiles.length ? [] : [{ id: "land", type: "fill" as const, source: "districts", paint: { "fill-color": token("--sheet") } }]),
      { id: "borders", type: "line", source: "districts", paint: { "line-color": token("--soft"), "line-width": 1, "line-opacity": 0.7 } },
      {
        id: "names",
        type: "symbol",
        source: "districts",
        layout: {
          // The browser's own fonts: there is no server of glyphs.
          "text-font": ["Noto Sans SC", "PingFang SC", "Microsoft YaHei", "sans-serif"],
          "text-field": english ? ["coalesce", ["get", "district_en"], ["get", "district"], ""] : ["coalesce", ["get", "district"], ["get", "name"], ""],
          "text-size": 13,
        },
        paint: { "text-color": token("--soft"), "text-halo-color": token("--sheet"), "text-halo-width": 1.5 },
      },
      {
        id: "dots",
        type: "symbol",
        source: "dots",
        layout: { "icon-image": ["concat", DOT_NAME, ["get", "klass"]], "icon-allow-overlap": true, "icon-ignore-placement": true },
      },
    ],
  };
}
