// Coverage street by street, drawn by a layer of our own: the streets go to the graphics card once, then one byte a junction says in which ring it lies. A new picture is
// those bytes alone; no source is loaded again.
import type { CustomLayerInterface, Map as GlMap } from 'maplibre-gl'
import { bytes } from '../../lib/api'
import { link, mercator } from './gl'
import { rgb, type Inks } from './layers'

const COLUMNS = 5
const WIDE = 2048
const FLOATS = 5

const VERTEX = `#version 300 es
layout(location = 0) in vec4 ends;
layout(location = 1) in float junction;
uniform highp usampler2D bands;
uniform vec2 centre, scale, pixels;
uniform float wide;
flat out uint band;
out float across, along;
void main() {
  int number = int(junction);
  band = texelFetch(bands, ivec2(number % ${WIDE}, number / ${WIDE}), 0).r;
  float thick = wide * (band == 0u ? 1.1 : band == 1u ? 1.0 : 0.8);
  vec2 a = (ends.xy - centre) * scale * pixels, b = (ends.zw - centre) * scale * pixels;
  vec2 way = b - a;
  float far = length(way);
  vec2 side = far > 0.0 ? vec2(-way.y, way.x) / far : vec2(0.0);
  float end = float(gl_VertexID & 1), left = float(gl_VertexID >> 1) * 2.0 - 1.0;
  across = left * (thick + 1.0);
  along = end * far;
  gl_Position = vec4((mix(a, b, end) + side * across * 0.5) / pixels, 0.0, band == 255u ? 0.0 : 1.0);
  across /= thick + 1.0;
}`
const FRAGMENT = `#version 300 es
precision highp float;
uniform vec3 reached, bare;
flat in uint band;
in float across, along;
out vec4 colour;
void main() {
  float strength = band == 1u ? 0.8 : band == 3u ? 0.45 : band == 5u ? 0.25 : 0.8;
  if (band == 0u && fract(along / 9.0) > 0.6) discard;
  colour = vec4(band == 0u ? bare : reached, 1.0) * strength * clamp((1.0 - abs(across)) * 3.0, 0.0, 1.0);
}`

export class CoverageLayer implements CustomLayerInterface {
  readonly id = 'coverage'
  readonly type = 'custom'
  private map: GlMap | null = null
  private program: WebGLProgram | null = null
  private array: WebGLVertexArrayObject | null = null
  private texture: WebGLTexture | null = null
  private at: Record<string, WebGLUniformLocation | null> = {}
  private streets: Float32Array | null = null
  private count = 0
  private anchor: [number, number] = [0, 0]
  private bands: Uint8Array | null = null
  private fresh = false
  private asking = false
  private shown = false

  constructor(private readonly ink: Inks) {}

  onAdd(map: GlMap): void {
    this.map = map
  }
  onRemove(): void {
    this.map = null
  }
  hide(): void {
    this.shown = false
    this.map?.triggerRepaint()
  }
  /** Ask in which ring each junction lies now, at the first time also for the streets; a question that is still out is not asked again. */
  async show(): Promise<void> {
    this.shown = true
    if (this.asking) return
    this.asking = true
    try {
      if (!this.streets) this.take(await (await bytes('/coverage/streets')).arrayBuffer())
      const bands = new Uint8Array(await (await bytes('/coverage/bands')).arrayBuffer())
      this.bands = new Uint8Array(WIDE * Math.ceil(bands.length / WIDE))
      this.bands.set(bands)
      this.fresh = true
      this.map?.triggerRepaint()
    } finally {
      this.asking = false
    }
  }

