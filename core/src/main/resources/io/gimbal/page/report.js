'use strict';
(() => {
  const data = JSON.parse(document.getElementById('data').textContent);
  const runs = data.runs;
  const several = runs.length > 1;
  const page = document.getElementById('page');
  const plots = [];
  const off = new Set();
  const state = { smoothing: 0, logLoss: false };
  const DASHES = [[], [7, 4], [2, 3], [10, 3, 2, 3], [5, 2], [12, 4], [2, 5], [8, 3, 2, 3, 2, 3]];
  const COLOURS = 8;
  const MOST_ROWS = 25;

  /* ---------- small helpers ---------- */

  /** An element; texts become text, never HTML. */
  function el(tag, attributes, ...children) {
    const node = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes || {})) {
      if (name === 'style') Object.entries(value).forEach(([key, one]) => node.style.setProperty(key, one));
      else if (name.startsWith('on')) node.addEventListener(name.slice(2), value);
      else if (value !== undefined && value !== null) node.setAttribute(name, value);
    }
    node.append(...children.filter(child => child !== null && child !== undefined));
    return node;
  }

  let colours = {};
  function css(name) {
    return colours[name] ??= getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  }

  function look(k) {
    return { colour: '--c' + k % COLOURS, dash: DASHES[(k + 3 * Math.floor(k / COLOURS)) % DASHES.length] };
  }
  const CONSTANT = { colour: '--soft', dash: [3, 4] };

  function swatch(line) {
    const ns = 'http://www.w3.org/2000/svg';
    const svg = document.createElementNS(ns, 'svg');
    const path = document.createElementNS(ns, 'path');
    for (const [k, v] of Object.entries({ width: 30, height: 10, viewBox: '0 0 30 10', 'aria-hidden': 'true' })) {
      svg.setAttribute(k, v);
    }
    for (const [k, v] of Object.entries({ d: 'M0 5H30', 'stroke-width': 3, fill: 'none',
      'stroke-dasharray': line.dash.join(' ') })) path.setAttribute(k, v);
    path.style.stroke = `var(${line.colour})`;
    svg.append(path);
    return svg;
  }

  const grouped = new Intl.NumberFormat('en', { maximumFractionDigits: 0 });
  function number(v) {
    if (v === null || v === undefined || Number.isNaN(v)) return '–';
    const size = Math.abs(v);
    if (size === 0) return '0';
    if (size >= 1e6 || size < 1e-3) return v.toExponential(2);
    if (size >= 1000) return grouped.format(v);
    return v.toPrecision(4).replace(/(\.\d*?)0+$/, '$1').replace(/\.$/, '');
  }

  /** As gimbal train prints a metric. */
  function figure(v, unit) {
    if (v === null || v === undefined) return '–';
    return v.toFixed(unit === '%' || unit === 'deg' ? 1 : 3) + (unit ? (unit === 'deg' ? '°' : ' ' + unit) : '');
  }

  function axisNumber(v) {
    if (v === null) return null;
    const size = Math.abs(v);
    if (size >= 1e6) return number(v / 1e6) + 'M';
    if (size >= 1e4) return number(v / 1e3) + 'k';
    return size !== 0 && size < 1e-4 ? v.toExponential(0) : String(Number(v.toPrecision(6)));
  }

  const plural = (count, one, more) => `${grouped.format(count)} ${count === 1 ? one : more}`;

  function section(title, ...children) {
    const node = el('section', {}, el('h2', {}, title), ...children);
    page.append(node);
    return node;
  }

  function table(heads, rows, numbers) {
    const cell = (tag, content, column) => el(tag, { class: numbers.includes(column) ? 'number' : tag === 'td' ? 'text'
      : undefined, scope: tag === 'th' ? 'col' : undefined }, content);
    return el('div', { class: 'wide', tabindex: 0 }, el('table', {},
      el('thead', {}, el('tr', {}, ...heads.map((head, k) => cell('th', head, k)))),
      el('tbody', {}, ...rows.map(row => el('tr', {}, ...row.map((content, k) => cell('td', content, k)))))));
  }

  const label = run => several ? run.folder : run.name;
  const process = run => run.environment[run.environment.length - 1] || {};

  /** How many epochs so many steps are; null where that is not known. */
  function epochAt(run, steps) {
    const from = run.environment.findLast(one => one.step <= steps);
    return from && from.batches_per_epoch ? from.epoch + (steps - from.step) / from.batches_per_epoch : null;
  }

  /* ---------- plots ---------- */

  /** An exponential moving average that starts at the first value; gaps stay gaps. */
  function smoothed(values, by) {
    if (by === 0) return values;
    let mean = 0;
    let weight = 0;
    return values.map(v => {
      if (v === null) return null;
      mean = by * mean + (1 - by) * v;
      weight = by * weight + (1 - by);
      return mean / weight;
    });
  }

  const isLog = spec => spec.log === 'loss' ? state.logLoss : Boolean(spec.log);
  const drawable = (spec, v) => v === undefined || v === null || isLog(spec) && v <= 0 ? null : v;

  function columns(spec) {
    const by = spec.smooth ? state.smoothing : 0;
    return [spec.x, ...spec.lines.flatMap(line => {
      const raw = line.mean.map(v => drawable(spec, v));
      return [raw, smoothed(raw, by)];
    })];
  }

  /** The least and the largest of what is to be seen, bands too. */
  function seen(u, spec) {
    let low = Infinity;
    let high = -Infinity;
    const [from, to] = [u.scales.x.min ?? spec.x[0], u.scales.x.max ?? spec.x[spec.x.length - 1]];
    spec.lines.forEach((line, k) => {
      if (off.has(line.key)) return;
      for (let i = 0; i < spec.x.length; i++) {
        if (spec.x[i] < from || spec.x[i] > to) continue;
        for (const v of [u.data[2 * k + 1][i], line.low && drawable(spec, line.low[i]),
          line.high && drawable(spec, line.high[i])]) {
          if (v !== null && v !== undefined) {
            low = Math.min(low, v);
            high = Math.max(high, v);
          }
        }
      }
    });
    return low > high ? null : [low, high];
  }

  function range(u, spec) {
    const ends = seen(u, spec);
    if (!ends) return isLog(spec) ? [0.1, 10] : [0, 1];
    const [low, high] = ends;
    if (isLog(spec)) return low === high ? [low / 2, high * 2] : [low / 1.15, high * 1.15];
    const pad = (high - low || Math.abs(high) || 1) * 0.06;
    return [low >= 0 && low < (high - low) * 0.3 ? 0 : low - pad, high + pad];
  }

  function bands(u, spec) {
    const c = u.ctx;
    c.save();
    c.beginPath();
    c.rect(u.bbox.left, u.bbox.top, u.bbox.width, u.bbox.height);
    c.clip();
    for (const line of spec.lines.filter(one => one.low && !off.has(one.key))) {
      c.globalAlpha = Number(css('--band'));
      c.fillStyle = css(line.look.colour);
      for (let i = 0; i < spec.x.length;) {
        let end = i;
        while (end < spec.x.length && drawable(spec, line.low[end]) !== null) end++;
        if (end > i) band(u, c, spec, line, i, end);
        i = end + 1;
      }
    }
    c.restore();
    marks(u, spec);
  }

  function band(u, c, spec, line, from, to) {
    const x = i => u.valToPos(spec.x[i], 'x', true);
    c.beginPath();
    for (let i = from; i < to; i++) c.lineTo(x(i), u.valToPos(line.high[i], 'y', true));
    for (let i = to - 1; i >= from; i--) c.lineTo(x(i), u.valToPos(line.low[i], 'y', true));
    c.closePath();
    c.fill();
  }

  /** A cross at the lower edge for each rejected step. */
  function marks(u, spec) {
    const c = u.ctx;
    const reach = 4 * devicePixelRatio;
    c.save();
    c.strokeStyle = css('--ink');
    c.lineWidth = 1.5 * devicePixelRatio;
    for (const step of spec.marks || []) {
      const x = u.valToPos(step, 'x', true);
      const y = u.bbox.top + u.bbox.height - reach - 2;
      if (x < u.bbox.left || x > u.bbox.left + u.bbox.width) continue;
      c.beginPath();
      c.moveTo(x - reach, y - reach);
      c.lineTo(x + reach, y + reach);
      c.moveTo(x + reach, y - reach);
      c.lineTo(x - reach, y + reach);
      c.stroke();
    }
    c.restore();
  }

  function axis(more) {
    return { stroke: () => css('--soft'), grid: { stroke: () => css('--grid'), width: 1 },
      ticks: { stroke: () => css('--line'), width: 1, size: 5 }, font: '12px system-ui, sans-serif', ...more };
  }

  function options(plot) {
    const { spec, canvas } = plot;
    const few = spec.x.length <= 40;
    const series = spec.lines.flatMap(line => {
      const shown = !off.has(line.key);
      const stroke = () => css(line.look.colour);
      return [{ show: shown && Boolean(spec.smooth) && state.smoothing > 0, scale: 'y', width: 1, alpha: 0.33,
        stroke, points: { show: false } },
      { show: shown, scale: 'y', width: line.constant ? 1.5 : 2, dash: line.look.dash, stroke,
        points: { show: few && !line.constant, size: 6, stroke, fill: stroke } }];
    });
    return {
      width: canvas.clientWidth || 300, height: canvas.clientWidth < 420 ? 200 : spec.height || 250,
      legend: { show: false }, padding: [8, 12, 0, 0],
      cursor: { sync: { key: spec.sync }, drag: { x: true, y: false }, points: { size: 8 } },
      scales: { x: { time: false, range: (u, low, high) => low === high ? [low - 1, high + 1] : [low, high] },
        y: { distr: isLog(spec) ? 3 : 1, range: u => range(u, spec) } },
      axes: [axis({ values: (u, splits) => splits.map(axisNumber), size: 30, space: 60, incrs: WHOLE }),
        axis({ values: (u, splits) => splits.map(axisNumber), size: 56, ...(isLog(spec) ? { filter: labelled } : {}) })],
      series: [{}, ...series],
      hooks: { drawAxes: [u => bands(u, spec)], setCursor: [() => keys(plot)] },
    };
  }

  /** Steps and epochs are whole. */
  const WHOLE = [...Array(16).keys()].flatMap(k => [1, 2, 5].map(digit => digit * 10 ** k));

  /** Which lines of a log scale have a label: of less than two decades 1, 2 and 5, else powers of ten. */
  function labelled(u, splits) {
    const wide = Math.log10(u.scales.y.max / u.scales.y.min) >= 2;
    return splits.map(v => {
      const digit = v / 10 ** Math.floor(Math.log10(v) + 1e-9);
      return (wide ? [1] : [1, 2, 5]).some(one => Math.abs(digit - one) < 1e-6) ? v : null;
    });
  }

  /** What stands under a plot: each line's value at the cursor, or its last. */
  function keys(plot) {
    const { spec, u } = plot;
    const at = u.cursor.idx ?? null;
    plot.at.textContent = at === null ? spec.xLabel : spec.place(at);
    spec.lines.forEach((line, k) => {
      const shown = u.data[2 * k + 2];
      const i = at === null ? shown.findLastIndex(v => v !== null) : at;
      const text = i < 0 ? '–' : spec.format(shown[i]);
      const reach = at !== null && line.low && shown[i] !== null
        ? ` (${spec.format(line.low[i])} to ${spec.format(line.high[i])})` : '';
      plot.keys[k].value.textContent = text + reach;
      plot.keys[k].node.classList.toggle('hidden', off.has(line.key));
    });
  }

  function build(plot) {
    if (plot.u) plot.u.destroy();
    plot.canvas.replaceChildren();
    plot.u = new uPlot(options(plot), columns(plot.spec), plot.canvas);
    plot.u.over.addEventListener('pointerdown', event => touched(plot.u, event));
    keys(plot);
  }

  /** A finger has no cursor that hovers: a tap sets it. */
  function touched(u, event) {
    if (event.pointerType === 'mouse') return;
    const box = u.over.getBoundingClientRect();
    u.setCursor({ left: event.clientX - box.left, top: event.clientY - box.top });
  }

  function summary(spec) {
    return spec.title + '. ' + spec.lines.map(line => {
      const values = line.mean.filter(v => v !== null && v !== undefined);
      if (values.length === 0) return `${line.name}: no values`;
      return `${line.name}: from ${spec.format(values[0])} to ${spec.format(values[values.length - 1])}, least `
        + `${spec.format(values.reduce((a, b) => Math.min(a, b)))}, largest `
        + spec.format(values.reduce((a, b) => Math.max(a, b)));
    }).join('; ');
  }

  function asTable(spec) {
    const details = el('details', {}, el('summary', {}, 'Figures as a table'));
    details.addEventListener('toggle', () => {
      if (!details.open || details.children.length > 1) return;
      const count = spec.x.length;
      const rows = Math.min(count, MOST_ROWS);
      const chosen = [...Array(rows).keys()].map(r => rows === 1 ? 0 : Math.round(r * (count - 1) / (rows - 1)));
      details.append(table([spec.xName, ...spec.lines.map(line => line.name)], chosen.map(i => [spec.place(i),
        ...spec.lines.map(line => spec.format(line.mean[i]))]), spec.lines.map((line, k) => k + 1)));
      if (rows < count) details.append(el('p', { class: 'soft small' }, `${rows} of ${grouped.format(count)} points`));
    });
    return details;
  }

  function addPlot(grid, spec) {
    const plot = { spec, title: spec.title, canvas: el('div', { class: 'canvas', role: 'img',
      'aria-label': summary(spec) }), at: el('span', { class: 'at' }) };
    plot.keys = spec.lines.map(line => {
      const value = el('span', { class: 'value' });
      return { value, node: el('div', { class: 'key', title: line.name }, swatch(line.look),
        el('span', { class: 'name' }, line.name), value) };
    });
    grid.append(el('figure', { class: 'card plot' },
      el('div', { class: 'head' }, el('h3', {}, spec.title), plot.at), plot.canvas,
      el('div', { class: 'keys' }, ...plot.keys.map(key => key.node)),
      spec.note ? el('figcaption', { class: 'soft small' }, spec.note) : null, asTable(spec)));
    plots.push(plot);
  }

  const grid = least => el('div', { class: 'grid', style: { '--least': least } });

  /* ---------- what is plotted ---------- */

  const stepsOf = (run, bucket) => {
    const width = run.log.width;
    const first = bucket * width;
    const last = Math.min(first + width, run.steps) - 1;
    return width === 1 || first === last ? `step ${grouped.format(first)}`
      : `steps ${grouped.format(first)} to ${grouped.format(last)}`;
  };

  /** Steps where the buckets of a run lie: their middles. */
  const middles = run => [...Array(run.log.buckets).keys()].map(b => b * run.log.width + (run.log.width - 1) / 2);

  /** Lines over the steps of several runs, on one axis. */
  function stepSpec(title, parts, more) {
    const runsOf = [...new Set(parts.map(part => part.run))];
    const joined = runsOf.length === 1 ? middles(runsOf[0])
      : [...new Set(runsOf.flatMap(middles))].sort((a, b) => a - b);
    const places = new Map(joined.map((x, i) => [x, i]));
    const lines = parts.map(part => {
      const at = middles(part.run);
      const spread = values => {
        if (!values || runsOf.length === 1) return values;
        // Undefined is no gap: another run has a point there.
        const all = Array(joined.length).fill(undefined);
        values.forEach((v, b) => { all[places.get(at[b])] = v; });
        return filled(all);
      };
      return { name: part.name, key: part.key, look: part.look, mean: spread(part.series.mean),
        low: spread(part.series.low), high: spread(part.series.high) };
    });
    const alone = runsOf.length === 1 ? runsOf[0] : null;
    return { title, x: joined, lines, sync: 'steps', xName: 'steps', xLabel: 'by step', format: number,
      marks: alone ? alone.log.rejected : [],
      place: i => {
        if (!alone) return `step ${grouped.format(joined[i])}`;
        const epoch = epochAt(alone, joined[i] + 1);
        return stepsOf(alone, i) + (epoch === null ? '' : `, epoch ${epoch.toFixed(2)}`);
      }, ...more };
  }

  /** Between two points of a run, where only others have points, its line goes straight on. */
  function filled(values) {
    let before = -1;
    for (let i = 0; i < values.length; i++) {
      if (values[i] === undefined) continue;
      if (before >= 0 && values[i] !== null && values[before] !== null) {
        for (let k = before + 1; k < i; k++) {
          values[k] = values[before] + (values[i] - values[before]) * (k - before) / (i - before);
        }
      }
      before = i;
    }
    return values.map(v => v === undefined ? null : v);
  }

  const FIGURES = [
    { part: 'loss', title: 'Loss', log: 'loss', smooth: true },
    { part: 'weight', title: 'Weight' },
    { part: 'norm', title: 'Gradient norm', log: true, smooth: true, note: 'Of the weighted loss, on what the balancing measures; of a rule that combines gradients, of the loss itself.' },
  ];
  const tasks = [...new Set(runs.flatMap(run => run.tasks))];
  const hasAny = series => series.mean.some(v => v !== null);

  function trainingPlots() {
    const host = section('Training');
    host.append(toolbar());
    notes(host);
    const cards = grid('460px');
    host.append(cards);
    for (const { part, title, ...more } of FIGURES) {
      if (!several) {
        const parts = runs[0].tasks.map((task, k) => ({ run: runs[0], name: task, key: task, look: look(k),
          series: runs[0].log[part][k] })).filter(one => hasAny(one.series));
        if (parts.length > 0) addPlot(cards, stepSpec(title, parts, more));
        continue;
      }
      for (const task of tasks) {
        const parts = overRuns(run => run.log[part][run.tasks.indexOf(task)]);
        if (parts.length > 0) addPlot(cards, stepSpec(`${title}: ${task}`, parts, more));
      }
    }
    for (const [part, title, more] of [['total', 'Sum of weight × loss', { log: 'loss', smooth: true }],
      ['rate', 'Learning rate', {}]]) {
      const parts = several ? overRuns(run => run.log[part]) : [{ run: runs[0], name: title, key: ' ' + part,
        look: { colour: '--ink', dash: [] }, series: runs[0].log[part] }].filter(one => hasAny(one.series));
      if (parts.length > 0) addPlot(cards, stepSpec(title, parts, more));
    }
  }

  /* ---------- how gradients lie to each other ---------- */

  /** A cosine as it is read beside a colour: with its sign and two digits. */
  const cosine = v => v === null || v === undefined ? '–' : (v < 0 ? '−' : '+') + Math.abs(v).toFixed(2);

  /** The place of the pair i < j among a run's pairs. */
  const pairAt = (count, i, j) => i * count - i * (i + 1) / 2 + j - i - 1;

  function cosineCell(v) {
    const share = Math.round(70 * Math.min(1, Math.abs(v ?? 0)));
    return el('td', { class: 'number cosine', style: { background:
      `color-mix(in srgb, var(${v < 0 ? '--c1' : '--c0'}) ${share}%, var(--card))` } }, cosine(v));
  }

  function cosineMatrix(run) {
    const { mean, from, to } = run.log.gradients;
    const of = (i, j) => mean[pairAt(run.tasks.length, Math.min(i, j), Math.max(i, j))];
    const rows = run.tasks.map((task, i) => el('tr', {}, el('th', { scope: 'row' }, task),
      ...run.tasks.map((other, j) => i === j ? el('td', { class: 'number soft' }, '1') : cosineCell(of(i, j)))));
    return el('figure', { class: 'card' }, el('h3', {}, several ? label(run) : 'Mean cosine'),
      el('div', { class: 'wide', tabindex: 0 }, el('table', { class: 'cosines' },
        el('thead', {}, el('tr', {}, el('td', {}), ...run.tasks.map(task => el('th', { scope: 'col' }, task)))),
        el('tbody', {}, ...rows))),
      el('figcaption', { class: 'soft small' }, `Over the steps ${grouped.format(from)} to ${grouped.format(to)}. `
        + 'Above 0 (blue) the tasks agree, below (orange) they conflict.'));
  }

  function gradientsSection() {
    const shown = runs.filter(run => run.log.gradients);
    if (shown.length === 0) return;
    const cards = grid('460px');
    section('How the gradients lie to each other', el('p', { class: 'soft small' }, 'Of the tasks\' gradients that the '
      + 'balancing looks at; how large they are is above, under Training.'), cards);
    for (const run of shown.filter(one => one.tasks.length > 1)) {
      cards.append(cosineMatrix(run));
      const parts = run.log.gradients.names.map((name, k) => ({ run, name: name.replace(',', ', '), key: ' cosine ' + name,
        look: look(k), series: run.log.gradients.cosine[k] })).filter(part => hasAny(part.series));
      if (parts.length > 0) addPlot(cards, stepSpec('Cosine' + (several ? `: ${label(run)}` : ''), parts, { smooth: true }));
    }
    const parts = several ? overRuns(run => run.log.gradients && run.log.gradients.condition)
      : [{ run: runs[0], name: 'condition number', key: ' condition', look: { colour: '--ink', dash: [] },
        series: runs[0].log.gradients.condition }].filter(one => hasAny(one.series));
    if (parts.length > 0) {
      addPlot(cards, stepSpec('Condition number', parts, { log: true, smooth: true, note: 'Of the matrix of cosines: 1 where '
        + 'all gradients are orthogonal, the larger, the more nearly some depend on each other.' }));
    }
  }

  /** A part a run that has it. */
  function overRuns(series) {
    return runs.map((run, k) => ({ run, name: label(run), key: label(run), look: look(k), series: series(run) }))
      .filter(part => part.series && hasAny(part.series));
  }

  function notes(host) {
    for (const run of runs) {
      const of = several ? `${label(run)}: ` : '';
      if (run.log.width > 1) {
        host.append(el('p', { class: 'soft small' }, `${of}each point stands for ${run.log.width} steps: the line is `
          + 'their mean, and the band behind it reaches from the least to the largest.'));
      }
      if (run.log.rejections > 0) {
        const shown = run.log.rejected.slice(0, 12).map(step => grouped.format(step)).join(', ');
        host.append(el('p', { class: 'small' }, `${of}× marks ${plural(run.log.rejections, 'rejected step', 'rejected steps')}`
          + ` (not finite, so that nothing changed): ${shown}${run.log.rejections > 12 ? ', …' : ''}`));
      }
    }
  }

  function toolbar() {
    const out = el('output', { for: 'smoothing' });
    const tell = () => { out.textContent = state.smoothing === 0 ? 'none' : `by ${state.smoothing}`; };
    const slide = el('input', { type: 'range', id: 'smoothing', min: 0, max: 5, step: 1, 'aria-label': 'Smoothing',
      value: STEPS.indexOf(state.smoothing), oninput: () => {
        state.smoothing = STEPS[Number(slide.value)];
        tell();
        plots.filter(plot => plot.spec.smooth).forEach(build);
      } });
    const log = el('input', { type: 'checkbox', id: 'log', onchange: () => {
      state.logLoss = log.checked;
      plots.filter(plot => plot.spec.log === 'loss').forEach(build);
    } });
    log.checked = state.logLoss;
    tell();
    const chips = (several ? runs.map((run, k) => [label(run), look(k)]) : tasks.map((task, k) => [task, look(k)]))
      .map(([name, line]) => chip(name, line));
    return el('div', { class: 'bar' }, el('div', { class: 'chips', role: 'group', 'aria-label': several
      ? 'Runs shown' : 'Tasks shown' }, ...chips),
    el('label', { title: 'The unsmoothed line stays, pale, behind it' }, 'Smoothing', slide, out),
    el('label', {}, log, 'Losses on a log scale'));
  }

  const STEPS = [0, 0.6, 0.8, 0.9, 0.97, 0.99];

  function chip(name, line) {
    const button = el('button', { class: 'chip', type: 'button', 'aria-pressed': 'true', onclick: () => {
      if (!off.delete(name)) off.add(name);
      button.setAttribute('aria-pressed', String(!off.has(name)));
      plots.forEach(build);
    } }, swatch(line), name);
    return button;
  }

  /* ---------- metrics ---------- */

  /** Each metric of each task: {task, name, unit, higher, byRun: [{run, lines}]}. */
  function metricsOf() {
    const found = new Map();
    for (const run of runs) {
      for (const line of run.metrics) {
        for (const [task, byName] of Object.entries(line)) {
          if (byName === null || typeof byName !== 'object') continue;
          for (const [name, one] of Object.entries(byName)) {
            const id = JSON.stringify([task, name]);
            if (!found.has(id)) {
              found.set(id, { task, name, unit: one.unit, higher: one.higher_is_better, values: new Map() });
            }
            const values = found.get(id).values;
            if (!values.has(run)) values.set(run, []);
            values.get(run).push({ step: line.step, epoch: epochAt(run, line.step), value: one.value, constant: one.best_constant });
          }
        }
      }
    }
    return [...found.values()];
  }

  const last = list => list[list.length - 1];

  /** How much better than the constant, as gimbal train says it. */
  function betterBy(metric, at) {
    if (at.value === null || at.constant === null || metric.higher === undefined) return null;
    const gain = metric.higher ? at.value - at.constant : at.constant - at.value;
    if (metric.unit === '%') return { gain, text: `${Math.abs(gain).toFixed(1)} points` };
    const share = 100 * gain / at.constant;
    return Number.isFinite(share) ? { gain, text: `${Math.abs(share).toFixed(1)} %` } : null;
  }

  function comparison(metric, at) {
    const by = betterBy(metric, at);
    if (!by) return el('span', { class: 'soft' }, '–');
    return el('span', { class: by.gain > 0 ? 'better' : 'worse' }, by.gain > 0 ? `▲ better by ${by.text}`
      : by.gain < 0 ? `▼ worse by ${by.text}` : 'the same');
  }

  function tiles(metrics) {
    const host = el('div', { class: 'grid tiles', style: { '--least': '230px' } });
    tasks.forEach((task, k) => {
      const metric = metrics.find(one => one.task === task);
      if (!metric) return;
      const at = last(metric.values.get(runs[0]));
      host.append(el('div', { class: 'card tile', style: { 'border-left-color': `var(${look(k).colour})` } },
        el('div', { class: 'small soft' }, `${task}: ${metric.name}`),
        el('div', { class: 'figure' }, figure(at.value, metric.unit)),
        el('div', { class: 'small' }, comparison(metric, at)),
        el('div', { class: 'small soft' }, `best constant ${figure(at.constant, metric.unit)}`)));
    });
    return host;
  }

  function results(metrics) {
    if (!several) {
      return table(['task', 'metric', 'value', 'best constant', ''], metrics.map(metric => {
        const at = last(metric.values.get(runs[0]));
        return [metric.task, metric.name, figure(at.value, metric.unit), figure(at.constant, metric.unit),
          comparison(metric, at)];
      }), [2, 3]);
    }
    return table(['task', 'metric', 'best constant', ...runs.map(label)], metrics.map(metric => {
      const ends = runs.map(run => metric.values.has(run) ? last(metric.values.get(run)) : null);
      const constants = [...new Set(ends.filter(at => at && at.constant !== null).map(at => at.constant))];
      const known = ends.filter(at => at && at.value !== null).map(at => at.value);
      const best = metric.higher === undefined || known.length < 2 ? null
        : metric.higher ? Math.max(...known) : Math.min(...known);
      return [metric.task, metric.name, constants.length === 1 ? figure(constants[0], metric.unit) : '–',
        ...ends.map(at => finalCell(metric, at, best, constants.length > 1))];
    }), [2, ...runs.map((run, k) => k + 3)]);
  }

  function finalCell(metric, at, best, ownConstant) {
    if (!at) return el('span', { class: 'soft' }, '–');
    const by = betterBy(metric, at);
    return el('span', {}, el('span', { class: at.value === best ? 'best' : undefined }, (at.value === best ? '★ ' : '')
      + figure(at.value, metric.unit)),
    ownConstant && at.constant !== null ? el('div', { class: 'small soft' }, `constant ${figure(at.constant, metric.unit)}`)
      : null,
    by && by.gain <= 0 ? el('div', { class: 'small worse' }, 'no better than the constant') : null);
  }

  function metricPlot(metric) {
    const byEpoch = [...metric.values.values()].every(list => list.every(at => at.epoch !== null));
    const place = at => byEpoch ? at.epoch : at.step;
    const x = [...new Set([...metric.values.values()].flatMap(list => list.map(place)))].sort((a, b) => a - b);
    const column = (list, of) => {
      const at = new Map(list.map(one => [place(one), of(one)]));
      return filled(x.map(v => at.has(v) ? at.get(v) : undefined));
    };
    const lines = [...metric.values].map(([run, list]) => ({ name: several ? label(run) : metric.name,
      key: several ? label(run) : metric.task, look: look(several ? runs.indexOf(run) : tasks.indexOf(metric.task)),
      mean: column(list, at => at.value) }));
    const constants = [...metric.values].map(([run, list]) => ({ run, mean: column(list, at => at.constant) }));
    const same = constants.every(one => JSON.stringify(one.mean.filter(v => v !== null).slice(-1))
      === JSON.stringify(constants[0].mean.filter(v => v !== null).slice(-1)));
    (same ? [longest(constants)] : constants).forEach(one => lines.push({ mean: one.mean, constant: true, look: CONSTANT,
      key: several && !same ? label(one.run) : ' constant', name: 'best constant' + (several && !same
        ? ` of ${label(one.run)}` : '') }));
    return { title: `${metric.task}: ${metric.name}` + (metric.unit ? `, ${metric.unit}` : ''), x, lines,
      sync: byEpoch ? 'epochs' : 'validations', xName: byEpoch ? 'epoch' : 'step', height: 200,
      xLabel: metric.higher === undefined ? '' : metric.higher ? 'higher is better' : 'lower is better',
      format: v => figure(v, metric.unit), place: i => `${byEpoch ? 'epoch' : 'step'} ${axisNumber(x[i])}` };
  }

  const longest = constants => constants.reduce((a, b) => b.mean.filter(v => v !== null).length
    > a.mean.filter(v => v !== null).length ? b : a);

  function metricsSections(metrics) {
    if (metrics.length === 0) {
      page.append(el('p', { class: 'soft' }, 'No validation was made yet, so that there are no metrics.'));
      return;
    }
    if (several) section('Results', el('p', { class: 'soft small' }, '★ marks the best of the runs, of their last '
      + 'validations. Each best constant is the constant prediction that does best on the held-out examples.'),
    results(metrics));
    else page.append(tiles(metrics), el('details', {}, el('summary', {}, 'All metrics of the last validation'),
      results(metrics)));
  }

  function metricsPlots(metrics) {
    if (metrics.length === 0) return;
    const cards = grid('330px');
    const thinned = runs.some(run => run.metrics.length < run.metrics_lines);
    section('Metrics by epoch', el('p', { class: 'soft small' }, 'On the held-out examples, beside the best constant '
      + 'prediction' + (thinned ? '; of many validations, evenly spread ones are shown' : '')), cards);
    metrics.forEach(metric => addPlot(cards, metricPlot(metric)));
  }

  /* ---------- samples ---------- */

  function swatches(field) {
    if (field.legend.length > 0) {
      return el('div', { class: 'swatches' }, ...field.legend.map(entry => el('span', {},
        el('i', { style: { background: entry.colour } }), entry.name)));
    }
    if (field.scales.length > 0 && !field.key) {
      return el('div', {}, el('span', { class: 'ramp' }), 'dark to bright, by row: ', field.scales.map(([low, high, unit]) =>
        `${number(low)} to ${number(high)}${unit ? ' ' + unit : ''}`).join('; '));
    }
    return null;
  }

  function pictures(run) {
    const samples = run.samples;
    const fields = samples.legend.fields;
    const names = fields.map(field => field.name).join(', ');
    const picture = (caption, source, alt, fixed) => el('figure', { class: fixed ? 'fixed' : undefined },
      el('figcaption', {}, caption), el('img', { src: source, alt }));
    const strip = el('div', { class: 'strip', tabindex: 0, role: 'group', 'aria-label':
      `Pictures of ${label(run)} by epoch` },
    picture('input', samples.inputs, 'The held-out images', true),
    samples.truths && samples.legend.truths ? picture(`truth: ${names}`, samples.truths, `The truth of ${names}`) : null,
    ...samples.epochs.map(one => {
      const epoch = epochAt(run, one.step);
      const when = epoch === null ? `step ${grouped.format(one.step)}` : `epoch ${axisNumber(Number(epoch.toFixed(2)))}`;
      return picture(when, one.picture, `The predictions of ${names} after ${when}`);
    }));
    return el('div', { class: 'card' }, several ? el('h3', {}, label(run)) : null, strip,
      ...fields.map(field => el('p', { class: 'small' }, el('strong', {}, field.name), field.key ? `: ${field.key} ` : ' ',
        swatches(field))));
  }

  function samplesSection() {
    const shown = runs.filter(run => run.samples);
    if (shown.length === 0) return;
    const left = shown.some(run => run.samples.left_out > 0);
    section('Samples by epoch', el('p', { class: 'soft small' }, 'The same held-out examples, a row each, after each '
      + 'epoch; the newest are at the right end.' + (left ? ' For want of room not all epochs are shown.' : '')),
    el('div', { class: 'grid', style: { '--least': '100%' } }, ...shown.map(pictures)));
  }

  /* ---------- configuration, machine, speed ---------- */

  /** Every value of a configuration by its path. */
  function flat(value, path, into) {
    if (value !== null && typeof value === 'object' && !Array.isArray(value) && Object.keys(value).length > 0) {
      for (const [key, inner] of Object.entries(value)) flat(inner, path ? `${path}.${key}` : key, into);
    } else {
      into.set(path, JSON.stringify(value));
    }
    return into;
  }

  function differences() {
    const all = runs.map(run => flat(run.config, '', new Map()));
    const paths = [...new Set(all.flatMap(one => [...one.keys()]))]
      .filter(path => new Set(all.map(one => one.get(path))).size > 1);
    if (paths.length === 0) return el('p', {}, 'The runs have the same configuration.');
    return table(['key', ...runs.map(label)], paths.map(path => [path, ...all.map(one => one.get(path) ?? '–')]), []);
  }

  /** JSON with what has room on a line on one. */
  function pretty(value, indent) {
    const short = JSON.stringify(value).replace(/"(?:[^"\\]|\\.)*"|[,:]/g, part => part === ',' ? ', ' : part === ':' ? ': '
      : part);
    if (value === null || typeof value !== 'object' || short.length + indent.length <= 96) return short;
    const deeper = indent + '  ';
    const [open, close] = Array.isArray(value) ? '[]' : '{}';
    const parts = Object.entries(value).map(([key, one]) => deeper + (open === '{' ? JSON.stringify(key) + ': ' : '')
      + pretty(one, deeper));
    return `${open}\n${parts.join(',\n')}\n${indent}${close}`;
  }

  function configurationSection() {
    const node = section('Configuration');
    if (several) node.append(el('p', { class: 'soft small' }, 'Where the runs differ:'), differences());
    for (const run of runs) {
      const text = el('pre', { tabindex: 0 }, pretty(run.config, ''));
      node.append(several ? el('details', {}, el('summary', {}, `All of ${label(run)}`), text) : text);
    }
  }

  const PROCESS = [['step', 'went on from step'], ['started', 'started'], ['gimbal', 'Gimbal'], ['java', 'Java'],
    ['device', 'device'], ['driver', 'CUDA of the driver'], ['nvrtc', 'NVRTC'], ['cublas', 'cuBLAS'],
    ['cudnn', 'cuDNN'], ['system', 'system'], ['processor', 'processor'], ['cores', 'cores'],
    ['memory_bytes', 'memory'], ['host', 'host']];

  function processValue(key, value) {
    if (value === undefined || value === null) return '–';
    if (key === 'memory_bytes') return `${(value / 2 ** 30).toFixed(1)} GiB`;
    if (key === 'started') return String(value).replace('T', ' ').replace('Z', ' UTC');
    return typeof value === 'number' ? grouped.format(value) : String(value);
  }

  function machineSection() {
    const all = runs.flatMap(run => run.environment.map(one => [run, one]));
    const node = section('Versions, machine and speed');
    if (all.length > 0) {
      node.append(table(['', ...all.map(([run]) => several ? label(run) : 'process')], PROCESS.map(([key, name]) => [name,
        ...all.map(([, one]) => processValue(key, one[key]))]), []));
    } else {
      node.append(el('p', { class: 'soft' }, 'The folder keeps nothing about them.'));
    }
    for (const run of runs.filter(one => one.speed_total.steps > 0)) {
      const { steps, seconds, examples, starved } = run.speed_total;
      node.append(el('p', {}, `${several ? label(run) + ': ' : ''}${number(examples / seconds)} examples a second over `
        + `${plural(steps, 'step', 'steps')} in ${duration(seconds)}, data and checkpoints included; before `
        + `${grouped.format(starved)} of them the device waited for data.`));
    }
    const shown = runs.filter(run => run.speed.length > 1);
    if (shown.length > 0) {
      const cards = grid('460px');
      node.append(cards);
      addPlot(cards, speedSpec(shown));
    }
  }

  function speedSpec(shown) {
    const x = [...new Set(shown.flatMap(run => run.speed.map(one => one.step)))].sort((a, b) => a - b);
    const lines = shown.map(run => {
      const at = new Map(run.speed.map(one => [one.step, one.examples_a_second]));
      const k = runs.indexOf(run);
      return { name: several ? label(run) : 'examples a second', key: several ? label(run) : ' speed',
        look: several ? look(k) : { colour: '--ink', dash: [] }, mean: filled(x.map(v => at.has(v) ? at.get(v)
          : undefined)) };
    });
    return { title: 'Examples a second', x, lines, sync: 'steps', xName: 'step', xLabel: 'by step',
      height: 200, format: number, place: i => `up to step ${grouped.format(x[i])}` };
  }

  function duration(seconds) {
    if (seconds < 120) return `${number(seconds)} s`;
    if (seconds < 7200) return `${number(seconds / 60)} min`;
    return `${number(seconds / 3600)} h`;
  }

  /* ---------- the page ---------- */

  function progress(run) {
    const of = process(run).steps;
    const epoch = epochAt(run, run.steps);
    const part = of ? ` of ${grouped.format(of)} (${Math.floor(100 * run.steps / of)} %)` : '';
    return `${grouped.format(run.steps)}${part} steps` + (epoch === null ? '' : `, ${axisNumber(Number(epoch.toFixed(2)))} epochs`)
      + ` · ${plural(run.tasks.length, 'task', 'tasks')}` + (process(run).device ? ` · ${process(run).device}` : '');
  }

  function header() {
    const title = several ? `${runs.length} runs side by side` : runs[0].name;
    document.title = `${title} – Gimbal`;
    page.append(el('header', {}, el('h1', {}, title),
      ...runs.map(run => el('p', { class: 'soft' }, several ? el('strong', {}, `${label(run)} `) : null,
        progress(run))),
      el('p', { class: 'soft small' }, `${several ? '' : runs[0].folder + ' · '}written ${data.written.replace('T', ' ')
        .replace('Z', ' UTC')} by ${data.by}; reload the page to see what came since.`)));
  }

  function defaults() {
    const points = Math.max(...runs.map(run => run.log.buckets));
    state.smoothing = points > 500 ? 0.9 : points > 100 ? 0.8 : 0;
    const values = runs.flatMap(run => run.log.loss.flatMap(series => series.mean)).filter(v => v !== null);
    const low = values.reduce((a, b) => Math.min(a, b), Infinity);
    const high = values.reduce((a, b) => Math.max(a, b), -Infinity);
    state.logLoss = low > 0 && high / low > 20;
  }

  function fit() {
    for (const plot of plots) {
      const width = plot.canvas.clientWidth;
      if (width > 0 && Math.abs(width - plot.u.width) > 1) plot.u.setSize({ width, height: plot.u.height });
    }
  }

  defaults();
  header();
  const metrics = metricsOf();
  metricsSections(metrics);
  if (runs.some(run => run.steps > 0)) {
    trainingPlots();
    gradientsSection();
  }
  metricsPlots(metrics);
  samplesSection();
  configurationSection();
  machineSection();
  plots.forEach(build);
  addEventListener('load', () => document.querySelectorAll('.strip').forEach(strip => {
    strip.scrollLeft = strip.lastElementChild.offsetLeft - strip.offsetLeft;
  }));
  new ResizeObserver(() => requestAnimationFrame(fit)).observe(page);
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => {
    colours = {};
    plots.forEach(plot => plot.u.redraw(false));
  });
  window.gimbal = { plots, state };
})();
