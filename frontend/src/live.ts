// What the server says as it happens (server-sent events), for as long as the page is open.

export type LiveState = "open" | "waiting";

export interface LiveOptions {
  /** Called with the parsed body of each event of that name. */
  events: Record<string, (body: unknown) => void>;
  /** Called when the connection comes and goes. */
  state?: (state: LiveState) => void;
}

const FIRST_WAIT_MS = 2_000;
const LONGEST_WAIT_MS = 60_000;

/**
 * Listen at an address; lost connections are opened again, ever more slowly, and at once when the page is looked at
 * again. Returns the function that ends it.
 */
export function live(address: string, { events, state }: LiveOptions): () => void {
  let source: EventSource | null = null;
  let timer = 0;
  let wait = FIRST_WAIT_MS;

  function open(): void {
    window.clearTimeout(timer);
    source?.close();
    const opened = new EventSource(address);
    source = opened;
    opened.addEventListener("open", () => {
      wait = FIRST_WAIT_MS;
      state?.("open");
    });
    // Browsers give up on an answer that is not 200; so every failure is ours to retry.
    opened.addEventListener("error", () => {
      opened.close();
      state?.("waiting");
      window.clearTimeout(timer);
      timer = window.setTimeout(open, wait * (0.75 + Math.random() / 2));
      wait = Math.min(2 * wait, LONGEST_WAIT_MS);
    });
    for (const [name, told] of Object.entries(events)) {
      opened.addEventListener(name, (message) => {
        let body: unknown;
        try {
          body = JSON.parse((message as MessageEvent<string>).data);
        } catch {
          return; // not ours
        }
        told(body);
      });
    }
  }

  function seen(): void {
    if (!document.hidden && source?.readyState === EventSource.CLOSED) open();
  }

  document.addEventListener("visibilitychange", seen);
  open();
  return () => {
    document.removeEventListener("visibilitychange", seen);
    window.clearTimeout(timer);
    source?.close();
  };
}
