// Tell an answer to hands and ears too: one long buzz and a high tone, two of each, three short low ones.
import { signal } from "@preact/signals";
import { find, keep } from "./store";

export interface Wishes {
  id: "wishes";
  sound: boolean;
  buzz: boolean;
  language: string | null;
}

export const wishes = signal<Wishes>({ id: "wishes", sound: false, buzz: true, language: null });
let audio: AudioContext | undefined;
const BUZZES = { good: [250], look: [120, 80, 120], bad: [80, 60, 80, 60, 80] };
const TONES = { good: [880], look: [660, 660], bad: [220, 220, 220] };
export type Weight = keyof typeof BUZZES;

export async function loadWishes(): Promise<void> {
  wishes.value = { ...wishes.value, ...(await find<Wishes>("state", "wishes")) };
}

export function wish(change: Partial<Wishes>): void {
  wishes.value = { ...wishes.value, ...change };
  void keep(wishes.value).catch(() => undefined);
}

export function give(weight: Weight): void {
  if (wishes.value.buzz) navigator.vibrate?.(BUZZES[weight]);
  if (!wishes.value.sound) return;
  audio ??= new AudioContext();
  TONES[weight].forEach((pitch, at) => beep(audio as AudioContext, pitch, at * 0.16));
}

function beep(context: AudioContext, pitch: number, after: number): void {
  const [tone, level] = [context.createOscillator(), context.createGain()];
  tone.frequency.value = pitch;
  level.gain.value = 0.2;
  tone.connect(level).connect(context.destination);
  tone.start(context.currentTime + after);
  tone.stop(context.currentTime + after + 0.1);
}
