/** Plays an address with mpegts.js as its README does it, and says how far the picture and the sound have come. */

const video = document.querySelector('video');
let player = null;
let failures = [];
let startedAt = 0;

/** Plays this address instead of the one before. */
globalThis.play = (url, settings = {}) => {
  player?.destroy();
  failures = [];
  startedAt = performance.now();
  player = mpegts.createPlayer({ type: 'flv', isLive: true, url }, settings);
  player.on(mpegts.Events.ERROR, (kind, detail, { msg }) => failures.push(`${kind}, ${detail}: ${msg}`));
  player.attachMediaElement(video);
  player.load();
  // It is rejected where the next address comes first.
  player.play().catch(() => {});
};

globalThis.progress = () => ({
  since: performance.now() - startedAt,
  time: video.currentTime,
  pictures: video.webkitDecodedFrameCount,
  sound: video.webkitAudioDecodedByteCount,
  width: video.videoWidth,
  failures,
});
