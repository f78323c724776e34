// Find a QR or Aztec code in a picture, beside the page: decoding never holds the inspector up.
import { prepareZXingModule, readBarcodes } from "zxing-wasm/reader";

declare const WASM: string;
interface Here {
  onmessage: ((event: MessageEvent<ImageBitmap>) => void) | null;
  postMessage(answer: { text: string | null; milliseconds: number } | "ready"): void;
}

const here = self as unknown as Here;
// From this origin alone: without it the library would fetch from a stranger.
const ready = prepareZXingModule({ overrides: { locateFile: () => WASM }, fireImmediately: true });
void ready.then(() => here.postMessage("ready"));
let canvas: OffscreenCanvas | undefined;

here.onmessage = ({ data: picture }) => {
  void read(picture).then((answer) => here.postMessage(answer));
};

async function read(picture: ImageBitmap): Promise<{ text: string | null; milliseconds: number }> {
  await ready;
  const began = performance.now();
  canvas ??= new OffscreenCanvas(picture.width, picture.height);
  [canvas.width, canvas.height] = [picture.width, picture.height];
  const context = canvas.getContext("2d", { willReadFrequently: true }) as OffscreenCanvasRenderingContext2D;
  context.drawImage(picture, 0, 0);
  const pixels = context.getImageData(0, 0, picture.width, picture.height);
  picture.close();
  const found = await readBarcodes(pixels, { formats: ["QRCode", "Aztec"], tryHarder: true, maxNumberOfSymbols: 1 });
  return { text: found.find((one) => one.isValid)?.text ?? null, milliseconds: performance.now() - began };
}
