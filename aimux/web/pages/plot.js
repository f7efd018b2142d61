// Bars over time, stacked: uPlot draws, hovers and selects; here is what it draws and in which colours.
//
// uPlot knows no stacks.  A layer is drawn as the sum of itself and all below it, the tallest first, so
// that each covers the foot of the one before.  One hue serves all: the legend beside it tells them apart.

import { html, useEffect, useRef } from "../html.js";
import uPlot from "../vendor/uplot.js";

export const MOST_SERIES = 6;
const HEIGHT = 250;
const STYLE = "/web/vendor/uplot.css";

if (!document.querySelector(`link[href="${STYLE}"]`)) {
  const link = Object.assign(document.createElement("link"), { rel: "stylesheet", href: STYLE });
  document.head.prepend(link);
}

/** A colour as the canvas wants it: the value of a custom property under the present theme. */
function ink(name) {
  const probe = document.createElement("span");
  probe.style.color = `var(${name})`;
  document.body.append(probe);
  const { color } = getComputedStyle(probe);
  probe.remove();
  return color;
}

/** Colours of so many layers, the strongest first. */
export const inks = (many) => Array.from({ length: many }, (_, at) => `var(--ink-${at + 1})`);

/** Layers of values by name and time, and their running sums; `others` is all that is not named. */
export function stacked(times, series, names, value) {
  const rest = Object.keys(series).filter((name) => !names.includes(name));
  const values = names.map((name) => {
    const members = name === "others" && !series.others ? rest : [name];
    return times.map((_, at) => members.reduce((sum, each) => sum + value(series[each], at), 0));
  });
  const sums = [];
  for (const [at, layer] of values.entries()) {
    sums.push(layer.map((each, time) => each + (at ? sums[at - 1][time] : 0)));
  }
  return { times, names, values, sums };
}

export function Plot({ layers, bucket, form, range, onRange, onPoint, label }) {
  const place = useRef(null);
  const plot = useRef(null);
  useEffect(() => {
    const draw = () => {
      plot.current?.destroy();
      plot.current = drawn(place.current, layers, { bucket, form, onRange, onPoint });
      if (range) plot.current.setScale("x", { min: range[0], max: range[1] });
    };
    draw();
    const dark = matchMedia("(prefers-color-scheme: dark)");
    const watch = new ResizeObserver(([entry]) => plot.current?.setSize({ width: entry.contentRect.width, height: HEIGHT }));
    watch.observe(place.current);
    addEventListener("themechange", draw);
    dark.addEventListener("change", draw);
    return () => {
      watch.disconnect();
      removeEventListener("themechange", draw);
      dark.removeEventListener("change", draw);
      plot.current?.destroy();
      plot.current = null;
    };
  }, [layers, bucket, form]);
  useEffect(() => {
    const { times } = layers;
    const step = stepOf(times);
    plot.current?.setScale("x", range ? { min: range[0], max: range[1] } : { min: times[0] - step / 2, max: times.at(-1) + step / 2 });
  }, [range]);
  return html`<div class="plot-place" ref=${place} role="img" aria-label=${label}></div>`;
}

const stepOf = (times) => (times.length > 1 ? times[1] - times[0] : 3600);

function drawn(place, layers, { bucket, form, onRange, onPoint }) {
  const { times, names, sums } = layers;
  const step = stepOf(times);
  const line = ink("--line");
  const axis = {
    stroke: ink("--soft"), font: '12px Inter, system-ui, sans-serif', size: 30,
    grid: { stroke: line, width: 1 }, ticks: { show: false }, border: { show: false },
  };
  const bars = uPlot.paths.bars({ size: [0.78, 40], radius: 0 });
  const order = names.map((_, at) => names.length - 1 - at); // the tallest first
  const options = {
    width: place.clientWidth || 600,
    height: HEIGHT,
    padding: [8, 22, 0, 0],
    legend: { show: false },
    tzDate: (seconds) => new Date(seconds * 1000),
    scales: { x: { time: true, range: (_, min, max) => [min, max] }, y: { range: (_, min, max) => [0, max > 0 ? max * 1.06 : 1] } },
    axes: [
      { ...axis, grid: { show: false }, values: (_, ticks) => ticks.map(tickForm(bucket)), space: 70 },
      { ...axis, size: 58, values: (_, ticks) => ticks.map((tick) => form(tick).replace(/(\.\d\d)0$/, "$1")), space: 40 },
    ],
    series: [{}, ...order.map((at) => ({ paths: bars, fill: ink(`--ink-${at + 1}`), width: 0, points: { show: false } }))],
    cursor: { y: false, points: { show: false }, drag: { x: true, y: false, setScale: false, dist: 8 } },
    hooks: {
      setCursor: [(self) => onPoint(self.cursor.left >= 0 ? (self.cursor.idx ?? null) : null)],
      setSelect: [(self) => {
        const { left, width } = self.select;
        if (width < 8) return;
        onRange([self.posToVal(left, "x"), self.posToVal(left + width, "x")]);
        self.setSelect({ left: 0, width: 0, top: 0, height: 0 }, false);
      }],
    },
  };
  const made = new uPlot(options, [times, ...order.map((at) => sums[at])], place);
  made.setScale("x", { min: times[0] - step / 2, max: times.at(-1) + step / 2 });
  return made;
}

function tickForm(bucket) {
  const day = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short" });
  const hour = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit" });
  return (seconds) => {
    const date = new Date(seconds * 1000);
    return bucket === "hour" && (date.getHours() || date.getMinutes()) ? hour.format(date) : day.format(date);
  };
}
