/**
 * `v-pusher` and `v-player` as tags in the templates and the TSX of Vue 3, as uni-app and Taro have it. Once, in any
 * file of the project:
 *
 *     import type {} from 'miniapp-rtc/vue';
 */
import type { AllowedComponentProps, VNodeProps } from 'vue';
import type { VPlayerEvents, VPlayerProperties, VPusherEvents, VPusherProperties } from './components';

/** `@pusherstatechange` in a template is `onPusherstatechange`. */
type Heard<Events> = { [Name in keyof Events & string as `on${Capitalize<Name>}`]?: (event: Events[Name]) => void };

type Properties<Own, Events> = Own & Heard<Events> & VNodeProps & AllowedComponentProps & { id?: string };

interface Tag<Own, Events> {
  new (): { $props: Properties<Own, Events>; $slots: { default?(): any } };
}

declare module 'vue' {
  interface GlobalComponents {
    VPusher: Tag<VPusherProperties, VPusherEvents>;
    VPlayer: Tag<VPlayerProperties, VPlayerEvents>;
  }
}

declare module 'vue/jsx-runtime' {
  namespace JSX {
    interface IntrinsicElements {
      'v-pusher': Properties<VPusherProperties, VPusherEvents>;
      'v-player': Properties<VPlayerProperties, VPlayerEvents>;
    }
  }
}
