import { svelte } from '@sveltejs/vite-plugin-svelte'
import { defineConfig, type Plugin } from 'vite'

/** A page without script cannot choose a theme: `auto` takes the light tokens where the reader's system is light. */
const autoTheme: Plugin = {
  name: 'auto-theme',
  enforce: 'pre',
  transform(code, id) {
    if (!id.endsWith('/tokens.css?public')) return null
    const light = /:root\[data-theme='light'\] (\{[^}]*\})/.exec(code)?.[1]
    if (!light) throw new Error('tokens.css has no light theme')
    return `${code}@media (prefers-color-scheme: light) { :root[data-theme='auto'] ${light} }\n`
  },
}
/** The public page is rendered by the service, which must know what its files are called. */
const named = (name: string | undefined): boolean => name === 'report' || name === 'report.css'

// A warning about accessibility is an error: what cannot be used by keyboard or screen reader is not built.
export default defineConfig({
  plugins: [
    autoTheme,
    svelte({
      onwarn(warning) {
        throw new Error(`${warning.code}: ${warning.message} (${warning.filename ?? ''})`)
      },
    }),
  ],
  build: {
    target: 'es2022', sourcemap: false, chunkSizeWarningLimit: 1500, assetsInlineLimit: 0, modulePreload: { polyfill: false },
    rollupOptions: {
      input: { room: 'index.html', gallery: 'gallery.html', responder: 'responder/index.html', report: 'src/public/report.ts' },
      output: {
        entryFileNames: (chunk) => (named(chunk.name) ? '[name].js' : 'assets/[name]-[hash].js'),
        assetFileNames: (asset) => (asset.names.some(named) ? '[name][extname]' : 'assets/[name]-[hash][extname]'),
      },
    },
  },
  server: { proxy: { '^/(calls|incidents|feed|tiles|catalogue|search|reach|coverage|muster|units|alerts|assignments|grade|health|report|registers)': { target: 'http://127.0.0.1:8135', ws: true } } },
})
