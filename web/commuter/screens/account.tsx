// The account, for those who want one: sign in, keep orders in it, take them to another phone, leave again.
import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { ACCOUNT, call, Problem, type Schemas } from "../../shared/api";
import { t } from "../../shared/i18n";
import { here, money } from "../../shared/money";
import { Heading } from "../../shared/router";
import { enter, leave, signedIn } from "../../shared/session";
import { orderOf, orders, takeIn } from "../orders";
import { Back, Note, Trouble } from "../parts";
import { save } from "../save";

export default function AccountPage() {
  return (
    <>
      <Back to="more">{t("more.title")}</Back>
      <Heading title={t("account.title")}>{t("account.title")}</Heading>
      {signedIn.value ? <Inside /> : <Door />}
    </>
  );
}

/** The parts of WebAuthn Level 3 that take and give JSON; older browsers have none, and get no button. */
interface Keys {
  parseCreationOptionsFromJSON?(options: unknown): PublicKeyCredentialCreationOptions;
  parseRequestOptionsFromJSON?(options: unknown): PublicKeyCredentialRequestOptions;
}

const keys = (window as unknown as { PublicKeyCredential?: Keys }).PublicKeyCredential;

async function withPasskey(): Promise<Schemas["SignedIn"]> {
  const { public_key } = await call("POST /v1/sign-in/passkey/options", { body: {} });
  const publicKey = keys?.parseRequestOptionsFromJSON?.(public_key) as PublicKeyCredentialRequestOptions;
  return call("POST /v1/sign-in/passkey", { body: { credential: json(await navigator.credentials.get({ publicKey })) } });
}

async function makePasskey(): Promise<void> {
  const { public_key } = await call("POST /v1/me/passkeys/options", { body: {}, token: ACCOUNT });
  const publicKey = keys?.parseCreationOptionsFromJSON?.(public_key) as PublicKeyCredentialCreationOptions;
  const credential = json(await navigator.credentials.create({ publicKey }));
  await call("POST /v1/me/passkeys", { body: { credential, label: navigator.platform || "browser" }, token: ACCOUNT });
}

function json(credential: Credential | null): Record<string, unknown> {
  return (credential as unknown as { toJSON(): Record<string, unknown> }).toJSON();
}

/** Someone who breaks off the system's window has not failed. */
function wasBrokenOff(trouble: unknown): boolean {
  return trouble instanceof DOMException && (trouble.name === "NotAllowedError" || trouble.name === "AbortError");
}

function Door() {
  const email = useSignal("");
  const password = useSignal("");
  const isNew = useSignal(false);
  const error = useSignal<unknown>(null);
  const busy = useSignal(false);
  const come = (how: () => Promise<Schemas["SignedIn"]>) => async () => {
    busy.value = true;
    error.value = null;
    try {
      await enter(await how());
    } catch (trouble) {
      if (!wasBrokenOff(trouble)) error.value = trouble;
    }
    busy.value = false;
  };
  const credentials = () => ({ email: email.value.trim(), password: password.value });
  const submit = come(() =>
    isNew.value ? call("POST /v1/accounts", { body: credentials() }) : call("POST /v1/sessions", { body: credentials() }),
  );
  return (
    <>
      <p class="lead">{t("account.lead")}</p>
      {keys?.parseRequestOptionsFromJSON && (
        <button type="button" class="main wide" disabled={busy.value} onClick={() => void come(withPasskey)()}>
          {t("account.passkey")}
        </button>
      )}
      <form
        class="card apart"
        onSubmit={(event) => {
          event.preventDefault();
          void submit();
        }}
      >
        <div class="segments">
          {[false, true].map((choice) => (
            <label key={String(choice)}>
              <input type="radio" name="new" checked={isNew.value === choice} onChange={() => (isNew.value = choice)} />
              <span>{t(choice ? "account.new" : "account.in")}</span>
            </label>
          ))}
        </div>
        <label class="field">
          {t("account.email")}
          <input type="email" required autocomplete="username" value={email.value} onInput={(event) => (email.value = event.currentTarget.value)} />
        </label>
        <label class="field">
          {t("account.password")}
          <input
            type="password"
            required
            autocomplete={isNew.value ? "new-password" : "current-password"}
            value={password.value}
            onInput={(event) => (password.value = event.currentTarget.value)}
          />
        </label>
        <Refused error={error.value} />
        <button class="wide" disabled={busy.value}>
          {t(isNew.value ? "account.new" : "account.in")}
        </button>
      </form>
    </>
  );
}

