// The page "why this number": checks every packet it rests on in this browser and draws the proof as it goes.
import {
  Unusable, isAble, summary, toBase64, unbase64, verify,
  type Bundle, type Claim, type Outcome, type Step, type Witnesses,
} from "./verify"; // prettier-ignore

interface Asked extends Claim {
  log: string;
  page: string;
  entry: string;
  proof: string;
  tile: string;
  bundle: string;
  first: number;
}

interface Told {
  claims: Asked[];
  words: Record<string, string>;
}

const HASH_BYTES = 32;
/** Between two steps, so that an eye can follow. [ms] */
const PACE_MS = window.matchMedia("(prefers-reduced-motion: reduce)").matches ? 0 : 90;
const SIGN: Record<Outcome, string> = { good: "✓", bad: "✗", unknown: "–" };

async function start(section: HTMLElement, told: Told): Promise<void> {
  section.hidden = false;
  const view = new View(section, told.words);
  if (!isAble()) {
    view.state("unknown", view.word("insecure"));
    return;
  }
  const [only] = told.claims;
  if (told.claims.length === 1 && only) await single(view, only);
  else await several(view, told.claims);
}

async function single(view: View, asked: Asked): Promise<void> {
  const check = async (tamper: boolean): Promise<void> => {
    view.clear();
    view.state(null, view.word("checking"));
    try {
      const { bundle, witnesses } = await fetched(asked);
      // Of a single packet only: the file holds up to 255 others.
      witnesses.file = async () => ({ first: asked.first, bytes: await bytes(asked.bundle), name: named(asked.bundle) });
      if (tamper) {
        bundle.entry = altered(bundle.entry);
        delete witnesses.entry;
      }
      const steps = await verify(bundle, asked, witnesses, async (step) => {
        view.step(step);
        if (step.kind !== "node" || step.outcome === "bad") await pause();
      });
      view.done(summary(steps), tamper);
    } catch (failed) {
      view.failed(failed);
    }
  };
  view.tool(view.word("again"), () => check(false));
  view.tool(view.word("tamper"), () => check(true));
  await check(false);
}

async function several(view: View, claims: readonly Asked[]): Promise<void> {
  let [done, good] = [0, 0];
  let worst: Outcome = "good";
  const unchecked = new Set<string>();
  view.state(null, view.word("counting", { done, count: claims.length }));
  for (const asked of claims) {
    const row = view.packet(asked);
    try {
      const { bundle, witnesses } = await fetched(asked);
      const steps = await verify(bundle, asked, witnesses);
      const outcome = summary(steps);
      if (outcome === "good") good++;
      if (outcome === "bad" || worst === "good") worst = outcome === "good" ? worst : outcome;
      row(outcome, steps.filter((step) => step.outcome === "bad"));
      for (const step of steps) if (step.says === "not-checked") unchecked.add(view.word(step.says, step.told));
    } catch (failed) {
      worst = worst === "bad" ? worst : "unknown";
      row("unknown", [], view.reason(failed));
    }
    done++;
    view.state(null, view.word("counting", { done, count: claims.length }));
  }
  for (const said of unchecked) view.note(said);
  view.state(worst, `${view.word(worst)} ${view.word("count", { good, count: claims.length })}`);
}

class Unreachable extends Error {}

async function fetched(asked: Asked): Promise<{ bundle: Bundle; witnesses: Witnesses }> {
  const [bundle, alone] = await Promise.all([json(asked.proof), json(asked.entry)]);
  const entry = unbase64((alone as { entry: string }).entry);
  const tile: Witnesses["tile"] = async () => {
    const found = await bytes(asked.tile);
    const hashes = Array.from({ length: found.length / HASH_BYTES }, (_, at) =>
      found.subarray(at * HASH_BYTES, (at + 1) * HASH_BYTES),
    );
    return { first: asked.first, hashes, name: named(asked.tile) };
  };
  return { bundle: bundle as Bundle, witnesses: { entry, tile } };
}

/** The name of a file of the log, below the log's address. */
function named(address: string): string {
  return address.slice(address.indexOf("/tile/") + 1);
}

async function bytes(address: string): Promise<Uint8Array> {
  return new Uint8Array(await (await got(address)).arrayBuffer());
}

async function json(address: string): Promise<unknown> {
  return (await got(address)).json();
}

async function got(address: string): Promise<Response> {
  const answer = await fetch(address, { cache: "no-store" }).catch((failed: unknown) => {
    throw new Unreachable(String(failed));
  });
  if (!answer.ok) throw new Unreachable(`HTTP ${answer.status}`);
  return answer;
}

/** The same bytes with one bit of the last but second changed. */
function altered(encoded: string): string {
  const bytes = unbase64(encoded);
  const at = Math.max(0, bytes.length - 3);
  bytes[at] = (bytes[at] ?? 0) ^ 1;
  return toBase64(bytes);
}

function pause(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, PACE_MS));
}

class View {
  private readonly line: HTMLElement;
  private readonly tools: HTMLElement;
  private readonly tree: HTMLElement;
  private climb: HTMLDetailsElement | null = null;

  constructor(
    private readonly section: HTMLElement,
    private readonly words: Readonly<Record<string, string>>,
  ) {
    this.line = part(section, ".live-state");
    this.tools = part(section, ".live-tools");
    this.tree = part(section, ".proof-tree");
  }

