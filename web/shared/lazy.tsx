// A screen that is fetched when it is first opened.
import { useSignal } from "@preact/signals";
import type { ComponentType } from "preact";
import { useEffect } from "preact/hooks";
import type { Place } from "./router";

export function lazy(load: () => Promise<ComponentType<{ at: Place }>>): ComponentType<{ at: Place }> {
  return function Later({ at }) {
    const screen = useSignal<{ of: ComponentType<{ at: Place }> } | null>(null);
    useEffect(() => {
      load().then((of) => (screen.value = { of }), () => location.reload());
    }, []);
    const Screen = screen.value?.of;
    return Screen ? <Screen at={at} /> : null;
  };
}
