// Show the screen of an address, put the reader at its heading, and name the page after it.
import { signal } from "@preact/signals";
import type { ComponentType } from "preact";
import { useEffect, useRef } from "preact/hooks";
import type { ComponentChildren } from "preact";

export interface Route {
  pattern: RegExp;
  screen: ComponentType<{ at: Place }>;
}

export interface Place {
  path: string;
  query: URLSearchParams;
  parts: Record<string, string>;
}

/** The address below which this app lies. */
export const BASE = location.pathname.startsWith("/inspect") ? "/inspect/" : "/app/";
const address = signal(location.pathname + location.search);
let first = true;

let apart = false;

/** From here on the next screen is a document of its own: this one has loaded a script that is not ours. */
export function standApart(): void {
  apart = true;
}

/** Tell whether this document was loaded for this screen, and so with the policy that the service gives it. */
export function isLoadedFor(path: string): boolean {
  const [loaded] = performance.getEntriesByType("navigation");
  return loaded !== undefined && new URL(loaded.name).pathname === BASE + path;
}

export function go(path: string, { replace = false } = {}): void {
  const target = BASE + path;
  if (apart) return replace ? location.replace(target) : location.assign(target);
  if (replace) history.replaceState(null, "", target);
  else history.pushState(null, "", target);
  address.value = location.pathname + location.search;
  window.scrollTo(0, 0);
}

/** Follow links of the app without loading the page anew. */
export function listen(): void {
  window.addEventListener("popstate", () => {
    address.value = location.pathname + location.search;
  });
  document.addEventListener("click", (event) => {
    const link = event.target instanceof Element ? event.target.closest("a") : null;
    const isOurs = link && link.origin === location.origin && link.pathname.startsWith(BASE);
    if (apart || !isOurs || link.target || link.hasAttribute("download") || link.hash) return;
    if (event.defaultPrevented || event.button || event.metaKey || event.ctrlKey || event.shiftKey) return;
    event.preventDefault();
    go(link.pathname.slice(BASE.length) + link.search);
  });
}

export function path(): string {
  return address.value.slice(BASE.length);
}

export function Screens({ routes, missing }: { routes: Route[]; missing: ComponentType }) {
  const url = new URL(address.value, location.origin);
  const path = url.pathname.slice(BASE.length);
  for (const { pattern, screen: Screen } of routes) {
    const found = pattern.exec(path);
    if (found) return <Screen key={path} at={{ path, query: url.searchParams, parts: found.groups ?? {} }} />;
  }
  const Missing = missing;
  return <Missing />;
}

/** The heading of a screen: the only h1, focused when the reader comes here, and the title of the page. */
export function Heading({ children, title }: { children: ComponentChildren; title: string }) {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    document.title = `${title} · Throughfare`;
  }, [title]);
  useEffect(() => {
    if (!first) heading.current?.focus();
    first = false;
  }, []);
  return (
    <h1 ref={heading} tabIndex={-1}>
      {children}
    </h1>
  );
}
