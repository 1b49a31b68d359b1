// The responder page without a network, and its notifications. The page's own files are kept here; nothing that the service answers ever is.
const SHELL = 'fm-responder-1'
const PAGE = '/responder/'
const FILES = /^\/(assets\/|icon\.svg$|responder\/(manifest\.webmanifest|icon-\d+\.png)$)/
const FRESH_WITHIN_MS = 4000

/** The page and every file that it names, taken together, so that an old page never meets a new file. */
async function keep(answer) {
  const text = await answer.clone().text()
  const named = [...text.matchAll(/(?:src|href)="(\/[^"]+)"/g)].map((found) => found[1]).filter((path) => FILES.test(path))
  const cache = await caches.open(SHELL)
  await Promise.all(named.map(async (path) => (await cache.match(path)) ?? cache.add(path)))
  await cache.put(PAGE, answer)
  const wanted = new Set([PAGE, ...named])
  for (const request of await cache.keys()) if (!wanted.has(new URL(request.url).pathname)) await cache.delete(request)
}

self.addEventListener('install', (event) => {
  event.waitUntil(fetch(PAGE, { cache: 'no-store' }).then(keep).then(() => self.skipWaiting()))
})
self.addEventListener('activate', (event) => {
  const old = async () => {
    for (const name of await caches.keys()) if (name.startsWith('fm-responder-') && name !== SHELL) await caches.delete(name)
    await self.clients.claim()
  }
  event.waitUntil(old())
})

async function page() {
  try {
    const answer = await fetch(PAGE, { cache: 'no-store', signal: AbortSignal.timeout(FRESH_WITHIN_MS) })
    if (answer.ok) {
      await keep(answer.clone())
      return answer
    }
  } catch {
    // no network: the page that is kept
  }
  return (await caches.match(PAGE)) ?? Response.error()
}

self.addEventListener('fetch', (event) => {
  const url = new URL(event.request.url)
  if (event.request.method !== 'GET' || url.origin !== location.origin) return
  if (event.request.mode === 'navigate' && url.pathname === PAGE) event.respondWith(page())
  else if (FILES.test(url.pathname)) event.respondWith(caches.match(url.pathname).then((kept) => kept ?? fetch(event.request)))
})

/** The phone's own key, which the page keeps where both can read it. */
function token() {
  return new Promise((done) => {
    const opening = indexedDB.open('fm-responder', 1)
    opening.onupgradeneeded = () => opening.transaction.abort()
    opening.onerror = () => done(null)
    opening.onsuccess = () => {
      const asked = opening.result.transaction('kept').objectStore('kept').get('token')
      asked.onsuccess = () => done(asked.result ?? null)
      asked.onerror = () => done(null)
    }
  })
}

/** What is shown on a locked screen came as one sentence: kind group and place. That it was shown is told to the service. */
async function show(message) {
  await self.registration.showNotification(message.text, {
    lang: message.language, tag: message.about || message.id, renotify: !message.silent, silent: message.silent, icon: '/responder/icon-192.png',
    requireInteraction: message.reason === 'alert', ...(message.silent ? {} : { vibrate: [400, 150, 400, 150, 800] }),
  })
  const key = message.reason === 'alert' ? await token() : null
  if (key) {
    await fetch(`/alerts/${message.about}/delivered`, {
      method: 'POST', body: JSON.stringify({ channel: 'push' }),
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json', 'idempotency-key': `push-${message.id}` },
    }).catch(() => undefined)
  }
}
self.addEventListener('push', (event) => {
  const message = event.data ? event.data.json() : null
  if (message) event.waitUntil(show(message))
})
self.addEventListener('notificationclick', (event) => {
  event.notification.close()
  const open = async () => {
    const windows = await self.clients.matchAll({ type: 'window', includeUncontrolled: true })
    const mine = windows.find((each) => new URL(each.url).pathname === PAGE)
    return mine ? mine.focus() : self.clients.openWindow(PAGE)
  }
  event.waitUntil(open())
})
