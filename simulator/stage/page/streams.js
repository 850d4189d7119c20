/** Graphs of what every stream measures: bit rate, pictures, delay and quality over the last two minutes. */

import uPlot from '/lib/uplot.js';
import { onLanguage, texts } from './texts.js';

const SHOWN_S = 120;
const GRAPHS = ['bitrate', 'frames', 'delay', 'quality'];
const HEIGHT = 132;
const DASH = [6, 4];
const COLORS = ['--series-1', '--series-2', '--series-3', '--series-4', '--series-5', '--series-6'];

export class Streams {
  /** By graph, by stream: points `[seconds, value]`. */
  #points = Object.fromEntries(GRAPHS.map((graph) => [graph, new Map()]));
  #plots = [];

  /** @param {HTMLElement} place @param {() => boolean} isShown */
  constructor(place, isShown) {
    Object.assign(this, { place, isShown });
    onLanguage(() => this.restyle());
  }

  netstatus({ phone, tag, at, from, info }) {
    const stream = tag === 'live-pusher' ? `${phone} ↑` : `${from ?? '?'} → ${phone}`;
    this.#add('bitrate', stream, at, Number(info.netSpeed));
    this.#add('frames', stream, at, Number(info.videoFPS));
    if (info.netQualityLevel !== undefined) this.#add('quality', stream, at, Number(info.netQualityLevel));
    this.draw();
  }

  measured({ at, streams }) {
    for (const { from, to, delay } of streams) this.#add('delay', `${from} → ${to}`, at, delay);
    this.draw();
  }

  /** Theme or language have changed: the graphs are made anew. */
  restyle() {
    for (const plot of this.#plots) plot.destroy();
    this.#plots = [];
    this.place.replaceChildren();
    this.draw();
  }

  draw() {
    if (!this.isShown?.()) return;
    if (GRAPHS.every((graph) => this.#points[graph].size === 0)) {
      this.place.replaceChildren(
        Object.assign(document.createElement('p'), { className: 'empty', textContent: texts().noStreams }),
      );
      return;
    }
    for (const [index, graph] of GRAPHS.entries()) this.#drawOne(index, graph);
  }

  #add(graph, stream, at, value) {
    const series = this.#points[graph];
    const points = series.get(stream) ?? [];
    points.push([at / 1000, value]);
    while (points.length > 0 && points[0][0] < at / 1000 - SHOWN_S) points.shift();
    series.set(stream, points);
  }

  #drawOne(index, graph) {
    const streams = [...this.#points[graph].keys()].sort();
    const data = uPlot.join(streams.map((stream) => columns(this.#points[graph].get(stream))));
    const known = this.#plots[index];
    if (known && known.streams === streams.join('|')) return known.setData(data);
    if (index === 0 && !known) this.place.replaceChildren();
    const figure = known?.root.parentElement ?? document.createElement('figure');
    known?.destroy();
    if (!figure.isConnected) this.place.append(figure);
    figure.className = 'graph';
    figure.setAttribute('aria-label', texts()[graph]);
    const plot = new uPlot(this.#options(graph, streams), data.length > 0 ? data : [[]], figure);
    plot.streams = streams.join('|');
    this.#plots[index] = plot;
    return undefined;
  }

  #options(graph, streams) {
    const style = getComputedStyle(document.documentElement);
    const color = (name) => style.getPropertyValue(name).trim();
    const axis = {
      stroke: color('--dim'),
      grid: { stroke: color('--line'), width: 1 },
      ticks: { show: false },
      font: '11px system-ui',
    };
    return {
      title: texts()[graph],
      width: Math.max(240, Math.floor(this.place.clientWidth / 2) - 14),
      height: HEIGHT,
      cursor: { show: false },
      legend: { show: true, live: false },
      scales: {
        y: { range: (_plot, _least, most) => [0, graph === 'quality' ? 6 : Math.max(10, (most ?? 0) * 1.15)] },
      },
      axes: [
        {
          ...axis,
          size: 26,
          values: (_plot, ticks) =>
            ticks.map((tick) => new Date(tick * 1000).toLocaleTimeString([], { hour12: false })),
        },
        { ...axis, size: 44 },
      ],
      series: [
        {},
        ...streams.map((stream, index) => ({
          label: stream,
          stroke: color(COLORS[index % COLORS.length]),
          // Each colour twice: once whole, once dashed.
          ...(index >= COLORS.length && { dash: DASH }),
          width: 2,
          spanGaps: true,
          points: { show: false },
        })),
      ],
    };
  }
}

/** @param {[number, number][]} points @returns {[number[], number[]]} as uPlot takes them */
function columns(points) {
  return [points.map(([at]) => at), points.map(([, value]) => value)];
}
