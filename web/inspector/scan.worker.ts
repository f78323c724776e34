// Find a QR or Aztec code in a picture, beside the page: decoding never holds the inspector up.
import { prepareZXingModule, readBarcodes } from "zxing-wasm/reader";

declare const WASM: string;
type Picture = ImageBitmap | VideoFrame;
interface Here {
  onmessage: ((event: MessageEvent<Picture>) => void) | null;
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

async function read(picture: Picture): Promise<{ text: string | null; milliseconds: number }> {
  await ready;
  const began = performance.now();
  const [width, height] = "displayWidth" in picture ? [picture.displayWidth, picture.displayHeight] : [picture.width, picture.height];
  const side = Math.min(width, height);
  canvas ??= new OffscreenCanvas(side, side);
  if (canvas.width !== side) [canvas.width, canvas.height] = [side, side];
  const context = canvas.getContext("2d", { willReadFrequently: true }) as OffscreenCanvasRenderingContext2D;
  context.drawImage(picture, (width - side) / 2, (height - side) / 2, side, side, 0, 0, side, side);
  picture.close();
  const pixels = context.getImageData(0, 0, side, side);
  const found = await readBarcodes(pixels, { formats: ["QRCode", "Aztec"], tryHarder: true, maxNumberOfSymbols: 1 });
  return { text: found.find((one) => one.isValid)?.text ?? null, milliseconds: performance.now() - began };
}
