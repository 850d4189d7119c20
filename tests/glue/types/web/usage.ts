/** What a page in TypeScript writes against the typings of miniapp-rtc-web, and what they refuse. */
import RTC, { Client, ERROR_CODES, EVENTS, version } from '../../../../js-glue/web/index.js';
import type { MediaFault, RtcError } from '../../../../js-glue/web/index.js';

const client = new Client();
const same: typeof Client = RTC.Client;
const text: string = version;

async function call(video: HTMLVideoElement, canvas: HTMLCanvasElement) {
  await client.init('0123456789abcdef01234567', { gateway: 'wss://host/v1', wasmPath: '/rtc.wasm', logLevel: 'info' });
  const user: string = await client.join('token', 'room', 'alice');
  video.srcObject = await client.publish();
  video.srcObject = await client.publish({ stream: canvas.captureStream() });
  video.srcObject = await client.publish({ stream: { audio: true, video: { width: 640 } } });
  video.srcObject = await client.publish({ screen: true, stream: { video: { displaySurface: 'window' } } });
  await client.publish((stream) => void stream.getTracks());
  video.srcObject = await client.subscribe('bob', { screen: true });
  await client.muteLocal({ audio: true, video: false, screen: true });
  await client.unpublish({ screen: true });
  const stats = await client.statsOf(user);
  stats?.forEach(() => {});
  const level: number | undefined = client.netStatusOf('bob', { screen: true })?.netQualityLevel;
  if (level) video.title = String(level);
  client.on(EVENTS.STREAM_ADDED, ({ uid, screen, streamPublishState }) => [uid, screen, streamPublishState.audio]);
  const chained: Client = client.once('update-url', ({ url }) => url.length).off('update-url');
  return chained;
}

function explain(error: RtcError): MediaFault | undefined {
  const refused: MediaFault = 'permission-denied';
  return error.code === ERROR_CODES.PUBLISH_ERROR ? error.fault : refused;
}

// @ts-expect-error a browser has no background policy
client.init('0123456789abcdef01234567', { background: 'mute' });
// @ts-expect-error nor another transport
client.init('0123456789abcdef01234567', { transport: 'rtmp' });
// @ts-expect-error an address is no stream
client.publish({ stream: 'https://host/camera' });
// @ts-expect-error the client reports its media itself
client.reportPusherStateChange(1002);
// @ts-expect-error a MediaStream, and no address
client.subscribe('bob').then((url: string) => url);
// @ts-expect-error no such fault
const fault: MediaFault = 'camera-denied';

export { call, explain, fault, same, text };
