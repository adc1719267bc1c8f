// How loud a recording is, by ITU-R BS.1770, and the peaks that its wave is drawn of.

const BARS = 240;
const RATE = 48000;
const BLOCK = 0.4; // seconds, each three quarters over the one before: ITU-R BS.1770
const QUIETEST = -70; // LUFS under which a block is no speech

const bytesOf = (source) => {
  const text = atob(source.slice(source.indexOf(",") + 1));
  const bytes = new Uint8Array(text.length);
  for (let at = 0; at < text.length; at++) bytes[at] = text.charCodeAt(at);
  return bytes.buffer;
};

const weighted = async (decoded) => {
  const context = new OfflineAudioContext(decoded.numberOfChannels, decoded.length, decoded.sampleRate);
  const source = new AudioBufferSourceNode(context, { buffer: decoded });
  const shelf = new BiquadFilterNode(context, { type: "highshelf", frequency: 1682, gain: 4 });
  const pass = new BiquadFilterNode(context, { type: "highpass", frequency: 38, Q: -6 });
  source.connect(shelf).connect(pass).connect(context.destination);
  source.start();
  return context.startRendering();
};

const energies = (buffer) => {
  const size = Math.max(1, Math.round(BLOCK * buffer.sampleRate));
  const found = [];
  const channels = Array.from({ length: buffer.numberOfChannels }, (_, number) => buffer.getChannelData(number));
  for (let start = 0; start === 0 || start + size <= buffer.length; start += size / 4) {
    const from = Math.round(start);
    const to = Math.min(from + size, buffer.length);
    let sum = 0;
    for (const channel of channels) for (let at = from; at < to; at++) sum += channel[at] * channel[at];
    found.push(sum / Math.max(1, to - from));
  }
  return found;
};

const level = (energy) => -0.691 + 10 * Math.log10(energy);
const mean = (values) => values.reduce((sum, value) => sum + value, 0) / values.length;

const loudness = async (decoded) => {
  const heard = energies(await weighted(decoded)).filter((energy) => level(energy) > QUIETEST);
  if (!heard.length) return null;
  const gate = level(mean(heard)) - 10;
  return level(mean(heard.filter((energy) => level(energy) > gate)));
};

const peaks = (decoded) => {
  const samples = decoded.getChannelData(0);
  const step = samples.length / BARS;
  const found = Array.from({ length: BARS }, (_, bar) => {
    let most = 0;
    for (let at = Math.floor(bar * step); at < (bar + 1) * step; at++) most = Math.max(most, Math.abs(samples[at] || 0));
    return most;
  });
  const top = Math.max(...found) || 1;
  return found.map((peak) => peak / top);
};
