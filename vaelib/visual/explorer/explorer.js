// The latent plane under the pointer. All pictures come from one sheet: the decoder's output at the n × n nodes of a
// square grid. The sheet has one small map of the plane, n × n, for each pixel: neighbouring values are alike, which
// keeps the file small. Between nodes the four nearest pictures are blended, bilinearly. A conditional decoder has a
// sheet for each label: the map is of the label that is chosen, and a row of small pictures has the code with all of them.
function startExplorer(config) {
  "use strict";
  const { n, limit, height, width, channels, colors } = config;
  const nameOf = (label) => (config.names ? config.names[label] : label);
  const PRIOR = [0.5, 0.95]; // the contours hold these shares of the prior
  const radius = (share) => Math.sqrt(-2 * Math.log(1 - share)); // |z|² / 2 is exponential if z is N(0, I), in two dimensions
  const CELLS = 30; // the codes are counted on a grid of so many squares a side
  const reduced = matchMedia("(prefers-reduced-motion: reduce)").matches;

  const hosts = document.querySelectorAll(`[data-vae-explorer="${config.id}"]:not([data-ready])`);
  hosts.forEach((host) => {
    host.setAttribute("data-ready", "");
    host.setAttribute("data-lm-suppress-shortcuts", "true"); // JupyterLab would take the arrow keys for itself
    // Until then, and if the script may not run, the page shows a plain picture of the map.
    Promise.all([config.originals, ...config.sheets].map(load)).then(([originals, ...sheets]) => begin(host, sheets, originals));
  });

  async function load(address) {
    if (!address) return null;
    const image = new Image();
    image.src = address;
    await image.decode();
    return image;
  }

  function bytes(text) {
    return Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
  }

  // The values of the pixels, 0 to 255, 255 for ink, in one part of a picture; of a coloured one, three for each.
  function readInk(image, top, high, wide, each = 1) {
    const canvas = document.createElement("canvas");
    canvas.width = wide;
    canvas.height = high;
    const context = canvas.getContext("2d", { willReadFrequently: true });
    context.drawImage(image, 0, -top);
    const rgba = context.getImageData(0, 0, wide, high).data;
    return Uint8Array.from({ length: (each * rgba.length) / 4 }, (_, i) => 255 - rgba[4 * Math.floor(i / each) + (i % each)]);
  }

  function readCodes() {
    const numbers = new Uint16Array(bytes(config.codes).buffer);
    const places = Array.from({ length: numbers.length / 2 }, (_, i) =>
      [limit * (numbers[2 * i] / 32767.5 - 1), limit * (1 - numbers[2 * i + 1] / 32767.5)]);
    return { places, labels: config.labels ? bytes(config.labels) : null };
  }

  // How many codes of each label are in each square and the eight around it; without labels, of all.
  function countCodes({ places, labels }) {
    const cell = (value) => Math.min(CELLS - 1, Math.max(0, Math.floor((value / limit + 1) / 2 * CELLS)));
    const counts = new Map();
    places.forEach(([a, b], i) => {
      const label = labels ? labels[i] : null;
      if (!counts.has(label)) counts.set(label, new Float64Array(CELLS * CELLS));
      for (let row = Math.max(0, cell(b) - 1); row <= Math.min(CELLS - 1, cell(b) + 1); row++) {
        for (let column = Math.max(0, cell(a) - 1); column <= Math.min(CELLS - 1, cell(a) + 1); column++) counts.get(label)[row * CELLS + column]++;
      }
    });
    return { labels: [...counts.keys()].sort((one, two) => one - two), at: (label, a, b) => counts.get(label)[cell(b) * CELLS + cell(a)] };
  }

  // For each label the square with the most codes of its own, and few of the others: where its pictures are plainest.
  function findHomes(counts) {
    const middle = (i) => limit * ((2 * i + 1) / CELLS - 1), homes = new Map();
    for (const label of counts.labels) {
      let most = 0;
      for (let i = 0; i < CELLS * CELLS; i++) {
        const place = [middle(i % CELLS), middle(Math.floor(i / CELLS))];
        const own = counts.at(label, ...place), all = counts.labels.reduce((sum, other) => sum + counts.at(other, ...place), 0);
        if (all && (own * own) / all > most) {
          most = (own * own) / all;
          homes.set(label, place);
        }
      }
    }
    return homes;
  }

  // Each of the three ways has `curve`, from 0 to 1 along it, and `at`, the code after so many seconds.

  // Past the homes of all labels, in their order around the origin, beginning with the lowest label; slowest at the homes.
  function pastAll(homes) {
    const angle = ([, place]) => -Math.atan2(place[1], place[0]), lowest = homes.get(Math.min(...homes.keys()));
    const around = [...homes].sort((one, two) => angle(one) - angle(two)).map(([, place]) => place), many = around.length;
    const stop = (i) => around[(i + around.indexOf(lowest) + many) % many];
    const curve = (share) => { // a Catmull-Rom spline
      const i = Math.floor(share * many), t = share * many - i;
      return [0, 1].map((axis) => {
        const [p, q, r, s] = [i - 1, i, i + 1, i + 2].map((j) => stop(j)[axis]);
        return q + (t / 2) * (r - p + t * (2 * p - 5 * q + 4 * r - s + t * (3 * (q - r) + s - p)));
      });
    };
    const gently = (t) => t - (0.8 * Math.sin(2 * Math.PI * t)) / (2 * Math.PI);
    const at = (seconds) => curve((Math.floor(seconds / 2.5) + gently((seconds / 2.5) % 1)) / many);
    return { at, curve, pictures: many, last: (many - 1) / many };
  }

  // Round the circle that holds half the prior, clockwise from the top, in twenty seconds.
  function aroundRing() {
    const r = Math.min(radius(PRIOR[0]), 0.9 * limit);
    const curve = (share) => [r * Math.sin(2 * Math.PI * share), r * Math.cos(2 * Math.PI * share)];
    return { at: (seconds) => curve(seconds / 20), curve, pictures: 10, last: 0.9 };
  }

  // From one end to the other and back, four seconds each way, gently at the ends.
  function straight(ends) {
    const curve = (share) => ends[0].map((value, axis) => value + share * (ends[1][axis] - value));
    return { at: (seconds) => curve((1 - Math.cos((Math.PI * seconds) / 4)) / 2), curve, pictures: 9, last: 1 };
  }

  function begin(host, sheets, originals) {
    const inks = sheets.map((sheet) => readInk(sheet, 0, n * height, n * width * channels));
    const codes = config.codes ? readCodes() : null, several = inks.length > 1;
    // With a label's map for each, what the codes have in common is not the label.
    const counts = codes && codes.labels && !several ? countCodes(codes) : null;
    const homes = counts ? findHomes(counts) : new Map();
    const ring = aroundRing(), all = homes.size > 2 ? pastAll(homes) : ring;
    const root = host.shadowRoot || host.attachShadow({ mode: "open" });
    root.innerHTML = config.page;
    const find = (name) => root.querySelector(name);
    const add = (name, html, text = "") => {
      find(name).insertAdjacentHTML("beforeend", html);
      if (text !== "") find(name).lastElementChild.append(text); // a name is no HTML
    };
    const set = (element, attributes) => Object.entries(attributes).forEach(([name, value]) => element.setAttribute(name, value));
    const whole = find(".frame"), plane = find(".plane"), still = find(".still"), digit = find(".digit"), strip = find(".strip");
    const play = find(".play"), clear = find(".clear"), dots = find(".dots"), ends = root.querySelectorAll(".end");
    const saysCode = find(".z"), saysNear = find(".near"), here = find(".here");
    for (let value = -Math.floor(limit); value <= limit; value++) {
      const at = `${(50 * (value / limit + 1)).toFixed(2)}%`, text = String(value).replace("-", "−");
      add(".across-axis", `<span class="tick across" aria-hidden="true" style="left: ${at}">${text}</span>`);
      add(".box", `<span class="tick up" aria-hidden="true" style="bottom: ${at}">${text}</span>`);
    }
    config.choices.forEach((name, i) => {
      add(".styles", `<button type="button" aria-pressed="${i === 0}"><canvas width="${width}" height="${height}"></canvas></button>`);
      find(".styles").lastElementChild.append(name);
    });
    const styles = [...find(".styles").children];
    const many = originals ? Math.min(originals.naturalHeight / height, codes.places.length) : 0; // codes with originals
    find(".classes").hidden = !several;
    if (counts) counts.labels.forEach((label) => add(".legend", `<span><i style="background: ${colors[label % colors.length]}"></i></span>`, nameOf(label)));
    find(".codes-name").textContent = config.codesName;
    find(".codes").hidden = !codes;
    root.querySelectorAll(".with-originals").forEach((text) => (text.hidden = !originals));
    for (const canvas of [digit, find(".original"), find(".reconstruction")]) [canvas.width, canvas.height] = [width, height];
    // 1 → 7 if there are such; otherwise from the first label to the last.
    const pair = homes.has(1) && homes.has(7) ? [1, 7] : [Math.min(...homes.keys()), Math.max(...homes.keys())];
    find(".tour").textContent = pair.map(nameOf).join(" → ");
    find(".tour").hidden = homes.size < 2;
    find(".all").hidden = all === ring;

    let dark = false; // white ink on black
    let side = 1; // of the plane, in the page's pixels
    let z = all.at(0); // where we are
    let points = []; // the ends of the path: none, one or two
    let way = all; // what can be played: a tour, the path, or nothing
    let playing = !reduced; // without being asked, until the first touch, click or key
    let unasked = playing;
    let away = false; // the pointer leads, or the page is out of sight: what plays waits
    let visible = true;
    let frame = null, seconds = 0; // the next frame that has been asked for; how long it has played
    let pressed = null; // where the pointer went down
    let grabbed = null; // the end of the path that it holds
    let resting = null; // where the pointer was when the path began: it leads once it has left that place
    let picked = null; // the dot whose original is shown
    let chosen = 0; // the label whose map it is, where there are several
    let quiet = null;

    // The decoder at (a, b), from 0 to 255.
    const values = width * channels, shade = new Uint8Array(height * values);
    function blend(a, b, ink = inks[chosen]) {
      const across = Math.min(Math.max((a / limit + 1) / 2, 0), 1) * (n - 1);
      const down = Math.min(Math.max((1 - b / limit) / 2, 0), 1) * (n - 1);
      const column = Math.min(Math.floor(across), n - 2), row = Math.min(Math.floor(down), n - 2);
      const s = across - column, t = down - row, line = n * values;
      for (let y = 0; y < height; y++) {
        for (let x = 0; x < values; x++) {
          const from = (y * n + row) * line + x * n + column;
          const upper = ink[from] * (1 - s) + ink[from + 1] * s;
          const lower = ink[from + line] * (1 - s) + ink[from + line + 1] * s;
          shade[y * values + x] = Math.round(upper * (1 - t) + lower * t);
        }
      }
      return shade;
    }

    // Black ink on white; in a dark page, white on black. What is no ink looks the same on any page.
    const pixels = new ImageData(width, height);
    function paint(canvas, ink, x = 0) {
      const inverted = config.ink && !dark;
      for (let i = 0; i < width * height; i++) {
        for (let c = 0; c < 3; c++) {
          const value = ink[channels * i + (c % channels)];
          pixels.data[4 * i + c] = inverted ? 255 - value : value;
        }
        pixels.data[4 * i + 3] = 255;
      }
      canvas.getContext("2d").putImageData(pixels, x, 0);
    }

    const toX = (a) => ((a / limit + 1) / 2) * side;
    const toY = (b) => ((1 - b / limit) / 2) * side;
    const apart = (one, two) => Math.hypot(toX(one[0]) - toX(two[0]), toY(one[1]) - toY(two[1])); // on the screen
    const say = (value) => value.toFixed(2).replace("-", "−").replace("−0.00", "0.00");
    const sayCode = () => `z = (${say(z[0])}, ${say(z[1])})`;

    const sayPlace = () => [sayCode(), sayNear()].filter(Boolean).join(", ");

    // Which labels the codes around z have: one, or two that are about as many.
    function sayNear() {
      if (!counts) return "";
      const found = counts.labels.map((label) => [counts.at(label, ...z), label]).sort((one, two) => two[0] - one[0]);
      if (!found[0][0]) return "no codes here";
      return "codes here: " + found.slice(0, 2).filter(([count]) => count > found[0][0] / 2).map(([, label]) => nameOf(label)).join(", ");
    }

    // The map of pictures, and the codes: drawn anew only when the size, the colours or a choice changes.
    function drawStill() {
      const context = still.getContext("2d"), tile = document.createElement("canvas");
      [tile.width, tile.height] = [width, height];
      const count = Math.max(6, Math.min(n, Math.round(side / 30))), size = still.width / count;
      context.fillStyle = dark ? "#000" : "#fff";
      context.fillRect(0, 0, still.width, still.height);
      context.globalAlpha = dots.checked ? 0.25 : 0.6;
      for (let row = 0; row < count; row++) {
        for (let column = 0; column < count; column++) {
          paint(tile, blend(limit * ((2 * column + 1) / count - 1), limit * (1 - (2 * row + 1) / count)));
          context.drawImage(tile, column * size, row * size, size, size);
        }
      }
      context.globalAlpha = 1;
      if (dots.checked) drawCodes(context, still.width / side);
    }

    // The codes whose originals are here are the larger dots, above the others.
    function drawCodes(context, scale) {
      const color = (i) => (codes.labels ? colors[codes.labels[i] % colors.length] : "#0173b2");
      for (let i = codes.places.length - 1; i >= 0; i--) {
        if (!isShown(i)) continue;
        const [x, y] = [toX(codes.places[i][0]) * scale, toY(codes.places[i][1]) * scale];
        const size = Math.max(2, 2.2 * scale);
        if (i >= many) {
          context.fillStyle = color(i);
          context.fillRect(x - size / 2, y - size / 2, size, size);
          continue;
        }
        context.beginPath();
        context.arc(x, y, 3.2 * scale, 0, 2 * Math.PI);
        context.fillStyle = color(i);
        context.fill();
        context.lineWidth = scale;
        context.strokeStyle = dark ? "#000" : "#fff";
        context.stroke();
      }
    }

    // Of several maps, each has the codes of its own label.
    const isShown = (i) => !several || config.own[codes.labels[i]] === chosen;
    // The codes that are shown and whose originals are here.
    const known = () => Array.from({ length: many }, (_, i) => i).filter(isShown);

    function draw() {
      paint(digit, blend(...z));
      if (several) styles.forEach((style, i) => paint(style.firstChild, blend(...z, inks[i])));
      saysCode.textContent = sayCode();
      saysNear.textContent = sayNear();
      set(here, { cx: toX(z[0]), cy: toY(z[1]) });
      if (frame === null) tell(sayPlace());
    }

    // What a screen reader says, once nothing has moved for a while.
    function tell(text) {
      clearTimeout(quiet);
      if (text) quiet = setTimeout(() => (find(".aloud").textContent = text), 600);
    }

    // The path or the tour, its pictures, and the buttons that belong to it.
    function drawWay() {
      ends.forEach((end, i) => {
        end.toggleAttribute("hidden", i >= points.length);
        if (points[i]) set(end, { cx: toX(points[i][0]), cy: toY(points[i][1]) });
      });
      const places = way ? Array.from({ length: 161 }, (_, i) => way.curve(i / 160)) : [];
      set(find(".way"), { d: places.map(([a, b], i) => `${i ? "L" : "M"}${toX(a).toFixed(1)} ${toY(b).toFixed(1)}`).join("") });
      play.disabled = !way;
      play.textContent = playing ? "Stop" : way && !points.length ? "Play tour" : "Play path";
      clear.disabled = !way && !points.length && picked === null;
      strip.hidden = !way;
      if (!way) return;
      strip.width = way.pictures * width;
      strip.height = height;
      strip.style.aspectRatio = `${strip.width} / ${height}`;
      for (let i = 0; i < way.pictures; i++) paint(strip, blend(...way.curve((way.last * i) / (way.pictures - 1))), i * width);
    }

    function drawPicked() {
      find(".pair").hidden = picked === null;
      find(".picked").toggleAttribute("hidden", picked === null);
      clear.disabled = !way && !points.length && picked === null;
      if (picked === null) return;
      const place = codes.places[picked];
      paint(find(".original"), readInk(originals, picked * height, height, width, channels));
      paint(find(".reconstruction"), blend(...place));
      const own = several ? config.own[codes.labels[picked]] : chosen;
      find(".reconstruction-says").textContent = own === chosen ? "recon\u00adstruction" : `in its style: ${config.choices[chosen]}`;
      find(".original-says").textContent = codes.labels ? `original: ${nameOf(codes.labels[picked])}` : "original";
      set(find(".picked"), { cx: toX(place[0]), cy: toY(place[1]) });
    }

    function moveTo(a, b) {
      const inside = (value) => Math.min(limit, Math.max(-limit, value));
      z = [inside(a), inside(b)];
      draw();
    }

    function run() {
      if (frame !== null || !playing || away || !visible) return;
      const place = z, begun = seconds;
      let before = null;
      const step = (now) => {
        frame = playing && !away && visible && host.isConnected ? requestAnimationFrame(step) : null;
        if (frame === null) return;
        seconds += before === null ? 0 : Math.min(now - before, 100) / 1000;
        before = now;
        const joined = Math.min(1, (seconds - begun) / 0.6), aim = way.at(seconds);
        const share = joined * joined * (3 - 2 * joined); // half a second to reach the way, wherever we were
        moveTo(...place.map((value, axis) => value + share * (aim[axis] - value)));
      };
      frame = requestAnimationFrame(step);
      tell("");
    }

    function start(start = 0) {
      playing = true;
      away = false;
      seconds = start;
      drawWay();
      run();
    }

    function stop() {
      cancelAnimationFrame(frame);
      frame = null;
      playing = unasked = false;
      drawWay();
      tell(sayPlace());
    }

    function clearAll() {
      points = [];
      way = picked = null;
      stop();
      drawPicked();
      draw();
    }

    // Two ends at one place, as a double click sets them, are one.
    function follow(newPoints) {
      points = newPoints.length === 2 && apart(...newPoints) < 6 ? newPoints.slice(0, 1) : newPoints;
      way = points.length === 2 ? straight(points) : null;
      if (!way) playing = false;
      drawWay();
    }

    function setPoint() {
      stop();
      follow(points.length === 2 ? [z] : [...points, z]);
      if (way && !reduced) start(4); // from the end that we are at
    }

    function pick() {
      stop();
      picked = known().reduce((best, i) => (apart(codes.places[i], z) < apart(codes.places[best], z) ? i : best));
      moveTo(...codes.places[picked]);
      drawPicked();
      tell(`${sayCode()}, ${find(".original-says").textContent}, and its reconstruction`);
    }

    const canPick = () => dots.checked && known().length > 0;
    const choose = () => (canPick() ? pick() : setPoint());

    function chooseLabel(label) {
      chosen = label;
      styles.forEach((style, i) => set(style, { "aria-pressed": i === label }));
      plane.classList.toggle("picking", canPick());
      drawStill();
      drawWay();
      drawPicked();
      draw();
    }

    function codeAt(event) {
      const box = plane.getBoundingClientRect();
      return [limit * ((2 * (event.clientX - box.left)) / box.width - 1), limit * (1 - (2 * (event.clientY - box.top)) / box.height)];
    }

    const moved = (event, place) => Math.hypot(event.clientX - place[0], event.clientY - place[1]);

    function endAt(event) {
      if (!points.length) return null;
      const reach = event.pointerType === "touch" ? 26 : 13, code = codeAt(event);
      const near = [...points.keys()].sort((i, j) => apart(points[i], code) - apart(points[j], code));
      return near.length && apart(points[near[0]], code) < reach ? near[0] : null;
    }

    plane.addEventListener("pointerdown", (event) => {
      if (event.button > 0) return;
      plane.setPointerCapture(event.pointerId);
      pressed = [event.clientX, event.clientY];
      resting = null;
      grabbed = endAt(event);
      if (grabbed === null) {
        stop();
        moveTo(...codeAt(event));
      } else {
        away = true; // a path that plays goes on when its end is let go
        moveTo(...points[grabbed]);
      }
    });
    // The pointer leads: what plays waits for it to leave.
    plane.addEventListener("pointermove", (event) => {
      if (resting && moved(event, resting) < 10) return;
      resting = null;
      away = true;
      plane.classList.toggle("on-end", grabbed !== null || endAt(event) !== null);
      moveTo(...codeAt(event));
      if (grabbed === null || moved(event, pressed) < 4) return;
      points = points.map((point, i) => (i === grabbed ? z : point));
      way = points.length === 2 ? straight(points) : null;
      drawWay();
    });
    plane.addEventListener("pointerup", (event) => {
      const click = pressed && grabbed === null && moved(event, pressed) < 6, held = grabbed !== null;
      pressed = grabbed = null;
      if (held) follow(points);
      else if (click) {
        moveTo(...codeAt(event));
        choose();
      }
      if (!held && !click) return;
      resting = [event.clientX, event.clientY];
      away = false;
      run();
    });
    plane.addEventListener("pointercancel", () => (pressed = grabbed = null));
    plane.addEventListener("pointerleave", () => {
      away = false;
      run();
    });
    plane.addEventListener("keydown", (event) => {
      const far = event.shiftKey ? 0.5 : 0.1;
      const ways = { ArrowLeft: [-far, 0], ArrowRight: [far, 0], ArrowUp: [0, far], ArrowDown: [0, -far] };
      if (event.key in ways) {
        if (playing) stop();
        moveTo(z[0] + ways[event.key][0], z[1] + ways[event.key][1]);
      } else if (event.key === "Enter" || event.key === " ") choose();
      else if (event.key === "Escape") clearAll();
      else return;
      event.preventDefault();
      event.stopPropagation();
    });
    // What plays unasked stops at the first touch, click or key anywhere in the explorer; its own button does so by itself.
    const first = (event) => unasked && event.key !== "Tab" && event.target !== play && stop();
    root.addEventListener("pointerdown", first);
    root.addEventListener("keydown", first);
    play.addEventListener("click", () => (playing ? stop() : start(seconds)));
    clear.addEventListener("click", clearAll);
    find(".tour").addEventListener("click", () => {
      stop();
      follow(pair.map((label) => homes.get(label)));
      moveTo(...points[0]);
      if (!reduced) start();
    });
    for (const [name, tour] of [[".all", all], [".ring", ring]]) {
      find(name).addEventListener("click", () => {
        stop();
        points = [];
        way = tour;
        moveTo(...way.at(0));
        if (reduced) drawWay();
        else start();
      });
    }
    dots.addEventListener("change", () => {
      find(".legend").hidden = !dots.checked || !counts;
      plane.classList.toggle("picking", canPick());
      drawStill();
    });
    styles.forEach((style, i) => style.addEventListener("click", () => chooseLabel(i)));
    find(".prior").addEventListener("change", (event) => find(".contours").toggleAttribute("hidden", !event.target.checked));

    // Dark is where the page's own text is light: so it follows the system, JupyterLab's theme and a web page's.
    function isDark() {
      const context = Object.assign(document.createElement("canvas"), { width: 1, height: 1 }).getContext("2d");
      context.fillStyle = getComputedStyle(whole).color;
      context.fillRect(0, 0, 1, 1);
      const [red, green, blue] = context.getImageData(0, 0, 1, 1).data;
      return 0.3 * red + 0.6 * green + 0.1 * blue > 128;
    }

    // Drawn at the screen's own resolution, whatever the page's width.
    function layOut() {
      side = plane.clientWidth;
      const size = Math.round(side * (window.devicePixelRatio || 1));
      if (!size || (size === still.width && dark === isDark())) return;
      dark = isDark();
      whole.classList.toggle("dark", dark);
      still.width = still.height = size;
      find(".contours").innerHTML = PRIOR.map((share) => {
        const r = (radius(share) / limit / 2) * side, middle = side / 2, low = r * Math.SQRT1_2;
        const label = `<text x="${middle - low}" y="${middle + low + 4}">${100 * share} %</text>`;
        return `<circle data-share="${share}" cx="${middle}" cy="${middle}" r="${r}"/>${label}`;
      }).join("");
      drawStill();
      drawWay();
      drawPicked();
      draw();
    }

    new ResizeObserver(layOut).observe(plane);
    for (const change of ["transitionend", "animationend"]) whole.addEventListener(change, layOut); // see the style sheet
    new IntersectionObserver(([seen]) => {
      visible = seen.isIntersecting;
      run();
    }).observe(plane);
    layOut();
    draw();
    host.setAttribute("data-ready", "yes");
    run();
  }
}