  private take(columns: ArrayBuffer): void {
    const whole = new Int32Array(columns)
    const count = whole.length / COLUMNS
    const streets = new Float32Array(count * FLOATS)
    const degrees = (column: number, k: number): number => (whole[column * count + k] ?? 0) / 1e7
    this.anchor = count ? mercator(degrees(0, 0), degrees(1, 0)) : [0, 0]
    for (let k = 0; k < count; k++) {
      for (const end of [0, 1]) {
        const [x, y] = mercator(degrees(2 * end, k), degrees(2 * end + 1, k))
        streets[k * FLOATS + 2 * end] = x - this.anchor[0]
        streets[k * FLOATS + 2 * end + 1] = y - this.anchor[1]
      }
      streets[k * FLOATS + 4] = whole[4 * count + k] ?? 0
    }
    this.streets = streets
    this.count = count
  }

  private begin(gl: WebGL2RenderingContext): void {
    this.program = link(gl, VERTEX, FRAGMENT)
    for (const name of ['bands', 'centre', 'scale', 'pixels', 'wide', 'reached', 'bare']) this.at[name] = gl.getUniformLocation(this.program, name)
    this.array = gl.createVertexArray()
    gl.bindVertexArray(this.array)
    gl.bindBuffer(gl.ARRAY_BUFFER, gl.createBuffer())
    gl.bufferData(gl.ARRAY_BUFFER, this.streets, gl.STATIC_DRAW)
    for (const [place, size, from] of [[0, 4, 0], [1, 1, 16]] as const) {
      gl.enableVertexAttribArray(place)
      gl.vertexAttribPointer(place, size, gl.FLOAT, false, FLOATS * 4, from)
      gl.vertexAttribDivisor(place, 1)
    }
    this.texture = gl.createTexture()
  }

  render(gl: WebGL2RenderingContext): void {
    const { map, bands } = this
    if (!map || !this.shown || !this.count || !bands) return
    if (!this.program) this.begin(gl)
    gl.bindVertexArray(this.array)
    gl.activeTexture(gl.TEXTURE0)
    gl.bindTexture(gl.TEXTURE_2D, this.texture)
    if (this.fresh) {
      this.fresh = false
      gl.pixelStorei(gl.UNPACK_ALIGNMENT, 1)
      gl.pixelStorei(gl.UNPACK_FLIP_Y_WEBGL, false)
      gl.pixelStorei(gl.UNPACK_PREMULTIPLY_ALPHA_WEBGL, false)
      gl.texImage2D(gl.TEXTURE_2D, 0, gl.R8UI, WIDE, bands.length / WIDE, 0, gl.RED_INTEGER, gl.UNSIGNED_BYTE, bands)
      for (const name of [gl.TEXTURE_MIN_FILTER, gl.TEXTURE_MAG_FILTER]) gl.texParameteri(gl.TEXTURE_2D, name, gl.NEAREST)
      gl.pixelStorei(gl.UNPACK_ALIGNMENT, 4)
    }
    const canvas = map.getCanvas()
    const [zoom, { lng, lat }] = [map.getZoom(), map.getCenter()]
    const [world, ratio] = [512 * 2 ** zoom, canvas.width / canvas.clientWidth]
    const [x, y] = mercator(lng, lat)
    gl.useProgram(this.program)
    gl.uniform1i(this.at['bands'] ?? null, 0)
    gl.uniform2f(this.at['centre'] ?? null, x - this.anchor[0], y - this.anchor[1])
    gl.uniform2f(this.at['scale'] ?? null, (2 * world) / canvas.clientWidth, (-2 * world) / canvas.clientHeight)
    gl.uniform2f(this.at['pixels'] ?? null, canvas.width / 2, canvas.height / 2)
    gl.uniform1f(this.at['wide'] ?? null, ratio * Math.min(4, 1.1 * 1.3 ** Math.max(0, zoom - 11.5)))
    gl.uniform3fv(this.at['reached'] ?? null, rgb(this.ink.free))
    gl.uniform3fv(this.at['bare'] ?? null, rgb(this.ink.bad))
    gl.drawArraysInstanced(gl.TRIANGLE_STRIP, 0, 4, this.count)
    gl.bindVertexArray(null)
  }
}
