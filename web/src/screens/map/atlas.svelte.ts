// What this screen shows on the map and what somebody is doing on it: layers, the place one looks at, measuring, drawing. Layers are remembered on this machine;
// what was drawn stays in this window and goes with it.
import type { Point } from '../../lib/choice.svelte'

export type Tool = 'none' | 'layers' | 'spot' | 'measure' | 'draw'
/** What can be shown or not, besides the kinds of crews. */
export const LAYERS = ['incidents', 'venues', 'stations', 'zones', 'points', 'gaps', 'coverage'] as const
export type LayerName = (typeof LAYERS)[number]
export type Shape = 'point' | 'line' | 'area'
export interface Spot extends Point {
  name: string
}
export interface Drawing {
  id: string
  shape: Shape
  name: string
  points: [number, number][]
  /** The incident it belongs to, null for the room. */
  incident_id: string | null
}
const KEPT = 'fm-map-hidden'
const DRAWN = 'fm-map-drawn'
const FIRST_HIDDEN = ['coverage']
const DRAWINGS_MOST = 100
const POINTS_MOST = 20

class Atlas {
  hidden = $state.raw<ReadonlySet<string>>(new Set(read<string[]>(localStorage, KEPT) ?? FIRST_HIDDEN))
  tool = $state<Tool>('none')
  spot = $state.raw<Spot | null>(null)
  /** By what the circle around the place is travelled, null as the plan has it: running and by car. */
  mode = $state<string | null>(null)
  /** Points of what is being measured or drawn. */
  points = $state.raw<[number, number][]>([])
  drawings = $state.raw<Drawing[]>(read<Drawing[]>(sessionStorage, DRAWN) ?? [])
  /** The middle of the map, for whoever has no pointer. */
  middle: () => Point | null = () => null

  shows(name: string): boolean {
    return !this.hidden.has(name)
  }
  toggle(name: string): void {
    const hidden = new Set(this.hidden)
    if (!hidden.delete(name)) hidden.add(name)
    this.hidden = hidden
    localStorage.setItem(KEPT, JSON.stringify([...hidden]))
  }
  use(tool: Tool): void {
    this.points = []
    if (tool !== 'spot') this.spot = null
    this.tool = this.tool === tool ? 'none' : tool
  }
  /** A place to look at, and who is there in time. */
  look(spot: Spot): void {
    this.points = []
    this.tool = 'spot'
    this.spot = spot
  }
  /** The map was touched; true where that meant something to a tool. */
  touch(at: Point, name: string): boolean {
    if (this.tool === 'spot') this.spot = { ...at, name }
    else if (this.tool === 'measure' || this.tool === 'draw') {
      if (this.points.length < POINTS_MOST) this.points = [...this.points, [at.lon, at.lat]]
    } else return false
    return true
  }
  back(): void {
    this.points = this.points.slice(0, -1)
  }
  keep(shape: Shape, name: string, incident_id: string | null): void {
    const id = `${Date.now()}-${this.drawings.length}`
    this.store([...this.drawings, { id, shape, name, points: this.points, incident_id }].slice(-DRAWINGS_MOST))
    this.points = []
  }
  drop(id: string): void {
    this.store(this.drawings.filter((each) => each.id !== id))
  }
  /** Who signs out leaves no marks behind. */
  clear(): void {
    this.use('none')
    this.tool = 'none'
    this.drawings = []
    sessionStorage.removeItem(DRAWN)
  }
  private store(drawings: Drawing[]): void {
    this.drawings = drawings
    sessionStorage.setItem(DRAWN, JSON.stringify(drawings))
  }
}

function read<T>(store: Storage, key: string): T | null {
  try {
    return JSON.parse(store.getItem(key) ?? 'null') as T | null
  } catch {
    return null
  }
}

export const atlas = new Atlas()
