// Checks a proof bundle of the ledger with the browser's own cryptography (WebCrypto): nothing here asks our server
// whether something holds. The same steps as lichen/ledger/verify_offline.py; a page shows them one by one.

/** A proof bundle, as `/api/v1/ledger/<log>/entries/<index>/proof` gives it. */
export interface Bundle {
  format: string;
  origin: string;
  index: number;
  size: number;
  entry: string;
  proof: string[];
  checkpoint: string;
  verifiers: string[];
}

/** What the page claims about the entry. */
export interface Claim {
  index: number;
  /** The digits in the packet, where they stand in its body, and the value shown, all three as the page says. */
  digits?: { text: string; span: [number, number]; value: number | null; comparable: boolean } | undefined;
  /** The packet was sealed encrypted: its digits cannot be read without the device's key. */
  encrypted?: boolean | undefined;
  /** The entry is a person's act that set this value (null: ruled it out). */
  act?: { value: number | null } | undefined;
}

export type Outcome = "good" | "bad" | "unknown";

/** A step: what was looked at, how it came out, and with `words` of that name what to say. */
export interface Step {
  kind: "entry" | "digits" | "leaf" | "node" | "root" | "checkpoint" | "signature" | "file";
  outcome: Outcome;
  /** Name of the sentence: one for each kind and way to fail. */
  says: string;
  told: Record<string, string | number>;
}

/** Other ways to the same facts, to say precisely what was altered. Each may fail: then less is said. Files have names. */
export interface Witnesses {
  /** The entry alone, from another address than the proof. */
  entry?: Uint8Array | undefined;
  /** The hashes of a leaf tile, `first` being the index of its first entry. */
  tile?: (() => Promise<{ first: number; hashes: Uint8Array[]; name?: string } | null>) | undefined;
  /** The file with the entries under that tile, as everybody can copy it (C2SP tlog-tiles). */
  file?: (() => Promise<{ first: number; bytes: Uint8Array; name: string } | null>) | undefined;
}

export const FORMAT = "lichen-ledger-proof/1";
/** Entries under a whole tile. */
const TILE_WIDTH = 256;
const ED25519 = 1;
const COSIGNATURE = 4;

export class Unusable extends Error {}

/** Whether this page may use the browser's cryptography at all (only over HTTPS or on this machine). */
export function isAble(): boolean {
  return typeof crypto !== "undefined" && crypto.subtle !== undefined;
}

/** Check a bundle; `say` hears of every step as it is done. All steps are done, also after one has failed. */
export async function verify(
  given: unknown,
  claim: Claim,
  witnesses: Witnesses = {},
  say: (step: Step) => void | Promise<void> = () => undefined,
): Promise<Step[]> {
  const bundle = read(given);
  const steps: Step[] = [];
  async function done(kind: Step["kind"], outcome: Outcome, says: string, told: Step["told"] = {}): Promise<void> {
    const step = { kind, outcome, says, told };
    steps.push(step);
    await say(step);
  }
  const entry = unbase64(bundle.entry);

  if (bundle.index !== claim.index) {
    await done("entry", "bad", "other-entry", { index: claim.index, found: bundle.index });
  } else if (witnesses.entry !== undefined && !same(witnesses.entry, entry)) {
    await done("entry", "bad", "entry-differs", { index: bundle.index });
  } else {
    await done("entry", "good", witnesses.entry ? "entry" : "entry-alone", { index: bundle.index, bytes: entry.length });
  }
  const digits = claimed(entry, claim);
  if (digits !== null) await done("digits", ...digits);

  const leaf = await sha256(Uint8Array.of(0), entry);
  await done("leaf", "good", "leaf", { hash: hex(leaf) });
  const proof = bundle.proof.map(unbase64);
  const path = await climb(leaf, bundle.index, bundle.size, proof);
  const { text, lines } = splitNote(bundle.checkpoint);
  const [origin = "", size = "", root = ""] = text.split("\n");
  const reached = path === null ? null : (path.at(-1)?.result ?? leaf);
  const holds = reached !== null && toBase64(reached) === root;
  const altered = holds ? null : await culprit(bundle, leaf, proof, witnesses);
  for (const [number, step] of (path ?? []).entries()) {
    const told = {
      number: number + 1, steps: proof.length, side: step.isLeft ? "left" : "right", sibling: hex(step.sibling),
      result: hex(step.result),
    };
    const blamed = altered?.step === number;
    await done("node", blamed ? "bad" : holds ? "good" : "unknown", blamed ? "node-altered" : "node", told);
  }
  if (path === null) {
    await done("root", "bad", "proof-length", { steps: proof.length, size: bundle.size });
  } else if (holds) {
    await done("root", "good", "root", { root: hex(unbase64(root)), size: bundle.size });
  } else {
    const told = { root: hexOrText(root), reached: hex(reached ?? leaf), index: bundle.index };
    await done("root", "bad", altered?.says ?? "root-differs", { ...told, number: (altered?.step ?? 0) + 1 });
  }
  if (origin !== bundle.origin || size !== String(bundle.size)) {
    await done("checkpoint", "bad", "other-checkpoint", { origin, size, wanted: bundle.origin, entries: bundle.size });
  } else {
    await done("checkpoint", "good", "checkpoint", { origin, size });
  }
  for (const signature of await signatures(text, lines, bundle.verifiers)) {
    await done("signature", signature.outcome, signature.says, signature.told);
  }
  // Where the root does not hold, the tile has been asked above already.
  if (holds) for (const found of await copied(bundle.index, entry, leaf, witnesses)) await done("file", ...found);
  return steps;
}

