export default defineAppConfig({
  pages: ['pages/call/index'],
  window: { navigationBarTitleText: 'miniapp-rtc' },
});
