// The little that layers of our own need of the graphics card.

/** A program from its two shaders; throws what the compiler said. */
export function link(gl: WebGL2RenderingContext, vertex: string, fragment: string): WebGLProgram {
  const program = gl.createProgram()
  for (const [type, source] of [[gl.VERTEX_SHADER, vertex], [gl.FRAGMENT_SHADER, fragment]] as const) {
    const shader = gl.createShader(type)
    if (!shader) throw new Error('no shader')
    gl.shaderSource(shader, source)
    gl.compileShader(shader)
    gl.attachShader(program, shader)
  }
  gl.linkProgram(program)
  if (!gl.getProgramParameter(program, gl.LINK_STATUS) && !gl.isContextLost()) throw new Error(gl.getProgramInfoLog(program) ?? 'not linked')
  return program
}

/** A place in world widths, 0 to 1 from west to east and from north to south (spherical Mercator, EPSG:3857). */
export function mercator(lon: number, lat: number): [number, number] {
  return [(lon + 180) / 360, (180 - (180 / Math.PI) * Math.log(Math.tan(Math.PI / 4 + (lat * Math.PI) / 360))) / 360]
}

const NO_CARD = /swiftshader|llvmpipe|softpipe|software|basic render/i

/** Whether the processor draws instead of a graphics card: a desk in a virtual machine, an old post computer. */
export function drawnBySoftware(gl: WebGL2RenderingContext): boolean {
  const names = gl.getExtension('WEBGL_debug_renderer_info')
  return names !== null && NO_CARD.test(String(gl.getParameter(names.UNMASKED_RENDERER_WEBGL)))
}