/** Whether the files of the log, which everybody can copy, say the same as the proof. */
async function copied(
  index: number, entry: Uint8Array, leaf: Uint8Array, witnesses: Witnesses,
): Promise<[Outcome, string, Step["told"]][]> { // prettier-ignore
  const found: [Outcome, string, Step["told"]][] = [];
  const tile = await witnesses.tile?.().catch(() => null);
  if (tile && index >= tile.first && index < tile.first + TILE_WIDTH) {
    const own = tile.hashes[index - tile.first];
    const told = { file: tile.name ?? "", place: index - tile.first, index };
    found.push(own && same(own, leaf) ? ["good", "tile", told] : ["bad", "tile-altered", told]);
  }
  const file = await witnesses.file?.().catch(() => null);
  if (file) {
    const own = entryIn(file.bytes, index - file.first);
    const told = { file: file.name, index };
    found.push(own && same(own, entry) ? ["good", "file", told] : ["bad", "file-altered", told]);
  }
  return found;
}

/** An entry of a bundle: each stands after its length (16 bits, the higher byte first). */
function entryIn(bytes: Uint8Array, place: number): Uint8Array | null {
  let at = 0;
  for (let before = 0; ; before++) {
    const [high, low] = [bytes[at], bytes[at + 1]];
    if (high === undefined || low === undefined) return null;
    const end = at + 2 + high * 256 + low;
    if (before === place) return end <= bytes.length ? bytes.subarray(at + 2, end) : null;
    at = end;
  }
}

/** All in all: bad where any step is, good where the entry leads to a root that the log has signed. */
export function summary(steps: readonly Step[]): Outcome {
  if (steps.some((step) => step.outcome === "bad")) return "bad";
  return steps.some((step) => step.says === "signature") ? "good" : "unknown";
}

function read(given: unknown): Bundle {
  const bundle = given as Partial<Bundle> | null;
  const whole =
    bundle !== null && typeof bundle === "object" && bundle.format === FORMAT && typeof bundle.origin === "string" &&
    typeof bundle.entry === "string" && typeof bundle.checkpoint === "string" && Array.isArray(bundle.proof) &&
    Array.isArray(bundle.verifiers) && Number.isSafeInteger(bundle.index) && Number.isSafeInteger(bundle.size);
  if (!whole) throw new Unusable("no proof bundle of a kind this page knows");
  return bundle as Bundle;
}

// The entry (lichen/vocab/entry.py)

/** The bytes as received: what is left of an entry after its receipt; null where it is no entry. */
export function body(entry: Uint8Array): Uint8Array | null {
  if (entry[0] !== 0x4c || entry[1] !== 0x31) return null; // "L1"
  let at = 10;
  for (let field = 0; field < 4; field++) {
    const length = entry[at];
    if (length === undefined) return null;
    at += 1 + length;
  }
  return at <= entry.length ? entry.subarray(at) : null;
}

