// Slider paths as the server sends them: [x0, y0, x1, y1, ...] from the head to the end of one slide.

const measured = new WeakMap();

function lengths(path) {
  if (!measured.has(path)) {
    const sums = [0];
    for (let i = 2; i < path.length; i += 2) {
      sums.push(sums.at(-1) + Math.hypot(path[i] - path[i - 2], path[i + 1] - path[i - 1]));
    }
    measured.set(path, sums);
  }
  return measured.get(path);
}

// The place at a share 0..1 of the path, and the direction there in radians: {x, y, angle}.
export function along(path, share) {
  const sums = lengths(path);
  const wanted = Math.min(1, Math.max(0, share)) * sums.at(-1);
  let low = 1, high = sums.length - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (sums[middle] < wanted) low = middle + 1;
    else high = middle;
  }
  if (sums.length < 2) return { x: path[0], y: path[1], angle: 0 };
  const step = sums[low] - sums[low - 1];
  const within = step > 0 ? (wanted - sums[low - 1]) / step : 0;
  const [x0, y0, x1, y1] = path.slice(2 * low - 2, 2 * low + 2);
  return { x: x0 + (x1 - x0) * within, y: y0 + (y1 - y0) * within, angle: Math.atan2(y1 - y0, x1 - x0) };
}

// How far a slider is at a time: {slide: 0.., share: 0..1 of the path from the head, isOver}.
export function ballAt(slider, timeMs) {
  const slideMs = (slider.end - slider.time) / slider.slides;
  const turns = slideMs > 0 ? (timeMs - slider.time) / slideMs : slider.slides;
  const within = Math.min(Math.max(turns, 0), slider.slides);
  const slide = Math.min(Math.floor(within), slider.slides - 1);
  const share = within - slide;
  return { slide, share: slide % 2 ? 1 - share : share, isOver: turns >= slider.slides };
}

export function path2D(path) {
  const line = new Path2D();
  line.moveTo(path[0], path[1]);
  for (let i = 2; i < path.length; i += 2) line.lineTo(path[i], path[i + 1]);
  // A path of one place is drawn as a dot.
  if (path.length === 2) line.lineTo(path[0] + 0.01, path[1]);
  return line;
}

export function boundsOf(path) {
  const bounds = { left: Infinity, top: Infinity, right: -Infinity, bottom: -Infinity };
  for (let i = 0; i < path.length; i += 2) {
    bounds.left = Math.min(bounds.left, path[i]);
    bounds.right = Math.max(bounds.right, path[i]);
    bounds.top = Math.min(bounds.top, path[i + 1]);
    bounds.bottom = Math.max(bounds.bottom, path[i + 1]);
  }
  return bounds;
}
