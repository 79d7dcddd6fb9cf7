// Charts: unit and time zone said, dark pages respected, drawn anew when their size changes. The engine (Apache
// ECharts) is loaded when the first chart of a page comes into view, never before.
import type { EChartsType } from "echarts/core";
import type { ChartOption } from "./chart/engine";

export type { ChartOption } from "./chart/engine";

export interface Chart {
  /** Show something else; what is not named stays. */
  update(option: ChartOption): void;
  /** The engine's own object, for zooming, events and the like. */
  readonly engine: EChartsType;
  close(): void;
}

const BEIJING_MS = 8 * 3600_000;

/**
 * An instant (ms since 1970 UTC) as charts take it: on a time axis every reader sees Beijing time, wherever they are.
 */
export function at(instant: number): number {
  return instant + BEIJING_MS;
}

/** Words of the axis under a chart, in the page's language. */
export function zone(): string {
  return document.documentElement.lang === "en" ? "Beijing time (UTC+8)" : "北京时间（UTC+8）";
}

export { token } from "./tokens";

/** Tokens for lines that are told apart by dashes as well. */
export const DASHES: readonly (string | number[])[] = ["solid", [6, 3], [2, 3], [10, 3, 2, 3], [4, 4], [1, 2]];

/**
 * Draw a chart into an element, which needs a size of its own (class `chart`) and an `aria-label`.
 *
 * Instants on time axes must have gone through {@link at}. Every value axis should be named with its unit.
 */
export async function chart(element: HTMLElement, option: ChartOption): Promise<Chart> {
  await seen(element);
  element.setAttribute("aria-busy", "true");
  const { open } = await import("./chart/engine");
  element.textContent = "";
  element.setAttribute("role", "img");
  const dark = window.matchMedia("(prefers-color-scheme: dark)");
  const print = window.matchMedia("print");
  let shown = option;
  let engine = open(element, shown);
  element.removeAttribute("aria-busy");

  function again(): void {
    engine.dispose();
    engine = open(element, shown);
  }
  const sized = new ResizeObserver(() => {
    engine.resize();
  });
  sized.observe(element);
  dark.addEventListener("change", again);
  print.addEventListener("change", again);
  return {
    get engine() {
      return engine;
    },
    update(changed) {
      shown = { ...shown, ...changed };
      engine.setOption(changed);
    },
    close() {
      sized.disconnect();
      dark.removeEventListener("change", again);
      print.removeEventListener("change", again);
      engine.dispose();
    },
  };
}

function seen(element: HTMLElement): Promise<void> {
  return new Promise((resolve) => {
    const watcher = new IntersectionObserver(
      (found) => {
        if (!found.some((one) => one.isIntersecting)) return;
        watcher.disconnect();
        resolve();
      },
      { rootMargin: "300px" },
    );
    watcher.observe(element);
  });
}
