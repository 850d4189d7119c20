export default definePageConfig({
  usingComponents: {
    'v-pusher': 'miniapp-rtc/components/v-pusher/v-pusher',
    'v-player': 'miniapp-rtc/components/v-player/v-player',
  },
});
