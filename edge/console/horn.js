// The horn: two tones, on and off, while no channel delivers and nobody has silenced it here. `since` names the outage; a silence
// is of this browser and of this outage alone. Browsers let a page sound only after somebody has touched it: until then the
// banner's button says so.
window.andonHorn = (() => {
  const KEY = "andon-horn-silenced";
  let context = null, timer = null, outage = "";

  const beep = () => {
    const now = context.currentTime;
    for (const [at, tone] of [[0, 880], [0.35, 660]]) {
      const oscillator = context.createOscillator(), gain = context.createGain();
      oscillator.type = "square";
      oscillator.frequency.value = tone;
      gain.gain.setValueAtTime(0.15, now + at);
      gain.gain.setValueAtTime(0, now + at + 0.3);
      oscillator.connect(gain).connect(context.destination);
      oscillator.start(now + at);
      oscillator.stop(now + at + 0.3);
    }
  };

  const show = () => {
    const silenced = outage !== "" && localStorage.getItem(KEY) === outage;
    const sounds = timer !== null && context.state === "running";
    document.documentElement.dataset.horn = outage === "" ? "off" : silenced ? "silenced" : sounds ? "sounds" : "waits";
  };

  const stop = () => {
    clearInterval(timer);
    timer = null;
  };

  const sound = () => {
    context = context || new AudioContext();
    context.onstatechange = show;
    context.resume();
    if (timer === null) timer = setInterval(() => context.state === "running" && beep(), 1500);
  };

  document.addEventListener("pointerdown", () => context && context.resume());

  return {
    // since: the outage that is to be heard; empty: none.
    set(since) {
      outage = since;
      if (since !== "" && localStorage.getItem(KEY) !== since) sound();
      else stop();
      show();
    },
    silence() {
      localStorage.setItem(KEY, outage);
      stop();
      show();
    },
  };
})();
