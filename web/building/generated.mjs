// Write the modules that the sources import and nobody writes by hand: the texts of each app, the API's types.
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { clientTypes } from "./client.mjs";
import { compileMessages } from "./messages.mjs";

const TEXTS = join(dirname(fileURLToPath(import.meta.url)), "../texts");
// Folders of texts below `texts/`, which are the same below `.generated/`.
const FOLDERS = ["", "inspector"];

/** Write them all into the folder `to`; `description` is the API's OpenAPI document. */
export function writeGenerated(to, description) {
  for (const folder of FOLDERS) {
    mkdirSync(join(to, folder), { recursive: true });
    compileMessages(join(TEXTS, folder), join(to, folder));
  }
  writeFileSync(join(to, "api.d.ts"), clientTypes(description));
}
