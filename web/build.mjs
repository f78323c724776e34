// Build the apps into ../ticketing/web/built: check, compile the texts, make the client, bundle, press, weigh.
//   node build.mjs DESCRIPTION      DESCRIPTION is the file with the API's description (describe.py writes it)
// With WEIGH=1 in the environment it prints the size of every part beside its budget.
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync, renameSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";
import { build } from "esbuild";
import { writeGenerated } from "./building/generated.mjs";
import { drawIcon } from "./building/icon.mjs";
import { LANGUAGES } from "./building/messages.mjs";

const HERE = dirname(fileURLToPath(import.meta.url));
const GENERATED = join(HERE, ".generated");
const BUILT = join(HERE, "../ticketing/web/built");
const DRAFT = `${BUILT}.draft`;
// Bytes as gzip sends them: the build fails above.
const APPS = [
  { app: "app", folder: "commuter", texts: GENERATED, inject: ["commuter/common.ts"], budgets: { first: 40_000, lazy: 15_000, style: 8_000, language: 8_000 } },
  {
    app: "inspect",
    folder: "inspector",
    texts: join(GENERATED, "inspector"),
    worker: "scan.worker.ts",
    budgets: { first: 45_000, lazy: 15_000, style: 8_000, language: 8_000, worker: 15_000, wasm: 415_000 },
  },
];
const PRESSED = /\.(js|css|html|svg|webmanifest|json|wasm)$/;

async function main(description) {
  rmSync(DRAFT, { recursive: true, force: true });
  writeGenerated(GENERATED, JSON.parse(readFileSync(description, "utf8")));
  execFileSync(process.execPath, [join(HERE, "node_modules/typescript/bin/tsc"), "-p", HERE], { stdio: "inherit" });
  const built = [];
  for (const one of APPS) {
    const files = await filesOf(one);
    weigh(one, files);
    built.push([one, files]);
  }
  publish(built);
}

/** An app's files by their path below its address, as `{content, immutable}`. */
async function filesOf(one) {
  const { app, folder } = one;
  const files = new Map();
  const worker = one.worker ? await reader(one, files) : "";
  const bundle = await bundled(one, {
    entryPoints: { main: join(HERE, folder, "main.tsx"), style: join(HERE, folder, "style.css") },
    splitting: true,
    inject: (one.inject ?? []).map((name) => join(HERE, name)),
    format: "esm",
    entryNames: "assets/[name]-[hash]",
    chunkNames: "assets/[name]-[hash]",
    define: { WORKER: JSON.stringify(worker), SCRIPTS: JSON.stringify([`/${app}/sw.js`, worker].filter(Boolean)) },
  });
  take(files, bundle);
  for (const [path, output] of Object.entries(bundle.metafile.outputs)) {
    files.get(relative(DRAFT, join(HERE, path))).output = output;
  }
  const icons = { "icon.svg": readFileSync(join(HERE, "commuter/icon.svg")), "icon-192.png": drawIcon(192), "icon-512.png": drawIcon(512) };
  for (const [name, content] of Object.entries(icons)) files.set(name, { content, immutable: false });
  files.set("manifest.webmanifest", { content: readFileSync(join(HERE, folder, "manifest.webmanifest")), immutable: false });
  files.set("index.html", { content: Buffer.from(page(one, files)), immutable: false });
  files.set("sw.js", { content: await serviceWorker(one, files), immutable: false });
  return files;
}

/** The worker that reads codes, with its WebAssembly; gives the worker's address. */
async function reader(one, files) {
  const wasm = readFileSync(join(HERE, "node_modules/zxing-wasm/dist/reader/zxing_reader.wasm"));
  const name = `assets/reader-${digest(wasm)}.wasm`;
  files.set(name, { content: wasm, immutable: true });
  const bundle = await bundled(one, {
    entryPoints: { worker: join(HERE, one.folder, one.worker) },
    format: "esm",
    entryNames: "assets/[name]-[hash]",
    define: { WASM: JSON.stringify(`/${one.app}/${name}`) },
  });
  take(files, bundle);
  return `/${one.app}/${named(files, "assets/worker-")}`;
}

function take(files, bundle) {
  for (const file of bundle.outputFiles) files.set(relative(DRAFT, file.path), { content: file.contents, immutable: true });
}

function bundled({ texts }, options) {
  return build({
    absWorkingDir: HERE,
    bundle: true,
    minify: true,
    target: ["chrome109", "firefox115", "safari16.4"],
    outdir: DRAFT,
    write: false,
    metafile: true,
    logLevel: "warning",
    legalComments: "none",
    jsx: "automatic",
    jsxImportSource: "preact",
    // Each app has the texts of its own screens, under one name.
    alias: Object.fromEntries(LANGUAGES.map((name) => [`texts/${name}`, join(texts, `${name}.js`)])),
    ...options,
  });
}

