/** Events over time, drawn by uPlot: axis, release markers, the value under the pointer, and a table for screen readers. */
import { useEffect, useRef, useState } from "react";
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import type { Series } from "../api/schema";
import { exact, exactTime } from "../model/format";
import { useDark } from "../shell/theme";

interface HistogramProps { series: Series; hotSince: number | null; markers: readonly { at: number; name: string }[]; label: string }

const HEIGHT = 70;
const AXIS_PX = 18;
/** The widest label of the time axis, "12:00 PM". */
const LABEL_PX = 56;

export default function Histogram({ series, hotSince, markers, label }: HistogramProps) {
  const host = useRef<HTMLDivElement>(null);
  const [hovered, setHovered] = useState<number | null>(null);
  const dark = useDark();
  useEffect(() => {
    const element = host.current;
    if (element === null) return undefined;
    const plot = new uPlot(options(element, series, markers, setHovered), columns(series, hotSince), element);
    const observer = new ResizeObserver(() => plot.setSize({ width: element.clientWidth, height: HEIGHT }));
    observer.observe(element);
    return () => { observer.disconnect(); plot.destroy(); };
  }, [series, hotSince, markers, dark]);
  const point = hovered === null ? undefined : series[hovered];
  return (
    <figure>
      <div className="uplot-host" aria-hidden="true">
        <div ref={host} />
        {point !== undefined && <span className="readout">{exact(point[1])} · {exactTime(new Date(point[0] * 1000))}</span>}
      </div>
      <table className="sr-only">
        <caption>{label}</caption>
        <thead><tr><th scope="col">From</th><th scope="col">Events</th></tr></thead>
        <tbody>{series.filter(([, count]) => count > 0).map(([at, count]) => <tr key={at}><td>{exactTime(new Date(at * 1000))}</td><td>{count}</td></tr>)}</tbody>
      </table>
    </figure>
  );
}

function columns(series: Series, hotSince: number | null): uPlot.AlignedData {
  const isHot = (at: number) => hotSince !== null && at + step(series) > hotSince;
  return [series.map(([at]) => at), series.map(([at, count]) => (isHot(at) ? null : count)), series.map(([at, count]) => (isHot(at) ? count : null))];
}

function step(series: Series): number {
  return (series[1]?.[0] ?? 0) - (series[0]?.[0] ?? 0) || 3600;
}

function options(element: HTMLElement, series: Series, markers: HistogramProps["markers"], hover: (index: number | null) => void): uPlot.Options {
  const token = (name: string) => getComputedStyle(element).getPropertyValue(name).trim();
  const bars = uPlot.paths.bars?.({ size: [0.85, 24], align: 1 });
  const axis = { stroke: token("--ink-3"), font: `11px ${token("--sans")}`, ticks: { show: false }, grid: { show: false } };
  const fill = (color: string) => ({ fill: color, stroke: color, width: 0, points: { show: false }, ...(bars ? { paths: bars } : {}) });
  const [from, to] = [series[0]?.[0] ?? 0, (series.at(-1)?.[0] ?? 0) + step(series)];
  const top = Math.max(1, ...series.map(([, count]) => count));
  return {
    width: Math.max(120, element.clientWidth), height: HEIGHT, legend: { show: false }, padding: [6, 0, 0, 0],
    cursor: { y: false, points: { show: false }, drag: { x: false, y: false } },
    scales: { x: { range: [from, to] }, y: { range: [0, top] } },
    axes: [
      { ...axis, size: AXIS_PX, gap: 2, space: 70, values: (plot, ticks) => ticks.map((tick) => (isCut(plot, tick) ? "" : day(tick, to - from))) },
      { ...axis, size: 34, gap: 4, splits: () => [0, top], values: (_, ticks) => ticks.map((tick) => (tick === 0 ? "" : exact(tick))) },
    ],
    series: [{}, fill(token("--line-strong")), fill(token("--pen"))],
    hooks: {
      setCursor: [(plot) => hover(plot.cursor.idx ?? null)],
      draw: [(plot) => drawMarkers(plot, markers.filter(({ at }) => at >= from && at <= to), token("--link"))],
    },
  };
}

/** Bars end at the edge of the picture; the words below one of the last would be cut in two. */
function isCut(plot: uPlot, tick: number): boolean {
  return plot.valToPos(tick, "x") + LABEL_PX / 2 > plot.bbox.width / devicePixelRatio;
}

function day(tick: number, spanS: number): string {
  const date = new Date(tick * 1000);
  return spanS <= 172_800 ? date.toLocaleTimeString(undefined, { hour: "2-digit", minute: "2-digit" }) : date.toLocaleDateString(undefined, { day: "numeric", month: "short" });
}

function drawMarkers(plot: uPlot, markers: HistogramProps["markers"], color: string): void {
  const { ctx, bbox } = plot;
  ctx.save();
  ctx.strokeStyle = color;
  ctx.setLineDash([3 * devicePixelRatio, 2 * devicePixelRatio]);
  for (const { at } of markers) {
    const x = plot.valToPos(at, "x", true);
    ctx.beginPath();
    ctx.moveTo(x, bbox.top);
    ctx.lineTo(x, bbox.top + bbox.height);
    ctx.stroke();
  }
  ctx.restore();
}
