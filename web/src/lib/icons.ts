// Signs drawn by ourselves on a 24 × 24 field, stroked 2 wide: on the map and in lists alike.
export const PATHS: Record<string, string> = {
  foot: 'M12.5 4.5a1.6 1.6 0 1 0 .01 0M12 9l-3 3v3M12 9l1 5-3 6M13 14l3 6M12 9l2.5 2.5L17 12',
  motorcycle: 'M6 18a3 3 0 1 0 .01 0M18 18a3 3 0 1 0 .01 0M6 15l4-5h5l3 5M15 10l-1-3h-3M10 10l3 5',
  'e-bike': 'M6 18a3 3 0 1 0 .01 0M18 18a3 3 0 1 0 .01 0M6 15h5l4-8h3M10 15l-1-6H7',
  car: 'M4 16v-3l2-5h12l2 5v3zM4 13h16M7.5 18.5v-2M16.5 18.5v-2M10 5.5h4',
  ptu: 'M3 17V7h12v10zM15 11h4l2 3v3h-6M7 19.5v-2M17 19.5v-2M6 11h6M9 8.5v5',
  boat: 'M3 14h18l-3 5H6zM12 14V4l6 7h-6M8 11h4',
  metro: 'M6 5h12v11H6zM6 11h12M9 19l-1.5 2M15 19l1.5 2M9 13.6v.01M15 13.6v.01M10 8h4',
  drone: 'M5 7h4M15 7h4M7 7l4 4M17 7l-4 4M10 11h4v4h-4zM10 15l-2 4M14 15l2 4',
  team: 'M9 8.5a2.2 2.2 0 1 0 .01 0M16 9.5a1.8 1.8 0 1 0 .01 0M4 19c0-4 10-4 10 0M15 15c3-.6 5 1 5 4',
  open: 'M12 3l8 9-8 9-8-9z',
  visited: 'M12 3l8 9-8 9-8-9zM8.5 12l2.5 2.5 4.5-5',
  left_out: 'M12 3l8 9-8 9-8-9zM8.5 12h7',
  station: 'M12 3l8 3v5c0 5-3.5 8-8 10c-4.5-2-8-5-8-10V6zM12 8v6M9 11h6',
}

/** A sign as an image for the map: a disc, its rim, the sign on it. `scale`: device pixels a CSS pixel. */
export function drawn(kind: string, disc: string, ink: string, rim: string, scale = 2): ImageData {
  const size = 26 * scale
  const canvas = new OffscreenCanvas(size, size)
  const pen = canvas.getContext('2d')
  if (!pen) throw new Error('no canvas')
  pen.scale(scale, scale)
  pen.beginPath()
  pen.arc(13, 13, 10.5, 0, 2 * Math.PI)
  pen.fillStyle = disc
  pen.fill()
  pen.lineWidth = 1.6
  pen.strokeStyle = rim
  pen.stroke()
  pen.translate(4.6, 4.6)
  pen.scale(0.7, 0.7)
  pen.strokeStyle = ink
  pen.lineWidth = 2.3
  pen.lineCap = pen.lineJoin = 'round'
  pen.stroke(new Path2D(PATHS[kind] ?? PATHS['team']))
  return pen.getImageData(0, 0, size, size)
}