function claimed(entry: Uint8Array, claim: Claim): [Outcome, string, Step["told"]] | null {
  const sealed = body(entry);
  if (sealed === null) return ["bad", "no-entry", { index: claim.index }];
  if (claim.act !== undefined) return acted(sealed, claim.act.value);
  if (claim.encrypted) return ["unknown", "encrypted", {}];
  if (claim.digits === undefined) return null;
  const { text, span, value, comparable } = claim.digits;
  const found = new TextDecoder().decode(sealed.subarray(...span));
  const told = { digits: text, found, shown: value === null ? "—" : value };
  if (found !== text) return ["bad", "digits-differ", told];
  // Below the detection limit (<0.01, 0.01L) the value is the limit.
  const number = Number(found.replace(/^\s*[<＜]|[Ll]\s*$/g, ""));
  if (comparable && value !== null && number !== value) return ["bad", "value-differs", told];
  return ["good", comparable ? "digits" : "digits-converted", told];
}

function acted(sealed: Uint8Array, shown: number | null): [Outcome, string, Step["told"]] {
  let value: unknown;
  try {
    value = (JSON.parse(new TextDecoder().decode(sealed)) as { details: { value: unknown } }).details.value ?? null;
  } catch {
    return ["bad", "no-act", {}];
  }
  const told = { found: value === null ? "—" : String(value), shown: shown === null ? "—" : shown };
  return value === shown ? ["good", "act", told] : ["bad", "act-differs", told];
}

// The tree (RFC 9162, 2.1)

interface Climbed {
  sibling: Uint8Array;
  isLeft: boolean;
  result: Uint8Array;
}

/** Every hash on the way from a leaf to the root; null if the path's length does not fit the tree. */
export async function climb(
  leaf: Uint8Array, index: number, size: number, proof: readonly Uint8Array[],
): Promise<Climbed[] | null> { // prettier-ignore
  if (!(index >= 0 && index < size)) return null;
  let [at, last, running] = [index, size - 1, leaf];
  const half = (): void => {
    at = Math.floor(at / 2);
    last = Math.floor(last / 2);
  };
  const path: Climbed[] = [];
  for (const sibling of proof) {
    if (last === 0) return null;
    const isLeft = at % 2 === 1 || at === last;
    running = isLeft ? await node(sibling, running) : await node(running, sibling);
    if (isLeft) while (at > 0 && at % 2 === 0) half();
    half();
    path.push({ sibling, isLeft, result: running });
  }
  return last === 0 ? path : null;
}

/** The entries under each sibling of a path, in the order of the proof: [start, stop). */
export function siblings(index: number, start: number, stop: number): [number, number][] {
  if (stop - start === 1) return [];
  let width = 1;
  while (width * 2 < stop - start) width *= 2;
  const middle = start + width;
  return index < middle
    ? [...siblings(index, start, middle), [middle, stop]]
    : [...siblings(index, middle, stop), [start, middle]];
}

async function rootOf(leaves: readonly Uint8Array[]): Promise<Uint8Array> {
  const [only] = leaves;
  if (leaves.length === 1 && only !== undefined) return only;
  let width = 1;
  while (width * 2 < leaves.length) width *= 2;
  return node(await rootOf(leaves.slice(0, width)), await rootOf(leaves.slice(width)));
}

/** What was altered, by what the log's own tile says; null where that cannot be said. */
async function culprit(
  bundle: Bundle, leaf: Uint8Array, proof: readonly Uint8Array[], witnesses: Witnesses,
): Promise<{ says: string; step: number | null } | null> { // prettier-ignore
  const tile = await witnesses.tile?.().catch(() => null);
  if (!tile) return null;
  const own = tile.hashes[bundle.index - tile.first];
  if (own === undefined) return null;
  if (!same(own, leaf)) return { says: "root-entry", step: null };
  const last = tile.first + tile.hashes.length;
  for (const [number, [start, stop]] of siblings(bundle.index, 0, bundle.size).entries()) {
    const stated = proof[number];
    if (stated === undefined || start < tile.first || stop > last) continue;
    const computed = await rootOf(tile.hashes.slice(start - tile.first, stop - tile.first));
    if (!same(stated, computed)) return { says: "root-proof", step: number };
  }
  return null;
}

// The checkpoint (C2SP signed-note, tlog-checkpoint, tlog-cosignature)

