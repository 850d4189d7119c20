/**
 * A call as React state: joins when its component comes, publishes, subscribes to everybody, leaves when the component
 * goes.
 */
import { useEffect, useState } from 'react';
import { Client, EVENTS } from 'miniapp-rtc';

/**
 * @param {{ gateway: string, appId: string, token: string, room: string, user: string }} settings those it began with
 *   stay
 * @param {(failure: { code?: number, reason: string }) => void} onFailure
 * @returns {{ client: Client, own: object | undefined, others: object[] }} streams: `{ id, uid, screen, url, control }`
 */
export function useCall(settings, onFailure) {
  const [client] = useState(() => new Client());
  const [streams, setStreams] = useState([]);

  useEffect(() => {
    const { gateway, appId, token, room, user } = settings;
    let closed = false;
    const fail = (failure) => closed || onFailure(failure);
    const change = (uid, screen, changed) =>
      closed || setStreams((known) => changedStreams(known, uid, screen, changed));
    const subscribe = (uid, screen) =>
      client
        .subscribe(uid, { screen })
        .then((url) => change(uid, screen, { url }))
        .catch(fail);

    client.on(EVENTS.STREAM_ADDED, ({ uid, screen }) => subscribe(uid, screen));
    client.on(EVENTS.STREAM_REMOVED, ({ uid, screen }) => change(uid, screen, null));
    client.on(EVENTS.UPDATE_URL, ({ uid, screen, url }) => change(uid, screen, { url }));
    client.on(EVENTS.STREAM_CONTROL, (control) => change(control.uid, control.screen, { control }));
    client.on(EVENTS.STREAM_FAILED, fail);
    client.on(EVENTS.CLIENT_BANNED, fail);
    client
      .init(appId, { gateway })
      .then(() => client.join(token, room, user))
      .then(() => client.publish())
      .then((url) => change(user, false, { url }))
      .catch(fail);

    // However the page is left, the room is left with it.
    return () => {
      closed = true;
      client.destroy();
    };
  }, []);

  const own = streams.find(({ uid }) => uid === settings.user);
  return { client, own, others: streams.filter((stream) => stream !== own) };
}

/** The streams after a change to one of them; without a change it is taken away. */
function changedStreams(streams, uid, screen, changed) {
  const id = `${uid}-${screen ? 1 : 0}`;
  const place = streams.findIndex((stream) => stream.id === id);
  if (changed === null) return streams.filter((stream) => stream.id !== id);
  if (place < 0) return [...streams, { id, uid, screen, ...changed }];
  return streams.map((stream, index) => (index === place ? { ...stream, ...changed } : stream));
}
