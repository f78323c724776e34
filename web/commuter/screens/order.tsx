// The order and its receipt: what was paid, what came back, and the papers.
import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { call, file, type Schemas } from "../../shared/api";
import { t, tOr } from "../../shared/i18n";
import { here, money } from "../../shared/money";
import { Heading, type Place } from "../../shared/router";
import { signedIn } from "../../shared/session";
import { Caps, capsOf } from "../caps";
import { Mail } from "../mail";
import { orderOf, refresh } from "../orders";
import { Back, categoryOf, Note, Trouble } from "../parts";
import Push from "../push";
import { save } from "../save";

export function OrderPage({ at }: { at: Place }) {
  const id = at.parts["order"] as string;
  const error = useSignal<unknown>(null);
  const caps = useSignal<Schemas["Cap"][]>([]);
  useEffect(() => {
    refresh(id).catch((trouble: unknown) => (error.value = trouble));
    // Caps count for the owner of an account alone. Without the quote nothing is missing but that sentence.
    const quote_id = signedIn.value ? orderOf(id)?.order.quote_id : undefined;
    if (quote_id) call("GET /v1/quotes/{quote_id}", { path: { quote_id } }).then((quote) => (caps.value = capsOf(quote)), () => undefined);
  }, []);
  const row = orderOf(id);
  if (!row) {
    return (
      <>
        <Heading title={t("order.title")}>{t("order.title")}</Heading>
        <Note kind="calm">
          <p>{t("ticket.notHere")}</p>
        </Note>
      </>
    );
  }
  const { order } = row;
  const receipt = () =>
    file("GET /v1/orders/{order_id}/receipt.pdf", { path: { order_id: id }, token: row.token })
      .then((pdf) => save(pdf, "receipt.pdf"))
      .catch((trouble: unknown) => (error.value = trouble));
  return (
    <>
      <Back to="tickets">{t("tickets.title")}</Back>
      <Heading title={t("order.title")}>{t("order.title")}</Heading>
      <section class="card">
        <table>
          <caption>{t("order.bought", { time: here(order.created_at, true) })}</caption>
          <tbody>
            {order.passengers.map((one) => (
              <tr key={one.ref}>
                <th scope="row">{categoryOf(one.rider_category)}</th>
                <td>{money(one.total)}</td>
              </tr>
            ))}
            <tr class="sum">
              <th scope="row">{t("total")}</th>
              <td>{money(order.total)}</td>
            </tr>
            {Number(order.credit.amount) !== 0 && (
              <tr>
                <th scope="row">{t("pay.credit")}</th>
                <td>− {money(order.credit)}</td>
              </tr>
            )}
          </tbody>
        </table>
        {order.payments.map((one) => (
          <p key={one.id}>
            {t("order.payment", { amount: money(one.amount), state: tOr(`payment.${one.state}`, one.state) })}
          </p>
        ))}
      </section>
      {order.refunds.length > 0 && (
        <section class="card" aria-labelledby="refunds">
          <h2 id="refunds">{t("order.refunds")}</h2>
          {order.refunds.map((refund) => (
            <div key={refund.id}>
              <p>
                <strong>{money(refund.amount)}</strong> · {here(refund.created_at, true)}
              </p>
              <ul>
                {refund.lines.map((line) => (
                  <li key={line.jti + line.legs.join()}>{line.because}</li>
                ))}
              </ul>
            </div>
          ))}
        </section>
      )}
      <Caps caps={caps.value} />
      <Mail row={row} key={row.push} />
      <Push row={row} />
      <Trouble error={error.value} />
      <ul class="rows actions">
        <li>
          <button type="button" onClick={() => void receipt()}>
            {t("order.receipt")}
          </button>
        </li>
        {row.tickets && (
          <li>
            <a href={`/app/orders/${id}/hand-over`}>{t("handover.title")}</a>
          </li>
        )}
        <li>
          <a href={`/app/orders/${id}/options`}>{t("options.title")}</a>
        </li>
        <li>
          <a href={`/app/orders/${id}/delays`}>{t("delays.title")}</a>
        </li>
      </ul>
    </>
  );
}
