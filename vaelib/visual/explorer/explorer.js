// The latent plane under the pointer. All pictures come from one sheet: the decoder's output at the n × n nodes of a
// square grid. The sheet has one small map of the plane, n × n, for each pixel: neighbouring values are alike, which
// keeps the file small. Between nodes the four nearest pictures are blended, bilinearly.
function startExplorer(config) {
  "use strict";
  const { n, limit, height, width, colors } = config;
  const hosts = document.querySelectorAll(`[data-vae-explorer="${config.id}"]:not([data-ready])`);
  hosts.forEach((host) => {
    host.setAttribute("data-ready", "");
    host.setAttribute("data-lm-suppress-shortcuts", "true"); // JupyterLab would take the arrow keys for itself
    const sheet = new Image();
    sheet.src = config.sheet;
    // Until then, and if the script may not run, the page shows a plain picture of the map.
    sheet.decode().then(() => begin(host, sheet));
  });

  function bytes(text) {
    return Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
  }

  function readInk(sheet) {
    const canvas = document.createElement("canvas");
    canvas.width = n * width;
    canvas.height = n * height;
    const context = canvas.getContext("2d", { willReadFrequently: true });
    context.drawImage(sheet, 0, 0);
    const rgba = context.getImageData(0, 0, canvas.width, canvas.height).data;
    const ink = new Uint8Array(rgba.length / 4);
    for (let i = 0; i < ink.length; i++) ink[i] = 255 - rgba[4 * i];
    return ink;
  }

  function begin(host, sheet) {
    const ink = readInk(sheet);
    const root = host.shadowRoot || host.attachShadow({ mode: "open" });
    root.innerHTML = config.page;
    const find = (name) => root.querySelector(name);
    const add = (name, html) => find(name).insertAdjacentHTML("beforeend", html);
    for (let value = -Math.floor(limit); value <= limit; value++) {
      const at = `${(50 * (value / limit + 1)).toFixed(2)}%`, text = String(value).replace("-", "−");
      add(".across-axis", `<span class="tick across" style="left: ${at}">${text}</span>`);
      add(".box", `<span class="tick up" style="bottom: ${at}">${text}</span>`);
    }
    colors.forEach((color, i) => add(".legend", `<span><i style="background: ${color}"></i>${i}</span>`));
    find(".codes-name").textContent = config.codesName;
    find("label").hidden = !config.codes;
    const plane = find(".plane"), still = find(".still"), moving = find(".moving"), digit = find(".digit");
    const strip = find(".strip"), play = find(".play"), clear = find(".clear"), dots = find(".dots"), readout = find(".z");
    const pixels = new ImageData(width, height);
    digit.width = width;
    digit.height = height;

    let z = [0, 0]; // where we are
    let points = []; // the ends of the path: none, one or two
    let started = null; // when it began to play
    let waiting = null; // since when it waits for the pointer to leave
    let pressed = null; // where the pointer went down
    let stillAt = null; // where the pointer was when the path began: from there it has to move before it leads
    const codes = config.codes ? readCodes() : null;

    function readCodes() {
      const places = new Uint16Array(bytes(config.codes).buffer);
      return { places, labels: config.labels ? bytes(config.labels) : null };
    }

    // The decoder at (a, b), as grey values of black ink on white, into pixels.
    function blend(a, b) {
      const across = Math.min(Math.max((a / limit + 1) / 2, 0), 1) * (n - 1);
      const down = Math.min(Math.max((1 - b / limit) / 2, 0), 1) * (n - 1);
      const column = Math.min(Math.floor(across), n - 2), row = Math.min(Math.floor(down), n - 2);
      const s = across - column, t = down - row, line = n * width;
      for (let y = 0; y < height; y++) {
        for (let x = 0; x < width; x++) {
          const from = (y * n + row) * line + x * n + column;
          const upper = ink[from] * (1 - s) + ink[from + 1] * s;
          const lower = ink[from + line] * (1 - s) + ink[from + line + 1] * s;
          const grey = 255 - Math.round(upper * (1 - t) + lower * t);
          const to = 4 * (y * width + x);
          pixels.data[to] = pixels.data[to + 1] = pixels.data[to + 2] = grey;
          pixels.data[to + 3] = 255;
        }
      }
      return pixels;
    }

    const toX = (a) => ((a / limit + 1) / 2) * still.width;
    const toY = (b) => ((1 - b / limit) / 2) * still.height;
    const say = (value) => value.toFixed(2).replace("-", "−").replace("−0.00", "0.00");

    function drawDigit() {
      digit.getContext("2d").putImageData(blend(...z), 0, 0);
      readout.textContent = `z = (${say(z[0])}, ${say(z[1])})`;
    }

    // The map of digits, and the codes: drawn anew only when the size or a choice changes.
    function drawStill() {
      const context = still.getContext("2d"), tile = document.createElement("canvas");
      tile.width = width;
      tile.height = height;
      const count = Math.max(6, Math.min(n, Math.round(plane.clientWidth / 30)));
      const size = still.width / count;
      context.fillStyle = "#fff";
      context.fillRect(0, 0, still.width, still.height);
      context.globalAlpha = dots.checked ? 0.25 : 0.6;
      for (let row = 0; row < count; row++) {
        for (let column = 0; column < count; column++) {
          const a = limit * ((2 * column + 1) / count - 1), b = limit * (1 - (2 * row + 1) / count);
          tile.getContext("2d").putImageData(blend(a, b), 0, 0);
          context.drawImage(tile, column * size, row * size, size, size);
        }
      }
      context.globalAlpha = 1;
      if (dots.checked) drawCodes(context);
    }

    function drawCodes(context) {
      const size = Math.max(2, still.width / 240), { places, labels } = codes;
      for (let i = 0; i < places.length / 2; i++) {
        context.fillStyle = labels ? colors[labels[i] % colors.length] : "#0173b2";
        const x = (places[2 * i] / 65535) * still.width, y = (places[2 * i + 1] / 65535) * still.height;
        context.fillRect(x - size / 2, y - size / 2, size, size);
      }
    }

    // Cross and path: on a canvas of its own, above the map.
    function drawMoving() {
      const context = moving.getContext("2d"), scale = moving.width / plane.clientWidth;
      context.clearRect(0, 0, moving.width, moving.height);
      const ring = (point, radius, color) => {
        context.beginPath();
        context.arc(toX(point[0]), toY(point[1]), radius * scale, 0, 2 * Math.PI);
        for (const [wide, ink] of [[5, "#fff"], [2.5, color]]) {
          context.lineWidth = wide * scale;
          context.strokeStyle = ink;
          context.stroke();
        }
      };
      if (points.length === 2) {
        context.beginPath();
        points.forEach((point) => context.lineTo(toX(point[0]), toY(point[1])));
        context.lineWidth = 2.5 * scale;
        context.strokeStyle = "#d55e00";
        context.stroke();
      }
      points.forEach((point) => ring(point, 5, "#d55e00"));
      ring(z, 8, "#0173b2");
    }

    function drawStrip() {
      const context = strip.getContext("2d"), count = 9;
      strip.hidden = points.length < 2;
      play.disabled = points.length < 2;
      clear.disabled = !points.length;
      play.textContent = started === null ? "Play path" : "Stop";
      if (strip.hidden) return;
      strip.width = count * width;
      strip.height = height;
      for (let i = 0; i < count; i++) context.putImageData(blend(...between(i / (count - 1))), i * width, 0);
    }

    function draw() {
      drawDigit();
      drawMoving();
    }

    const between = (share) => points[0].map((value, i) => value + share * (points[1][i] - value));

    function moveTo(a, b) {
      const inside = (value) => Math.min(limit, Math.max(-limit, value));
      z = [inside(a), inside(b)];
      draw();
    }

    function setPoint() {
      // Two ends at one place, as a double click sets them, are one end.
      const same = points.length === 1 && Math.hypot(toX(z[0]) - toX(points[0][0]), toY(z[1]) - toY(points[0][1])) < still.width / 80;
      if (!same) points = points.length === 2 ? [[...z]] : [...points, [...z]];
      started = waiting = null;
      if (points.length === 2 && !matchMedia("(prefers-reduced-motion: reduce)").matches) start();
      drawStrip();
      draw();
    }

    function start() {
      started = performance.now();
      requestAnimationFrame(step);
    }

    // There and back, four seconds each way, gently at the ends.
    function step(now) {
      if (started === null || waiting !== null || points.length < 2 || !host.isConnected) return;
      const turn = (now - started) / 4000;
      moveTo(...between((1 - Math.cos(Math.PI * Math.max(0, turn))) / 2));
      requestAnimationFrame(step);
    }

    function stop() {
      started = waiting = null;
      drawStrip();
    }

    function clearAll() {
      points = [];
      stop();
      draw();
    }

    function fromPointer(event) {
      const box = plane.getBoundingClientRect();
      moveTo(limit * ((2 * (event.clientX - box.left)) / box.width - 1), limit * (1 - (2 * (event.clientY - box.top)) / box.height));
    }

    const moved = (event, from) => Math.hypot(event.clientX - from[0], event.clientY - from[1]);
    plane.addEventListener("pointerdown", (event) => {
      if (event.button > 0) return;
      pressed = [event.clientX, event.clientY];
      plane.setPointerCapture(event.pointerId);
      stop();
      fromPointer(event);
    });
    // The pointer leads: a path that plays waits for it to leave.
    plane.addEventListener("pointermove", (event) => {
      if (stillAt && moved(event, stillAt) < 10) return;
      stillAt = null;
      if (started !== null && waiting === null) waiting = performance.now();
      fromPointer(event);
    });
    plane.addEventListener("pointerleave", () => {
      if (waiting === null) return;
      started += performance.now() - waiting;
      waiting = null;
      requestAnimationFrame(step);
    });
    plane.addEventListener("pointerup", (event) => {
      const click = pressed && moved(event, pressed) < 6;
      pressed = null;
      if (!click) return;
      fromPointer(event);
      setPoint();
      stillAt = started === null ? null : [event.clientX, event.clientY];
    });
    plane.addEventListener("pointercancel", () => (pressed = null));
    plane.addEventListener("keydown", (event) => {
      const far = event.shiftKey ? 0.5 : 0.1;
      const ways = { ArrowLeft: [-far, 0], ArrowRight: [far, 0], ArrowUp: [0, far], ArrowDown: [0, -far] };
      if (event.key in ways) {
        if (started !== null) stop();
        moveTo(z[0] + ways[event.key][0], z[1] + ways[event.key][1]);
      } else if (event.key === "Enter" || event.key === " ") setPoint();
      else if (event.key === "Escape") clearAll();
      else return;
      event.preventDefault();
      event.stopPropagation();
    });
    play.addEventListener("click", () => {
      if (started === null) start();
      else stop();
      drawStrip();
    });
    clear.addEventListener("click", clearAll);
    dots.addEventListener("change", () => {
      find(".legend").hidden = !dots.checked || !config.labels;
      drawStill();
    });

    // Drawn at the screen's own resolution, whatever the page's width.
    new ResizeObserver(() => {
      const size = Math.round(plane.clientWidth * (window.devicePixelRatio || 1));
      if (!size || size === still.width) return;
      still.width = still.height = moving.width = moving.height = size;
      drawStill();
      draw();
    }).observe(plane);
    drawStrip();
    drawDigit();
    host.setAttribute("data-ready", "yes");
  }
}
