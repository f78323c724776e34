// Call the service: typed by its own description, with the reader's language, and with its clock noted.
import { signal } from "@preact/signals";
import type { Calls, Schemas } from "../.generated/api";
import { language } from "./i18n";

export type { Schemas };
export type Money = Schemas["Money"];
type Name = keyof Calls;
type Part<N extends Name, P extends string> = Calls[N][P & keyof Calls[N]];
type Needed<P extends string, V> = V extends undefined ? { [K in P]?: undefined } : { [K in P]: V };
type Given<N extends Name> = Needed<"path", Part<N, "path">> &
  Needed<"body", Part<N, "body">> & { query?: Part<N, "query">; token?: string; once?: string; queue?: string | undefined; signal?: AbortSignal };

/** The service answered with a problem document (RFC 9457). */
export class Problem extends Error {
  constructor(
    readonly status: number,
    readonly document: Partial<Schemas["Problem"]>,
  ) {
    super(document.detail ?? `status ${status}`);
  }
  get code(): string {
    return (this.document.type ?? "").split(/[:/]/).at(-1) ?? "";
  }
}

/** There was no answer: offline, or the answer was lost. Nothing is known about what the service has done. */
export class NoAnswer extends Error {}

/** Stands for the token of the person who has signed in, which is new every quarter of an hour. */
export const ACCOUNT = "account";
type Person = (refused?: string) => Promise<string>;
let person: Person = () => Promise.reject(new Problem(401, {}));

/** Say how the token of whoever has signed in is had; given one that was refused, another one. */
export function setPerson(token: Person): void {
  person = token;
}

/** A new `Idempotency-Key`: 128 random bits. Pages without HTTPS have no `crypto.randomUUID`. */
export function newKey(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

const PATIENCE_MS = 30_000;
const UNCHANGED = 304;
export const reachable = signal(true);
export const demoGateway = signal(false);
/** The service's clock less this device's, in milliseconds, by the `Date` of its answers (RFC 9110, 6.6.1). */
export const clockOffset = signal(0);

export function now(): number {
  return Date.now() + clockOffset.value;
}

export async function call<N extends Name>(name: N, given: Given<N>): Promise<Part<N, "answer">> {
  const response = await send(name, given as Loose);
  if (response.status === 204) return undefined as Part<N, "answer">;
  return (await body(response)) as Part<N, "answer">;
}

/** An answer and its `ETag`, to be named when the same is asked again. */
export interface Tagged<T> {
  answer: T;
  tag: string | null;
}

/** Ask for what is held with this tag; undefined where it is still the same (RFC 9110, 13.1.2). */
export async function callTagged<N extends Name>(name: N, given: Given<N>, tag?: string | null): Promise<Tagged<Part<N, "answer">> | undefined> {
  const response = await send(name, { ...(given as Loose), tag });
  if (response.status === UNCHANGED) return undefined;
  return { answer: (await body(response)) as Part<N, "answer">, tag: response.headers.get("ETag") };
}

/** The answer as a file: a receipt, a printed ticket. */
export async function file<N extends Name>(name: N, given: Given<N>): Promise<Blob> {
  return (await send(name, given as Loose)).blob();
}

interface Loose {
  path?: Record<string, unknown>;
  query?: Record<string, unknown>;
  body?: unknown;
  token?: string | undefined;
  once?: string;
  queue?: string | undefined;
  tag?: string | null | undefined;
  signal?: AbortSignal;
}

async function send(name: string, given: Loose): Promise<Response> {
  const isPersons = given.token === ACCOUNT;
  const token = isPersons ? await person() : given.token;
  let response = await sent(name, { ...given, token });
  // Signed out elsewhere, or the phone's clock let it grow too old: nothing was done, so the same is asked with a new one.
  if (isPersons && response.status === 401) response = await sent(name, { ...given, token: await person(token) });
  if (!response.ok && !(given.tag && response.status === UNCHANGED)) throw new Problem(response.status, (await body(response).catch(() => ({}))) as object);
  return response;
}

function sent(name: string, given: Loose): Promise<Response> {
  const [method, template] = name.split(" ") as [string, string];
  return fetched(address(template, given), {
    method,
    headers: headers(given),
    body: given.body === undefined ? undefined : JSON.stringify(given.body),
    signal: given.signal ?? AbortSignal.timeout(PATIENCE_MS),
    cache: "no-store",
    credentials: "omit",
  } as RequestInit);
}

function address(template: string, given: Loose): string {
  const path = template.replace(/\{(\w+)\}/g, (_, key: string) => encodeURIComponent(String(given.path?.[key])));
  const asked = Object.entries(given.query ?? {}).filter(([, value]) => value !== undefined);
  return asked.length ? `${path}?${new URLSearchParams(asked as [string, string][])}` : path;
}

function headers(given: Loose): Record<string, string> {
  return {
    "Accept-Language": language.value,
    ...(given.body === undefined ? {} : { "Content-Type": "application/json" }),
    ...(given.token ? { Authorization: `Bearer ${given.token}` } : {}),
    ...(given.once ? { "Idempotency-Key": given.once } : {}),
    ...(given.queue ? { "Queue-Ticket": given.queue } : {}),
    ...(given.tag ? { "If-None-Match": given.tag } : {}),
  };
}

async function fetched(path: string, request: RequestInit): Promise<Response> {
  let response: Response;
  const sent = Date.now();
  try {
    response = await fetch(path, request);
  } catch (error) {
    if (error instanceof DOMException && error.name === "AbortError") throw error;
    reachable.value = false;
    throw new NoAnswer(String(error));
  }
  reachable.value = true;
  note(response, sent);
  return response;
}

function note(response: Response, sent: number): void {
  const told = Date.parse(response.headers.get("Date") ?? "");
  // `Date` is cut to the second: a difference within it, or within the time of the answer, is none.
  const difference = told + 500 - (sent + Date.now()) / 2;
  const unsure = 1_000 + (Date.now() - sent) / 2;
  if (!Number.isNaN(difference)) clockOffset.value = Math.abs(difference) > unsure ? Math.round(difference) : 0;
  demoGateway.value = response.headers.get("X-Payment-Gateway") === "demo";
}

async function body(response: Response): Promise<unknown> {
  try {
    return await response.json();
  } catch (error) {
    throw new NoAnswer(String(error));
  }
}
