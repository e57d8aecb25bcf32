// Sets the theme before the first paint, so that a dark page never flashes white. web/theme.svelte.ts takes over from here.
;(function () {
  var choice = null
  try {
    choice = localStorage.getItem('theme')
  } catch {
    choice = null
  }
  var dark =
    choice === 'dark' || (choice !== 'light' && matchMedia('(prefers-color-scheme: dark)').matches)
  document.documentElement.dataset.theme = dark ? 'dark' : 'light'
})()
