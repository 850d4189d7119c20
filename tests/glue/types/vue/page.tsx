/**
 * A page in the TSX of Vue, and the components as its templates know them. Lines after `@ts-expect-error` must not
 * compile.
 */
import type {} from 'miniapp-rtc/vue';
import type { Client, StreamControl } from 'miniapp-rtc/index';
import type { GlobalComponents } from 'vue';

declare const client: Client;
declare const control: StreamControl | null;

export const page = () => [
  <v-pusher
    id="pusher"
    class="tile"
    style={{ height: '300px' }}
    url="rtmp://host/live/1"
    control={control}
    enableMic={true}
    beauty={3}
    onPusherstatechange={(event) =>
      client.reportPusherStateChange(event.detail.detail.code, event.detail.detail.message)
    }
  />,
  <v-player
    key="alice"
    url="rtmp://host/live/2"
    uid="alice"
    screen="1"
    onPlayerstatechange={(event) => client.reportPlayerStateChange(event.detail.uid, event.detail.e.detail.code)}
  />,
];

type PropertiesOf<Tag extends keyof GlobalComponents> = InstanceType<GlobalComponents[Tag]>['$props'];
export const pusher: PropertiesOf<'VPusher'> = {
  url: 'rtmp://host/live/1',
  enbaleMic: false,
  pictureInPictureMode: 'push',
  fps: 30,
};
export const player: PropertiesOf<'VPlayer'> = { uid: 'alice', screen: 0, onPlayererror: () => {} };

export const wrong = () => [
  // @ts-expect-error a number
  <v-pusher beauty="much" />,
  // @ts-expect-error no such mode
  <v-pusher mode="live" />,
  // @ts-expect-error a property of the pusher
  <v-player enableMic={true} />,
  // @ts-expect-error the code is a number
  <v-player onPlayerstatechange={(event) => event.detail.e.detail.code.trim()} />,
];
// @ts-expect-error no such event
export const wrongEvent: PropertiesOf<'VPlayer'> = { onPusherstatechange: () => {} };
