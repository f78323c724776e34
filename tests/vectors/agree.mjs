// Run the inspector's rules over files of vectors: node agree.mjs WEB FILE...; prints each difference and how many lines agree.
import { createReadStream } from "node:fs";
import { createRequire } from "node:module";
import { basename, join } from "node:path";
import { createInterface } from "node:readline";
import { isDeepStrictEqual } from "node:util";

const [, here, web, ...files] = process.argv;
const { build } = createRequire(join(web, "package.json"))("esbuild");
const made = await build({
  entryPoints: [join(here, "../answer.ts")],
  bundle: true,
  write: false,
  format: "esm",
  platform: "neutral",
});
const { answer, opens } = await import(`data:text/javascript;base64,${Buffer.from(made.outputFiles[0].contents).toString("base64")}`);
const COMPARED = ["decision", "reason", "jti", "leg", "kind", "nonce", "values", "notes"];
let differences = 0;
for (const file of files) {
  let lines = 0;
  for await (const line of createInterface({ input: createReadStream(file), crlfDelay: Infinity })) {
    const { name, expected } = JSON.parse(line);
    lines += 1;
    const isBundle = basename(file) === "bundles.jsonl";
    const found = isBundle ? { opens: await opens(line) } : plain(await answer(line));
    const wanted = isBundle ? expected : Object.fromEntries(COMPARED.map((one) => [one, expected[one]]));
    if (isDeepStrictEqual(found, wanted)) continue;
    differences += 1;
    if (differences <= 20) console.log(`${basename(file)}: ${name}\n  expected ${JSON.stringify(wanted)}\n  found    ${JSON.stringify(found)}`);
  }
  console.log(`${basename(file)}: ${lines} lines`);
}
process.exit(differences ? 1 : 0);

function plain(value) {
  const written = JSON.parse(JSON.stringify(value));
  return Object.fromEntries(COMPARED.map((one) => [one, written[one]]));
}
