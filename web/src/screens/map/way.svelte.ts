// What the tools draw besides their corners: the measured way along the streets, the shape that is drawn.
import type { Shape } from './atlas.svelte'

class Sketch {
  way = $state.raw<GeoJSON.LineString | null>(null)
  shape = $state<Shape>('line')
}
export const sketch = new Sketch()
