// Which objects are on screen, found without going through the whole map for each picture.

export class Visible {
  // objects: by time, with `time` and sometimes `end`.
  constructor(objects) {
    this.objects = objects;
    // The latest end of this and all earlier objects: from there on binary search knows what may still last.
    let latest = -Infinity;
    this.reach = objects.map((object) => (latest = Math.max(latest, object.end ?? object.time)));
  }

  // Those that have not ended before startMs and begin before endMs, in time order.
  between(startMs, endMs) {
    const found = [];
    for (let index = firstWhere(this.reach, startMs); index < this.objects.length; index++) {
      const object = this.objects[index];
      if (object.time > endMs) break;
      if ((object.end ?? object.time) >= startMs) found.push(object);
    }
    return found;
  }
}

// The first index of ascending values whose value is not below the given one.
export function firstWhere(values, atLeast) {
  let low = 0, high = values.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (values[middle] < atLeast) low = middle + 1;
    else high = middle;
  }
  return low;
}
