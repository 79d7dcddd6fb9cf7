// The charts of a city: its days in the colours of their classes, its year, and its districts and stations compared.
import { at, token, zone, type ChartOption } from "../chart";
import { calendar, type Day } from "../station-calendar";
import { Canvas, byId, dataOf, key, named, rgb, type Parameter, type ResultClass } from "../station-words";

interface Compared {
  name: string;
  values: (number | null)[];
}

interface City {
  element: string;
  indexName: string;
  year: number;
  classes: ResultClass[];
  parameters: Parameter[];
  days: Day[];
  places: Compared[];
  stations: Compared[];
  chosen: number;
  words: Record<string, string>;
}

const city = dataOf<City>("city");

if (document.getElementById("day-charts")) {
  byId("day-charts").hidden = false;
  void new Canvas(byId("days-chart")).draw(days());
  key(byId("year-key"), city.classes, city.element);
  const words = { noClass: city.words["noClass"] ?? "" };
  void new Canvas(byId("year-chart")).draw(calendar(city, words));
}
if (city.stations.length > 1 && city.parameters.length) compare();

function days(): ChartOption {
  return {
    grid: { top: 34, left: 8, right: 12, bottom: 40, containLabel: true },
    tooltip: {
      formatter: (params: unknown) => {
        const [{ dataIndex }] = params as [{ dataIndex: number }];
        const one = city.days[dataIndex];
        const word = city.classes[one?.klass ?? -1]?.word ?? "";
        return [one?.day, `${city.indexName} ${one?.index ?? "—"} · ${word}`, one?.deciding].filter(Boolean).join("\n");
      },
    },
    xAxis: { type: "time", name: zone(), nameLocation: "middle", nameGap: 26, minInterval: 86_400_000 },
    yAxis: { type: "value", name: city.indexName, nameTextStyle: { align: "left" }, min: 0 },
    series: [
      {
        type: "bar", barMaxWidth: 24,
        data: city.days.map((one) => {
          const klass = city.classes[one.klass];
          return {
            value: [at(Date.parse(`${one.day}T00:00:00+08:00`)), one.index ?? 0],
            itemStyle: { color: klass ? rgb(klass.rgb) : token("--soft"), borderColor: token("--soft"), borderWidth: 0.5 },
          };
        }),
      },
    ],
  };
}

function compare(): void {
  byId("compare").hidden = false;
  const select = byId<HTMLSelectElement>("compare-parameter");
  for (const [number, one] of city.parameters.entries()) select.add(new Option(one.name, String(number)));
  select.value = String(city.chosen);
  const canvas = new Canvas(byId("compare-chart"));
  const draw = (): void => {
    const number = Number(select.value);
    const one = city.parameters[number];
    if (!one) return;
    const rows = [...city.places, ...city.stations].reverse();
    const option: ChartOption = {
      grid: { top: 8, left: 8, right: 48, bottom: 34, containLabel: true },
      tooltip: { trigger: "axis", axisPointer: { type: "shadow" } },
      xAxis: { type: "value", name: named(one), nameLocation: "middle", nameGap: 26, min: ({ min }: { min: number }) => Math.min(0, min) },
      yAxis: { type: "category", data: rows.map((row) => row.name) },
      series: [
        {
          type: "bar", name: one.name, barMaxWidth: 18,
          label: { show: true, position: "right", color: token("--ink"), formatter: ({ value }) => written(value, one) },
          data: rows.map((row, at_) => ({
            value: row.values[number] ?? null,
            itemStyle: { color: token(at_ >= rows.length - city.places.length ? "--series-1" : "--series-6") },
          })) as never,
        },
      ],
    };
    void canvas.draw(option, 60 + rows.length * 26);
  };
  select.addEventListener("change", draw);
  draw();
}

function written(value: unknown, one: Parameter): string {
  return typeof value === "number" ? value.toFixed(one.decimals) : "—";
}
