# SPDX-License-Identifier: GPL-2.0-or-later
"""The status page in a headless Chromium, over a made-up firewall with a transfer in flight."""

import pytest

from lab import browser, stage, wait
from lab.netns import Namespace

URL = f"http://127.0.0.1:{stage.PORT}/"
PHONE = (360, 740)
CONTRAST = 4.5   # WCAG 2.2, 1.4.3
NASTY = "<img/src=x/onerror=document.title='hacked'>"
LONGEST = "m" * 127
BAR = "document.querySelector('#running [role=progressbar]')"

# The contrast of every text that is seen with what is painted behind it: [ratio, text], the worst first.
CONTRASTS = """(() => {
	const numbers = text => text.match(/[\\d.]+/g).map(Number);
	const light = rgb => rgb.slice(0, 3).map(v => v / 255).map(v => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
		.reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
	const behind = node => {
		for (; node; node = node.parentElement) {
			const rgb = numbers(getComputedStyle(node).backgroundColor);
			if (rgb.length === 3 || rgb[3] === 1)
				return rgb;
		}
		return matchMedia("(prefers-color-scheme: dark)").matches ? [18, 18, 18] : [255, 255, 255];
	};
	return [...document.querySelectorAll("body *")].filter(node => node.getClientRects().length &&
		[...node.childNodes].some(child => child.nodeType === Node.TEXT_NODE && child.data.trim())).map(node => {
		const pair = [light(numbers(getComputedStyle(node).color)), light(behind(node))].sort((a, b) => b - a);
		return [(pair[0] + 0.05) / (pair[1] + 0.05), node.textContent.trim().slice(0, 40)];
	}).sort((a, b) => a[0] - b[0]);
})()"""


@pytest.fixture(scope="module", name="place")
def _place():
    made = Namespace("page")
    yield made
    made.delete()


@pytest.fixture(scope="module", name="window")
def _window(place):
    made = browser.Browser(place)
    yield made
    made.close()


@pytest.fixture(name="scene")
def _scene(place, window):
    made = stage.Stage(place)
    window.call("Emulation.clearDeviceMetricsOverride")
    window.call("Emulation.setEmulatedMedia", features=[])
    window.open(URL)
    window.wait("document.getElementById('connection').textContent === 'Live'")
    yield made
    window.open("about:blank")
    made.close()


def rows(window, table):
    """The texts of the cells of the table's rows that are seen."""
    return window.evaluate(f"[...document.querySelectorAll('#{table} tbody tr:not([hidden]):not(.none)')]"
                           ".map(row => [...row.cells].map(cell => cell.innerText))")


def test_transfer_in_flight(scene, window):
    """The bar moves with the transfer; then the transfer is among those that ended; nothing comes from elsewhere."""
    scene.do("transfer boot/vmlinuz 1000000", "bytes 250000")
    window.wait(f"{BAR} && {BAR}.getAttribute('aria-valuenow') === '25'")
    width = window.evaluate(f"{BAR}.firstElementChild.getBoundingClientRect().width")
    assert window.evaluate(f"({BAR}.wanted = true) && {BAR}.ariaLabel") == "Progress of boot/vmlinuz"
    scene.do("bytes 750000")
    window.wait(f"{BAR}.getAttribute('aria-valuenow') === '75'")
    assert window.evaluate(f"{BAR}.firstElementChild.getBoundingClientRect().width") > 2.5 * width > 0
    assert window.evaluate(f"{BAR}.wanted"), "the row was made anew, which takes screen readers off it"
    row, = rows(window, "running")
    assert row[0] == "boot/vmlinuz" and "75 %, 732 KiB of 977 KiB" in row[4] and row[5].endswith("/s") and row[5] != "0 B/s"
    nodes = window.call("Accessibility.getFullAXTree")["nodes"]
    bars = [node for node in nodes if node.get("role", {}).get("value") == "progressbar"]
    assert [bar["value"]["value"] for bar in bars] == [75]
    tables = {node["name"]["value"] for node in nodes if node.get("role", {}).get("value") == "table"}
    assert any(name.startswith("Running transfers") for name in tables) and len(tables) >= 5, tables
    scene.do("bytes 1000000", "end complete")
    window.wait("document.querySelector('#ended').innerText.includes('boot/vmlinuz')")
    window.wait(f"!{BAR}")
    row, = rows(window, "ended")
    assert row[1] == "complete" and row[2] == "192.0.2.10:50001" and row[4] == "977 KiB"
    assert not window.complaints()
    assert {url.rstrip("/") for url in window.loaded() if not url.startswith("data:")} == {URL.rstrip("/"), f"{URL}events"}


def test_size_not_announced(scene, window):
    """A bar without an end says how much has come."""
    scene.do("transfer initrd 0", "bytes 2048")
    window.wait(f"{BAR} && {BAR}.getAttribute('aria-valuetext') === '2.0 KiB, size not announced'")
    assert window.evaluate(f"{BAR}.hasAttribute('aria-valuenow')") is False


