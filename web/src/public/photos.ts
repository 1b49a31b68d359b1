// Photos of a report: shown before they are sent, made smaller for slow nets, and taken out again with one touch.
import { button } from './button'

const SIDE_MOST = 1600
const QUALITY = 0.82
const SMALL_ENOUGH = 400_000
export const PHOTOS_MOST = 3

/** Follows the field; what it gives tells whether photos are still being made smaller. */
export function photos(form: HTMLFormElement, word: (key: string) => string, say: (text: string) => void): () => Promise<void> | null {
  const field = form.querySelector<HTMLInputElement>('#photo')
  const room = form.querySelector<HTMLElement>('#photos')
  let work: Promise<void> | null = null
  const removed = new Set<File>()
  if (!field || !room || !('DataTransfer' in window)) return () => null
  const show = (files: File[]): void => {
    put(field, files)
    room.replaceChildren(
      ...files.map((file) => {
        const figure = document.createElement('figure')
        const image = document.createElement('img')
        image.src = URL.createObjectURL(file)
        image.alt = file.name
        image.addEventListener('load', () => URL.revokeObjectURL(image.src))
        figure.append(image, button(word('remove'), () => {
          removed.add(file)
          show(files.filter((each) => each !== file))
          field.focus()
        }))
        return figure
      }),
    )
  }
  field.addEventListener('change', () => {
    const files = [...(field.files ?? [])].slice(0, PHOTOS_MOST)
    show(files)
    say(word('waitPhoto'))
    const mine = Promise.all(files.map(smaller)).then((made) => {
      if (work !== mine) return
      work = null
      say('')
      show(made.filter((_, k) => !removed.has(files[k] as File)))
    })
    work = mine
  })
  return () => work
}

async function smaller(file: File): Promise<File> {
  if (file.size <= SMALL_ENOUGH) return file
  try {
    const image = await createImageBitmap(file)
    const scale = Math.min(1, SIDE_MOST / Math.max(image.width, image.height))
    const canvas = document.createElement('canvas')
    canvas.width = Math.round(image.width * scale)
    canvas.height = Math.round(image.height * scale)
    canvas.getContext('2d')?.drawImage(image, 0, 0, canvas.width, canvas.height)
    const made = await new Promise<Blob | null>((done) => canvas.toBlob(done, 'image/jpeg', QUALITY))
    return made && made.size < file.size ? new File([made], file.name.replace(/\.\w+$/, '') + '.jpg', { type: 'image/jpeg' }) : file
  } catch {
    return file
  }
}

/** Put files into a field, as if they had been chosen there. */
export function put(field: HTMLInputElement, files: File[]): void {
  const held = new DataTransfer()
  for (const file of files) held.items.add(file)
  field.files = held.files
}
