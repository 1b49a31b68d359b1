// Crews on the map, drawn by a layer of our own: their places lie in one array on the graphics card, where they glide between two positions by themselves. A batch of
// thirty thousand is a few columns of numbers written there; nothing is cut into tiles, and between two batches the page computes nothing.
import type { CustomLayerInterface, Map as GlMap } from 'maplibre-gl'
import { feed } from '../../lib/feed.svelte'
import type { Batch } from '../../lib/fleet'
import type { UnitRow } from '../../lib/types'
import { drawSigns, KINDS, LOOKS, rgb, type Inks } from './layers'
import { drawnBySoftware, link, mercator } from './gl'

export type Look = 'free' | 'busy' | 'there' | 'off'
/** What a crew's sign looks like. */
export function lookOf(row: UnitRow): Look {
  if (!row.on_duty) return 'off'
  if (['arrived', 'reached', 'on_scene'].includes(row.status)) return 'there'
  return row.incident_id ? 'busy' : 'free'
}

/** Below this zoom crews are dots: a whole city of signs would be a heap. */
export const ICONS_FROM = 12.6
const GLIDE_S = 1
const FRAME_MS = 100
/** Between two pictures of moving crews where the processor draws: it is needed for the desk's own work. */
const SOFTWARE_MS = 2_000
/** Further than this between two positions, in world widths: it is not a drive but a correction. */
const JUMP = 5e-5
/** Columns a crew: from x, y, to x, y (world widths from the anchor), since (s), sign. */
const COLUMNS = 6
const HIDDEN = -1
const ORDER: Record<Look, number> = { off: 0, free: 1, there: 2, busy: 3 }

const VERTEX = `#version 300 es
layout(location = 0) in vec4 way;
layout(location = 1) in vec2 more;
uniform vec2 centre, scale;
uniform float now, glide, size;
flat out float sign;
flat out vec2 heading;
void main() {
  float share = glide > 0.0 ? clamp((now - more.x) / glide, 0.0, 1.0) : 1.0;
  vec2 at = mix(way.xy, way.zw, share);
  vec2 drove = way.zw - way.xy;
  heading = glide > 0.0 && dot(drove, drove) > 1e-16 ? normalize(drove) : vec2(0.0);
  sign = more.y;
  gl_Position = vec4((at - centre) * scale, 0.0, 1.0);
  gl_PointSize = size;
}`
const FRAGMENT = `#version 300 es
precision highp float;
uniform sampler2D signs;
uniform vec3 inks[4];
uniform vec3 rim;
uniform float size, icons;
flat in float sign;
flat in vec2 heading;
out vec4 colour;
void main() {
  int number = int(sign + 0.5), look = number % 4;
  vec2 p = (gl_PointCoord - 0.5) * 2.0;
  float dim = look == 3 ? 0.42 : 1.0;
  if (icons < 0.5) {
    float far = length(p) * size * 0.5, radius = size * 0.5;
    float whole = clamp(radius - far, 0.0, 1.0), inner = clamp(radius - 1.6 - far, 0.0, 1.0);
    colour = vec4(mix(rim, inks[look], inner), 1.0) * whole * dim;
    return;
  }
  vec2 q = p / 0.62;
  vec4 seen = vec4(0.0);
  if (max(abs(q.x), abs(q.y)) < 1.0) seen = texture(signs, (vec2(float(number / 4), float(look)) + q * 0.5 + 0.5) / vec2(8.0, 4.0));
  float along = dot(p, heading), across = abs(dot(p, vec2(-heading.y, heading.x)));
  float beak = (1.0 - smoothstep(0.0, 0.06, across - (0.78 - along) * 0.95)) * step(0.42, along);
  colour = (seen + (1.0 - seen.a) * vec4(inks[look], 1.0) * beak) * dim;
}`

export class Crews implements CustomLayerInterface {
  readonly id = 'crews'
  readonly type = 'custom'
  private map: GlMap | null = null
  private program: WebGLProgram | null = null
  private signs: WebGLTexture | null = null
  private array: WebGLVertexArrayObject | null = null
  private buffer: WebGLBuffer | null = null
  private order: WebGLBuffer | null = null
  private table = new Float32Array(0)
  private shown = new Uint32Array(0)
  private drawn = 0
  private looks = new Map<number, Look>()
  private anchor: [number, number] = [0, 0]
  private anchored = false
  private written: 'nothing' | 'places' | 'all' = 'all'
  private moved_s = -Infinity
  private timer = 0
  private later = 0
  private painted_ms = -Infinity
  private software = false
  private kinds: ReadonlySet<string> = new Set()
  private at: Record<string, WebGLUniformLocation | null> = {}

  constructor(
    private readonly ink: Inks,
    private readonly still: boolean,
  ) {}

  onAdd(map: GlMap): void {
    this.map = map
  }

