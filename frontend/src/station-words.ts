// What the charts of stations and cities share: sentences with values put in, class colours, and how to draw again.
import { chart, type Chart, type ChartOption } from "./chart";

export interface Parameter {
  slug: string;
  name: string;
  unit: string;
  decimals: number;
}

export interface ResultClass {
  word: string;
  rgb: [number, number, number];
}

/** A sentence of the page with its values put in. */
export function say(text: string, told: Readonly<Record<string, string | number>>): string {
  return text.replace(/%\((\w+)\)s/g, (_, key: string) => String(told[key] ?? ""));
}

/** `PM2.5 (µg/m³)`; nothing in brackets for a pure number. */
export function named(parameter: Pick<Parameter, "name" | "unit">): string {
  return parameter.unit ? `${parameter.name} (${parameter.unit})` : parameter.name;
}

export function rgb([red, green, blue]: readonly [number, number, number]): string {
  return `rgb(${red}, ${green}, ${blue})`;
}

/** Black or white, whichever can be read on a colour (WCAG relative luminance). */
export function inkOn(colour: readonly [number, number, number]): string {
  const [red, green, blue] = colour.map((part) => {
    const share = part / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  }) as [number, number, number];
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue > 0.179 ? "#000000" : "#ffffff";
}

export function byId<Kind extends HTMLElement = HTMLElement>(id: string): Kind {
  const found = document.getElementById(id);
  if (!found) throw new Error(`the page has no #${id}`);
  return found as Kind;
}

export function dataOf<Shape>(id: string): Shape {
  return JSON.parse(byId(id).textContent ?? "") as Shape;
}

export async function fetched<Shape>(address: string): Promise<Shape> {
  const answer = await fetch(address);
  if (!answer.ok) throw new Error(`${address}: HTTP ${answer.status}`);
  return (await answer.json()) as Shape;
}

/** A place for a chart that shows one option after the other; `clicked` hears of points that are chosen. */
export class Canvas {
  private shown: Chart | null = null;
  private wanted = 0;

  constructor(
    private readonly element: HTMLElement,
    private readonly clicked: (params: { seriesId?: string; dataIndex: number; value: unknown }) => void = () =>
      undefined,
  ) {}

  async draw(option: ChartOption, height?: number): Promise<void> {
    const mine = ++this.wanted;
    if (height !== undefined) this.element.style.height = `${height}px`;
    this.shown?.close();
    this.shown = null;
    const drawn = await chart(this.element, option);
    if (mine !== this.wanted) {
      drawn.close();
      return;
    }
    this.shown = drawn;
    drawn.engine.on("click", (params) => {
      this.clicked(params as { seriesId?: string; dataIndex: number; value: unknown });
    });
  }
}

/** Buttons of which one is pressed. */
export function choices(
  group: HTMLElement, labels: readonly string[], chosen: number, act: (number: number) => void,
): void { // prettier-ignore
  group.textContent = "";
  const buttons = labels.map((label, number) => {
    const button = group.appendChild(document.createElement("button"));
    button.type = "button";
    button.textContent = label;
    button.setAttribute("aria-pressed", String(number === chosen));
    button.addEventListener("click", () => {
      for (const one of buttons) one.setAttribute("aria-pressed", String(one === button));
      act(number);
    });
    return button;
  });
}

/** The classes with their colours and numbers, as a list under a chart. */
export function key(list: HTMLElement, classes: readonly ResultClass[], element: string): void {
  list.textContent = "";
  for (const [number, one] of classes.entries()) {
    const item = list.appendChild(document.createElement("li"));
    const swatch = item.appendChild(document.createElement("span"));
    swatch.className = `swatch ${element}-${number}`;
    item.append(`${number + 1} ${one.word}`);
  }
}
