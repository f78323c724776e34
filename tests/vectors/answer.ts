// Answer a line of the vectors by the inspector's rules, in the form in which the line expects it.
import { openBundle, type Bundle } from "../../web/shared/gate/bundle";
import { decide, type Gate, memoryOf, present } from "../../web/shared/gate/decision";
import { loadKeys } from "../../web/shared/gate/jwk";
import { type Json, type JsonObject, parse } from "../../web/shared/gate/strict";
import { toldTogether, type Use } from "../../web/shared/gate/usage";

const opened = new Map<string, Promise<Bundle>>();

/** A bundle, opened once however many cases are decided by it. */
function bundleOf(line: JsonObject): Promise<Bundle> {
  const token = line.get("bundle") as string;
  const held = opened.get(token) ?? openBundle(token, loadKeys((line.get("trust") as JsonObject).get("keys")));
  opened.set(token, held);
  return held;
}

/** Whether a bundle is applied. */
export async function opens(text: string): Promise<boolean> {
  const line = parse(text) as JsonObject;
  try {
    await openBundle(line.get("bundle") as string, loadKeys((line.get("trust") as JsonObject).get("keys")));
    return true;
  } catch {
    return false;
  }
}

/** The decision of a case. */
export async function answer(text: string): Promise<unknown> {
  const line = parse(text) as JsonObject;
  const bundle = await bundleOf(line);
  const gate = gateOf(line.get("gate") as JsonObject);
  const shown = await present(line.get("token") as string, bundle, gate.operator, line.get("proof") as string | null);
  const seen = new Map((line.get("seen") as Json[]).map((use) => [JSON.stringify([...(use as JsonObject)]), useOf(use as JsonObject)]));
  const proofs = (line.get("proofs") as JsonObject[]).map((one) => `${one.get("jti")} ${one.get("nonce")}`);
  const memory = memoryOf(toldTogether(bundle.uses, [...seen.values()]), new Set(proofs), bundle);
  const decision = decide(shown, bundle, memory, Date.parse(line.get("at") as string) / 1000, gate);
  const { admit, ...rest } = decision;
  return { decision: admit ? "accept" : "refuse", ...rest };
}

function useOf(row: JsonObject): Use {
  const get = (name: string) => row.get(name) as never;
  return { jti: get("jti"), leg: get("leg"), at: get("ts"), gate: get("gate") ?? null, kind: get("kind") ?? "ride" };
}

function gateOf(row: JsonObject): Gate {
  const get = (name: string) => (row.get(name) ?? null) as never;
  const departure = row.get("departure") as string | undefined;
  return {
    operator: get("operator"),
    stopId: get("stop_id"),
    leg: get("leg"),
    id: get("id"),
    zone: get("zone"),
    direction: get("direction"),
    inspects: row.get("inspect") === true,
    clockIsSure: row.get("clock_is_sure") !== false,
    tripId: get("trip_id"),
    departure: departure ? Math.floor(Date.parse(departure) / 1000) : null,
  };
}
