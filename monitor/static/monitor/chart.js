/** Draws every [data-chart]: fetches what views/chart.py describes and hands it to uPlot; range buttons fetch anew. */
'use strict';

const COLOURS = ['--accent', '--good', '--warn', '--odd', '--ink-2'];
const BINARY_STEPS = [...Array(5).keys()].flatMap((power) => [1, 2, 4, 8, 16, 32, 64, 128, 256, 512].map((n) => n * 1024 ** power));
const UNITS = {
  ratio: (value) => `${+(value * 100).toFixed(1)} %`,
  ms: (value) => (value < 1000 ? `${+value.toFixed(0)} ms` : `${+(value / 1000).toFixed(2)} s`),
  bytes: bytes,
  'bytes/s': (value) => `${bytes(value)}/s`,
};

function bytes(value) {
  const power = Math.min(4, Math.max(0, Math.floor(Math.log2(Math.abs(value) || 1) / 10)));
  return `${+(value / 1024 ** power).toFixed(power ? 1 : 0)} ${['B', 'kB', 'MB', 'GB', 'TB'][power]}`;
}

const plain = (value) => new Intl.NumberFormat('en', { maximumFractionDigits: 2, notation: value >= 1e6 ? 'compact' : 'standard' }).format(value);

/** The colours of app.css resolve through light-dark() only where they are used: on an element. */
function colourOf(element, name) {
  const probe = element.appendChild(document.createElement('i'));
  probe.style.color = `var(${name})`;
  const colour = getComputedStyle(probe).color;
  probe.remove();
  return colour;
}

/** A dashed line at each mark, behind the data. */
function drawMarks(marks, colour) {
  return (plot) => {
    const { ctx, bbox } = plot;
    ctx.save();
    ctx.strokeStyle = colour;
    ctx.lineWidth = devicePixelRatio;
    ctx.setLineDash([4 * devicePixelRatio, 3 * devicePixelRatio]);
    for (const { at } of marks) {
      const x = plot.valToPos(at, 'x', true);
      if (x < bbox.left || x > bbox.left + bbox.width) continue;
      ctx.beginPath();
      ctx.moveTo(x, bbox.top);
      ctx.lineTo(x, bbox.top + bbox.height);
      ctx.stroke();
    }
    ctx.restore();
  };
}

const clock = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit' });
const day = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short' });
const both = (seconds) => `${day.format(seconds * 1000)} ${clock.format(seconds * 1000)}`;

function timeTicks(_, splits, __, ___, step) {
  return splits.map((at) => (step >= 86400 || clock.format(at * 1000) === '00:00' ? day : clock).format(at * 1000));
}

/** Bars stand from the beginning of their step to its end, so the last one needs room. */
function rangeOf(chart) {
  const { x, kind } = chart;
  const step = x.length > 1 ? x[1] - x[0] : 60;
  return [x[0], x[x.length - 1] + (kind === 'lines' ? 0 : step)];
}

/** What uPlot draws: in a stack each line with all below it, so that the first, drawn first, is the tallest. */
function heightsOf({ kind, lines }) {
  if (kind !== 'stack') return lines.map((line) => line.values);
  return lines.map((_, index) => lines[index].values.map((_, at) => lines.slice(index).reduce((sum, line) => sum + line.values[at], 0)));
}

/** Lines; bars for a chart of bars or a stack and for what is counted beside lines, failures say. */
function seriesOf(chart, colour, format) {
  return chart.lines.map((line, index) => {
    const isBars = chart.kind !== 'lines' || line.is_count;
    const hue = colour(line.colour || (line.is_count ? '--bad' : COLOURS[index % COLOURS.length]));
    return {
      label: line.label,
      scale: line.is_count ? 'count' : 'y',
      stroke: hue,
      width: isBars ? 0 : 1.5,
      points: { show: false },
      value: (_, __, ___, at) => tell(line.values[at], line.is_count ? plain : format),
      ...(isBars && { fill: hue, paths: uPlot.paths.bars({ size: [0.78, 40], align: 1 }) }),
    };
  });
}

const tell = (value, format) => (value == null ? '–' : format(value));

