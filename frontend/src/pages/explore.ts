// The explorer's chart: a panel for each unit on one time axis, zoomed together. Where the server has left points out,
// it is asked again for the stretch that is looked at.
import { at, chart, DASHES, zone, type Chart, type ChartOption } from "../chart";

interface Curve {
  key: string; name: string; unit: string; rows: number; drawn: number; apart: boolean;
  line: [number, number | null][]; wrong: [number, number, string][];
}
interface Data { start: number; stop: number; curves: Curve[] }
interface Settings { data: string; start: number; stop: number; words: Record<string, string> }

const SETTLE_MS = 300;
const PANEL_PX = 230;
const LEGEND_PX = 44;
const SLIDER_PX = 84;

const box = document.getElementById("curves");
const settings = JSON.parse(document.getElementById("explore-settings")?.textContent ?? "{}") as Settings;

async function ask(start: number, stop: number): Promise<Data> {
  const address = new URL(settings.data, location.href);
  address.searchParams.set("from", new Date(start).toISOString());
  address.searchParams.set("to", new Date(stop).toISOString());
  const answer = await fetch(address);
  if (!answer.ok) throw new Error(String(answer.status));
  return (await answer.json()) as Data;
}

function words(name: string, values: Record<string, string | number> = {}): string {
  return (settings.words[name] ?? name).replace(/\{(\w+)\}/g, (whole, key: string) => String(values[key] ?? whole));
}

function units(data: Data): string[] {
  return [...new Set(data.curves.map((curve) => curve.unit))];
}

function height(data: Data): number {
  return LEGEND_PX + SLIDER_PX + PANEL_PX * Math.max(units(data).length, 1.4);
}

function option(data: Data): ChartOption {
  const panels = units(data);
  const last = panels.length - 1;
  const share = (height(data) - LEGEND_PX - SLIDER_PX) / panels.length;
  return {
    animation: false,
    aria: { enabled: true },
    legend: { type: "scroll", top: 8, left: 8, right: 8, data: data.curves.map((curve) => curve.name) },
    tooltip: { trigger: "axis" },
    axisPointer: { link: [{ xAxisIndex: "all" }] },
    grid: panels.map((_, panel) => ({
      left: 64, right: 24, top: LEGEND_PX + panel * share + 24, height: share - 44,
    })),
    xAxis: panels.map((_, panel) => ({
      type: "time", gridIndex: panel, min: at(settings.start), max: at(settings.stop),
      axisLabel: { show: panel === last, hideOverlap: true },
      ...(panel === last ? { name: zone(), nameLocation: "middle", nameGap: 26 } : {}),
    })),
    yAxis: panels.map((unit, panel) => ({ type: "value", gridIndex: panel, name: unit, scale: true })),
    dataZoom: [
      { type: "inside", xAxisIndex: panels.map((_, panel) => panel), filterMode: "none" },
      { type: "slider", xAxisIndex: panels.map((_, panel) => panel), filterMode: "none", bottom: 6, height: 22 },
    ],
    series: series(data),
  } as ChartOption;
}

function series(data: Data): NonNullable<ChartOption["series"]> {
  const panels = units(data);
  return data.curves.flatMap((curve, number) => {
    const panel = panels.indexOf(curve.unit);
    const place = { xAxisIndex: panel, yAxisIndex: panel };
    return [
      {
        ...place, id: curve.key, name: curve.name, type: "line" as const, showSymbol: curve.apart || curve.line.length < 2, sampling: "lttb" as const,
        connectNulls: false, lineStyle: { width: curve.apart ? 0 : 1.5, type: DASHES[number % DASHES.length] },
        data: curve.line.map(([time, value]) => [at(time), value]),
        tooltip: { valueFormatter: (value: unknown) => `${String(value ?? "—")} ${curve.unit}` },
      },
      {
        ...place, id: `${curve.key} wrong`, name: `${curve.name} (${words("wrong")})`, type: "scatter" as const, symbol: "path://M0 0 L8 8 M8 0 L0 8", symbolSize: 8, silent: true,
        itemStyle: { color: "transparent", borderColor: "#a11616", borderWidth: 1.5 },
        data: curve.wrong.map(([time, value, flag]) => ({ value: [at(time), value], name: flag })),
      },
    ];
  }) as NonNullable<ChartOption["series"]>;
}

function say(data: Data): void {
  const thinned = data.curves.filter((curve) => curve.drawn < curve.rows);
  const text = thinned.map(
    (curve) => `${curve.name}: ${words("thinned", { drawn: curve.drawn, rows: curve.rows })}`,
  );
  const place = document.getElementById("thinned");
  if (place) place.textContent = text.length ? `${text.join("; ")}.` : "";
}

/** Ask for the stretch in view when points were left out, some time after the last movement. */
function follow(drawn: Chart, first: Data): void {
  if (!first.curves.some((curve) => curve.drawn < curve.rows)) return;
  let timer = 0;
  let current = 0;
  drawn.engine.on("datazoom", () => {
    window.clearTimeout(timer);
    timer = window.setTimeout(() => {
      void look();
    }, SETTLE_MS);
  });

  async function look(): Promise<void> {
    const zoom = (drawn.engine.getOption() as { dataZoom: { start: number; end: number }[] }).dataZoom[0];
    const span = settings.stop - settings.start;
    const start = settings.start + (span * (zoom?.start ?? 0)) / 100;
    const stop = settings.start + (span * (zoom?.end ?? 100)) / 100;
    const mine = ++current;
    const whole = stop - start > 0.999 * span;
    try {
      const data = whole ? first : await ask(start, stop);
      if (mine !== current) return; // somebody zoomed on
      drawn.engine.setOption({ series: series(data) } as ChartOption);
      say(data);
    } catch {
      // What is drawn stays; the next movement asks again.
    }
  }
}

async function main(): Promise<void> {
  if (!box) return;
  try {
    const data = await ask(settings.start, settings.stop);
    box.style.height = `${height(data)}px`;
    if (data.curves.every((curve) => curve.rows === 0)) {
      box.textContent = words("empty");
      return;
    }
    const drawn = await chart(box, option(data));
    say(data);
    follow(drawn, data);
  } catch {
    box.textContent = words("failed");
  }
}

void main();
