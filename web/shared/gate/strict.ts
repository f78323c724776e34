// Read JSON and base64url without mercy: a token has one spelling, and every name in it stands once.

export type Json = null | boolean | number | bigint | string | Json[] | JsonObject;
export type JsonObject = Map<string, Json>;

/** The text is not what it should be; the message says why. */
export class NotStrict extends Error {}

const MAX_DEPTH = 64;
const NUMBER = /-?(?:0|[1-9][0-9]*)(\.[0-9]+)?([eE][-+]?[0-9]+)?/y;
const PLAIN = /[^"\\\u0000-\u001f]*/y;
const SPACE = /[ \t\n\r]*/y;
const ESCAPES: Record<string, string> = { '"': '"', "\\": "\\", "/": "/", b: "\b", f: "\f", n: "\n", r: "\r", t: "\t" };
const WORDS: [string, Json][] = [["true", true], ["false", false], ["null", null]];

/** The bytes of unpadded base64url in its one spelling (RFC 4648, section 3.5). */
export function fromBase64url(text: string): Uint8Array<ArrayBuffer> {
  if (!/^[A-Za-z0-9_-]*$/.test(text) || !isCanonical(text)) throw new NotStrict("not base64url in its one spelling");
  const binary = atob(text.replaceAll("-", "+").replaceAll("_", "/"));
  const bytes = new Uint8Array(binary.length);
  for (let at = 0; at < binary.length; at++) bytes[at] = binary.charCodeAt(at);
  return bytes;
}

export function toBase64url(bytes: Uint8Array): string {
  let binary = "";
  for (const byte of bytes) binary += String.fromCharCode(byte);
  return btoa(binary).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

/** Whether the last character of an incomplete group carries no bits that belong to nothing. */
export function isCanonical(text: string): boolean {
  const last = text.at(-1) ?? "";
  switch (text.length % 4) {
    case 0:
      return true;
    case 2:
      return "AQgw".includes(last);
    case 3:
      return "AEIMQUYcgkosw048".includes(last);
    default:
      return false;
  }
}

/** A JSON object of a token: no repeated names, whole numbers alone. */
export function objectOf(bytes: Uint8Array): JsonObject {
  const value = parse(decoded(bytes));
  if (!(value instanceof Map)) throw new NotStrict("not an object");
  return value;
}

function decoded(bytes: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new NotStrict("not UTF-8");
  }
}

/** One JSON value. The engine's own reader takes large texts, if writing its value again gives the very text. */
export function parse(text: string): Json {
  return quickly(text) ?? new Reader(text).all();
}

const LARGE = 2_000;

function quickly(text: string): Json | undefined {
  if (text.length < LARGE || /\\u[dD]/.test(text)) return undefined;
  try {
    const value: unknown = JSON.parse(text);
    return JSON.stringify(value) === text ? mapped(value, 1) : undefined;
  } catch {
    return undefined;
  }
}

function mapped(value: unknown, depth: number): Json {
  if (typeof value === "number" && !Number.isSafeInteger(value)) throw new NotStrict("a number that is not whole");
  if (typeof value !== "object" || value === null) return value as Json;
  if (depth > MAX_DEPTH) throw new NotStrict("nested too deeply");
  if (Array.isArray(value)) {
    // In place: a bundle has lists of many thousands of rows.
    for (let at = 0; at < value.length; at++) value[at] = mapped(value[at], depth + 1);
    return value as Json[];
  }
  return new Map(Object.entries(value).map(([name, inner]) => [name, mapped(inner, depth + 1)]));
}

class Reader {
  private at = 0;
  private depth = 0;
  constructor(private readonly text: string) {}

  all(): Json {
    this.space();
    const value = this.value();
    this.space();
    if (this.at !== this.text.length) throw new NotStrict("text behind the value");
    return value;
  }

  private value(): Json {
    const mark = this.text[this.at];
    if (mark === "{") return this.nested(() => this.object());
    if (mark === "[") return this.nested(() => this.list());
    if (mark === '"') return this.string();
    const word = WORDS.find(([name]) => this.text.startsWith(name, this.at));
    if (word) {
      this.at += word[0].length;
      return word[1];
    }
    return this.number();
  }

  private nested<T>(read: () => T): T {
    this.at += 1;
    this.depth += 1;
    if (this.depth > MAX_DEPTH) throw new NotStrict("nested too deeply");
    const value = read();
    this.depth -= 1;
    return value;
  }

  private object(): JsonObject {
    const found: JsonObject = new Map();
    this.space();
    if (this.take("}")) return found;
    do {
      this.space();
      if (this.text[this.at] !== '"') throw new NotStrict("a name is missing");
      const name = this.string();
      if (found.has(name)) throw new NotStrict("a name is repeated");
      this.space();
      if (!this.take(":")) throw new NotStrict("a colon is missing");
      this.space();
      found.set(name, this.value());
      this.space();
    } while (this.take(","));
    if (!this.take("}")) throw new NotStrict("an object is not closed");
    return found;
  }

  private list(): Json[] {
    const found: Json[] = [];
    this.space();
    if (this.take("]")) return found;
    do {
      this.space();
      found.push(this.value());
      this.space();
    } while (this.take(","));
    if (!this.take("]")) throw new NotStrict("a list is not closed");
    return found;
  }

  private string(): string {
    this.at += 1;
    let found = "";
    let escaped = false;
    for (;;) {
      found += this.match(PLAIN);
      if (this.take('"')) break;
      if (!this.take("\\")) throw new NotStrict("a text is not closed");
      escaped = true;
      found += this.escape();
    }
    if (escaped && hasHalf(found)) throw new NotStrict("half of a surrogate pair");
    return found;
  }

  private escape(): string {
    const mark = this.text[this.at++] ?? "";
    if (mark !== "u") {
      const plain = ESCAPES[mark];
      if (plain === undefined) throw new NotStrict("an escape that is none");
      return plain;
    }
    const digits = this.text.slice(this.at, this.at + 4);
    if (!/^[0-9A-Fa-f]{4}$/.test(digits)) throw new NotStrict("an escape that is none");
    this.at += 4;
    return String.fromCharCode(parseInt(digits, 16));
  }

  private number(): Json {
    const found = this.match(NUMBER);
    if (!found) throw new NotStrict("no value");
    if (/[.eE]/.test(found)) throw new NotStrict("a number that is not whole");
    const value = Number(found);
    return Number.isSafeInteger(value) ? value : BigInt(found);
  }

  private space(): void {
    this.match(SPACE);
  }

  private match(pattern: RegExp): string {
    pattern.lastIndex = this.at;
    const found = pattern.exec(this.text)?.[0] ?? "";
    this.at += found.length;
    return found;
  }

  private take(mark: string): boolean {
    if (this.text[this.at] !== mark) return false;
    this.at += 1;
    return true;
  }
}

/** Whether a text has half of a surrogate pair, which JSON's escapes can say and UTF-8 cannot. */
function hasHalf(text: string): boolean {
  return /[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/.test(text);
}

/** The number of Unicode characters of a text. */
export function letters(text: string): number {
  let count = 0;
  for (const _ of text) count += 1;
  return count;
}