/** While the pointer is elsewhere the legend tells the latest values. */
function tellLatest(plot) {
  if (plot.cursor.idx != null) return;
  const lines = plot.data.slice(1);
  const last = plot.data[0].findLastIndex((_, index) => lines.some((values) => values[index] != null));
  if (last >= 0) plot.setLegend({ idx: last });
}

function optionsOf(box, chart) {
  const colour = (name) => colourOf(box, name);
  const format = UNITS[chart.unit] ?? plain;
  const axis = { stroke: colour('--ink-3'), grid: { stroke: colour('--line'), width: 1 }, ticks: { show: false }, font: '11px system-ui, sans-serif' };
  const [begin, end] = rangeOf(chart);
  return {
    width: box.clientWidth,
    height: Number(box.dataset.height),
    padding: [8, 26, 0, 0],
    cursor: { y: false, points: { size: 6 }, drag: { setScale: false, x: false } },
    scales: { x: { range: [begin, end] }, y: { range: fromZero(1.08) }, count: { range: fromZero(4) } },
    axes: [
      { ...axis, grid: { show: false }, size: 24, space: 56, values: timeTicks },
      {
        ...axis,
        space: 28,
        size: (_, texts) => 12 + 6.6 * Math.max(2, ...(texts ?? []).map((text) => text.length)),
        values: (_, ticks) => ticks.map(format),
        ...(chart.unit.startsWith('bytes') && { incrs: BINARY_STEPS }),
      },
    ],
    series: [{ label: 'at', value: (_, at) => (at == null ? '–' : both(at)) }, ...seriesOf(chart, colour, format)],
    hooks: { drawClear: [drawMarks(chart.marks, colour('--odd'))], ready: [tellLatest], setCursor: [tellLatest] },
  };
}

/** A scale from zero to `room` times the highest value. */
function fromZero(room) {
  return (_, low, high) => [Math.min(0, low ?? 0), (high || 1) * room];
}

function say(box, text) {
  box.replaceChildren(Object.assign(document.createElement('p'), { className: 'trouble', textContent: text }));
}

function deployNote(box, marks) {
  if (!marks.length) return;
  const names = marks.slice(0, 3).map((mark) => mark.label).join('; ');
  const note = Object.assign(document.createElement('p'), { className: 'small faint', textContent: `┊ deploys: ${names}${marks.length > 3 ? ` and ${marks.length - 3} more` : ''}` });
  box.append(note);
}

async function draw(box, range) {
  const url = new URL(box.dataset.chart, location.href);
  if (range) url.searchParams.set('range', range);
  const answer = await fetch(url, { headers: { Accept: 'application/json' } }).catch(() => null);
  if (!answer?.ok) return say(box, 'The chart could not be loaded; load the page again.');
  box.chart = await answer.json();
  paint(box);
}

function paint(box) {
  const { chart } = box;
  box.plot?.destroy();
  box.replaceChildren();
  if (!chart.lines.some((line) => line.values.some((value) => value != null))) return say(box, 'Nothing was measured in this time.');
  box.classList.toggle('stack', chart.kind === 'stack');
  box.plot = new uPlot(optionsOf(box, chart), [chart.x, ...heightsOf(chart)], box);
  deployNote(box, chart.marks);
}

const boxes = () => document.querySelectorAll('[data-chart]');

document.addEventListener('click', (event) => {
  const button = event.target.closest('[data-range]');
  if (!button) return;
  for (const other of button.parentElement.children) other.setAttribute('aria-pressed', String(other === button));
  for (const box of button.closest('[data-chart-panel]').querySelectorAll('[data-chart]')) draw(box, button.dataset.range);
});

addEventListener('resize', () => {
  for (const box of boxes()) if (box.plot) box.plot.setSize({ width: box.clientWidth, height: Number(box.dataset.height) });
});
matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => {
  for (const box of boxes()) if (box.chart) paint(box);
});

const observer = new IntersectionObserver((entries) => {
  for (const { target, isIntersecting } of entries) {
    if (!isIntersecting) continue;
    observer.unobserve(target);
    draw(target, target.closest('[data-chart-panel]')?.querySelector('[aria-pressed=true]')?.dataset.range);
  }
});
for (const box of boxes()) observer.observe(box);
