/**
 * `v-pusher` and `v-player` as tags in the TSX of React, as Taro has it. Once, in any file of the project:
 *
 *     import type {} from 'miniapp-rtc/react';
 */
import type { CSSProperties, Key, ReactNode, Ref } from 'react';
import type { VPlayerEvents, VPlayerProperties, VPusherEvents, VPusherProperties } from './components';

type Hyphenated<Name extends string> = Name extends `${infer First}${infer Rest}`
  ? First extends Lowercase<First>
    ? `${First}${Hyphenated<Rest>}`
    : `-${Lowercase<First>}${Hyphenated<Rest>}`
  : Name;

/** A property may be written as in a template, `enable-mic`, or as in JavaScript, `enableMic`. */
type Given<Properties> = Properties & { [Name in keyof Properties & string as Hyphenated<Name>]?: Properties[Name] };

/** `pusherstatechange` is heard by `onPusherstatechange`. */
type Heard<Events> = { [Name in keyof Events & string as `on${Capitalize<Name>}`]?: (event: Events[Name]) => void };

interface Placed {
  id?: string;
  className?: string;
  style?: string | CSSProperties;
  children?: ReactNode;
  key?: Key | null;
  ref?: Ref<any>;
}

declare module 'react' {
  namespace JSX {
    interface IntrinsicElements {
      'v-pusher': Given<VPusherProperties> & Heard<VPusherEvents> & Placed;
      'v-player': Given<VPlayerProperties> & Heard<VPlayerEvents> & Placed;
    }
  }
}
