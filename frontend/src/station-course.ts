// The course of a station: the index and each parameter, one small chart below the other on one time axis.
import { at, token, zone, type ChartOption } from "./chart";
import { named, rgb, say, type Parameter, type ResultClass } from "./station-words";

export interface Limit {
  value: number;
  label: string;
  clause: string;
}

export interface RuledOut {
  at: number;
  value: number | null;
  flag: number;
  why: string;
}

export interface Course {
  element: string;
  /** Length of an interval, 0 of a sample. [ms] */
  lasts: number;
  times: number[];
  /** Each interval or sample in words. */
  intervals: string[];
  index: { name: string; is_number: boolean; values: (number | null)[]; klass: number[]; notes: Record<string, string> };
  series: (Parameter & { values: (number | null)[]; ruled_out: RuledOut[]; below: number[]; limits: Limit[] })[];
  classes: ResultClass[];
  flags: Record<string, [string, string]>;
  urls: Record<string, string>;
}

const ROW = 128;
const GAP = 34;
/** On a phone the limits have a line of their own. */
const NARROW_GAP = 54;
const TOP = 34;
const BOTTOM = 96;
const SINGLE = 300;
/** Parameters one below the other at most. */
export const MOST = 8;
/** Beside the only sample there is. [ms] */
const BESIDE = 30 * 86_400_000;

/** Beijing-time digits, as addresses have them, of an instant that went through `at`. */
export function digits(local: number): string {
  return new Date(local).toISOString().slice(0, 19).replace(/\D/g, "");
}

/** The chart of the first rows, or of one (0 = the index, without one the class). */
export function course(of: Course, only: number | null, words: Readonly<Record<string, unknown>>): {
  option: ChartOption;
  height: number;
} {
  const times = of.times.map(at);
  const rows = only === null ? [0, ...of.series.slice(0, MOST).map((_, number) => number + 1)] : [only];
  if (only === null && !of.classes.length) rows.shift();
  const high = only === null ? ROW : SINGLE;
  const narrow = window.matchMedia("(max-width: 44rem)").matches;
  const gap = narrow ? NARROW_GAP : GAP;
  const top = narrow ? NARROW_GAP : TOP;
  const text = (name: string): string => String(words[name] ?? "");
  const series: ChartOption["series"] = [];
  const add = series as unknown as object[];
  for (const [row, which] of rows.entries()) {
    const axes = { xAxisIndex: row, yAxisIndex: row };
    const one = of.series[which - 1];
    if (!one) {
      add.push({
        // A sample has no width.
        ...(of.lasts ? { type: "bar", barCategoryGap: "12%", barMaxWidth: 24 } : { type: "scatter", symbol: "rect", symbolSize: [8, 16] }),
        ...axes, id: of.element, name: of.index.name,
        data: times.map((time, number) => {
          const klass = of.classes[of.index.klass[number] ?? -1];
          return {
            value: [time, of.index.is_number ? (of.index.values[number] ?? null) : klass ? (of.index.klass[number] ?? 0) + 1 : null],
            itemStyle: { color: klass ? rgb(klass.rgb) : token("--soft"), borderColor: token("--soft"), borderWidth: 0.5 },
          };
        }),
      });
      continue;
    }
    const colour = token(`--series-${((which - 1) % 6) + 1}`);
    add.push({
      ...axes, id: one.slug, type: "line", name: one.name, color: colour, connectNulls: false, symbolSize: 4,
      showSymbol: !of.lasts || times.length <= 200, sampling: times.length > 2000 ? "lttb" : undefined,
      ...(of.lasts ? {} : { lineStyle: { width: 1, type: "dotted", opacity: 0.6 }, symbolSize: 7, connectNulls: true }),
      data: times.map((time, number) => ({
        value: [time, one.values[number] ?? null],
        ...(one.below.includes(number) ? { symbol: "emptyTriangle", symbolRotate: 180, symbolSize: 10 } : {}),
      })),
      markLine: {
        silent: true, symbol: "none", animation: false,
        lineStyle: { type: "dashed", color: token("--soft"), width: 1 },
        data: one.limits.filter((limit) => reaches(one.values, limit)).map((limit) => ({
          yAxis: limit.value,
          label: {
            formatter: say(text("limit"), { label: limit.label, value: limit.value }), position: "insideStartTop",
            color: token("--soft"), fontSize: 11,
          },
        })),
      },
    });
    add.push({
      ...axes, id: `${one.slug} ruled-out`, type: "scatter", name: text("ruledOut"), symbolSize: 9,
      symbol: "path://M0,0L2,0L5,3L8,0L10,0L10,2L7,5L10,8L10,10L8,10L5,7L2,10L0,10L0,8L3,5L0,2Z",
      itemStyle: { color: token("--bad") },
      data: one.ruled_out.map((out) => [times[out.at], out.value ?? 0]),
    });
  }
  const grids = rows.map((_, row) => ({ top: top + row * (high + gap), height: high, left: 56, right: 16 }));
  const titles = rows.map((which) => {
    const one = of.series[which - 1];
    if (!one) return of.index.name;
    const limits = one.limits.map((limit) => say(text("limit"), { label: limit.label, value: limit.value }));
    return `${named(one)}${limits.length && narrow ? "\n" : "   "}${limits.join("   ")}`.trimEnd();
  });
  const reached = rows.map((which) => {
    const one = of.series[which - 1];
    return Math.max(0, ...(one?.limits.filter((limit) => reaches(one.values, limit)).map((limit) => limit.value) ?? []));
  });
  // The bars of the first and the last sample need room.
  const span = (times.at(-1) ?? 0) - (times[0] ?? 0);
  const margin = of.lasts ? 0 : span / 40 || BESIDE;
  const height = top + rows.length * (high + gap) - gap + BOTTOM;
  const last = rows.length - 1;
  return {
    height,
    option: {
      axisPointer: { link: [{ xAxisIndex: "all" }] },
      grid: grids,
      xAxis: rows.map((_, row) => ({
        type: "time", gridIndex: row, min: (times[0] ?? 0) - margin, max: (times.at(-1) ?? 0) + (of.lasts || margin),
        axisLabel: { show: row === last }, name: row === last ? zone() : "", nameLocation: "middle", nameGap: 28,
      })),
      yAxis: rows.map((_, row) => ({
        type: "value", gridIndex: row, name: titles[row] ?? "", nameGap: 8, splitNumber: 3,
        min: ({ min }: { min: number }) => Math.min(0, min),
        // A line beyond the axis would not be drawn; its own end stays the engine's to round.
        max: ({ max }: { max: number }) => (max < (reached[row] ?? 0) ? rounded(reached[row] ?? 0) : null),
        nameTextStyle: { align: "left", fontWeight: "bold", lineHeight: 15 },
        ...(rows[row] === 0 && !of.index.is_number ? byClass(of) : {}),
      })),
      dataZoom: [
        { type: "inside", xAxisIndex: rows.map((_, row) => row), zoomOnMouseWheel: "ctrl" },
        { type: "slider", xAxisIndex: rows.map((_, row) => row), bottom: 8, height: 22, showDataShadow: false },
      ],
      tooltip: { trigger: "axis", formatter: (params: unknown) => tip(of, params, text) },
      series,
    } as ChartOption,
  };
}

