// The heat calendar of a year: a cell for each day in the official colour of its class, with the class's number in it.
import type { ChartOption } from "./chart";
import { inkOn, rgb, type ResultClass } from "./station-words";

export interface Day {
  day: string;
  klass: number;
  index: number | null;
  deciding: string;
}

export interface Year {
  year: number;
  indexName: string;
  days: readonly Day[];
  classes: readonly ResultClass[];
}

/** Where the click on a cell leads: the day is the first of its value. */
export function calendar({ year, indexName, days, classes }: Year, words: { noClass: string }): ChartOption {
  const about = new Map(days.map((one) => [one.day, one]));
  const data = days.map((one) => {
    const klass = classes[one.klass];
    return {
      value: [one.day, one.klass] as [string, number],
      itemStyle: { color: klass ? rgb(klass.rgb) : "transparent" },
      label: { show: true, formatter: klass ? String(one.klass + 1) : "–", color: klass ? inkOn(klass.rgb) : undefined },
    };
  });
  return {
    aria: { enabled: false },
    tooltip: {
      trigger: "item",
      formatter: (params: unknown) => {
        const [day] = (params as { value: [string, number] }).value;
        const one = about.get(day);
        const word = one ? (classes[one.klass]?.word ?? words.noClass) : words.noClass;
        return [day, `${indexName} ${one?.index ?? "—"} · ${word}`, one?.deciding ?? ""].filter(Boolean).join("\n");
      },
    },
    calendar: {
      range: String(year), top: 30, left: 44, right: 8, bottom: 8, cellSize: ["auto", "auto"],
      dayLabel: { firstDay: 1 }, yearLabel: { show: false },
    },
    series: [{ type: "heatmap", coordinateSystem: "calendar", data, label: { fontSize: 10 } }],
  };
}