  /** A sentence with its values put in. */
  word(name: string, told: Readonly<Record<string, string | number>> = {}): string {
    const text = this.words[name] ?? name;
    return text.replace(/%\((\w+)\)s/g, (_, key: string) => this.value(key, told[key] ?? ""));
  }

  private value(key: string, value: string | number): string {
    if (key === "side") return this.words[value] ?? String(value);
    if (key === "time" && typeof value === "number") return beijing(value);
    return String(value);
  }

  clear(): void {
    this.tree.textContent = "";
    this.climb = null;
  }

  /** Steps up the tree are many and alike: they are counted, and opened where one fails or somebody asks. */
  private climbed(step: Step): HTMLElement {
    if (this.climb === null || !this.climb.isConnected) {
      const item = this.tree.appendChild(document.createElement("li"));
      item.className = "is-climb";
      this.climb = item.appendChild(document.createElement("details"));
      this.climb.append(document.createElement("summary"), document.createElement("ol"));
    }
    const item = this.climb.closest("li");
    if (item && !item.classList.contains("bad")) item.className = `${step.outcome} is-climb`;
    if (step.outcome === "bad") this.climb.open = true;
    const summary = part(this.climb, "summary");
    summary.textContent = "";
    const outcome = item?.classList.contains("bad") ? "bad" : step.outcome;
    this.say(summary, outcome, this.word("climb", step.told));
    const list = part(this.climb, "ol");
    list.className = "proof-tree";
    return list;
  }

  state(outcome: Outcome | null, text: string): void {
    this.section.dataset["state"] = outcome ?? "checking";
    this.line.textContent = outcome === null ? text : `${SIGN[outcome]} ${text}`;
  }

  done(outcome: Outcome, tampered: boolean): void {
    this.state(outcome, tampered ? `${this.word(outcome)} ${this.word("tampered")}` : this.word(outcome));
  }

  failed(failed: unknown): void {
    this.state(failed instanceof Unreachable ? "unknown" : "bad", this.reason(failed));
  }

  reason(failed: unknown): string {
    if (failed instanceof Unreachable) return this.word("unreachable", { reason: failed.message });
    if (failed instanceof Unusable) return this.word("unusable", { reason: failed.message });
    throw failed;
  }

  /** Something that holds for all packets alike. */
  note(text: string): void {
    const item = this.tree.appendChild(document.createElement("li"));
    item.className = "unknown";
    this.say(item, "unknown", text);
  }

  tool(text: string, act: () => Promise<void>): void {
    const button = this.tools.appendChild(document.createElement("button"));
    button.type = "button";
    button.textContent = text;
    button.addEventListener("click", () => {
      for (const one of this.tools.querySelectorAll("button")) one.disabled = true;
      void act().finally(() => {
        for (const one of this.tools.querySelectorAll("button")) one.disabled = false;
        button.focus();
      });
    });
  }

  step(step: Step): void {
    const list = step.kind === "node" ? this.climbed(step) : this.tree;
    const item = list.appendChild(document.createElement("li"));
    item.className = `${step.outcome} is-${step.kind}`;
    this.say(item, step.outcome, this.word(step.says, step.told));
    const hashes: [string, string | number | undefined][] = [
      ["hash", step.told["hash"]],
      ["sibling", step.told["sibling"]],
      ["result", step.told["result"]],
      ["reached", step.told["reached"]],
      ["signed-root", step.told["root"]],
    ];
    for (const [name, value] of hashes) {
      if (value === undefined) continue;
      const line = item.appendChild(document.createElement("span"));
      line.className = "proof-hash";
      line.textContent = `${this.word(name)} `;
      const code = line.appendChild(document.createElement("code"));
      code.className = "hash";
      code.textContent = String(value);
    }
  }

  /** A line for a packet; the function returned says how it came out. */
  packet(asked: Asked): (outcome: Outcome, faults: readonly Step[], reason?: string) => void {
    const item = this.tree.appendChild(document.createElement("li"));
    item.className = "checking";
    const name = this.word("packet", { index: asked.index });
    item.textContent = name;
    return (outcome, faults, reason = "") => {
      item.className = outcome;
      item.textContent = "";
      this.say(item, outcome, "");
      const link = item.appendChild(document.createElement(asked.page ? "a" : "span"));
      if (link instanceof HTMLAnchorElement) link.href = asked.page;
      link.textContent = name;
      if (asked.digits) item.append(` ${asked.digits.text}`);
      const said = [...faults.map((step) => this.word(step.says, step.told)), ...(reason ? [reason] : [])];
      if (said.length) item.append(` ${said.join(" ")}`);
    };
  }

  private say(item: HTMLElement, outcome: Outcome, text: string): void {
    const sign = item.appendChild(document.createElement("span"));
    sign.className = "proof-sign";
    sign.textContent = `${SIGN[outcome]} `;
    item.append(text);
  }
}

function part(section: HTMLElement, selector: string): HTMLElement {
  const found = section.querySelector<HTMLElement>(selector);
  if (!found) throw new Error(`the page has no ${selector}`);
  return found;
}

function beijing(instant: number): string {
  return new Date(instant + 8 * 3600_000).toISOString().slice(0, 19).replace("T", " ");
}

const data = document.getElementById("live-check");
const section = document.getElementById("live");
if (data && section) void start(section, JSON.parse(data.textContent ?? "") as Told);
