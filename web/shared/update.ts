// Install the service worker, and tell when a newer app waits. The reader restarts it, never we.
import { signal } from "@preact/signals";
import { BASE, go } from "./router";
import { scriptAddress } from "./trusted";

let restarting = false;
export const waiting = signal<ServiceWorker | null>(null);

export async function install(): Promise<void> {
  if (!("serviceWorker" in navigator)) return;
  // Another page of the app may restart: this one goes on with what it has, for it may show a code.
  navigator.serviceWorker.addEventListener("controllerchange", () => {
    if (restarting) location.reload();
  });
  // A message that was tapped: the worker names the screen that belongs to it.
  navigator.serviceWorker.addEventListener("message", (event: MessageEvent<{ open?: string } | null>) => {
    if (/^[\w/-]+$/.test(event.data?.open ?? "")) go(event.data?.open as string);
  });
  navigator.serviceWorker.startMessages();
  const found = await navigator.serviceWorker.register(scriptAddress(`${BASE}sw.js`), { updateViaCache: "none" });
  const look = () => {
    waiting.value = navigator.serviceWorker.controller ? found.waiting : null;
  };
  look();
  found.addEventListener("updatefound", () => {
    found.installing?.addEventListener("statechange", look);
  });
  document.addEventListener("visibilitychange", () => {
    if (!document.hidden) void found.update().catch(() => undefined);
  });
}

export function restart(): void {
  restarting = true;
  waiting.value?.postMessage("restart");
}
