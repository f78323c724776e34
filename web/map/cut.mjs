// Cut the coasts of the shipped regions from Natural Earth (1:10m land, public domain) into coast.json, whose numbers are
// thousandths of a degree. Run by hand, when a region with a sea is added:
//   npm install --no-save world-atlas@2.0.2 topojson-client@3 && node map/cut.mjs
import { readFileSync, writeFileSync } from "node:fs";
import { feature } from "topojson-client";

const BOXES = { "gulf-of-finland": [22.4, 58.95, 27.6, 60.85], oresund: [11.0, 55.0, 14.6, 56.5] };
const atlas = JSON.parse(readFileSync("node_modules/world-atlas/land-10m.json", "utf8"));
const land = feature(atlas, atlas.objects.land);
const polygons = (land.features ?? [land]).flatMap(({ geometry }) =>
  geometry.type === "MultiPolygon" ? geometry.coordinates : [geometry.coordinates],
);

/** Cut a ring by a box (Sutherland–Hodgman), in degrees: a cut after the projection would fill the sea. */
function cut(ring, [west, south, east, north]) {
  const sides = [
    [0, west, (value, edge) => value >= edge],
    [0, east, (value, edge) => value <= edge],
    [1, south, (value, edge) => value >= edge],
    [1, north, (value, edge) => value <= edge],
  ];
  return sides.reduce((points, [axis, edge, holds]) => points.flatMap((point, index) => {
    const before = points.at(index - 1);
    const [is, was] = [holds(point[axis], edge), holds(before[axis], edge)];
    return [...(is === was ? [] : [crossing(before, point, axis, edge)]), ...(is ? [point] : [])];
  }), ring);
}

function crossing(one, other, axis, edge) {
  const part = (edge - one[axis]) / (other[axis] - one[axis]);
  const point = [0, 1].map((index) => one[index] + part * (other[index] - one[index]));
  point[axis] = edge;
  return point;
}

function rounded(ring) {
  const points = ring.map((point) => point.map((value) => Math.round(value * 1000)));
  return points.filter((point, index) => index === 0 || String(point) !== String(points[index - 1]));
}

const coasts = Object.entries(BOXES).map(([name, box]) => {
  const rings = polygons.map(([outer]) => rounded(cut(outer, box))).filter((ring) => ring.length > 2);
  const lines = rings.map((ring) => `   ${JSON.stringify(ring)}`).join(",\n");
  return ` ${JSON.stringify(name)}: {\n  "box": ${JSON.stringify(box)},\n  "rings": [\n${lines}\n  ]\n }`;
});
writeFileSync(new URL("coast.json", import.meta.url), `{\n${coasts.join(",\n")}\n}\n`);
