// Wind rose (how often from where, how fast) and pollution rose (mean by direction of the wind).
import { token, type ChartOption } from "./chart";
import { named, type Parameter } from "./station-words";

export interface Wind {
  days: number;
  hours: number;
  calm: number;
  least: number;
  speeds: number[];
  counts: number[][];
  unit: string;
  series: (Parameter & { means: (number | null)[]; n: number[] })[];
}

type Words = Readonly<Record<string, unknown>> & { sectors: string[] };

function compass(words: Words): ChartOption {
  return {
    polar: { radius: "68%" },
    angleAxis: { type: "category", data: words.sectors, startAngle: 101.25, boundaryGap: true },
  } as ChartOption;
}

export function rose(wind: Wind, words: Words): ChartOption {
  const blowing = Math.max(1, wind.hours);
  return {
    ...compass(words),
    legend: { bottom: 0 },
    radiusAxis: { axisLabel: { formatter: "{value} %" }, name: String(words["share"] ?? "") },
    tooltip: {
      trigger: "item",
      valueFormatter: (value: unknown) => `${Number(value).toFixed(1)} %`,
    },
    series: wind.counts.map((counts, number) => {
      const next = wind.speeds[number + 1];
      const from = wind.speeds[number] ?? 0;
      return {
        type: "bar", coordinateSystem: "polar", stack: "wind", barCategoryGap: "8%",
        name: next === undefined ? `≥ ${from} ${wind.unit}` : `${from}–${next} ${wind.unit}`,
        itemStyle: { color: token(`--series-${number + 1}`) },
        data: counts.map((count) => (100 * count) / blowing),
      };
    }),
  } as ChartOption;
}

export function pollution(of: Wind["series"][number], words: Words): ChartOption {
  return {
    ...compass(words),
    legend: { bottom: 0 },
    radiusAxis: {},
    tooltip: {
      trigger: "item",
      valueFormatter: (value: unknown) => (typeof value === "number" ? value.toFixed(of.decimals) : "—"),
    },
    series: [
      {
        type: "bar", coordinateSystem: "polar", name: named(of), barCategoryGap: "8%",
        itemStyle: { color: token("--series-2") }, data: of.means,
      },
    ],
  } as ChartOption;
}
