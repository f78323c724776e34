// Draw a text as a QR code, black on white in every theme, with the quiet zone of four modules that readers need.
import qrcode from "qrcode-generator";
import { useMemo } from "preact/hooks";

const QUIET = 4;

function drawn(text: string): { size: number; path: string } {
  const code = qrcode(0, "L");
  code.addData(text, "Byte");
  // Eight masks would be scored, which takes four fifths of the time: four times a minute, on a phone. A signed text is as
  // good as random, so each mask breaks its patterns up, and readers take any (ISO/IEC 18004, 7.8). No module, no score.
  const { getModuleCount } = code;
  code.getModuleCount = () => 0;
  code.make();
  code.getModuleCount = getModuleCount;
  const count = code.getModuleCount();
  let path = "";
  for (let row = 0; row < count; row++) {
    for (let column = 0; column < count; ) {
      let end = column;
      while (end < count && code.isDark(row, end)) end++;
      if (end > column) path += `M${column + QUIET} ${row + QUIET}h${end - column}v1h${column - end}z`;
      column = end + 1;
    }
  }
  return { size: count + 2 * QUIET, path };
}

export function Qr({ text, label, small }: { text: string; label: string; small?: boolean }) {
  const { size, path } = useMemo(() => drawn(text), [text]);
  return (
    <svg class={small ? "qr small" : "qr"} viewBox={`0 0 ${size} ${size}`} role="img" aria-label={label} shape-rendering="crispEdges">
      <rect width={size} height={size} fill="#fff" />
      <path d={path} fill="#000" />
    </svg>
  );
}
