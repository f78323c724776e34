// The shift: how many were good and why others were not, what still waits, and double uses that came out afterwards.
import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { t, tOr } from "../../shared/i18n";
import { Heading } from "../../shared/router";
import { lastUpload, online, scansWait, waiting } from "../courier";
import { seconds } from "../knowledge";
import { Back } from "../parts";
import { clockOf, duration } from "../says";
import { find, keep, listScans, type Scan } from "../store";

interface Begin {
  id: "shift";
  at: number;
}

/** The first shift begins with the first scan. */
async function shiftBegin(): Promise<number> {
  return (await find<Begin>("state", "shift"))?.at ?? 0;
}

export function Shift() {
  const scans = useSignal<Scan[]>([]);
  const since = useSignal(0);
  const load = async () => {
    since.value = await shiftBegin();
    scans.value = (await listScans()).filter((scan) => scan.deviceTs + scan.clockOffset >= since.value);
  };
  useEffect(() => void load(), [waiting.value]);
  const fresh = async () => {
    await keep({ id: "shift", at: seconds() } as Begin);
    await load();
  };
  const good = scans.value.filter((scan) => scan.decision.admit);
  const doubles = scans.value.filter((scan) => scan.result === "recorded_double_use");
  return (
    <>
      <Heading title={t("shift.title")}>{t("shift.title")}</Heading>
      {doubles.length > 0 && (
        <section class="note bad">
          <h2>{t("double.title", { count: doubles.length })}</h2>
          <p>{t("double.text")}</p>
          <ul>
            {doubles.map((scan) => (
              <li key={scan.scanId}>
                {clockOf(scan.deviceTs + scan.clockOffset)}
                {scan.doubleUse &&
                  ` · ${t("double.gates", { first: scan.doubleUse.first_gate, second: scan.doubleUse.second_gate, gap: duration(scan.doubleUse.gap_seconds) })}`}
              </li>
            ))}
          </ul>
        </section>
      )}
      <h2>{t("queue.title")}</h2>
      <p>
        {waiting.value ? t("queue.waiting", { count: waiting.value }) : t("queue.empty")}
        {lastUpload.value !== null && ` ${t("queue.last", { at: clockOf(lastUpload.value) })}`}
      </p>
      {!online.value && <p class="note wait">{t("queue.offline")}</p>}
      {waiting.value > 0 && (
        <button type="button" onClick={scansWait}>
          {t("queue.now")}
        </button>
      )}
      <h2>{t("shift.counts")}</h2>
      <table>
        <tbody>
          <tr class="sum">
            <th scope="row">{t("shift.all")}</th>
            <td>{scans.value.length}</td>
          </tr>
          <tr>
            <th scope="row">{t("shift.good")}</th>
            <td>{good.length}</td>
          </tr>
          {[...counted(scans.value)].map(([reason, count]) => (
            <tr key={reason}>
              <th scope="row">{tOr(`why.${reason}`, reason)}</th>
              <td>{count}</td>
            </tr>
          ))}
        </tbody>
      </table>
      <button type="button" onClick={() => void fresh()}>
        {t("shift.new")}
      </button>
      <Back />
    </>
  );
}

function counted(scans: Scan[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const { decision } of scans) if (!decision.admit) counts.set(decision.reason, (counts.get(decision.reason) ?? 0) + 1);
  return counts;
}
