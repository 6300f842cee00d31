import { defineConfig } from 'vitest/config';

export default defineConfig({
  build: { outDir: 'dist', target: 'es2022', modulePreload: { polyfill: false }, assetsInlineLimit: 0 },
  server: { proxy: { '/api': { target: 'http://127.0.0.1:5080', ws: true } } },
  test: { environment: 'happy-dom', include: ['sdk/test/**/*.test.ts', 'test/**/*.test.ts?(x)'] },
});
