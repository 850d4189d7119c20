/** One page: a form, and the call that it leads to. */
import { useState } from 'react';
import Taro, { useRouter } from '@tarojs/taro';
import { Button, Input, View } from '@tarojs/components';
import { useCall } from '../../call';
import './index.css';

const FIELDS = ['gateway', 'appId', 'room', 'user', 'token'];

export default function CallPage() {
  const { params } = useRouter();
  const [settings, setSettings] = useState(() =>
    Object.fromEntries(FIELDS.map((name) => [name, decodeURIComponent(params[name] || '')])),
  );
  const [entered, setEntered] = useState(false);
  if (entered) return <Call settings={settings} onLeave={() => setEntered(false)} />;
  return (
    <View className="page">
      {FIELDS.map((name) => (
        // An input takes 140 characters unless told otherwise; a token has more.
        <Input
          key={name}
          id={name}
          className="field"
          placeholder={name}
          value={settings[name]}
          maxlength={-1}
          onInput={({ detail }) => setSettings((known) => ({ ...known, [name]: detail.value.trim() }))}
        />
      ))}
      <Button id="enter" onClick={() => setEntered(true)}>
        进入 Enter
      </Button>
    </View>
  );
}

function Call({ settings, onLeave }) {
  const { client, own, others } = useCall(settings, ({ code, reason }) => {
    Taro.showModal({ title: `${code || ''}`, content: reason, showCancel: false });
  });
  return (
    <View className="page">
      {own?.url && (
        <View className="tile">
          <v-pusher
            url={own.url}
            control={own.control}
            onPusherstatechange={(e) => client.reportPusherStateChange(e)}
            onPushererror={(e) => client.reportPusherStateChange(e)}
            onPushernetstatuschange={(e) => client.reportPusherNetStatusChange(e)}
          />
        </View>
      )}
      {others
        .filter(({ url }) => url)
        .map(({ id, uid, screen, url, control }) => (
          <View key={id} className="tile">
            <v-player
              url={url}
              control={control}
              uid={uid}
              screen={screen ? '1' : '0'}
              onPlayerstatechange={(e) => client.reportPlayerStateChange(e)}
              onPlayernetstatuschange={(e) => client.reportPlayerNetStatusChange(e)}
            />
          </View>
        ))}
      <Button id="leave" onClick={onLeave}>
        离开 Leave
      </Button>
    </View>
  );
}
