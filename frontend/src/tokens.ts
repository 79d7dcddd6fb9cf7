/** A colour token of the page (`--ink`, `--series-1` …) as it is now. */
export function token(name: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}
