// SPDX-License-Identifier: GPL-2.0
// What is wrong for those who see little, or hear the page: a list of lines
(() => {
	const found = new Set(), all = q => [...document.querySelectorAll(q)];
	const where = e => e.outerHTML.slice(0, 100);
	const colour = text => {
		const [r, g, b, a = 1] = text.match(/[\d.]+/g).map(Number);

		return { r, g, b, a };
	};
	const over = (top, below) => ({
		r: top.r * top.a + below.r * (1 - top.a), g: top.g * top.a + below.g * (1 - top.a),
		b: top.b * top.a + below.b * (1 - top.a), a: 1,
	});
	const background = e => {
		if (!e)
			return { r: 255, g: 255, b: 255, a: 1 };
		const own = colour(getComputedStyle(e).backgroundColor);

		return own.a === 1 ? own : over(own, background(e.parentElement));
	};
	const light = c => [c.r, c.g, c.b].map(v => v / 255)
		.map(v => v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
		.reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
	const contrast = (a, b) => {
		const [x, y] = [light(a), light(b)].sort((p, q) => q - p);

		return (x + 0.05) / (y + 0.05);
	};

	for (const e of all("body *")) {
		const own = [...e.childNodes].some(n => n.nodeType === 3 && n.data.trim());

		if (!own || e.closest("svg"))
			continue;
		const back = background(e), ratio = contrast(over(colour(getComputedStyle(e).color), back), back);

		if (ratio < 4.5)
			found.add(`contrast ${ratio.toFixed(2)}: ${e.tagName}.${e.className}`);
	}

	let last = 0;

	for (const e of all("h1,h2,h3,h4,h5,h6")) {
		const level = Number(e.tagName[1]);

		if (level > last + 1)
			found.add(`h${level} after h${last}: ${e.textContent}`);
		last = level;
	}
	if (all("h1").length !== 1)
		found.add("not one h1");
	if (!document.documentElement.lang)
		found.add("no language");
	if (!document.title)
		found.add("no title");
	if (all("main").length !== 1)
		found.add("not one main");
	for (const e of all("table")) {
		const columns = e.querySelectorAll("thead th").length;

		if (!e.caption || !e.caption.textContent.trim())
			found.add(`no caption: ${where(e)}`);
		if (e.querySelector("th:not([scope])"))
			found.add(`a head without scope: ${where(e)}`);
		for (const row of e.querySelectorAll("tbody tr"))
			if (row.cells.length !== columns)
				found.add(`${row.cells.length} cells under ${columns} heads: ${where(row)}`);
	}
	for (const e of all("svg:not([aria-hidden])"))
		if (e.getAttribute("role") !== "img" || !e.getAttribute("aria-label") ||
		    !e.querySelector("title"))
			found.add(`a picture without a name: ${where(e)}`);
	for (const e of all("*"))
		if (e.scrollWidth > e.clientWidth + 1 && getComputedStyle(e).overflowX === "auto" &&
		    (e.tabIndex < 0 || !e.getAttribute("aria-label")))
			found.add(`scrolls, but not by keyboard: ${where(e)}`);
	const ids = all("[id]").map(e => e.id), labels = all("[role=region]").map(e => e.getAttribute("aria-label"));

	for (const list of [ids, labels])
		for (const name of list)
			if (list.indexOf(name) !== list.lastIndexOf(name))
				found.add(`twice: ${name}`);
	for (const e of all("a"))
		if (!e.getAttribute("href").startsWith("#") || !document.querySelector(e.getAttribute("href")))
			found.add(`leads nowhere: ${where(e)}`);
	return [...found];
})()