  /** At the first picture: only then does the map expect that the card's state is touched. */
  private begin(gl: WebGL2RenderingContext): void {
    this.software = drawnBySoftware(gl)
    this.program = link(gl, VERTEX, FRAGMENT)
    for (const name of ['centre', 'scale', 'now', 'glide', 'size', 'signs', 'inks', 'rim', 'icons']) this.at[name] = gl.getUniformLocation(this.program, name)
    this.array = gl.createVertexArray()
    gl.bindVertexArray(this.array)
    this.buffer = gl.createBuffer()
    gl.bindBuffer(gl.ARRAY_BUFFER, this.buffer)
    gl.enableVertexAttribArray(0)
    gl.vertexAttribPointer(0, 4, gl.FLOAT, false, COLUMNS * 4, 0)
    gl.enableVertexAttribArray(1)
    gl.vertexAttribPointer(1, 2, gl.FLOAT, false, COLUMNS * 4, 16)
    this.order = gl.createBuffer()
    gl.bindBuffer(gl.ELEMENT_ARRAY_BUFFER, this.order)
    this.signs = drawSigns(gl, this.ink)
  }
  /** Kinds that are not shown. */
  hide(kinds: ReadonlySet<string>): void {
    this.kinds = kinds
    this.rows(null)
  }

  /** Rows changed: which, null for all of them. */
  rows = (ids: ReadonlySet<string> | null): void => {
    const rows = feed.units.peek
    if (!ids) {
      this.looks.clear()
      this.table.fill(0)
      for (let k = 0; k < this.table.length / COLUMNS; k++) this.table[k * COLUMNS + 5] = HIDDEN
    }
    for (const id of ids ?? rows.keys()) this.dress(id, rows.get(id))
    this.arrange()
    this.written = 'all'
    this.map?.triggerRepaint()
  }

  private dress(id: string, row: UnitRow | undefined): void {
    const unit = feed.fleet.number(id)
    this.fit(unit)
    const place = unit * COLUMNS
    const kind = row ? KINDS.indexOf(row.kind) : -1
    if (!row || kind < 0 || this.kinds.has(row.kind)) {
      this.looks.delete(unit)
      this.table[place + 5] = HIDDEN
      return
    }
    if (Number.isNaN(feed.fleet.lon[unit]) && row.lon !== null && row.lat !== null) {
      feed.fleet.lon[unit] = row.lon
      feed.fleet.lat[unit] = row.lat
    }
    const [lon, lat] = [feed.fleet.lon[unit] ?? NaN, feed.fleet.lat[unit] ?? NaN]
    if (Number.isNaN(lon)) return
    const look = lookOf(row)
    if (!this.looks.has(unit)) this.place(unit, lon, lat, -Infinity)
    this.looks.set(unit, look)
    this.table[place + 5] = kind * 4 + LOOKS.indexOf(look)
  }

  private fit(unit: number): void {
    if ((unit + 1) * COLUMNS <= this.table.length) return
    const wider = new Float32Array(Math.max(1024, 2 * unit) * COLUMNS)
    wider.set(this.table)
    for (let k = this.table.length / COLUMNS; k < wider.length / COLUMNS; k++) wider[k * COLUMNS + 5] = HIDDEN
    this.table = wider
  }

  /** Who stands over whom: those at work over those who are free, those off duty below. */
  private arrange(): void {
    const heaps: number[][] = [[], [], [], []]
    for (const [unit, look] of this.looks) heaps[ORDER[look]]?.push(unit)
    this.shown = Uint32Array.from(heaps.flat())
  }

  /** A batch of positions: whoever moved glides from where it is seen now. */
  move = (batch: Batch): void => {
    const now_s = performance.now() / 1000
    let fresh = false
    for (let k = 0; k < batch.unit.length; k++) {
      const unit = batch.unit[k] ?? -1
      if (unit < 0) continue
      if (this.looks.has(unit)) this.place(unit, batch.lon[k] ?? 0, batch.lat[k] ?? 0, now_s)
      else fresh ||= feed.units.peek.has(feed.fleet.ids[unit] ?? '')
    }
    if (fresh) this.rows(new Set([...batch.unit].flatMap((unit) => feed.fleet.ids[unit] ?? [])))
    if (this.written === 'nothing') this.written = 'places'
    this.moved_s = now_s
    this.paint()
    if (!this.timer) this.glide()
  }

  /** So far apart pictures of moving crews are: a graphics card draws each batch, a processor what came within two seconds together. */
  get apart_ms(): number {
    return this.software ? SOFTWARE_MS : 0
  }

  private paint = (): void => {
    const wait_ms = this.painted_ms + this.apart_ms - performance.now()
    if (wait_ms <= 0) this.map?.triggerRepaint()
    else this.later ||= window.setTimeout(() => {
      this.later = 0
      this.map?.triggerRepaint()
    }, wait_ms)
  }