function named(files, start) {
  return [...files.keys()].find((name) => name.startsWith(start));
}

function page({ app, folder }, files) {
  const main = named(files, "assets/main-");
  const early = chunksOf(files, main).map((name) => `<link rel="modulepreload" href="/${app}/${name}">`);
  return readFileSync(join(HERE, folder, "index.html"), "utf8")
    .replace("<!--early-->", early.join(""))
    .replaceAll("{main}", `/${app}/${main}`)
    .replaceAll("{style}", `/${app}/${named(files, "assets/style-")}`);
}

/** The chunks that a file takes along whenever it is loaded. */
function chunksOf(files, name) {
  const found = new Set();
  const visit = (path) => {
    for (const one of files.get(path).output?.imports ?? []) {
      const next = relative(DRAFT, join(HERE, one.path));
      if (one.kind === "import-statement" && !found.has(next)) {
        found.add(next);
        visit(next);
      }
    }
  };
  visit(name);
  return [...found];
}

async function serviceWorker(one, files) {
  const list = [...files].map(([name, { content }]) => [name === "index.html" ? "./" : name, digest(content)]);
  const version = digest(JSON.stringify(list));
  const bundle = await bundled(one, {
    entryPoints: { sw: join(HERE, "shared/sw.ts") },
    format: "iife",
    define: { APP: JSON.stringify(one.app), FILES: JSON.stringify(list.map(([name]) => name)), VERSION: JSON.stringify(version) },
  });
  return bundle.outputFiles[0].contents;
}

function digest(content) {
  return createHash("sha256").update(content).digest("base64url").slice(0, 16);
}

/** The file with the texts of each language: the service tells the reader's browser of it beforehand. */
function textsOf(files) {
  return Object.fromEntries(LANGUAGES.map((name) => [name, named(files, `assets/${name}-`)]));
}

function weigh({ app, budgets }, files) {
  const size = (name) => gzipSync(files.get(name).content).length;
  const main = named(files, "assets/main-");
  const first = [main, ...chunksOf(files, main)];
  const languages = Object.values(textsOf(files));
  const reader = ["assets/worker-", "assets/reader-"].map((start) => named(files, start)).filter(Boolean);
  const lazy = [...files.keys()].filter(
    (name) => name.endsWith(".js") && name !== "sw.js" && ![...first, ...languages, ...reader].includes(name),
  );
  const rows = [
    ["first load, JS", first.reduce((sum, name) => sum + size(name), 0), budgets.first],
    ["style", size(named(files, "assets/style-")), budgets.style],
    ...languages.map((name) => [`language ${name.slice(7, 9)}`, size(name), budgets.language]),
    ...reader.map((name) => [`reader of codes: ${name.slice(7)}`, size(name), name.endsWith(".wasm") ? budgets.wasm : budgets.worker]),
    ...lazy.map((name) => [`later: ${name.slice(7)}`, size(name), budgets.lazy]),
  ];
  const over = rows.filter(([, bytes, most]) => bytes > most);
  console.log(`  /${app}/: ${rows[0][1]} bytes of scripts at first, ${rows[1][1]} of style, as gzip sends them`);
  for (const [name, bytes, most] of process.env.WEIGH || over.length ? rows : []) {
    console.log(`  ${name.padEnd(30)} ${String(bytes).padStart(6)} of ${most} bytes (gzip)`);
  }
  if (over.length) throw new Error(`over budget: ${over.map(([name]) => name).join(", ")}`);
}

function publish(built) {
  const manifest = {};
  for (const [{ app }, files] of built) {
    const listed = {};
    for (const [name, { content, immutable }] of files) {
      const path = join(DRAFT, app, name);
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, content);
      if (PRESSED.test(name)) {
        writeFileSync(`${path}.gz`, gzipSync(content, { level: 9 }));
        const quality = { [constants.BROTLI_PARAM_QUALITY]: 11 };
        writeFileSync(`${path}.br`, brotliCompressSync(content, { params: quality }));
      }
      listed[name] = { immutable, pressed: PRESSED.test(name), digest: digest(content) };
    }
    manifest[app] = { files: listed, languages: textsOf(files) };
  }
  // The map of impacts draws the same coasts (ticketing/web/blueprint.py).
  writeFileSync(join(DRAFT, "coast.json"), readFileSync("map/coast.json"));
  writeFileSync(join(DRAFT, "manifest.json"), `${JSON.stringify(manifest, null, 1)}\n`);
  if (existsSync(BUILT)) rmSync(BUILT, { recursive: true });
  renameSync(DRAFT, BUILT);
}

await main(process.argv[2]).catch((error) => {
  console.error(error.message);
  process.exit(1);
});
