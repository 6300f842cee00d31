import { defineConfig } from 'vitest/config';

export default defineConfig({
  build: {
    outDir: 'dist', target: 'es2022', modulePreload: { polyfill: false }, assetsInlineLimit: 0,
    rollupOptions: {
      input: { page: 'index.html', worker: 'src/worker/worker.ts' },
      // The worker's address is for good: a browser that knows it finds the next one there. It shares no code with the page.
      output: { entryFileNames: chunk => (chunk.name === 'worker' ? 'worker.js' : 'assets/[name]-[hash].js') },
    },
  },
  server: { proxy: { '/api': { target: 'http://127.0.0.1:5080', ws: true } } },
  test: { environment: 'happy-dom', include: ['sdk/test/**/*.test.ts', 'test/**/*.test.ts?(x)'] },
});
