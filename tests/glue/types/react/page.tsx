/** A page in the TSX of React. Lines after `@ts-expect-error` must not compile. */
import type {} from 'miniapp-rtc/react';
import type { Client, StreamControl } from 'miniapp-rtc/index';

declare const client: Client;
declare const control: StreamControl | null;

export const page = (
  <div>
    <v-pusher
      id="pusher"
      className="tile"
      style={{ height: 300 }}
      url="rtmp://host/live/1"
      control={control}
      enableMic={true}
      beauty={3}
      onPusherstatechange={(event) =>
        client.reportPusherStateChange(event.detail.detail.code, event.detail.detail.message)
      }
      onPushernetstatuschange={(event) => client.reportPusherNetStatusChange(event.detail.detail.info)}
      onPushererror={(event) => client.reportPusherStateChange(event)}
    />
    <v-pusher enable-mic={false} enbale-mic={false} picture-in-picture-mode={['push', 'pop']} filter="pink" fps={30} />
    <v-player
      key="alice"
      style="height: 300px"
      url="rtmp://host/live/2"
      uid="alice"
      screen={0}
      autoPauseIfNavigate={false}
      onPlayerstatechange={(event) => client.reportPlayerStateChange(event.detail.uid, event.detail.e.detail.code)}
    >
      alice
    </v-player>
  </div>
);

export const wrong = [
  // @ts-expect-error a number
  <v-pusher beauty="much" />,
  // @ts-expect-error the same, as templates write it
  <v-pusher enable-mic="yes" />,
  // @ts-expect-error no such mode
  <v-pusher mode="live" />,
  // @ts-expect-error no such filter
  <v-pusher filter="sepia" />,
  // @ts-expect-error a property of the pusher
  <v-player enableMic={true} />,
  // @ts-expect-error no such event
  <v-player onPusherstatechange={() => {}} />,
  // @ts-expect-error the code is a number
  <v-player onPlayerstatechange={(event) => event.detail.e.detail.code.trim()} />,
];
