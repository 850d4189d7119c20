/**
 * What the native tags of a mini-program would say of a connection. `docs/native-codes.md` says what the core makes of
 * each code.
 */
export const PUBLISHER = {
  accepted: 1001,
  connected: 1002,
  interrupted: 1102,
  failed: -1307,
  cameraLost: -1301,
  microphoneLost: -1302,
};

export const PLAYER = {
  accepted: 2001,
  connected: 2004,
  interrupted: 2103,
  failed: -2301,
};
