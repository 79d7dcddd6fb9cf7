// MapLibre GL in the build for strict Content-Security-Policies, its worker from our own address. Loaded by map.ts.
import maplibre from "maplibre-gl/dist/maplibre-gl-csp.js";
import worker from "maplibre-gl/dist/maplibre-gl-csp-worker.js?url";

maplibre.setWorkerUrl(worker);

export const { Map, LngLatBounds } = maplibre;
