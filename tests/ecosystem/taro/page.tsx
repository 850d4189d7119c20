/** A page of Taro with React. Lines after `@ts-expect-error` must not compile. */
import { Button, View } from '@tarojs/components';
import type { Client } from 'miniapp-rtc';
import type {} from 'miniapp-rtc/react';

export function Meeting({
  client,
  pushUrl,
  players,
}: {
  client: Client;
  pushUrl: string;
  players: { uid: string; url: string }[];
}) {
  return (
    <View>
      {pushUrl && (
        <v-pusher
          id="pusher"
          className="tile"
          url={pushUrl}
          enableMic
          picture-in-picture-mode="push"
          onPusherstatechange={(event) => client.reportPusherStateChange(event)}
          onPushererror={(event) => client.reportPusherStateChange(event)}
        />
      )}
      {players.map(({ uid, url }) => (
        <v-player
          key={uid}
          uid={uid}
          url={url}
          onPlayerstatechange={(event) => client.reportPlayerStateChange(event)}
        />
      ))}
      {/* @ts-expect-error no such mode */}
      <v-player mode="HD" />
      {/* @ts-expect-error not a number */}
      <v-pusher fps="fast" />
      <Button>Leave</Button>
    </View>
  );
}
