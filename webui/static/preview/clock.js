// What time it is in the song. The audio element is the master; without audio a clock of the page ticks in its place.

const LARGEST_DRIFT_MS = 60;
const CORRECTION = 0.08;

export class SongClock {
  // audioUrl may be null. lengthMs: where the silent clock ends. onChange is called when it starts, stops or falls silent.
  constructor(audioUrl, lengthMs, onChange) {
    this.lengthMs = lengthMs;
    this.onChange = onChange;
    this.rate = 1;
    this.isPlaying = false;
    this.isSilent = !audioUrl;
    this.anchorMs = 0;
    this.anchoredAt = performance.now();
    this.audio = audioUrl ? this.#listenTo(audioUrl) : null;
  }

  #listenTo(url) {
    const audio = new Audio();
    audio.preload = "auto";
    audio.preservesPitch = true;
    audio.addEventListener("error", () => this.#fallSilent());
    audio.addEventListener("ended", () => this.#stopped());
    audio.addEventListener("loadedmetadata", () => {
      if (Number.isFinite(audio.duration)) this.lengthMs = Math.max(this.lengthMs, audio.duration * 1000);
      if (this.anchorMs > 0) audio.currentTime = this.anchorMs / 1000;
      this.onChange();
    });
    audio.src = url;
    return audio;
  }

  get nowMs() {
    if (!this.isPlaying) return this.anchorMs;
    const passed = performance.now();
    let now = this.anchorMs + (passed - this.anchoredAt) * this.rate;
    if (!this.isSilent) now = this.#heard(now);
    if (now >= this.lengthMs) {
      now = this.lengthMs;
      this.anchorMs = now;
      this.pause();
      return now;
    }
    this.anchorMs = now;
    this.anchoredAt = passed;
    return now;
  }

  // The audio's own time moves in steps in some browsers: ours glides after it, and jumps where it is far off.
  #heard(expectedMs) {
    const heardMs = this.audio.currentTime * 1000;
    const drift = heardMs - expectedMs;
    return Math.abs(drift) > LARGEST_DRIFT_MS ? heardMs : expectedMs + drift * CORRECTION;
  }

  async play() {
    if (this.isPlaying) return;
    if (this.anchorMs >= this.lengthMs - 1) this.seek(0);
    this.isPlaying = true;
    this.anchoredAt = performance.now();
    this.onChange();
    if (this.isSilent) return;
    try {
      await this.audio.play();
    } catch (error) {
      // AbortError: paused again before it began. NotAllowedError: the browser wants a click first.
      if (error.name === "NotAllowedError") this.pause();
      else if (error.name !== "AbortError") this.#fallSilent();
    }
  }

  pause() {
    if (!this.isPlaying) return;
    this.isPlaying = false;
    this.audio?.pause();
    this.onChange();
  }

  seek(timeMs) {
    this.anchorMs = Math.min(Math.max(0, timeMs), this.lengthMs);
    this.anchoredAt = performance.now();
    if (!this.isSilent && this.audio.readyState > 0) this.audio.currentTime = this.anchorMs / 1000;
    this.onChange();
  }

  setRate(rate) {
    this.anchorMs = this.nowMs;
    this.rate = rate;
    if (this.audio) this.audio.playbackRate = this.audio.defaultPlaybackRate = rate;
    this.onChange();
  }

  setVolume(share) {
    if (this.audio) this.audio.volume = share;
  }

  destroy() {
    this.onChange = () => {};
    this.pause();
    this.audio?.removeAttribute("src");
    this.audio?.load();
    this.isSilent = true;
  }

  #fallSilent() {
    if (this.isSilent) return;
    this.isSilent = true;
    this.anchoredAt = performance.now();
    this.onChange();
  }

  #stopped() {
    this.anchorMs = this.audio.currentTime * 1000;
    this.pause();
  }
}
