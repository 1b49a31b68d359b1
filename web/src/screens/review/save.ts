// Pictures and tables as files: what stands on the page, in its colours.
const STYLES = ['fill', 'stroke', 'stroke-width', 'stroke-dasharray', 'stroke-linecap', 'font-family', 'font-size', 'font-weight', 'opacity', 'text-anchor'] as const
const SCALE = 2

export function save(file: Blob, name: string): void {
  const link = document.createElement('a')
  link.href = URL.createObjectURL(file)
  link.download = name
  link.click()
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000)
}

/** A chart as a PNG, twice as large as it stands, on the panel's own ground. */
export async function png(chart: SVGSVGElement): Promise<Blob> {
  const { width, height } = chart.viewBox.baseVal
  const copy = chart.cloneNode(true) as SVGSVGElement
  const [shown, copied] = [chart.querySelectorAll('*'), copy.querySelectorAll<SVGElement>('*')]
  shown.forEach((element, number) => {
    const style = getComputedStyle(element)
    for (const name of STYLES) copied[number]?.setAttribute(name, style.getPropertyValue(name))
  })
  copy.setAttribute('width', String(width))
  copy.setAttribute('height', String(height))
  const picture = new Image()
  picture.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(new XMLSerializer().serializeToString(copy))}`
  await picture.decode()
  const canvas = document.createElement('canvas')
  canvas.width = width * SCALE
  canvas.height = height * SCALE
  const pen = canvas.getContext('2d')
  if (!pen) throw new Error('no canvas')
  pen.fillStyle = getComputedStyle(chart.closest('section') ?? chart).backgroundColor
  pen.fillRect(0, 0, canvas.width, canvas.height)
  pen.drawImage(picture, 0, 0, canvas.width, canvas.height)
  return new Promise((done, failed) => canvas.toBlob((file) => (file ? done(file) : failed(new Error('no picture'))), 'image/png'))
}
