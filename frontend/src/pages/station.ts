// The charts of a station: its course with limits and what does not count, its year, its usual day and week, the wind.
import { at, zone, type ChartOption } from "../chart";
import { calendar, type Day } from "../station-calendar";
import { MOST, course, digits, type Course } from "../station-course";
import { rose, pollution, type Wind } from "../station-rose";
import {
  Canvas, byId, choices, dataOf, fetched, key, named, say, type Parameter, type ResultClass,
} from "../station-words"; // prettier-ignore

interface Page {
  course: string;
  year: string;
  profile: string;
  thisYear: number;
  period: string;
  spans: { period: string; span: number; label: string }[];
  usual: number;
  words: Record<string, string> & { weekdays: string[]; sectors: string[] };
}

interface Year {
  year: number;
  index_name: string;
  element: string;
  days: Day[];
  classes: ResultClass[];
  url: string;
}

interface Profile {
  days: number;
  least: number;
  series: (Parameter & { hours: (number | null)[]; hours_n: number[]; week: (number | null)[]; week_n: number[] })[];
  wind: Wind | null;
}

const page = dataOf<Page>("charts");
const words = page.words;
byId("station-charts").hidden = false;

function trouble(failed: unknown): void {
  const line = byId("chart-trouble");
  line.hidden = false;
  line.textContent = words["failed"] ?? "";
  console.warn(failed);
}

// course

let shown: Course | null = null;
let mode: number | null = null;
const courseCanvas = new Canvas(byId("course-chart"), ({ seriesId = "", value }) => {
  const template = shown?.urls[seriesId.split(" ")[0] ?? ""];
  const [instant] = Array.isArray(value) ? (value as [number]) : [NaN];
  if (template && Number.isFinite(instant)) location.assign(template.replace("19700101000000", digits(instant)));
});

async function load(number: number): Promise<void> {
  const span = page.spans[number];
  if (!span) return;
  shown = await fetched<Course>(`${page.course}?period=${span.period}&span=${span.span}`);
  const many = shown.series.length > MOST;
  /** What can be shown: everything (null), the index or class (0), a parameter (from 1). */
  const of: [string, number | null][] = [
    [many ? say(words["first"] ?? "", { n: MOST }) : (words["all"] ?? ""), null],
    ...(shown.classes.length ? [[shown.index.name, 0] as [string, number]] : []),
    ...shown.series.map((one, number) => [one.name, number + 1] as [string, number]),
  ];
  const labels = of.map(([label]) => label);
  if (mode !== null && !of.some(([, which]) => which === mode)) mode = null;
  choices(byId("course-modes"), labels, of.findIndex(([, which]) => which === mode), (chosen) => {
    mode = of[chosen]?.[1] ?? null;
    void draw().catch(trouble);
  });
  tell(shown);
  await draw();
}

async function draw(): Promise<void> {
  if (!shown) return;
  const { option, height } = course(shown, mode, words);
  await courseCanvas.draw(option, height);
}

/** What does not count, as a list for everybody who cannot hover. */
function tell(of: Course): void {
  const box = document.querySelector<HTMLDetailsElement>(".ruled-out");
  const list = box?.querySelector("ul");
  const title = box?.querySelector("summary");
  if (!box || !list || !title) return;
  const all = of.series.flatMap((one) => one.ruled_out.map((out) => ({ one, out })));
  box.hidden = all.length === 0;
  title.textContent = say(words["ruledOutCount"] ?? "", { count: all.length });
  list.textContent = "";
  for (const { one, out } of all) {
    const instant = of.times[out.at] ?? 0;
    const item = list.appendChild(document.createElement("li"));
    const link = item.appendChild(document.createElement("a"));
    link.href = (of.urls[one.slug] ?? "").replace("19700101000000", digits(at(instant)));
    const stamp = new Date(at(instant)).toISOString().slice(0, 16).replace("T", " ");
    link.textContent = `${stamp} ${one.name}`;
    const [word, meaning] = of.flags[String(out.flag)] ?? ["", ""];
    item.append(` ${out.value ?? words["noValue"] ?? ""} · ${word}. ${out.why || meaning}`);
  }
}

const first = page.spans.findIndex((one) => one.period === page.period && one.span === page.usual);
choices(byId("course-spans"), page.spans.map((one) => one.label), first, (number) => {
  void load(number).catch(trouble);
});
void load(first).catch(trouble);

