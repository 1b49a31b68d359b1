import { svelte } from '@sveltejs/vite-plugin-svelte'
import { defineConfig } from 'vite'

// A warning about accessibility is an error: what cannot be used by keyboard or screen reader is not built.
export default defineConfig({
  plugins: [
    svelte({
      onwarn(warning) {
        throw new Error(`${warning.code}: ${warning.message} (${warning.filename ?? ''})`)
      },
    }),
  ],
  build: {
    rollupOptions: { input: { room: 'index.html', gallery: 'gallery.html', responder: 'responder/index.html' } },
    target: 'es2022', sourcemap: false, chunkSizeWarningLimit: 1500, assetsInlineLimit: 0,
  },
  server: { proxy: { '^/(calls|incidents|feed|tiles|catalogue|search|reach|coverage|muster|units|alerts|assignments|grade|health)': { target: 'http://127.0.0.1:8135', ws: true } } },
})
