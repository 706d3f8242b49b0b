// Q in the hand: a normal Q over one latent number z, moved by the reader, and what the ELBO makes of it, in nats.
// Python gives each model as the polynomial log P(X|Z) in z, with log P(X) and the best Q. The rest is computed here:
// the reconstruction and the gap by the trapezoid rule over a grid of z, the KL to the prior by its formula.
function startHand(id, config) {
  "use strict";
  const HALF_LOG_2PI = Math.log(2 * Math.PI) / 2, EDGE = 16, STEP = 0.02;
  const grid = Array.from({ length: 2 * Math.round(EDGE / STEP) + 1 }, (_, i) => i * STEP - EDGE);
  const logNormal = (z, mean, deviation) => -(((z - mean) / deviation) ** 2) / 2 - Math.log(deviation) - HALF_LOG_2PI;
  const integral = (integrand) => STEP * grid.reduce((sum, z, i) => sum + integrand(z, i), 0);
  const models = config.models.map(prepare);
  document.querySelectorAll(`[data-q-in-the-hand="${id}"]:not([data-ready])`).forEach(begin);

  // With the posterior by Bayes' rule: P(X|Z) P(Z), divided by its own integral.
  function prepare(model) {
    const logLikelihood = (z) => model.coefficients.reduceRight((sum, each) => sum * z + each, 0);
    const likelihood = grid.map(logLikelihood);
    const logJoint = (z) => logLikelihood(z) + logNormal(z, 0, 1);
    const logIntegral = Math.log(integral((z) => Math.exp(logJoint(z))));
    const logPosterior = (z) => logJoint(z) - logIntegral;
    return { ...model, likelihood, logPosterior, onGrid: grid.map(logPosterior) };
  }

  function terms(model, mean, deviation) {
    const logQ = grid.map((z) => logNormal(z, mean, deviation));
    const q = logQ.map(Math.exp);
    const reconstruction = integral((z, i) => q[i] * model.likelihood[i]);
    const kl = (deviation ** 2 + mean ** 2 - 1) / 2 - Math.log(deviation);
    const gap = integral((z, i) => q[i] * (logQ[i] - model.onGrid[i]));
    return { reconstruction, kl, elbo: reconstruction - kl, gap };
  }

  function begin(host) {
    host.setAttribute("data-lm-suppress-shortcuts", "true"); // JupyterLab would take the arrow keys for itself
    const root = host.shadowRoot || host.attachShadow({ mode: "open" });
    root.innerHTML = config.page;
    const find = (name) => root.querySelector(name);
    const set = (element, attributes) => Object.entries(attributes).forEach(([name, value]) => element.setAttribute(name, value));
    const say = (value, digits = 2) => value.toFixed(digits).replace("-", "−").replace(/^−(0\.0+)$/, "$1");
    const clamp = (value, [least, most]) => Math.min(most, Math.max(least, value));
    const density = find(".density"), bars = find(".bars"), q = find("path.q");
    const sliders = { mean: find("input.mean"), deviation: find("input.deviation") };
    const ranges = { mean: config.means, deviation: config.deviations };
    const [mean, deviation] = config.start;
    const state = { model: models[0], mean, deviation };
    let showBest = false, moving = null, quiet = null;

    models.forEach((model, i) => {
      const checked = i ? "" : "checked", name = `model-${id}`;
      find(".models").insertAdjacentHTML("beforeend",
        `<label><input type="radio" name="${name}" value="${i}" ${checked}>${model.name}: ${model.formula}</label>`);
    });
    const COLUMNS = [["reconstruction", "reconstruction"], ["kl", "− KL"], ["elbo", "= ELBO"], ["gap", "+ gap"]];
    COLUMNS.forEach(([name, label]) => find(".columns").insertAdjacentHTML("beforeend",
      `<rect class="bar ${name}"/><path class="tip ${name}"/><text class="number ${name}"></text><text class="label ${name}">${label}</text>`));
    Object.entries(sliders).forEach(([name, slider]) => set(slider, { min: ranges[name][0], max: ranges[name][1] }));

    // Where things are on the screen, in pixels; set by `layOut`.
    const left = 40, right = 10, top = 14, zero = 28;
    let width, floor, barsWidth, lowest, column;
    const toX = (z) => left + ((z + 3.2) / 6.4) * (width - left - right);
    const perZ = () => (width - left - right) / 6.4;
    const toY = (height) => floor - (height / 2.1) * (floor - top);
    const nats = (value) => zero + (value / config.lowest) * (lowest - zero);

    function curve(logDensity, from = -3.5, to = 3.5) {
      const points = Array.from({ length: 241 }, (_, i) => from + (i / 240) * (to - from));
      const places = points.map((z) => `${toX(z).toFixed(2)} ${toY(Math.exp(logDensity(z))).toFixed(2)}`);
      return `M${toX(from).toFixed(2)} ${floor}L${places.join("L")}L${toX(to).toFixed(2)} ${floor}`;
    }

    const bell = (mean, deviation) => curve((z) => logNormal(z, mean, deviation), mean - 4 * deviation, mean + 4 * deviation);

    function layOut() {
      if (!density.parentElement.clientWidth) return;
      width = density.parentElement.clientWidth;
      barsWidth = bars.parentElement.clientWidth;
      const narrow = find(".frame").clientWidth < 656; // one below the other
      floor = narrow ? 190 : 262;
      lowest = narrow ? 210 : 268;
      column = (barsWidth - left - right) / 4;
      for (const [svg, wide, high] of [[density, width, floor + 38], [bars, barsWidth, lowest + 32]]) {
        set(svg, { viewBox: `0 0 ${wide} ${high}`, height: high });
      }
      let axes = `<path d="M${left} ${top}V${floor}H${width - right}"/>`;
      for (let z = -3; z <= 3; z++) axes += `<path d="M${toX(z)} ${floor}v4"/><text x="${toX(z)}" y="${floor + 17}">${String(z).replace("-", "−")}</text>`;
      for (let y = 0; y <= 2; y++) axes += `<path d="M${left} ${toY(y)}h-4"/><text class="across" x="${left - 7}" y="${toY(y) + 4}">${y}</text>`;
      axes += `<text x="${toX(0)}" y="${floor + 34}" font-style="italic">z</text>`;
      axes += `<text transform="translate(9 ${(top + floor) / 2}) rotate(-90)">density</text>`;
      density.querySelector(".axes").innerHTML = axes;
      set(find("#inside rect"), { x: left, width: width - left - right, height: floor + 2 });
      axes = `<path d="M${left} ${lowest}V${zero}H${barsWidth - right}"/>`;
      for (let y = 0; y >= config.lowest; y -= 2) axes += `<path d="M${left} ${nats(y)}h-4"/><text class="across" x="${left - 7}" y="${nats(y) + 4}">${String(y).replace("-", "−")}</text>`;
      axes += `<text transform="translate(9 ${(zero + lowest) / 2}) rotate(-90)">nats</text>`;
      bars.querySelector(".axes").innerHTML = axes;
      set(density.querySelector(".prior"), { d: curve((z) => logNormal(z, 0, 1)) });
      draw();
    }

    // A bar between two values; what lies below the axis is cut off, and an arrow says so.
    function drawBar(name, i, from, to, value) {
      const high = nats(Math.max(from, to, config.lowest)), low = nats(Math.max(Math.min(from, to), config.lowest));
      const thick = Math.min(46, column - 14), x = left + (i + 0.5) * column, cut = Math.min(from, to) < config.lowest;
      set(find(`.bar.${name}`), { x: x - thick / 2, width: thick, y: high, height: low - high, "data-nats": value.toFixed(6) });
      set(find(`.tip.${name}`), { d: cut ? `M${x - thick / 2} ${low}h${thick}l${-thick / 2} 8Z` : "" });
      set(find(`.number.${name}`), { x, y: low + (cut ? 21 : 14) });
      find(`.number.${name}`).textContent = say(value);
      set(find(`.label.${name}`), { x: i ? x : x - 5, y: zero - 10 });
      return { x, low, thick };
    }

    function draw() {
      if (!width) return;
      const { model, mean, deviation } = state, peak = Math.exp(logNormal(0, 0, deviation));
      const { reconstruction, kl, elbo, gap } = terms(model, mean, deviation);
      set(density.querySelector(".posterior"), { d: curve(model.logPosterior) });
      set(q, { d: bell(mean, deviation) });
      set(find(".top"), { transform: `translate(${toX(mean)} ${toY(peak)})` });
      root.querySelectorAll(".shoulder").forEach((shoulder) => {
        const z = mean + shoulder.dataset.side * deviation;
        set(shoulder, { transform: `translate(${toX(z)} ${toY(peak * Math.exp(-0.5))})` });
        shoulder.toggleAttribute("hidden", Math.abs(z) > 3.2);
      });

      const places = [
        drawBar("reconstruction", 0, 0, reconstruction, reconstruction),
        drawBar("kl", 1, reconstruction, elbo, kl),
        drawBar("elbo", 2, 0, elbo, elbo),
        drawBar("gap", 3, elbo, elbo + gap, gap),
      ];
      const join = (from, to, y) => `<path d="M${from.x + from.thick / 2} ${y}H${to.x - to.thick / 2}"/>`;
      const level = nats(Math.max(elbo, config.lowest)), middle = nats(Math.max(reconstruction, config.lowest));
      find(".joins").innerHTML = join(places[0], places[1], middle) + join(places[1], places[2], level) + join(places[2], places[3], level);
      const line = nats(model.logEvidence);
      set(find(".evidence"), { d: `M${left} ${line}H${barsWidth - right}`, "data-nats": model.logEvidence });
      set(find(".evidence-says"), { x: places[3].x, y: line - 23 });
      set(find(".evidence-value"), { x: places[3].x, y: line - 8 });
      find(".evidence-says").textContent = "log P(X)";
      find(".evidence-value").textContent = say(model.logEvidence);

      const best = nearest(), highest = nats(terms(model, ...best).elbo);
      for (const each of [density.querySelector(".best-q"), find(".best-key"), find(".best-mark")]) each.toggleAttribute("hidden", !showBest);
      set(density.querySelector(".best-q"), { d: bell(...best) });
      set(find(".best-mark"), { d: `M${places[2].x - places[2].thick / 2 - 5} ${highest}h${places[2].thick + 10}` });

      // Two of the terms as differences of rounded numbers, so that the sums are right to the last digit.
      const [e, k, total] = [elbo, kl, model.logEvidence].map((value) => Math.round(1000 * value) / 1000);
      find(".sums").innerHTML = `<span>ELBO</span><span>= ${say(e + k, 3)} − ${say(k, 3)} = ${say(e, 3)}</span>`
        + `<span>log P(X)</span><span>= ${say(e, 3)} + ${say(total - e, 3)} = ${say(total, 3)}</span>`;
      for (const name of ["mean", "deviation"]) {
        if (root.activeElement !== sliders[name] || moving) sliders[name].value = state[name];
        sliders[name].setAttribute("aria-valuetext", say(state[name]));
        find(`.${name}-says`).textContent = say(state[name]);
      }
    }

    // For screen readers, once the hand rests.
    function tell() {
      clearTimeout(quiet);
      quiet = setTimeout(() => {
        const { elbo, gap } = terms(state.model, state.mean, state.deviation);
        find(".aloud").textContent = `Mean ${say(state.mean)}, deviation ${say(state.deviation)}: ELBO ${say(elbo)}, gap ${say(gap)} nats.`;
      }, 500);
    }

    function nearest() {
      const away = (best) => Math.abs(best[0] - state.mean - 1e-9);
      return state.model.best.reduce((one, other) => (away(other) < away(one) ? other : one));
    }

    function moveTo(mean, deviation) {
      state.mean = clamp(mean, config.means);
      state.deviation = clamp(deviation, config.deviations);
      draw();
      tell();
    }

    // Less than a second, gently at the ends; at once for readers whom motion disturbs.
    function moveToBest() {
      const from = [state.mean, state.deviation], to = nearest(), began = performance.now();
      showBest = true;
      const step = (now) => {
        if (moving !== step || !host.isConnected) return;
        const done = Math.min(1, (now - began) / 900), share = (1 - Math.cos(Math.PI * Math.max(0, done))) / 2;
        if (done === 1) moving = null;
        if (done === 1) moveTo(...to);
        else moveTo(from[0] + share * (to[0] - from[0]), from[1] * (to[1] / from[1]) ** share);
        if (done < 1) requestAnimationFrame(step);
      };
      moving = step;
      if (matchMedia("(prefers-reduced-motion: reduce)").matches) {
        moving = null;
        moveTo(...to);
      } else requestAnimationFrame(step);
    }

    function draggable(element, move) {
      let start = null;
      element.addEventListener("pointerdown", (event) => {
        if (event.button > 0) return;
        moving = null;
        start = { x: event.clientX, ...state };
        element.setPointerCapture(event.pointerId);
        element.classList.add("held");
        event.preventDefault();
      });
      element.addEventListener("pointermove", (event) => {
        if (start) move(start, (event.clientX - start.x) / perZ());
      });
      for (const end of ["pointerup", "pointercancel"]) {
        element.addEventListener(end, () => {
          start = null;
          element.classList.remove("held");
        });
      }
    }

    // Nor does a finger on a handle scroll the page. (`touch-action` has no effect inside an SVG.)
    root.querySelectorAll(".handle").forEach((handle) => {
      handle.addEventListener("touchstart", (event) => event.preventDefault(), { passive: false });
    });
    for (const element of [find(".top"), density.querySelector(".q")]) {
      draggable(element, (start, by) => moveTo(start.mean + by, start.deviation));
    }
    root.querySelectorAll(".shoulder").forEach((shoulder) => {
      draggable(shoulder, (start, by) => moveTo(start.mean, start.deviation + shoulder.dataset.side * by));
    });
    sliders.mean.addEventListener("input", () => {
      moving = null;
      moveTo(Number(sliders.mean.value), state.deviation);
    });
    sliders.deviation.addEventListener("input", () => {
      moving = null;
      moveTo(state.mean, Number(sliders.deviation.value));
    });
    find(".models").addEventListener("change", (event) => {
      moving = null;
      state.model = models[Number(event.target.value)];
      showBest = false;
      draw();
      tell();
    });
    find(".go").addEventListener("click", moveToBest);

    // Drawn at the screen's own size, so that letters keep theirs.
    new ResizeObserver(() => {
      if (density.parentElement.clientWidth && (density.parentElement.clientWidth !== width || bars.parentElement.clientWidth !== barsWidth)) layOut();
    }).observe(find(".frame"));
    layOut();
    host.setAttribute("data-ready", "yes");
  }
}