  private place(unit: number, lon: number, lat: number, now_s: number): void {
    const [x, y] = mercator(lon, lat)
    if (!this.anchored) {
      this.anchor = [x, y]
      this.anchored = true
    }
    const [table, place] = [this.table, unit * COLUMNS]
    const [toX, toY] = [x - this.anchor[0], y - this.anchor[1]]
    const share = Math.min(1, Math.max(0, (now_s - (table[place + 4] ?? 0)) / GLIDE_S))
    let fromX = (table[place] ?? 0) + ((table[place + 2] ?? 0) - (table[place] ?? 0)) * share
    let fromY = (table[place + 1] ?? 0) + ((table[place + 3] ?? 0) - (table[place + 1] ?? 0)) * share
    if (this.still || now_s < 0 || Math.abs(toX - fromX) + Math.abs(toY - fromY) > JUMP) [fromX, fromY] = [toX, toY]
    table[place] = fromX
    table[place + 1] = fromY
    table[place + 2] = toX
    table[place + 3] = toY
    table[place + 4] = Math.max(0, now_s)
  }

  /** Ten pictures a second while somebody glides and one can see it; a hidden page and a far view draw nothing in between. */
  private glide = (): void => {
    this.timer = 0
    if (!this.map || !this.gliding || performance.now() / 1000 - this.moved_s > GLIDE_S + 0.2) return
    this.timer = window.setTimeout(() => {
      if (!document.hidden) this.map?.triggerRepaint()
      this.glide()
    }, FRAME_MS)
  }
  private get gliding(): boolean {
    return !this.still && !this.software && this.map !== null && this.map.getZoom() >= ICONS_FROM
  }

  render(gl: WebGL2RenderingContext): void {
    const map = this.map
    if (!map || !this.shown.length) return
    if (!this.program) this.begin(gl)
    this.painted_ms = performance.now()
    gl.bindVertexArray(this.array)
    gl.bindBuffer(gl.ARRAY_BUFFER, this.buffer)
    if (this.written !== 'nothing') {
      gl.bufferData(gl.ARRAY_BUFFER, this.table.subarray(0, feed.fleet.ids.length * COLUMNS), gl.DYNAMIC_DRAW)
      if (this.written === 'all') gl.bufferData(gl.ELEMENT_ARRAY_BUFFER, this.shown, gl.DYNAMIC_DRAW)
      this.drawn = this.shown.length
      this.written = 'nothing'
    }
    const zoom = map.getZoom()
    const icons = zoom >= ICONS_FROM
    const canvas = map.getCanvas()
    const [ratio, world] = [canvas.width / canvas.clientWidth, 512 * 2 ** zoom]
    const [x, y] = mercator(map.getCenter().lng, map.getCenter().lat)
    gl.useProgram(this.program)
    gl.uniform2f(this.at['centre'] ?? null, x - this.anchor[0], y - this.anchor[1])
    gl.uniform2f(this.at['scale'] ?? null, (2 * world) / canvas.clientWidth, (-2 * world) / canvas.clientHeight)
    gl.uniform1f(this.at['now'] ?? null, performance.now() / 1000)
    gl.uniform1f(this.at['glide'] ?? null, this.gliding ? GLIDE_S : 0)
    gl.uniform1f(this.at['size'] ?? null, ratio * signSize(zoom))
    gl.uniform1f(this.at['icons'] ?? null, icons ? 1 : 0)
    gl.uniform3fv(this.at['inks'] ?? null, LOOKS.flatMap((look) => rgb({ free: this.ink.free, busy: this.ink.busy, there: this.ink.ok, off: this.ink.calm }[look])))
    gl.uniform3fv(this.at['rim'] ?? null, rgb(this.ink.ground))
    gl.activeTexture(gl.TEXTURE0)
    gl.bindTexture(gl.TEXTURE_2D, this.signs)
    gl.uniform1i(this.at['signs'] ?? null, 0)
    gl.drawElements(gl.POINTS, this.drawn, gl.UNSIGNED_INT, 0)
    gl.bindVertexArray(null)
  }

  onRemove(): void {
    clearTimeout(this.timer)
    clearTimeout(this.later)
    this.map = null
  }

  /** The crew whose sign is nearest to a point, in degrees, within some pixels; null where none is. */
  nearest(lon: number, lat: number, within_px: number): UnitRow | null {
    if (!this.map) return null
    const [x, y] = mercator(lon, lat)
    let [best, least] = [-1, within_px / (512 * 2 ** this.map.getZoom())]
    for (const unit of this.shown) {
      const place = unit * COLUMNS
      const far = Math.hypot((this.table[place + 2] ?? 0) + this.anchor[0] - x, (this.table[place + 3] ?? 0) + this.anchor[1] - y)
      if (far < least) [best, least] = [unit, far]
    }
    return best < 0 ? null : (feed.units.peek.get(feed.fleet.ids[best] ?? '') ?? null)
  }
}

/** Pixels across: a dot from afar, a sign with its beak from near. */
function signSize(zoom: number): number {
  if (zoom < ICONS_FROM) return Math.min(11, 5 + Math.max(0, zoom - 9) * 1.6)
  return 42 * Math.min(1, 0.7 + ((zoom - ICONS_FROM) / (14 - ICONS_FROM)) * 0.3)
}
