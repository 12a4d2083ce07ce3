// Hitsounds, made from sine waves and noise: nothing is loaded, and nothing of the game is used.

const LOOKAHEAD_MS = 150;
const ADDITIONS = { whistle: 2, finish: 4, clap: 8 };
const BANKS = [null, { pitch: 1, tone: 1, noise: 0.5 }, { pitch: 1.35, tone: 0.45, noise: 0.9 }, { pitch: 0.55, tone: 1.3, noise: 0.3 }];

// sounds: [[time, bank, addition bank, additions, volume]] by time, as preview_of gives them.
export class HitSounds {
  constructor() {
    this.sounds = [];
    this.next = 0;
    this.share = 0.6;
    this.scheduled = new Set();
    this.buffers = new Map();
    this.context = null;
  }

  setSounds(sounds, nowMs) {
    this.sounds = sounds;
    this.restart(nowMs);
  }

  setVolume(share) {
    this.share = share;
    if (this.gain) this.gain.gain.value = share;
  }

  // Browsers let sound begin only after a click or a key: called from there.
  wake() {
    if (!this.context && window.AudioContext) {
      this.context = new AudioContext({ latencyHint: "interactive" });
      this.gain = this.context.createGain();
      this.gain.gain.value = this.share;
      this.gain.connect(this.context.destination);
    }
    this.context?.resume().catch(() => {});
  }

  // After a jump: what was planned is dropped.
  restart(nowMs) {
    for (const source of this.scheduled) source.stop();
    this.scheduled.clear();
    this.next = firstAtOrAfter(this.sounds, nowMs);
  }

  // Plans what sounds within the next moment; to be called at least every 100 ms while the song plays.
  plan(nowMs, rate) {
    if (!this.context || this.context.state !== "running") {
      this.next = firstAtOrAfter(this.sounds, nowMs);
      return;
    }
    while (this.next < this.sounds.length && this.sounds[this.next][0] < nowMs + LOOKAHEAD_MS * rate) {
      const [timeMs, bank, additionBank, additions, volume] = this.sounds[this.next++];
      const at = this.context.currentTime + Math.max(0, timeMs - nowMs) / 1000 / rate;
      this.#start("hit", bank, volume, at);
      for (const [name, bit] of Object.entries(ADDITIONS)) {
        if (additions & bit) this.#start(name, additionBank, volume, at);
      }
    }
  }

  destroy() {
    for (const source of this.scheduled) source.stop();
    this.context?.close();
    this.context = null;
  }

  #start(name, bank, volume, at) {
    const source = this.context.createBufferSource();
    const gain = this.context.createGain();
    source.buffer = this.#buffer(name, bank);
    gain.gain.value = volume / 100;
    source.connect(gain).connect(this.gain);
    source.onended = () => this.scheduled.delete(source);
    this.scheduled.add(source);
    source.start(at);
  }

  #buffer(name, bank) {
    const key = `${name}-${bank}`;
    if (!this.buffers.has(key)) {
      const samples = synthesised(name, bank, this.context.sampleRate);
      const buffer = this.context.createBuffer(1, samples.length, this.context.sampleRate);
      buffer.copyToChannel(samples, 0);
      this.buffers.set(key, buffer);
    }
    return this.buffers.get(key);
  }
}

export function firstAtOrAfter(sounds, timeMs) {
  let low = 0, high = sounds.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (sounds[middle][0] < timeMs) low = middle + 1;
    else high = middle;
  }
  return low;
}

// Samples of one sound of a bank, -1..1.
export function synthesised(name, bank, rateHz) {
  const { pitch, tone, noise } = BANKS[bank] ?? BANKS[1];
  const random = randomNumbers(17 * bank + name.length);
  const makers = {
    hit: [0.09, (t) => 0.5 * tone * sine(pitch * 520, t, 9000 * pitch) * decay(t, 55) + 0.35 * noise * random() * decay(t, 140)],
    whistle: [0.28, (t) => 0.22 * Math.sin(2 * Math.PI * (1750 * pitch * t + 1.6 * Math.sin(2 * Math.PI * 7 * t))) * swell(t, 0.02) * decay(t, 11)],
    finish: [0.9, (t) => 0.34 * (random() - 0.5 * random()) * decay(t, 5.5) + 0.1 * Math.sin(2 * Math.PI * 3150 * pitch * t) * decay(t, 9)],
    clap: [0.2, (t) => 0.5 * random() * (decay(t, 150) + later(t, 0.012, 150) + later(t, 0.025, 28))],
  };
  const [seconds, wave] = makers[name];
  return smoothed(Float32Array.from({ length: Math.ceil(seconds * rateHz) }, (_, index) => wave(index / rateHz)), pitch);
}

const decay = (t, perSecond) => Math.exp(-perSecond * t);
const later = (t, startS, perSecond) => (t < startS ? 0 : decay(t - startS, perSecond));
const swell = (t, lengthS) => Math.min(1, t / lengthS);
const sine = (hertz, t, fallHz) => Math.sin(2 * Math.PI * (hertz * t + (fallHz / 90) * 0.02 * (1 - Math.exp(-90 * t))));

// A gentle low pass, so that noise does not hiss; deeper banks are duller.
function smoothed(samples, pitch) {
  const keep = Math.min(0.75, 0.3 / pitch);
  let before = 0;
  for (let index = 0; index < samples.length; index++) {
    before = samples[index] = keep * before + (1 - keep) * samples[index];
  }
  return samples;
}

function randomNumbers(seed) {
  let state = seed >>> 0 || 1;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 2147483648 - 1;
  };
}
