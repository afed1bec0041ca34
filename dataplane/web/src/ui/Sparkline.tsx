/** Events over time in the width of a word. Bars that stand out are drawn in the colour. */
import type { Series } from "../api/schema";

const HEIGHT = 22;
/** More bars than this are thinner than the gap between them. */
const BARS_MAX = 28;

export function Sparkline({ series, width = 112, label }: { series: Series; width?: number; label: string }) {
  const bars = bin(series.map(([, count]) => count), BARS_MAX);
  const top = Math.max(1, ...bars);
  const usual = median(bars);
  const slot = width / Math.max(1, bars.length);
  const total = bars.reduce((sum, count) => sum + count, 0);
  return (
    <svg className="sp" width={width} height={HEIGHT} role="img" aria-label={`${label}: ${total} events, at most ${top} in one bar`}>
      {bars.map((count, index) => {
        const height = count === 0 ? 1 : Math.max(2, (count / top) * HEIGHT);
        const spike = index >= bars.length - 3 && count > 2 && count > usual * 2;
        return <rect key={index} className={spike ? "h" : undefined} x={index * slot} y={HEIGHT - height} width={Math.max(1, slot - 1)} height={height} rx={0.5} />;
      })}
    </svg>
  );
}

function bin(counts: readonly number[], most: number): number[] {
  const size = Math.max(1, Math.ceil(counts.length / most));
  return Array.from({ length: Math.ceil(counts.length / size) }, (_, index) => counts.slice(index * size, (index + 1) * size).reduce((sum, one) => sum + one, 0));
}

function median(counts: readonly number[]): number {
  const sorted = [...counts].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? 0;
}