function Refused({ error }: { error: unknown }) {
  if (error instanceof Problem && error.status === 401) {
    return (
      <Note kind="bad">
        <p>{t("account.wrong")}</p>
      </Note>
    );
  }
  return <Trouble error={error} />;
}

function Inside() {
  const me = useSignal<Schemas["Account"] | null>(null);
  const list = useSignal<Schemas["MyOrder"][]>([]);
  const passkeys = useSignal<Schemas["Passkey"][]>([]);
  const error = useSignal<unknown>(null);
  const said = useSignal<string | null>(null);
  const sure = useSignal(false);
  const load = async () => {
    me.value = await call("GET /v1/me", { token: ACCOUNT });
    list.value = (await call("GET /v1/me/orders", { token: ACCOUNT })).orders;
    passkeys.value = (await call("GET /v1/me/passkeys", { token: ACCOUNT })).passkeys;
  };
  const act = (work: () => Promise<string | null>) => async () => {
    error.value = said.value = null;
    try {
      said.value = await work();
      if (signedIn.value) await load();
    } catch (trouble) {
      if (!wasBrokenOff(trouble)) error.value = trouble;
    }
  };
  useEffect(() => void act(() => Promise.resolve(null))(), []);
  const loose = orders.value.filter((row) => row.token !== ACCOUNT && !list.value.some((one) => one.id === row.id));
  const claim = act(async () => {
    for (const row of loose) await call("POST /v1/me/orders/claims", { body: { order_id: row.id, access_token: row.token }, token: ACCOUNT });
    return t("account.kept");
  });
  const bring = (id: string) =>
    act(async () => {
      await takeIn(id, ACCOUNT);
      return t("account.brought");
    });
  const away = act(async () => {
    await call("DELETE /v1/sessions", { token: ACCOUNT });
    await leave();
    return null;
  });
  const take = act(async () => {
    const data = await call("GET /v1/me/export", { token: ACCOUNT });
    save(new Blob([JSON.stringify(data, null, 1)], { type: "application/json" }), "account.json");
    return null;
  });
  const end = act(async () => {
    await call("DELETE /v1/me", { token: ACCOUNT });
    await leave();
    return null;
  });
  return (
    <>
      <p class="lead">{me.value?.email}</p>
      {said.value && (
        <Note kind="good" live>
          <p>{said.value}</p>
        </Note>
      )}
      <Trouble error={error.value} />
      {loose.length > 0 && (
        <section class="card">
          <p>{t("account.loose", { count: loose.length })}</p>
          <button type="button" class="main wide" onClick={() => void claim()}>
            {t("account.keep")}
          </button>
        </section>
      )}
      <section class="card" aria-labelledby="mine">
        <h2 id="mine">{t("account.orders")}</h2>
        {list.value.length === 0 && <p>{t("account.noOrders")}</p>}
        {list.value.map((one) => (
          <p key={one.id} class="line">
            <span>
              {here(one.created_at, true)} · {money(one.total)}
            </span>
            {orderOf(one.id) ? (
              <a href={`/app/orders/${one.id}`}>{t("account.open")}</a>
            ) : (
              <button type="button" onClick={() => void bring(one.id)()}>
                {t("account.bring")}
              </button>
            )}
          </p>
        ))}
      </section>
      {keys?.parseCreationOptionsFromJSON && (
        <section class="card" aria-labelledby="keys">
          <h2 id="keys">{t("account.passkeys")}</h2>
          <p>{t("account.passkeys.count", { count: passkeys.value.length })}</p>
          <button type="button" onClick={() => void act(() => makePasskey().then(() => t("account.passkeys.made")))()}>
            {t("account.passkeys.make")}
          </button>
        </section>
      )}
      <ul class="rows actions">
        <li>
          <button type="button" onClick={() => void take()}>
            {t("account.export")}
          </button>
        </li>
        <li>
          <button type="button" onClick={() => void away()}>
            {t("account.out")}
          </button>
        </li>
      </ul>
      {sure.value ? (
        <Note kind="bad">
          <p>{t("account.delete.sure")}</p>
          <p class="buttons">
            <button type="button" class="danger" onClick={() => void end()}>
              {t("account.delete.go")}
            </button>
            <button type="button" onClick={() => (sure.value = false)}>
              {t("account.delete.stop")}
            </button>
          </p>
        </Note>
      ) : (
        <button type="button" class="danger" onClick={() => (sure.value = true)}>
          {t("account.delete")}
        </button>
      )}
    </>
  );
}
