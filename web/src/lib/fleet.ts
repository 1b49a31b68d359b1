// Where every unit is, as columns of numbers: thirty thousand move once a second, and none of them costs an object. Positions come packed (docs/howto/follow-the-feed.md).
const BYTES_A_UNIT = 16
const PER_DEGREE = 1e7

/** One batch: which units, by their number here, and where they are now, in degrees. */
export interface Batch {
  unit: Int32Array
  lon: Float64Array
  lat: Float64Array
}

export class Fleet {
  /** The units by number; a number is never given twice. */
  ids: string[] = []
  lon = new Float64Array(0)
  lat = new Float64Array(0)
  private numbers = new Map<string, number>()
  private ofSlot = new Int32Array(0)

  /** A unit's number here, a new one where it has none. */
  number(id: string): number {
    const known = this.numbers.get(id)
    if (known !== undefined) return known
    const fresh = this.ids.push(id) - 1
    this.numbers.set(id, fresh)
    if (fresh >= this.lon.length) {
      this.lon = grown(this.lon, fresh)
      this.lat = grown(this.lat, fresh)
    }
    this.lon[fresh] = this.lat[fresh] = NaN
    return fresh
  }
  /** Which unit each slot of this connection means. */
  meet(slots: Record<string, number>): void {
    const most = Object.values(slots).reduce((top, slot) => Math.max(top, slot), -1)
    if (most >= this.ofSlot.length) {
      const wider = new Int32Array(Math.max(1024, 2 * most)).fill(-1)
      wider.set(this.ofSlot)
      this.ofSlot = wider
    }
    for (const [id, slot] of Object.entries(slots)) this.ofSlot[slot] = this.number(id)
  }
  /** A packed batch: slot, lon, lat and time of the fix, one column of 32-bit words after the other. */
  take(bytes: ArrayBuffer): Batch {
    const count = Math.floor(bytes.byteLength / BYTES_A_UNIT)
    const [slot, lons, lats] = [new Uint32Array(bytes, 0, count), new Int32Array(bytes, 4 * count, count), new Int32Array(bytes, 8 * count, count)]
    const batch = { unit: new Int32Array(count), lon: new Float64Array(count), lat: new Float64Array(count) }
    for (let k = 0; k < count; k++) {
      const unit = this.ofSlot[slot[k] ?? 0] ?? -1
      batch.unit[k] = unit
      if (unit < 0) continue
      this.lon[unit] = batch.lon[k] = (lons[k] ?? 0) / PER_DEGREE
      this.lat[unit] = batch.lat[k] = (lats[k] ?? 0) / PER_DEGREE
    }
    return batch
  }
  /** Another connection begins: its slots mean other units. */
  forgetSlots(): void {
    this.ofSlot = new Int32Array(0)
  }
  clear(): void {
    this.ids = []
    this.numbers.clear()
    this.lon = this.lat = new Float64Array(0)
    this.forgetSlots()
  }
}

function grown(column: Float64Array, least: number): Float64Array<ArrayBuffer> {
  const wider = new Float64Array(Math.max(1024, 2 * least)).fill(NaN)
  wider.set(column)
  return wider
}
