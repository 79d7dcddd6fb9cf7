// Builds what browsers load into lichen/web/static/built: `npm run build`.
//
// Every src/pages/*.ts becomes a module and every src/styles/*.css a stylesheet, each under a name with the hash of
// its content; manifest.json says which (read by lichen/web/assets.py). `import url from "…?url"` gives the address
// of a file that is taken as it is. Each file also lies there compressed, for `static_files.py` to send.
import { build } from "esbuild";
import { mkdir, readFile, readdir, rename, rm, writeFile } from "node:fs/promises";
import { basename, dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { constants, brotliCompressSync, gzipSync } from "node:zlib";

const here = dirname(fileURLToPath(import.meta.url));
const target = join(here, "..", "lichen", "web", "static", "built");
const fresh = join(here, "node_modules", `.built-${process.pid}`); // several builds at once do not meet
const PUBLIC = "/static/built/";

const asFile = {
  name: "url",
  setup(it) {
    it.onResolve({ filter: /\?url$/ }, async ({ path, resolveDir, kind }) => {
      const found = await it.resolve(path.slice(0, -"?url".length), { resolveDir, kind });
      return found.errors.length ? found : { path: found.path, namespace: "url" };
    });
    it.onLoad({ filter: /.*/, namespace: "url" }, async ({ path }) => ({
      contents: await readFile(path),
      loader: "file",
    }));
  },
};

async function entries(folder, ending) {
  const names = await readdir(join(here, "src", folder));
  return names.filter((name) => name.endsWith(ending)).sort().map((name) => join(here, "src", folder, name));
}

await rm(fresh, { recursive: true, force: true });
const { metafile } = await build({
  absWorkingDir: here,
  entryPoints: [...(await entries("pages", ".ts")), ...(await entries("styles", ".css"))],
  outdir: fresh,
  entryNames: "[name]-[hash]",
  chunkNames: "part-[name]-[hash]",
  assetNames: "[name]-[hash]",
  publicPath: PUBLIC,
  bundle: true,
  splitting: true,
  format: "esm",
  target: ["es2022", "chrome100", "firefox100", "safari15.4"],
  minify: true,
  charset: "utf8",
  legalComments: "linked",
  metafile: true,
  plugins: [asFile],
  define: { "process.env.NODE_ENV": '"production"' },
  logLevel: "warning",
});

// name → the file; `needs`: the modules that always load with it; `opens`: what is loaded when it is used (charts,
// map, workers). So that what a page costs can be counted.
const outputs = Object.fromEntries(
  Object.entries(metafile.outputs).map(([path, said]) => [basename(path), said]),
);
const asFiles = {};
for (const [file, { inputs }] of Object.entries(outputs)) {
  for (const input of Object.keys(inputs)) if (input.startsWith("url:") && !file.endsWith(".js.map")) (asFiles[input] ??= []).push(file);
}
const manifest = {};
for (const [file, said] of Object.entries(outputs)) {
  if (!/^src\/(pages|styles)\//.test(said.entryPoint ?? "")) continue;
  const name = basename(said.entryPoint).replace(/\.ts$/, ".js");
  if (manifest[name]) throw new Error(`two sources are called ${name}: ${relative(here, said.entryPoint)}`);
  const needs = new Set();
  const opens = new Set();
  const visit = (of, into) => {
    for (const { path, kind } of outputs[of]?.imports ?? []) {
      const part = basename(path);
      const where = kind === "dynamic-import" ? opens : into;
      if (part === file || needs.has(part) || where.has(part)) continue;
      where.add(part);
      visit(part, where);
    }
    for (const input of Object.keys(outputs[of]?.inputs ?? {})) {
      for (const asset of asFiles[input] ?? []) if (asset !== of) opens.add(asset);
    }
  };
  visit(file, needs);
  manifest[name] = { file, needs: [...needs].sort(), opens: [...opens].filter((one) => !needs.has(one)).sort() };
}
for (const name of await readdir(fresh)) {
  const data = await readFile(join(fresh, name));
  if (data.length < 512) continue;
  await writeFile(join(fresh, `${name}.gz`), gzipSync(data, { level: 9 }));
  await writeFile(
    join(fresh, `${name}.br`),
    brotliCompressSync(data, { params: { [constants.BROTLI_PARAM_SIZE_HINT]: data.length } }),
  );
}
await writeFile(join(fresh, "manifest.json"), `${JSON.stringify(manifest, null, 1)}\n`);
await mkdir(target, { recursive: true });
await rm(target, { recursive: true, force: true });
await rename(fresh, target);
for (const [name, { file, needs }] of Object.entries(manifest)) {
  const bytes = [file, ...needs].reduce((sum, part) => sum + (outputs[part]?.bytes ?? 0), 0);
  console.log(`built ${name}: ${(bytes / 1000).toFixed(0)} kB before compression`);
}
