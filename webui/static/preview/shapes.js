// Shapes that more than one playfield draws.

export function circle(context, x, y, radius) {
  context.beginPath();
  context.arc(x, y, Math.max(0, radius), 0, 2 * Math.PI);
}

export function disc(context, x, y, radius, fill) {
  circle(context, x, y, radius);
  context.fillStyle = fill;
  context.fill();
}

export function ring(context, x, y, radius, width, colour) {
  circle(context, x, y, radius);
  context.lineWidth = width;
  context.strokeStyle = colour;
  context.stroke();
}

export function rounded(context, x, y, width, height, radius, fill) {
  context.beginPath();
  context.roundRect(x, y, width, height, radius);
  context.fillStyle = fill;
  context.fill();
}
