// Buy a ticket with the generated TypeScript client; writes the facts that the test judges, as JSON.
import { call, callTagged, newKey, Problem } from "./api";

declare const process: { argv: string[]; stdout: { write(text: string): void } };
const [, , address = "", leaves = ""] = process.argv;
const elsewhere = globalThis.fetch;
globalThis.fetch = (path, request) => elsewhere(new URL(String(path), address), request);

async function problemOf(work: Promise<unknown>): Promise<[number, string]> {
  try {
    await work;
  } catch (trouble) {
    if (trouble instanceof Problem) return [trouble.status, trouble.code];
    throw trouble;
  }
  throw new Error("nothing was refused");
}

async function stopOf(name: string): Promise<string> {
  const { places } = await call("GET /v1/places", { query: { q: name } });
  return places[0]?.stop_ids[0] ?? "";
}

async function main(): Promise<unknown> {
  const found = await call("POST /v1/journeys", {
    body: {
      from: { stop_id: await stopOf("Kopli") },
      to: { stop_id: await stopOf("Balti jaam") },
      depart_at: leaves,
      passengers: [{ ref: "anna" }, { ref: "mari", rider_category: "child" }],
    },
  });
  const offer = found.itineraries.find((one) => one.offer_id)?.offer_id as string;
  const quote = await call("POST /v1/quotes", { body: { offer_id: offer } });
  const once = newKey();
  const order = await call("POST /v1/orders", { body: { quote_id: quote.id }, once });
  const again = await call("POST /v1/orders", { body: { quote_id: quote.id }, once });
  const path = { order_id: order.id };
  const token = order.access_token as string;
  const declined = await problemOf(call("POST /v1/orders/{order_id}/payments", { path, body: { method: "demo_declined" }, token, once: newKey() }));
  const paid = await call("POST /v1/orders/{order_id}/payments", { path, body: { method: "demo_ok" }, token, once: newKey() });
  const tickets = await callTagged("GET /v1/orders/{order_id}/tickets", { path, token });
  const polled = await callTagged("GET /v1/orders/{order_id}/tickets", { path, token }, tickets?.tag);
  const refund = await call("POST /v1/orders/{order_id}/refunds", { path, body: { passengers: ["mari"] }, token, once: newKey() });
  return {
    state: paid.state,
    same_order: order.id === again.id,
    declined,
    passengers: tickets?.answer.tickets.map((one) => one.passenger),
    tokens: tickets?.answer.tickets.map((one) => one.token),
    unchanged: polled === undefined,
    stranger: await problemOf(call("GET /v1/orders/{order_id}", { path, token: "made-up" })),
    refunded: refund.lines.map((line) => line.passenger),
  };
}

void main().then((facts) => process.stdout.write(JSON.stringify(facts)));
