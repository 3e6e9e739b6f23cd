// Starts real browsers: Chromium by playwright-core, Firefox by puppeteer-core (WebDriver BiDi). Both are the system's.
import { existsSync } from 'node:fs';
import { chromium as playwright } from 'playwright-core';
import puppeteer from 'puppeteer-core';
import { PATIENCE_MS, atEnd } from './scenario.mjs';

const first = (paths) => paths.find((path) => existsSync(path)) ?? paths[0];
const CHROMIUM = process.env.CHROMIUM ?? first(['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome']);
const INSIDE = new URL('../network/chromium.sh', import.meta.url).pathname;
const FIREFOX = process.env.FIREFOX ?? first(['/usr/bin/firefox-esr', '/usr/bin/firefox']);

/**
 * Chromium. With `devices` {camera, microphone}: files instead of a camera and a microphone, and permission given;
 * `devices: 'fake'`: its own moving picture and beeps; `devices: 'refused'`: permission is not given; without: none.
 * With `network` (see lab.mjs) in that namespace.
 */
export async function chromium({ devices, flags = [], network } = {}) {
  const browser = await playwright.launch({
    executablePath: network ? INSIDE : CHROMIUM,
    env: network ? { ...process.env, AIKSTE_CHROMIUM: CHROMIUM, AIKSTE_NAMESPACE: network.namespace } : process.env,
    headless: true,
    timeout: PATIENCE_MS,
    args: [
      '--no-sandbox',
      '--autoplay-policy=no-user-gesture-required',
      // Nothing calls out, and a covered window is not slowed down.
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      '--no-first-run',
      '--disable-quic',
      '--disable-background-timer-throttling',
      '--disable-backgrounding-occluded-windows',
      '--disable-renderer-backgrounding',
      // A machine without a network has loopback only.
      '--allow-loopback-in-peer-connection',
      // A camera for pages that come over a network without HTTPS, too.
      ...(network ? [`--unsafely-treat-insecure-origin-as-secure=${network.trusted}`] : []),
      ...deviceFlags(devices),
      ...flags,
    ],
  });
  atEnd(() => browser.close());
  return browser;
}

function deviceFlags(devices) {
  if (!devices) return [];
  if (devices === 'refused') return ['--use-fake-device-for-media-stream', '--deny-permission-prompts'];
  const flags = ['--use-fake-device-for-media-stream=fps=30', '--use-fake-ui-for-media-stream'];
  if (devices === 'fake') return flags;
  return [
    ...flags,
    `--use-file-for-fake-video-capture=${devices.camera}`,
    `--use-file-for-fake-audio-capture=${devices.microphone}`,
  ];
}

/** What Firefox's fake microphone says. */
export const FIREFOX_TONE_HZ = 700;

/** Firefox, with its own fake camera and microphone (a tone of `FIREFOX_TONE_HZ`) and permission given. */
export async function firefox() {
  const browser = await puppeteer.launch({
    browser: 'firefox',
    executablePath: FIREFOX,
    headless: true,
    timeout: PATIENCE_MS,
    protocolTimeout: 2 * PATIENCE_MS,
    extraPrefsFirefox: {
      'media.navigator.streams.fake': true,
      'media.navigator.permission.disabled': true,
      'media.navigator.audio.fake_frequency': FIREFOX_TONE_HZ,
      'media.autoplay.default': 0,
      'media.peerconnection.ice.obfuscate_host_addresses': false,
      'media.peerconnection.ice.loopback': true,
      'app.update.enabled': false,
      'datareporting.policy.dataSubmissionEnabled': false,
    },
  });
  atEnd(() => browser.close());
  return browser;
}
