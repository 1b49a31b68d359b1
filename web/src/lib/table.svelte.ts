// Rows by id that very many views read and that change a few at a time: one signal for the whole table, told once a message. A signal a row, as in a `SvelteMap`,
// costs more than everything else on the page where there are thirty thousand.
export class Table<T> {
  private rows = new Map<string, T>()
  private version = $state(0)
  private touched: Set<string> | null = null
  private followers = new Set<(ids: ReadonlySet<string> | null) => void>()

  get(id: string): T | undefined {
    void this.version
    return this.rows.get(id)
  }
  has(id: string): boolean {
    void this.version
    return this.rows.has(id)
  }
  get size(): number {
    void this.version
    return this.rows.size
  }
  values(): IterableIterator<T> {
    void this.version
    return this.rows.values()
  }
  keys(): IterableIterator<string> {
    return this.rows.keys()
  }
  set(id: string, row: T): void {
    this.rows.set(id, row)
    ;(this.touched ??= new Set()).add(id)
  }
  delete(id: string): void {
    if (this.rows.delete(id)) (this.touched ??= new Set()).add(id)
  }
  clear(): void {
    this.rows.clear()
    this.touched = null
    this.version += 1
    for (const follow of this.followers) follow(null)
  }
  /** Everybody is told of what was set and deleted since the last time. */
  settle(): void {
    const touched = this.touched
    if (!touched) return
    this.touched = null
    this.version += 1
    for (const follow of this.followers) follow(touched)
  }
  /** Everybody looks at all rows again: what is kept beside them has changed. */
  retell(): void {
    for (const follow of this.followers) follow(null)
  }
  /** Tell me which rows changed, null for all of them, beginning with all; gives back how to stop. No signal: whoever follows reads `peek`. */
  follow(told: (ids: ReadonlySet<string> | null) => void): () => void {
    this.followers.add(told)
    told(null)
    return () => this.followers.delete(told)
  }
  /** All rows, without a signal. */
  get peek(): ReadonlyMap<string, T> {
    return this.rows
  }
}
