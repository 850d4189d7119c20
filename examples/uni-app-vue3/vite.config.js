import { cpSync } from 'node:fs';
import { defineConfig } from 'vite';
import uniPlugin from '@dcloudio/vite-plugin-uni';

// What uni-app takes over as it is lies in these two folders.
const sdk = 'node_modules/miniapp-rtc';
cpSync(`${sdk}/components`, 'src/wxcomponents/miniapp-rtc', { recursive: true });
cpSync(`${sdk}/miniapp-rtc.wasm`, 'src/static/miniapp-rtc.wasm');

// Node gives the default export of a CommonJS module one level down.
const uni = uniPlugin.default ?? uniPlugin;

export default defineConfig({ plugins: [uni()] });
