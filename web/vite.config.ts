import { svelte } from '@sveltejs/vite-plugin-svelte'
import { defineConfig } from 'vite'

/**
 * A plain single-page app below `/dashboard/`, of files only: nothing inline, so that the server's Content-Security-Policy
 * needs no exception for scripts.
 */
export default defineConfig({
  root: import.meta.dirname,
  base: '/dashboard/',
  plugins: [svelte()],
  build: {
    outDir: 'dist',
    emptyOutDir: true,
    target: 'es2023',
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
  },
  server: {
    proxy: {
      '/graphql': { target: 'http://127.0.0.1:5455', ws: true },
      '^/(health|stats|v1|admin)(/|$)': 'http://127.0.0.1:5455',
    },
  },
})
