// The camera: its picture, its light, and the codes in it; and the hand scanner that types what it reads.
import { signal } from "@preact/signals";
import { scriptAddress } from "../shared/trusted";

declare const WORKER: string;
export type Trouble = "denied" | "none" | "busy" | "old";
export const camera = signal<MediaStream | null>(null);
export const trouble = signal<Trouble | null>(null);
export const torch = signal<boolean | null>(null);
const PAUSE_MS = 100;
const SHORTEST_CODE = 20;
const TYPING_MS = 80;
let facing: "environment" | "user" = "environment";
let worker: Worker | undefined;
let waiting: ((text: string | null) => void) | undefined;

/** Start the reader beside the page, before anybody needs it. */
export function warmUp(): void {
  worker = new Worker(scriptAddress(WORKER), { type: "module" });
  worker.onmessage = ({ data }: MessageEvent<{ text: string | null; milliseconds: number } | "ready">) => {
    if (data === "ready") return;
    // For those who measure: the worker's share of the time to an answer.
    if (data.text) performance.measure("read a code", { end: performance.now(), duration: data.milliseconds });
    waiting?.(data.text);
  };
}

export async function openCamera(): Promise<void> {
  closeCamera();
  trouble.value = null;
  if (!navigator.mediaDevices) {
    trouble.value = "old";
    return;
  }
  try {
    const video = { facingMode: facing, width: { ideal: 1920 }, height: { ideal: 1080 } };
    camera.value = await navigator.mediaDevices.getUserMedia({ video, audio: false });
    const [track] = camera.value.getVideoTracks();
    const abilities = track?.getCapabilities?.() as { torch?: boolean } | undefined;
    torch.value = abilities?.torch ? false : null;
  } catch (error) {
    trouble.value = troubleOf(error);
  }
}

function troubleOf(error: unknown): Trouble {
  const name = error instanceof DOMException ? error.name : "";
  if (name === "NotAllowedError" || name === "SecurityError") return "denied";
  return name === "NotReadableError" || name === "AbortError" ? "busy" : "none";
}

export function closeCamera(): void {
  for (const track of camera.value?.getTracks() ?? []) track.stop();
  camera.value = null;
  torch.value = null;
}

export async function light(on: boolean): Promise<void> {
  const [track] = camera.value?.getVideoTracks() ?? [];
  await track?.applyConstraints({ advanced: [{ torch: on }] } as never);
  torch.value = on;
}

export function turn(): Promise<void> {
  facing = facing === "environment" ? "user" : "environment";
  return openCamera();
}

/** Read codes from a playing picture, one frame at a time, until the answer of `found` or the end of the picture stops it. */
export function readFrom(video: HTMLVideoElement, found: (code: string, seenAt: number) => void): () => void {
  let going = true;
  const next = () => {
    if (going) video.requestVideoFrameCallback(() => void frame());
  };
  const frame = async () => {
    const began = performance.now();
    if (!document.hidden && video.videoWidth) {
      // A picture that is not there yet, or gone with its camera, has no code.
      const text = await decoded(video).catch(() => null);
      if (text && going) found(text, began);
    }
    setTimeout(next, Math.max(0, PAUSE_MS - (performance.now() - began)));
  };
  next();
  return () => {
    going = false;
  };
}

/** The code in the picture; null where there is none. The frame goes to the worker as it is, which cuts its middle out. */
async function decoded(video: HTMLVideoElement): Promise<string | null> {
  const picture = "VideoFrame" in globalThis ? new VideoFrame(video) : await createImageBitmap(video);
  return new Promise((resolve) => {
    waiting = resolve;
    worker?.postMessage(picture, [picture]);
  });
}

/** Hear a hand scanner: it types a code fast, and ends it with Enter. Fields keep what people type into them. */
export function hearScanner(found: (code: string) => void): () => void {
  let [typed, at] = ["", 0];
  const hear = (event: KeyboardEvent) => {
    if (event.target instanceof HTMLInputElement || event.target instanceof HTMLTextAreaElement || event.ctrlKey || event.metaKey) return;
    if (event.timeStamp - at > TYPING_MS) typed = "";
    at = event.timeStamp;
    if (event.key.length === 1) typed += event.key;
    if (event.key !== "Enter" || typed.length < SHORTEST_CODE) return;
    event.preventDefault();
    found(typed);
    typed = "";
  };
  document.addEventListener("keydown", hear, true);
  return () => document.removeEventListener("keydown", hear, true);
}