/** The axis of an element without index: the classes, the best lowest. */
function byClass(of: Course): object {
  return {
    min: 0, max: of.classes.length, interval: 1,
    axisLabel: { formatter: (rank: number) => short(of.classes[rank - 1]?.word ?? ""), fontSize: 10 },
  };
}

function short(word: string): string {
  return word.length > 8 ? `${word.slice(0, 7)}…` : word;
}

/** Somewhat above a limit, at a number that reads well on an axis. */
function rounded(limit: number): number {
  const step = 10 ** Math.floor(Math.log10(limit)) / 2;
  return Math.ceil((limit * 1.05) / step) * step;
}

/** A limit far above everything measured would only press the line flat. */
function reaches(values: readonly (number | null)[], limit: Limit): boolean {
  const highest = Math.max(0, ...values.filter((value): value is number => value !== null));
  return limit.value <= highest * 2.5;
}

function tip(of: Course, params: unknown, text: (name: string) => string): string {
  const [first] = params as [{ value: [number] }?];
  if (!first) return "";
  const [local] = first.value;
  const number = of.times.findIndex((time) => at(time) === local);
  if (number < 0) return "";
  const lines = [of.intervals[number] ?? ""];
  const klass = of.classes[of.index.klass[number] ?? -1];
  const index = of.index.is_number ? `${of.index.values[number] ?? "—"} ` : "";
  if (of.classes.length) lines.push(`${of.index.name} ${index}${klass?.word ?? text("noClass")}`);
  for (const one of of.series.slice(0, 2 * MOST)) {
    const value = one.values[number];
    const out = one.ruled_out.find((each) => each.at === number);
    if (out) {
      const [word, meaning] = of.flags[String(out.flag)] ?? ["", ""];
      lines.push(`✗ ${one.name} ${out.value ?? text("noValue")} · ${word}: ${out.why || meaning}`);
    } else {
      const less = one.below.includes(number) ? "<" : "";
      const said = value === null || value === undefined ? "—" : less ? `${less}${value}` : value.toFixed(one.decimals);
      lines.push(`${one.name} ${said} ${one.unit}`);
    }
  }
  return lines.join("\n");
}
