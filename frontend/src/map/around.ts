export type Bounds = [number, number, number, number];

/** The box around the outlines of a city, of one district of it where that has an outline; "" = any. */
export function around(features: GeoJSON.Feature[], ofCity: string, ofDistrict = ""): Bounds | null {
  const inCity = features.filter(({ properties }) => !ofCity || properties?.city === ofCity);
  const chosen = inCity.filter(({ properties }) => properties?.district === ofDistrict);
  const corners = (chosen.length ? chosen : inCity).flatMap(({ geometry }) =>
    geometry.type === "Polygon" ? geometry.coordinates.flat() : geometry.type === "MultiPolygon" ? geometry.coordinates.flat(2) : [],
  );
  if (!corners.length) return null;
  const [xs, ys] = [corners.map(([x]) => x ?? 0), corners.map(([, y]) => y ?? 0)];
  return [Math.min(...xs), Math.min(...ys), Math.max(...xs), Math.max(...ys)];
}
