// Own drawn signs of units and incidents, painted once per theme onto small canvases.
import type { Map as MapLibre } from 'maplibre-gl'

const SIZE = 44
export const UNIT_COLOURS: Record<string, string> = { available: '#4cc38a', busy: '#5aa2ff', there: '#c58bff', away: '#7f91a2' }
const GLYPHS: Record<string, string> = { foot: '步', motorcycle: '骑', car: '车', ptu: 'P', boat: '艇', metro: '铁', drone: '机', 'e-bike': '电' }
export const PRIORITY_COLOURS = ['#ff6b5e', '#ff6b5e', '#f0b13c', '#5aa2ff', '#8fa3b5']

function paint(draw: (context: CanvasRenderingContext2D) => void): ImageData {
  const canvas = document.createElement('canvas')
  canvas.width = canvas.height = SIZE
  const context = canvas.getContext('2d')
  if (!context) return new ImageData(SIZE, SIZE)
  draw(context)
  return context.getImageData(0, 0, SIZE, SIZE)
}

function unit(kind: string, colour: string): ImageData {
  return paint((c) => {
    c.fillStyle = '#0b1016'
    c.strokeStyle = colour
    c.lineWidth = 4
    c.beginPath()
    c.roundRect(5, 5, SIZE - 10, SIZE - 10, kind === 'foot' || kind === 'metro' ? 17 : 9)
    c.fill()
    c.stroke()
    c.fillStyle = '#ffffff'
    c.font = '600 20px sans-serif'
    c.textAlign = 'center'
    c.textBaseline = 'middle'
    c.fillText(GLYPHS[kind] ?? '警', SIZE / 2, SIZE / 2 + 1)
  })
}

function incident(priority: number): ImageData {
  return paint((c) => {
    c.fillStyle = PRIORITY_COLOURS[priority] ?? '#8fa3b5'
    c.strokeStyle = '#0b1016'
    c.lineWidth = 3
    c.beginPath()
    c.moveTo(SIZE / 2, 3)
    c.lineTo(SIZE - 3, SIZE / 2)
    c.lineTo(SIZE / 2, SIZE - 3)
    c.lineTo(3, SIZE / 2)
    c.closePath()
    c.fill()
    c.stroke()
    c.fillStyle = '#0b1016'
    c.font = '700 19px sans-serif'
    c.textAlign = 'center'
    c.textBaseline = 'middle'
    c.fillText(String(priority), SIZE / 2, SIZE / 2 + 1)
  })
}

export function addIcons(map: MapLibre): void {
  for (const kind of Object.keys(GLYPHS))
    for (const [state, colour] of Object.entries(UNIT_COLOURS)) {
      const name = `unit-${kind}-${state}`
      if (!map.hasImage(name)) map.addImage(name, unit(kind, colour), { pixelRatio: 2 })
    }
  for (const priority of [1, 2, 3, 4]) {
    const name = `incident-${priority}`
    if (!map.hasImage(name)) map.addImage(name, incident(priority), { pixelRatio: 1.5 })
  }
}

export function unitState(status: string): string {
  if (status === 'available') return 'available'
  if (status === 'arrived' || status === 'reached') return 'there'
  return status === 'assigned' || status === 'en_route' ? 'busy' : 'away'
}
