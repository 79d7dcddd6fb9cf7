// Tables that sort, filter, hide columns, page and export, over the rows that the server sent. Without script they stay
// plain tables. What is too long to send whole is sorted and paged by the server instead.

export interface TableWords {
  filter: string;
  columns: string;
  csv: string;
  previous: string;
  next: string;
  /** With {shown} and {all}. */
  count: string;
}

const BY_WORD = new Intl.Collator(document.documentElement.lang, { numeric: true, sensitivity: "base" });

/** What a cell is sorted by: `data-sort`, else its text. */
function key(row: HTMLTableRowElement, column: number): string {
  const cell = row.cells[column];
  return cell?.dataset.sort ?? cell?.textContent?.trim() ?? "";
}

/** Numbers by size, words by the reader's alphabet, what is empty last in either direction. */
export function compare(one: string, other: string, direction: 1 | -1): number {
  const empty = (text: string): boolean => text === "" || text === "—";
  if (empty(one) || empty(other)) return Number(empty(one)) - Number(empty(other));
  const [a, b] = [Number(one), Number(other)];
  const order = Number.isNaN(a) || Number.isNaN(b) ? BY_WORD.compare(one, other) : a - b;
  return order * direction;
}

/** A CSV file as spreadsheets take it: UTF-8 with a mark, no cell that would run as a formula. */
export function csv(rows: string[][]): string {
  const cell = (text: string): string => {
    const harmless = /^[=+@\t\r]/.test(text) ? `'${text}` : text;
    return /[",\r\n]/.test(harmless) ? `"${harmless.replaceAll('"', '""')}"` : harmless;
  };
  return `\ufeff${rows.map((row) => row.map(cell).join(",")).join("\r\n")}\r\n`;
}

/** Give a table its tools; `page` rows at a time (0 = all). */
export function dataTable(table: HTMLTableElement, words: TableWords, page = 0): void {
  const body = table.tBodies[0];
  const heads = [...(table.tHead?.rows[0]?.cells ?? [])];
  if (!body || !heads.length) return;
  const rows = [...body.rows];
  let order = rows;
  let wanted = "";
  let first = 0;

  const tools = document.createElement("div");
  tools.className = "table-tools screen";
  const filter = document.createElement("input");
  filter.type = "search";
  const filterLabel = document.createElement("label");
  filterLabel.append(`${words.filter} `, filter);
  const count = document.createElement("span");
  count.className = "small soft";
  count.setAttribute("role", "status");
  const save = button(words.csv, () => {
    const visible = heads.map((_, column) => column).filter((column) => !heads[column]?.hidden);
    const text = (row: HTMLTableRowElement): string[] => visible.map((column) => row.cells[column]?.textContent?.trim().replace(/\s+/g, " ") ?? "");
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([csv([visible.map((column) => heads[column]?.textContent?.trim() ?? ""), ...matching().map(text)])], { type: "text/csv" }));
    link.download = `${table.id || "table"}.csv`;
    link.click();
    URL.revokeObjectURL(link.href);
  });
  const columns = document.createElement("fieldset");
  const legend = document.createElement("legend");
  legend.textContent = words.columns;
  columns.append(legend);
  heads.forEach((head, column) => {
    const box = document.createElement("input");
    box.type = "checkbox";
    box.checked = true;
    box.disabled = column === 0; // the row's name stays
    box.addEventListener("change", () => {
      for (const row of [table.tHead?.rows[0], ...rows]) {
        const cell = row?.cells[column];
        if (cell) cell.hidden = !box.checked;
      }
    });
    const label = document.createElement("label");
    label.append(box, ` ${head.textContent?.trim() ?? ""}`);
    columns.append(label);
  });
  const pager = document.createElement("div");
  pager.className = "pager screen";
  const back = button(words.previous, () => turn(-page));
  const on = button(words.next, () => turn(page));
  pager.append(back, on);
  tools.append(filterLabel, save, columns, count);
  table.before(tools);
  if (page) table.after(pager);

  function matching(): HTMLTableRowElement[] {
    return order.filter((row) => !wanted || (row.textContent ?? "").toLocaleLowerCase().includes(wanted));
  }

  function show(): void {
    const found = matching();
    first = Math.min(first, Math.max(0, found.length - 1));
    const shown = page ? found.slice(first, first + page) : found;
    body?.replaceChildren(...shown);
    count.textContent = words.count.replace("{shown}", String(found.length)).replace("{all}", String(rows.length));
    back.disabled = first === 0;
    on.disabled = !page || first + page >= found.length;
    pager.hidden = found.length <= page;
  }

  function turn(by: number): void {
    first = Math.max(0, first + by);
    show();
  }

  filter.addEventListener("input", () => {
    wanted = filter.value.trim().toLocaleLowerCase();
    first = 0;
    show();
  });
  heads.forEach((head, column) => {
    const sorter = button(head.textContent?.trim() ?? "", () => {
      const direction = head.getAttribute("aria-sort") === "ascending" ? -1 : 1;
      for (const other of heads) other.removeAttribute("aria-sort");
      head.setAttribute("aria-sort", direction === 1 ? "ascending" : "descending");
      order = [...rows].sort((one, other) => compare(key(one, column), key(other, column), direction));
      first = 0;
      show();
    });
    head.replaceChildren(sorter);
  });
  show();
}

function button(text: string, pressed: () => void): HTMLButtonElement {
  const made = document.createElement("button");
  made.type = "button";
  made.textContent = text;
  made.addEventListener("click", pressed);
  return made;
}
