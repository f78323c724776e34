// A screen that is fetched when it is first opened.
import { useSignal } from "@preact/signals";
import type { ComponentType } from "preact";
import { useEffect } from "preact/hooks";
import type { Place } from "./router";

/** `Failed` is shown where the screen cannot be fetched; it is asked for again once the service answers. */
export function lazy(load: () => Promise<ComponentType<{ at: Place }>>, Failed: ComponentType<{ again: () => void }>): ComponentType<{ at: Place }> {
  return function Later({ at }) {
    const screen = useSignal<{ of: ComponentType<{ at: Place }> } | "failed" | null>(null);
    useEffect(() => {
      load().then(
        (of) => (screen.value = { of }),
        () => (screen.value = "failed"),
      );
    }, []);
    // A browser may remember that a script failed: the page is loaded anew, but never into the browser's own page of errors.
    const again = () => void fetch(location.href, { cache: "no-store" }).then(() => location.reload(), () => undefined);
    if (screen.value === "failed") return <Failed again={again} />;
    const Screen = screen.value?.of;
    return Screen ? <Screen at={at} /> : null;
  };
}

/** A part of a screen that is fetched when it is first shown; without a network it is left out. */
export function Later<P extends object>({ load, given }: { load: () => Promise<ComponentType<P>>; given: P }) {
  const part = useSignal<{ of: ComponentType<P> } | null>(null);
  useEffect(() => {
    load().then((of) => (part.value = { of }), () => undefined);
  }, []);
  const Part = part.value?.of;
  return Part ? <Part {...given} /> : null;
}
