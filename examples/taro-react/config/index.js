const SDK = 'node_modules/miniapp-rtc';

module.exports = {
  projectName: 'miniapp-rtc-taro-react',
  date: '2026-11-29',
  designWidth: 750,
  sourceRoot: 'src',
  outputRoot: 'dist',
  framework: 'react',
  compiler: { type: 'webpack5', prebundle: { enable: false } },
  plugins: ['@tarojs/plugin-framework-react', '@tarojs/plugin-platform-weapp'],
  cache: { enable: false },
  copy: {
    patterns: [
      // The module, where the SDK's `init` looks for it by itself.
      { from: `${SDK}/miniapp-rtc.wasm`, to: 'dist/lib/miniapp-rtc.wasm' },
    ],
    options: {},
  },
  mini: {},
};
