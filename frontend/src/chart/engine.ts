// Apache ECharts with the parts our charts use, in the page's colours. Loaded by chart.ts only.
import { BarChart, HeatmapChart, LineChart, ScatterChart } from "echarts/charts";
import type {
  BarSeriesOption,
  HeatmapSeriesOption,
  LineSeriesOption,
  ScatterSeriesOption,
} from "echarts/charts";
import {
  AriaComponent,
  CalendarComponent,
  DataZoomComponent,
  GridComponent,
  LegendComponent,
  MarkAreaComponent,
  MarkLineComponent,
  MarkPointComponent,
  PolarComponent,
  TooltipComponent,
  VisualMapComponent,
} from "echarts/components";
import type {
  AriaComponentOption,
  CalendarComponentOption,
  DataZoomComponentOption,
  GridComponentOption,
  LegendComponentOption,
  PolarComponentOption,
  TooltipComponentOption,
  VisualMapComponentOption,
} from "echarts/components";
import * as echarts from "echarts/core";
import type { ComposeOption, EChartsType } from "echarts/core";
import { CanvasRenderer } from "echarts/renderers";
import { token } from "../tokens";

export type ChartOption = ComposeOption<
  | AriaComponentOption
  | BarSeriesOption
  | CalendarComponentOption
  | DataZoomComponentOption
  | GridComponentOption
  | HeatmapSeriesOption
  | LegendComponentOption
  | LineSeriesOption
  | PolarComponentOption
  | ScatterSeriesOption
  | TooltipComponentOption
  | VisualMapComponentOption
>;

echarts.use([
  AriaComponent, BarChart, CalendarComponent, CanvasRenderer, DataZoomComponent, GridComponent, HeatmapChart,
  LegendComponent, LineChart, MarkAreaComponent, MarkLineComponent, MarkPointComponent, PolarComponent, ScatterChart,
  TooltipComponent, VisualMapComponent,
]); // prettier-ignore

/** Draw an option into an element. */
export function open(element: HTMLElement, option: ChartOption): EChartsType {
  const engine = echarts.init(element, theme(), { renderer: "canvas", locale: locale() });
  engine.setOption({
    useUTC: true, // see `at` in chart.ts
    animation: !window.matchMedia("(prefers-reduced-motion: reduce)").matches,
    ...option,
    // As text on the canvas: HTML with style attributes would need an exception in the Content-Security-Policy.
    tooltip: { trigger: "axis", confine: true, ...first(option.tooltip), renderMode: "richText" },
  });
  return engine;
}

function first<Value>(given: Value | Value[] | undefined): Value | undefined {
  return Array.isArray(given) ? given[0] : given;
}

function locale(): string {
  return document.documentElement.lang === "en" ? "EN" : "ZH";
}

function theme(): object {
  const [ink, soft, line, sheet] = ["--ink", "--soft", "--line", "--sheet"].map(token);
  const axis = {
    axisLine: { show: true, lineStyle: { color: soft } },
    axisTick: { lineStyle: { color: soft } },
    axisLabel: { color: soft, hideOverlap: true },
    nameTextStyle: { color: soft },
    splitLine: { lineStyle: { color: line } },
  };
  return {
    color: [1, 2, 3, 4, 5, 6].map((which) => token(`--series-${which}`)),
    backgroundColor: "transparent",
    textStyle: { color: ink, fontFamily: getComputedStyle(document.body).fontFamily },
    categoryAxis: { ...axis, splitLine: { show: false } },
    valueAxis: axis,
    timeAxis: { ...axis, splitLine: { show: false } },
    logAxis: axis,
    legend: { textStyle: { color: ink }, inactiveColor: soft, pageTextStyle: { color: ink } },
    tooltip: {
      backgroundColor: sheet, borderColor: soft, textStyle: { color: ink },
      axisPointer: { lineStyle: { color: soft }, crossStyle: { color: soft } },
    },
    visualMap: { textStyle: { color: ink } },
    calendar: {
      itemStyle: { color: sheet, borderColor: line },
      splitLine: { lineStyle: { color: soft } },
      dayLabel: { color: soft }, monthLabel: { color: soft }, yearLabel: { color: soft },
    },
    line: { symbolSize: 5, lineStyle: { width: 2 }, smooth: false },
    dataZoom: { textStyle: { color: soft }, borderColor: line },
  };
}
