// Passes and carnets on sale: a pass covers its rides, and later searches on this phone count it.
import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { ACCOUNT, call, newKey, type Schemas } from "../../shared/api";
import { t, tOr } from "../../shared/i18n";
import { money } from "../../shared/money";
import { go, Heading } from "../../shared/router";
import { mine, signedIn } from "../../shared/session";
import { Caps } from "../caps";
import { keepDraft } from "../draft";
import { categoryOf, Note, Trouble, Waiting } from "../parts";

type Product = Schemas["PassProduct"];

export function Passes() {
  const products = useSignal<Product[] | null>(null);
  const error = useSignal<unknown>(null);
  const busy = useSignal(false);
  const ask = () => {
    error.value = null;
    call("GET /v1/passes", {})
      .then((found) => (products.value = found.passes))
      .catch((trouble: unknown) => (error.value = trouble));
  };
  const caps = useSignal<Schemas["Cap"][]>([]);
  useEffect(ask, []);
  useEffect(() => {
    if (signedIn.value) call("GET /v1/me/caps", { token: ACCOUNT }).then((found) => (caps.value = found.caps), () => undefined);
  }, []);
  const buy = async (product: Product, category: string) => {
    busy.value = true;
    error.value = null;
    try {
      const quote = await call("POST /v1/passes/quotes", { body: { region: product.region, product: product.id, rider_category: category }, ...mine() });
      await keepDraft({ itinerary: null, quote, search: "", change: null, orderKey: newKey(), payKey: newKey(), order: null, token: null, method: null });
      go("who");
    } catch (trouble) {
      error.value = trouble;
    }
    busy.value = false;
  };
  return (
    <>
      <Heading title={t("passes.title")}>{t("passes.title")}</Heading>
      <p class="lead">{t("passes.lead")}</p>
      <Caps caps={caps.value} />
      <Trouble error={error.value} again={ask} />
      {!products.value && !error.value && <Waiting />}
      {products.value?.length === 0 && (
        <Note kind="calm">
          <p>{t("passes.none")}</p>
        </Note>
      )}
      <ul class="cards">
        {products.value?.map((product) => (
          <li key={product.id} class="card">
            <h2>{product.name}</h2>
            <p class="facts">
              {tOr(`passes.${product.kind}`, product.kind)}
              {product.uses !== null ? ` · ${t("passes.uses", { count: product.uses })}` : ""}
            </p>
            {product.prices.map((price) => (
              <button key={price.rider_category} type="button" class="wide split" disabled={busy.value} onClick={() => void buy(product, price.rider_category)}>
                <span>{categoryOf(price.rider_category)}</span> <strong>{money(price.price)}</strong>
              </button>
            ))}
          </li>
        ))}
      </ul>
    </>
  );
}
