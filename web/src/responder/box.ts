// What this phone keeps: touches that are not sent yet, and what it needs to be of use without a network. Signing out empties it.
const NAME = 'fm-responder'
let opened: Promise<IDBDatabase> | null = null

function base(): Promise<IDBDatabase> {
  opened ??= new Promise((done, failed) => {
    const opening = indexedDB.open(NAME, 1)
    opening.onupgradeneeded = () => {
      opening.result.createObjectStore('queue', { keyPath: 'n', autoIncrement: true })
      opening.result.createObjectStore('kept')
    }
    opening.onsuccess = () => done(opening.result)
    opening.onerror = () => failed(opening.error ?? new Error('the phone keeps nothing'))
  })
  return opened
}

async function within<T>(store: 'queue' | 'kept', mode: IDBTransactionMode, work: (from: IDBObjectStore) => IDBRequest<T>): Promise<T> {
  const transaction = (await base()).transaction(store, mode)
  const asked = work(transaction.objectStore(store))
  return new Promise((done, failed) => {
    transaction.oncomplete = () => done(asked.result)
    transaction.onerror = transaction.onabort = () => failed(transaction.error ?? new Error('not kept'))
  })
}

export const box = {
  keep: (name: string, value: unknown): Promise<unknown> => within('kept', 'readwrite', (from) => from.put(value, name)),
  kept: <T>(name: string): Promise<T | undefined> => within('kept', 'readonly', (from) => from.get(name) as IDBRequest<T | undefined>),
  add: (item: object): Promise<IDBValidKey> => within('queue', 'readwrite', (from) => from.add(item)),
  put: (item: object): Promise<unknown> => within('queue', 'readwrite', (from) => from.put(item)),
  drop: (n: number): Promise<unknown> => within('queue', 'readwrite', (from) => from.delete(n)),
  all: <T>(): Promise<T[]> => within('queue', 'readonly', (from) => from.getAll() as IDBRequest<T[]>),
  empty: async (): Promise<void> => {
    await within('kept', 'readwrite', (from) => from.clear())
    await within('queue', 'readwrite', (from) => from.clear())
  },
}
