// Cut the borders of Europe's states from Natural Earth (1:10m admin 0, public domain) into ../../operators/borders.json.
// Borders between two states stay as they are; coasts are thinned, since no stop lies in the sea. Run by hand, when a state is added:
//   npm install --no-save world-atlas@2.0.2 && node map/borders.mjs
import { readFileSync, writeFileSync } from "node:fs";

// ISO 3166: the number that the atlas has, and the two letters that regions have. Åland is Finland's.
const STATES = {
  "008": "AL", "020": "AD", "040": "AT", "056": "BE", "070": "BA", "100": "BG", "112": "BY", "191": "HR", "196": "CY", "203": "CZ",
  "208": "DK", "233": "EE", "246": "FI", "248": "FI", "250": "FR", "276": "DE", "300": "GR", "348": "HU", "352": "IS", "372": "IE",
  "380": "IT", "428": "LV", "438": "LI", "440": "LT", "442": "LU", "470": "MT", "492": "MC", "498": "MD", "499": "ME", "528": "NL",
  "578": "NO", "616": "PL", "620": "PT", "642": "RO", "643": "RU", "674": "SM", "688": "RS", "703": "SK", "705": "SI", "724": "ES",
  "752": "SE", "756": "CH", "792": "TR", "804": "UA", "807": "MK", "826": "GB", "336": "VA", "292": "GI",
};
// [west, south, east, north] in degrees: Europe, the Canaries and the Azores.
const BOX = [-32, 27, 45, 72];
const SCALE = 1000;
const COAST_DEGREES = 0.03;

const atlas = JSON.parse(readFileSync("node_modules/world-atlas/countries-10m.json", "utf8"));
const [factor, shift] = [atlas.transform.scale, atlas.transform.translate];
const arcs = atlas.arcs.map((arc) => {
  let [x, y] = [0, 0];
  const points = arc.map(([dx, dy]) => [(x += dx) * factor[0] + shift[0], (y += dy) * factor[1] + shift[1]]);
  // Russia goes on beyond 180 degrees east.
  return points.map(([lon, lat]) => [lon < -100 ? lon + 360 : lon, lat]);
});
const plain = (index) => (index < 0 ? ~index : index);
const inside = ([x, y]) => x >= BOX[0] && x <= BOX[2] && y >= BOX[1] && y <= BOX[3];

const kept = {};
const uses = new Map();
for (const { id, type, arcs: shape } of atlas.objects.countries.geometries) {
  const polygons = type === "MultiPolygon" ? shape : [shape];
  const rings = polygons.filter(([outer]) => outer.some((index) => arcs[plain(index)].some(inside))).flat();
  for (const index of rings.flat()) uses.set(plain(index), (uses.get(plain(index)) ?? 0) + 1);
  const state = STATES[id];
  if (state && rings.length) (kept[state] ??= []).push(...rings);
}

/** Leave points out that lie less than a distance from the line without them (Douglas–Peucker). */
function thinned(points, distance) {
  const [first, last] = [points[0], points.at(-1)];
  let [far, at] = [0, -1];
  for (let index = 1; index < points.length - 1; index += 1) {
    const off = offset(points[index], first, last);
    if (off > far) [far, at] = [off, index];
  }
  if (far <= distance) return [first, last];
  return [...thinned(points.slice(0, at + 1), distance).slice(0, -1), ...thinned(points.slice(at), distance)];
}

function offset([x, y], [x1, y1], [x2, y2]) {
  const [dx, dy] = [x2 - x1, y2 - y1];
  const along = Math.hypot(dx, dy);
  return along === 0 ? Math.hypot(x - x1, y - y1) : Math.abs(dy * (x - x1) - dx * (y - y1)) / along;
}

const numbers = new Map();
const lines = [];
function written(index) {
  const arc = plain(index);
  if (!numbers.has(arc)) {
    const points = uses.get(arc) > 1 ? arcs[arc] : thinned(arcs[arc], COAST_DEGREES);
    let [x, y] = [0, 0];
    const steps = points.flatMap(([lon, lat]) => {
      const [nx, ny] = [Math.round(lon * SCALE), Math.round(lat * SCALE)];
      const step = [nx - x, ny - y];
      [x, y] = [nx, ny];
      return step;
    });
    numbers.set(arc, lines.length);
    lines.push(steps);
  }
  const number = numbers.get(arc);
  return index < 0 ? ~number : number;
}

const states = Object.fromEntries(
  Object.keys(kept).sort().map((state) => [state, kept[state].map((ring) => ring.map(written))]),
);
const text = [
  "{",
  '"source": "Natural Earth, 1:10m admin 0 countries (public domain), by world-atlas 2.0.2; cut by web/map/borders.mjs",',
  `"scale": ${SCALE},`,
  '"arcs": [',
  lines.map((line) => JSON.stringify(line)).join(",\n"),
  "],",
  '"states": {',
  Object.entries(states).map(([state, rings]) => `"${state}": ${JSON.stringify(rings)}`).join(",\n"),
  "}",
  "}",
  "",
].join("\n");
writeFileSync(new URL("../../operators/borders.json", import.meta.url), text);
