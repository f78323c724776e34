// Compile the texts of one language from ICU messages to functions, and say what is missing.
import { parse, TYPE } from "@formatjs/icu-messageformat-parser";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

export const LANGUAGES = ["en", "et", "fi", "sv"];

/** Write `<language>.js` and `texts.d.ts`; throws with every fault of every language. */
export function compileMessages(from, to) {
  const faults = [];
  const files = LANGUAGES.map((name) => [name, JSON.parse(readFileSync(join(from, `${name}.json`), "utf8"))]);
  const english = files[0][1];
  const wanted = Object.fromEntries(Object.entries(english).map(([id, text]) => [id, argumentsOf(text, id)]));
  for (const [name, texts] of files) {
    for (const id of Object.keys(wanted)) {
      if (!(id in texts)) faults.push(`${name}.json: ${id} is missing`);
    }
    for (const [id, text] of Object.entries(texts)) {
      if (!(id in wanted)) faults.push(`${name}.json: ${id} is not in en.json`);
      else if (describe(argumentsOf(text, id)) !== describe(wanted[id]))
        faults.push(`${name}.json: ${id} has ${describe(argumentsOf(text, id))}, en.json ${describe(wanted[id])}`);
    }
    const lines = Object.entries(texts).map(([id, text]) => `${JSON.stringify(id)}:${compiled(text)}`);
    writeFileSync(join(to, `${name}.js`), `export default {\n${lines.join(",\n")}\n};\n`);
  }
  if (faults.length) throw new Error(`the texts do not fit together:\n  ${faults.join("\n  ")}`);
  const types = Object.entries(wanted).map(([id, found]) => `  ${JSON.stringify(id)}: ${typed(found)};`);
  writeFileSync(join(to, "texts.d.ts"), `export interface Messages {\n${types.join("\n")}\n}\n`);
  for (const name of LANGUAGES) {
    writeFileSync(join(to, `${name}.d.ts`), "declare const texts: Record<string, unknown>;\nexport default texts;\n");
  }
}

function argumentsOf(text, id) {
  const found = new Map();
  walk(parsed(text, id), found);
  return found;
}

function parsed(text, id) {
  try {
    return parse(text, { requiresOtherClause: true });
  } catch (error) {
    throw new Error(`${id}: ${error.message} in ${JSON.stringify(text)}`);
  }
}

function walk(nodes, found) {
  for (const node of nodes) {
    if (node.type === TYPE.argument || node.type === TYPE.select) found.set(node.value, "string | number");
    if (node.type === TYPE.number || node.type === TYPE.plural) found.set(node.value, "number");
    for (const option of Object.values(node.options ?? {})) walk(option.value, found);
  }
}

function describe(found) {
  return `{${[...found.keys()].sort().join(", ")}}`;
}

function typed(found) {
  return found.size ? `{ ${[...found].map(([name, type]) => `${name}: ${type}`).join("; ")} }` : "undefined";
}

function compiled(text) {
  const nodes = parsed(text, text);
  if (nodes.every((node) => node.type === TYPE.literal)) return JSON.stringify(text.replaceAll("''", "'"));
  return `(a,f)=>${expression(nodes)}`;
}

function expression(nodes, counted) {
  return nodes.map((node) => part(node, counted)).join("+") || '""';
}

function part(node, counted) {
  switch (node.type) {
    case TYPE.literal:
      return JSON.stringify(node.value);
    case TYPE.argument:
      return `a.${node.value}`;
    case TYPE.number:
      return `f.n(a.${node.value})`;
    case TYPE.pound:
      return `f.n(a.${counted})`;
    case TYPE.plural:
      return `f.p(a.${node.value},{${options(node, node.value)}})`;
    case TYPE.select:
      return `f.s(a.${node.value},{${options(node, counted)}})`;
    default:
      throw new Error(`this kind of message is not compiled: ${JSON.stringify(node)}`);
  }
}

function options(node, counted) {
  return Object.entries(node.options)
    .map(([name, option]) => `${JSON.stringify(name)}:()=>${expression(option.value, counted)}`)
    .join(",");
}
