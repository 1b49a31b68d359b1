// Buttons that have just come under the thumb take no touch at first: a second touch was meant for the one that stood there, and would do the next thing too.
const STEADY_MS = 700

/** Attach to what holds the buttons, anew for each state: they look and are disabled for that moment. One that is disabled for a reason of its own stays so. */
export function steady(holder: HTMLElement): () => void {
  const fresh = [...holder.querySelectorAll('button')].filter((each) => !each.disabled)
  fresh.forEach((each) => (each.disabled = true))
  const timer = setTimeout(() => fresh.forEach((each) => (each.disabled = false)), STEADY_MS)
  return () => clearTimeout(timer)
}
