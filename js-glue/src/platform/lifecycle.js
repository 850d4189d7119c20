/**
 * The signals that WeChat gives about the app and the network, as names that the core understands.
 * @param {(signal: string) => void} notify
 * @returns {() => void} stops them
 */
export function watchLifecycle(notify) {
  const stops = [
    listen('AppShow', () => notify('app-show')),
    listen('AppHide', () => notify('app-hide')),
    listen('NetworkStatusChange', (network) => notify(network.isConnected ? 'network-online' : 'network-offline')),
  ];
  return () => stops.forEach((stop) => stop());
}

function listen(name, handler) {
  // Each of these is younger than base library 1.7.0.
  if (wx['on' + name]) wx['on' + name](handler);
  return () => {
    if (wx['off' + name]) wx['off' + name](handler);
  };
}
