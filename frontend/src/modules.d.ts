// The build of MapLibre GL that needs neither eval nor blob: workers has no types of its own.
declare module "maplibre-gl/dist/maplibre-gl-csp.js" {
  import * as maplibre from "maplibre-gl";
  export default maplibre;
}
// `?url`: the address of a file, see build.mjs.
declare module "*?url" {
  const address: string;
  export default address;
}
