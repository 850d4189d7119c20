/**
 * The signals that WeChat gives about the app, the network and the sound, as names that the core understands.
 * @param {(signal: string) => void} notify
 * @returns {() => void} stops them
 */
export function watchLifecycle(notify) {
  const stops = [];
  const stop = () => stops.forEach((end) => end());
  try {
    Object.keys(SIGNALS).forEach((name) => stops.push(listen(name, (event) => notify(SIGNALS[name](event)))));
  } catch (thrown) {
    stop();
    throw thrown;
  }
  return stop;
}

function listen(name, handler) {
  if (wx[`on${name}`]) wx[`on${name}`](handler);
  return () => {
    if (wx[`off${name}`]) wx[`off${name}`](handler);
  };
}

/** What follows `wx.on…`, each younger than base library 1.7.0, and the signal that an event of it is. */
const SIGNALS = {
  AppShow: () => 'app-show',
  AppHide: () => 'app-hide',
  NetworkStatusChange: (network) => (network.isConnected ? 'network-online' : 'network-offline'),
  NetworkWeakChange: (network) => (network.weakNet ? 'network-weak' : 'network-strong'),
  AudioInterruptionBegin: () => 'audio-interrupted',
  AudioInterruptionEnd: () => 'audio-resumed',
};