// the year

let yearUrl = "";
let yearCanvas: Canvas | null = null;

function ofYear({ value }: { value: unknown }): void {
  const [day] = Array.isArray(value) ? (value as [string]) : [""];
  if (yearUrl && day) location.assign(yearUrl.replace("19700101000000", `${day.replaceAll("-", "")}000000`));
}

async function showYear(which: number): Promise<void> {
  yearCanvas ??= new Canvas(byId("year-chart"), ofYear);
  const of = await fetched<Year>(`${page.year}?year=${which}`);
  yearUrl = of.url;
  key(byId("year-key"), of.classes, of.element);
  if (!of.days.length) byId("year-key").append(` ${words["nothing"] ?? ""}`);
  const scrolled = byId("year-chart").parentElement; // on a phone the newest days first
  if (scrolled) scrolled.scrollLeft = scrolled.scrollWidth;
  await yearCanvas.draw(calendar({ ...of, indexName: of.index_name }, { noClass: words["noClass"] ?? "" }));
}

if (page.year) {
  const years = [page.thisYear, page.thisYear - 1];
  choices(byId("year-tools"), years.map(String), 0, (number) => {
    void showYear(years[number] ?? page.thisYear).catch(trouble);
  });
  void showYear(page.thisYear).catch(trouble);
}

// the usual day and week, and the wind

function bars(
  labels: readonly string[], values: readonly (number | null)[], counts: readonly number[], one: Parameter, axis: string,
): ChartOption { // prettier-ignore
  return {
    grid: { top: 34, left: 8, right: 12, bottom: axis ? 26 : 8, containLabel: true },
    tooltip: {
      formatter: (params: unknown) => {
        const [{ dataIndex }] = params as [{ dataIndex: number }];
        const value = values[dataIndex];
        const shownValue = value === null || value === undefined ? "—" : value.toFixed(one.decimals);
        const n = say(words["hoursOf"] ?? "", { n: counts[dataIndex] ?? 0 });
        return `${labels[dataIndex] ?? ""}\n${one.name} ${shownValue} ${one.unit}\n${n}`;
      },
    },
    xAxis: { type: "category", data: [...labels], name: axis, nameLocation: "middle", nameGap: 26 },
    yAxis: { type: "value", name: named(one), nameTextStyle: { align: "left" } },
    series: [{ type: "bar", data: [...values], barCategoryGap: "25%" }],
  };
}

async function profiles(): Promise<void> {
  const of = await fetched<Profile>(page.profile);
  byId("profile-note").textContent = say(words["profileNote"] ?? "", { days: of.days, least: of.least });
  const select = byId<HTMLSelectElement>("profile-parameter");
  const [dayCanvas, weekCanvas] = [new Canvas(byId("day-chart")), new Canvas(byId("week-chart"))];
  for (const one of of.series) select.add(new Option(one.name, one.slug));
  const pollutionCanvas = new Canvas(byId("pollution-chart"));
  const draw = async (): Promise<void> => {
    const one = of.series.find((each) => each.slug === select.value) ?? of.series[0];
    if (!one) return;
    const hours = Array.from({ length: 24 }, (_, hour) => String(hour).padStart(2, "0"));
    const axis = `${words["hours"] ?? ""} · ${zone()}`;
    const wind = of.wind?.series.find((each) => each.slug === one.slug);
    await Promise.all([
      dayCanvas.draw(bars(hours, one.hours, one.hours_n, one, axis)),
      weekCanvas.draw(bars(words.weekdays, one.week, one.week_n, one, "")),
      wind ? pollutionCanvas.draw(pollution(wind, words)) : null,
    ]);
  };
  select.addEventListener("change", () => {
    void draw().catch(trouble);
  });
  if (of.wind && of.wind.hours > 0) {
    byId("wind").hidden = false;
    const told = { hours: of.wind.hours, days: of.wind.days, calm: of.wind.calm, speed: of.wind.speeds[0] ?? 0, unit: of.wind.unit };
    byId("wind-note").textContent = say(words["windNote"] ?? "", told);
    void new Canvas(byId("wind-chart")).draw(rose(of.wind, words)).catch(trouble);
  }
  if (of.series.length) await draw();
  else byId("profiles").closest("section")?.remove();
}
if (page.profile) void profiles().catch(trouble);
