import { mount } from 'svelte'
import '../styles/tokens.css'
import './responder.css'
import App from './App.svelte'

const target = document.getElementById('app')
if (target) mount(App, { target })
if ('serviceWorker' in navigator) void navigator.serviceWorker.register('/responder/sw.js', { scope: '/responder/' }).catch(() => undefined)