def test_denials(scene, window):
    """A name is text, whatever is in it; denials are read aloud, a flood of them in one sentence; drops say why."""
    scene.do(f"deny {NASTY} 1")
    window.wait("document.getElementById('announce').textContent.startsWith('Denied: read <img/src=x')")
    row, = rows(window, "refused")
    assert row[0] == f"read {NASTY}" and row[1].startswith("no_rule") and "no rule of the zone allows" in row[1]
    assert window.evaluate("document.images.length") == 0 and window.evaluate("document.title") == "tidegate"
    scene.do("deny flood 3000", "transfer full 100", "end server-error")
    window.wait("/and \\d+ more/.test(document.getElementById('announce').textContent)")
    window.wait("document.querySelector('#ended').innerText.includes('server-error: <b>disk</b> full')")
    assert len(rows(window, "refused")) == 50
    assert window.evaluate("/more came too fast/.test(document.getElementById('refused-count').textContent)")
    scene.do("say 40")
    window.wait("[...document.querySelectorAll('#drops tbody tr')].some(row => row.cells[0].innerText === 'unsolicited' && "
                "row.cells[1].innerText.includes('nobody on this side asked for') && row.cells[2].innerText === '164')")
    assert "Zone phones only monitors" in window.evaluate("document.getElementById('warnings').innerText")
    scene.do("fail 1")
    window.wait("document.getElementById('warnings').innerText.includes('cannot be read')")
    assert not window.complaints()


def test_keyboard(scene, window):
    """Tab reaches everything that can be used, and shows where it is; the controls work by keys."""
    scene.do("transfer one.img 100", "end complete", "transfer two.img 100", "end idle")
    window.wait("document.querySelectorAll('#ended tbody tr:not(.none)').length === 2")
    reached, unseen = [], []
    window.evaluate("document.activeElement.blur(), window.focus()")
    usable = window.evaluate("[...document.querySelectorAll('a[href], button, input, select, textarea, summary, [tabindex=\"0\"]')]"
                             ".map(node => node.id || node.getAttribute('href'))")
    for _ in usable:
        window.press("Tab")
        name, outline, text = window.evaluate("[document.activeElement.id || document.activeElement.getAttribute('href'), "
                                              "getComputedStyle(document.activeElement).outlineStyle, document.activeElement.tagName]")
        reached.append(name)
        unseen += [] if outline != "none" else [(name, text)]
    assert reached == usable == ["#running", "filter", "pause", "/metrics"]
    assert not unseen
    window.evaluate("document.getElementById('filter').focus()")
    window.type("TWO")
    window.wait("document.querySelectorAll('#ended tbody tr:not([hidden])').length === 1")
    assert rows(window, "ended")[0][0] == "two.img" and "idle" in rows(window, "ended")[0][1]
    window.press("Escape")
    window.wait("document.querySelectorAll('#ended tbody tr:not([hidden])').length === 2")
    window.press("Tab")
    window.press("Enter")
    window.wait("document.getElementById('connection').textContent.startsWith('Paused at')")
    assert window.evaluate("document.activeElement.textContent") == "Resume"
    stage.wait_for_sample(scene.namespace, "tidegate_status_page_viewers", lambda value: value == 0)
    scene.do("transfer three.img 100", "bytes 30")
    assert not rows(window, "running")
    window.press(" ")
    window.wait(f"{BAR} && {BAR}.getAttribute('aria-valuenow') === '30'")


def test_phone(scene, window):
    """On 360 px nothing has to be scrolled sideways, whatever the names; controls are large enough for a finger."""
    window.resize(*PHONE, mobile=True)
    scene.do(f"deny {LONGEST} 3", f"transfer {LONGEST} 1000", "bytes 400", "end idle", f"transfer {LONGEST} 1000", "bytes 400")
    window.wait(f"{BAR} && {BAR}.getAttribute('aria-valuenow') === '40'")
    window.wait("document.querySelectorAll('#refused tbody tr:not(.none)').length === 3")
    assert window.evaluate("[innerWidth, document.documentElement.scrollWidth, document.body.scrollWidth]") == [PHONE[0]] * 3
    wide = window.evaluate("[...document.querySelectorAll('body *')].filter(node => node.getBoundingClientRect().right > innerWidth + 1 "
                           "&& node.getClientRects().length && getComputedStyle(node).clipPath === 'none').map(node => node.outerHTML.slice(0, 80))")
    assert not wide
    assert window.evaluate(f"{BAR}.getBoundingClientRect().width") > 250
    low = window.evaluate("[...document.querySelectorAll('button, input')].map(node => node.getBoundingClientRect().height)")
    assert min(low) >= 44


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_contrast(scene, window, scheme):
    """Every text stands out from its ground, in both schemes and on a phone."""
    window.call("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])
    scene.do("deny secret 2", "transfer a 100", "bytes 5", "end idle", "transfer b 100", "end complete", "transfer c 100", "bytes 50")
    window.wait(f"{BAR} && document.querySelectorAll('#ended tbody tr:not(.none)').length === 2 && "
                "document.querySelectorAll('#refused tbody tr:not(.none)').length === 2")
    grounds = window.evaluate("getComputedStyle(document.body).backgroundColor")
    assert (grounds == "rgb(255, 255, 255)") == (scheme == "light")
    for size in ((1280, 900), PHONE):
        window.resize(*size)
        ratios = window.evaluate(CONTRASTS)
        assert len(ratios) > 30 and ratios[0][0] >= CONTRAST, ratios[:3]


def test_server_goes_and_comes(place, window):
    """The page says that what it shows is old, and goes on by itself when the server is there again."""
    first = stage.Stage(place)
    window.open(URL)
    first.do("transfer old.img 100", "end complete")
    window.wait("document.querySelector('#ended').innerText.includes('old.img')")
    first.close()
    window.wait("document.getElementById('connection').className === 'lost'")
    second = stage.Stage(place)
    try:
        second.do("transfer new.img 100", "end complete")
        window.wait("document.querySelector('#ended').innerText.includes('new.img')", seconds=30)
        window.wait("document.getElementById('connection').textContent === 'Live'")
        wait.until(lambda: [row[0] for row in rows(window, "ended")] == ["new.img"], "only the new daemon's records are left")
    finally:
        window.open("about:blank")
        second.close()
