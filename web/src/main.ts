import { mount } from 'svelte'
import 'maplibre-gl/dist/maplibre-gl.css'
import './styles/tokens.css'
import './styles/base.css'
import './styles/map.css'
import './styles/print.css'
import App from './App.svelte'

const target = document.getElementById('app')
if (target) mount(App, { target })