function splitNote(note: string): { text: string; lines: string[] } {
  const gap = note.lastIndexOf("\n\n");
  if (gap < 0 || !note.endsWith("\n")) throw new Unusable("the checkpoint has no signature lines");
  return { text: note.slice(0, gap + 1), lines: note.slice(gap + 2, -1).split("\n") };
}

type Judged = Pick<Step, "outcome" | "says" | "told">;

async function signatures(text: string, lines: readonly string[], verifiers: readonly string[]): Promise<Judged[]> {
  const found: Judged[] = [];
  let log = false;
  for (const vkey of verifiers) {
    const [name = "", identity = "", ...rest] = vkey.split("+");
    const material = unbase64(rest.join("+"));
    const id = (await sha256(utf8(`${name}\n`), material)).subarray(0, 4);
    if (hex(id) !== identity) {
      found.push({ outcome: "bad", says: "key-id", told: { name } });
      continue;
    }
    const line = lines.map(parseLine).find((one) => one?.name === name && same(one.raw.subarray(0, 4), id));
    if (!line) continue;
    const suite = material[0];
    const signature = line.raw.subarray(4);
    if (suite === ED25519) {
      log = true;
      found.push(judged(await right(material.subarray(1), utf8(text), signature), "signature", { name }));
    } else if (suite === COSIGNATURE) {
      const seconds = new DataView(signature.buffer, signature.byteOffset, 8).getBigUint64(0);
      const message = utf8(`cosignature/v1\ntime ${seconds}\n${text}`);
      const told = { name, time: Number(seconds) * 1000 };
      found.push(judged(await right(material.subarray(1), message, signature.subarray(8)), "witness", told));
    } else {
      found.push({ outcome: "unknown", says: "not-checked", told: { name, algorithm: "SM2" } });
    }
  }
  if (!log && found.every((one) => one.outcome !== "bad" && one.says !== "not-checked")) {
    found.push({ outcome: "bad", says: "no-signature", told: {} });
  }
  return found;
}

function judged(holds: boolean | null, says: string, told: Step["told"]): Judged {
  if (holds === null) return { outcome: "unknown", says: "not-checked", told: { ...told, algorithm: "Ed25519" } };
  return holds ? { outcome: "good", says, told } : { outcome: "bad", says: `${says}-wrong`, told };
}

function parseLine(line: string): { name: string; raw: Uint8Array } | null {
  const [dash, name = "", encoded = ""] = line.split(" ");
  if (dash !== "\u2014") return null;
  try {
    const raw = unbase64(encoded);
    return raw.length > 4 ? { name, raw } : null;
  } catch {
    return null;
  }
}

/** Whether an Ed25519 signature is right; null where this browser has no Ed25519. */
async function right(key: Uint8Array, message: Uint8Array, signature: Uint8Array): Promise<boolean | null> {
  let imported: CryptoKey;
  try {
    imported = await crypto.subtle.importKey("raw", copy(key), { name: "Ed25519" }, false, ["verify"]);
  } catch (refused) {
    if (refused instanceof DOMException && refused.name === "NotSupportedError") return null;
    return false;
  }
  return crypto.subtle.verify({ name: "Ed25519" }, imported, copy(signature), copy(message));
}

// Bytes

async function sha256(...parts: readonly Uint8Array[]): Promise<Uint8Array> {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", joined(parts)));
}

function node(left: Uint8Array, right: Uint8Array): Promise<Uint8Array> {
  return sha256(Uint8Array.of(1), left, right);
}

function joined(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

function copy(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  return joined([bytes]);
}

function same(one: Uint8Array, two: Uint8Array): boolean {
  return one.length === two.length && one.every((byte, at) => byte === two[at]);
}

/** Hexadecimal digits of bytes. */
export function hex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

function hexOrText(encoded: string): string {
  try {
    return hex(unbase64(encoded));
  } catch {
    return encoded;
  }
}

/** The bytes of standard base64; throws {@link Unusable}. */
export function unbase64(text: string): Uint8Array {
  try {
    return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
  } catch {
    throw new Unusable("not base64");
  }
}

/** Standard base64 of bytes. */
export function toBase64(bytes: Uint8Array): string {
  return btoa(latin1(bytes));
}

function latin1(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => String.fromCharCode(byte)).join("");
}

function utf8(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}
