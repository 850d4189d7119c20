import { captureError, mediaError } from './fault.js';
import { ERROR_CODES } from '../names.js';

/**
 * Camera and microphone, or the screen.
 * @param {boolean} isScreen
 * @param {any} [constraints] of the browser; those below where none are given
 * @returns {Promise<MediaStream>}
 */
export async function capture(isScreen, constraints) {
  if (!navigator.mediaDevices)
    throw mediaError('insecure-page', 'publish: a browser gives media only to pages with https, and to localhost');
  try {
    return isScreen
      ? await navigator.mediaDevices.getDisplayMedia(constraints || SCREEN)
      : await navigator.mediaDevices.getUserMedia(constraints || CAMERA);
  } catch (thrown) {
    throw captureError(thrown, isScreen);
  }
}

/**
 * Fails where the browser cannot take part in a call.
 * @param {'publish' | 'subscribe'} method
 */
export function assertAble(method) {
  const [code, side] =
    method === 'publish'
      ? [ERROR_CODES.PUBLISH_ERROR, 'RTCRtpSender']
      : [ERROR_CODES.SUBSCRIBE_FAILED, 'RTCRtpReceiver'];
  if (typeof RTCPeerConnection === 'undefined')
    throw mediaError('no-webrtc', `${method}: this browser has no WebRTC, or it is switched off`, code);
  if (!h264Of(globalThis[side]).length)
    throw mediaError('no-h264', `${method}: this browser has no H.264, which phones need: use another browser`, code);
}

/**
 * Offers only the codec that phones and media server understand, and retransmission.
 * @param {RTCRtpTransceiver} transceiver
 * @param {{ getCapabilities(kind: string): RTCRtpCapabilities | null }} side `RTCRtpSender` or `RTCRtpReceiver`
 */
export function offerH264(transceiver, side) {
  // Firefox before 128 cannot choose; it offers all it has, and the answer takes H.264 of it.
  if (!transceiver.setCodecPreferences) return;
  transceiver.setCodecPreferences(
    h264Of(side).concat(codecsOf(side).filter(({ mimeType }) => /\/rtx$/i.test(mimeType))),
  );
}

function h264Of(side) {
  return codecsOf(side).filter(({ mimeType }) => /\/h264$/i.test(mimeType));
}

function codecsOf(side) {
  const capabilities = side.getCapabilities('video');
  return capabilities ? capabilities.codecs : [];
}

/** Enough for tiles of a call, and what every camera has. */
const CAMERA = {
  audio: { echoCancellation: true, noiseSuppression: true, autoGainControl: true },
  video: { width: { ideal: 640 }, height: { ideal: 480 }, frameRate: { ideal: 15, max: 30 } },
};
const SCREEN = { audio: true, video: { frameRate: { ideal: 10, max: 15 } } };
