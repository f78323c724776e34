// The way on a small map of the coast, drawn here: decoration, for the list of stops says everything.
import coasts from "../map/coast.json";
import type { Leg } from "./orders";

type Point = [number, number];
interface Coast {
  box: number[];
  rings: number[][][];
}

const MARGIN = 0.18;
const SHAPE = 1.5;

function ends(legs: Leg[]): Point[] {
  const stops = legs.flatMap((leg) => [leg.from, leg.to]);
  return stops.flatMap(({ lon, lat }) => (lon === null || lat === null ? [] : [[lon, lat] as Point]));
}

function holds({ box: [west, south, east, north] }: Coast, points: Point[]): boolean {
  return points.every(([lon, lat]) => lon > (west as number) && lon < (east as number) && lat > (south as number) && lat < (north as number));
}

/** Thousandths of a degree, narrowed to the width that a degree of longitude has in the middle of the map. */
function projection(points: Point[]): (point: number[]) => Point {
  const middle = points.reduce((sum, [, lat]) => sum + lat, 0) / points.length;
  const narrow = Math.cos((middle * Math.PI) / 180);
  return ([x, y]) => [Math.round((x as number) * narrow), -(y as number)];
}

function path(points: Point[]): string {
  return `M${points.map((point) => point.join(" ")).join("L")}`;
}

export default function Map({ legs }: { legs: Leg[] }) {
  const points = ends(legs);
  const coast = Object.values(coasts as Record<string, Coast>).find((one) => holds(one, points));
  // Within a city the coast is too coarse: its bays are cut by straight lines.
  if (!coast || points.length < 2 || !legs.some((leg) => leg.mode === "ferry")) return null;
  const project = projection(points);
  const placed = (point: Point) => project([point[0] * 1000, point[1] * 1000]);
  const all = points.map(placed);
  const [xs, ys] = [all.map(([x]) => x), all.map(([, y]) => y)];
  const high = Math.max((Math.max(...ys) - Math.min(...ys)) * (1 + 2 * MARGIN), (Math.max(...xs) - Math.min(...xs)) * ((1 + 2 * MARGIN) / SHAPE));
  const left = (Math.max(...xs) + Math.min(...xs) - high * SHAPE) / 2;
  const top = (Math.max(...ys) + Math.min(...ys) - high) / 2;
  const named = [legs[0]?.from, legs.at(-1)?.to];
  return (
    <svg class="map" viewBox={`${left} ${top} ${high * SHAPE} ${high}`} preserveAspectRatio="xMidYMid meet" aria-hidden="true">
      <path class="land" d={coast.rings.map((ring) => `${path(ring.map(project))}Z`).join("")} />
      {legs.map((leg, index) => {
        const line = ends([leg]).map(placed);
        return line.length === 2 ? <path key={index} class={`line ${leg.mode}`} d={path(line)} /> : null;
      })}
      {named.map((stop, index) => {
        if (!stop || stop.lon === null || stop.lat === null) return null;
        const [x, y] = placed([stop.lon, stop.lat]);
        return (
          <g key={index}>
            <circle cx={x} cy={y} r={high / 45} />
            <text x={x + high / 25} y={y + high / 50} font-size={high / 15}>
              {stop.name}
            </text>
          </g>
        );
      })}
    </svg>
  );
}
