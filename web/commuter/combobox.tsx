// A field that finds places while one types (combobox with a list, ARIA Authoring Practices).
import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { call, type Schemas } from "../shared/api";
import { language, t } from "../shared/i18n";

export interface Chosen {
  id: string;
  name: string;
}

/** The id of a place that is where the phone is: `geo:59.461,24.667`. */
const HERE = "geo:";
const DEBOUNCE_MS = 150;

interface Props {
  id: string;
  label: string;
  value: Chosen | null;
  recent: Chosen[];
  fault: string | null;
  choose: (place: Chosen | null) => void;
  /** Offer the place where the phone is. */
  here?: boolean;
}

function nameOf(place: Schemas["Place"]): string {
  return place.names[language.value] ?? place.name;
}

export function Combobox({ id, label, value, recent, fault, choose, here }: Props) {
  const text = useSignal(value?.name ?? "");
  const options = useSignal<Chosen[]>([]);
  const isOpen = useSignal(false);
  const active = useSignal(-1);
  const told = useSignal("");
  const asked = useRef<AbortController | null>(null);

  useEffect(() => {
    text.value = value?.name ?? "";
  }, [value?.id]);

  const show = (found: Chosen[], searched: boolean) => {
    options.value = found;
    isOpen.value = found.length > 0;
    active.value = -1;
    told.value = searched ? t("places.found", { count: found.length }) : "";
  };

  const search = (typed: string) => {
    asked.current?.abort();
    if (typed.trim() === "") return show(suggested(), false);
    // What was suggested before anything was typed is no answer to it.
    if (told.value === "") isOpen.value = false;
    const mine = (asked.current = new AbortController());
    setTimeout(() => {
      if (mine.signal.aborted) return;
      call("GET /v1/places", { query: { q: typed.trim(), limit: 6 }, signal: mine.signal })
        .then(({ places }) => show(places.map((one) => ({ id: one.id, name: nameOf(one) })), true))
        .catch(() => undefined);
    }, DEBOUNCE_MS);
  };

  const suggested = (): Chosen[] => (here && "geolocation" in navigator ? [{ id: HERE, name: t("search.here") }, ...recent] : recent);

  const locate = () =>
    navigator.geolocation.getCurrentPosition(
      ({ coords }) => choose({ id: `${HERE}${coords.latitude.toFixed(4)},${coords.longitude.toFixed(4)}`, name: t("search.here") }),
      () => {
        text.value = "";
        told.value = t("search.here.denied");
      },
    );

  const take = (place: Chosen) => {
    if (place.id === HERE) locate();
    text.value = place.name;
    isOpen.value = false;
    told.value = "";
    if (place.id !== HERE) choose(place);
  };

  const onKey = (event: KeyboardEvent) => {
    const count = options.value.length;
    if (event.key === "Escape") isOpen.value = false;
    else if (event.key === "Enter" && isOpen.value && active.value >= 0) take(options.value[active.value] as Chosen);
    else if (event.key === "ArrowDown" && !isOpen.value) return search(value && text.value === value.name ? "" : text.value);
    else if (event.key === "ArrowDown") active.value = (active.value + 1) % count;
    else if (event.key === "ArrowUp" && isOpen.value) active.value = (active.value - 1 + count) % count;
    else return;
    event.preventDefault();
  };

  const onLeave = () => {
    asked.current?.abort();
    isOpen.value = false;
    const same = options.value.find((one) => one.name.toLowerCase() === text.value.trim().toLowerCase());
    if (value && text.value === value.name) return;
    if (same) take(same);
    else choose(null);
  };

  return (
    <div class="field combobox">
      <label for={id}>{label}</label>
      <input
        id={id}
        role="combobox"
        autocomplete="off"
        autocorrect="off"
        spellcheck={false}
        enterkeyhint="next"
        aria-expanded={isOpen.value}
        aria-controls={`${id}-list`}
        aria-autocomplete="list"
        aria-activedescendant={isOpen.value && active.value >= 0 ? `${id}-${active.value}` : undefined}
        aria-invalid={fault ? true : undefined}
        aria-describedby={fault ? `${id}-fault` : undefined}
        value={text.value}
        onFocus={(event) => {
          event.currentTarget.select();
          if (text.value === "") show(suggested(), false);
        }}
        onInput={(event) => {
          text.value = event.currentTarget.value;
          search(text.value);
        }}
        onKeyDown={onKey}
        onBlur={onLeave}
      />
      {fault && (
        <p class="fault" id={`${id}-fault`}>
          {fault}
        </p>
      )}
      <ul id={`${id}-list`} role="listbox" aria-label={label} hidden={!isOpen.value}>
        {options.value.map((place, index) => (
          <li
            key={place.id}
            id={`${id}-${index}`}
            role="option"
            aria-selected={index === active.value}
            onPointerDown={(event) => {
              event.preventDefault();
              take(place);
            }}
          >
            {place.name}
          </li>
        ))}
      </ul>
      <span class="unseen" role="status">
        {told.value}
      </span>
    </div>
  );
}
