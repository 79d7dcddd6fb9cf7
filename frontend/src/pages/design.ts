// The style page: its chart is the real one.
import { at, chart, zone } from "../chart";

interface Sample {
  chart: { name: string; unit: string; limit: string; invalid: string };
}

const sample = JSON.parse(document.getElementById("design-sample")?.textContent ?? "") as Sample;

const element = document.getElementById("sample-chart");
if (element) {
  const hour = 3600_000;
  const begin = Date.UTC(2026, 2, 1, 16);
  const values = Array.from({ length: 48 }, (_, index) => 42 + 24 * Math.sin(index / 5) + 6 * Math.cos(index * 1.7));
  const invalid = new Set([17, 18, 31]);
  const { name, unit, limit } = sample.chart;
  void chart(element, {
    legend: { top: 4 },
    grid: { left: 56, right: 24, top: 48, bottom: 48 },
    xAxis: { type: "time", name: zone(), nameLocation: "middle", nameGap: 30 },
    yAxis: { type: "value", name: unit },
    series: [
      {
        type: "line",
        name,
        showSymbol: false,
        data: values.map((value, index) => [at(begin + index * hour), invalid.has(index) ? null : Math.round(value)]),
        markLine: { symbol: "none", silent: true, data: [{ yAxis: 75, name: limit }], label: { formatter: `${limit} 75`, position: "insideEndTop" } },
      },
      {
        type: "scatter",
        name: sample.chart.invalid,
        symbol: "diamond",
        symbolSize: 9,
        data: [...invalid].map((index) => [at(begin + index * hour), Math.round(values[index] ?? 0)]),
      },
    ],
  });
}
