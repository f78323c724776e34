// Draw the app's icon as PNG for systems that take no SVG: a ticket, cut at both sides, with a line across the water.
import { crc32, deflateSync } from "node:zlib";

const GROUND = [11, 74, 143];
const PAPER = [255, 255, 255];

export function drawIcon(size) {
  const rows = Buffer.alloc(size * (size * 3 + 1));
  for (let y = 0; y < size; y++) {
    for (let x = 0; x < size; x++) {
      const colour = isTicket((x + 0.5) / size, (y + 0.5) / size) ? PAPER : GROUND;
      rows.set(colour, y * (size * 3 + 1) + 1 + x * 3);
    }
  }
  const head = Buffer.alloc(13);
  head.writeUInt32BE(size, 0);
  head.writeUInt32BE(size, 4);
  head.set([8, 2, 0, 0, 0], 8);
  const mark = Buffer.from([137, 80, 78, 71, 13, 10, 26, 10]);
  return Buffer.concat([mark, chunk("IHDR", head), chunk("IDAT", deflateSync(rows)), chunk("IEND", Buffer.alloc(0))]);
}

function isTicket(x, y) {
  const inside = x > 0.2 && x < 0.8 && y > 0.32 && y < 0.68;
  const cut = Math.hypot(x - 0.2, y - 0.5) < 0.07 || Math.hypot(x - 0.8, y - 0.5) < 0.07;
  const wave = Math.abs(y - 0.5 - 0.05 * Math.sin((x - 0.2) * 20.94)) < 0.025 && x > 0.34 && x < 0.66;
  return inside && !cut && !wave;
}

function chunk(name, data) {
  const body = Buffer.concat([Buffer.from(name, "latin1"), data]);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(data.length);
  const sum = Buffer.alloc(4);
  sum.writeUInt32BE(crc32(body));
  return Buffer.concat([length, body, sum]);
}
