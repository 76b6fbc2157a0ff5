// SPDX-License-Identifier: GPL-2.0
// What is wrong for those who see little, hear the page, or have no mouse. Each rule returns
// complaints; faults.html breaks each of them once
(() => {
	const all = (q, e = document) => [...e.querySelectorAll(q)];
	const where = e => e.outerHTML.replace(/\s+/g, " ").slice(0, 100);
	const style = e => getComputedStyle(e);
	const seen = e => e.getClientRects().length > 0 && style(e).visibility === "visible";
	const complain = (list, text) => list.map(e => `${text}: ${where(e)}`);

	// --- colours ---
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
		const own = colour(style(e).backgroundColor);

		return own.a === 1 ? own : over(own, background(e.parentElement));
	};
	const light = c => [c.r, c.g, c.b].map(v => v / 255)
		.map(v => v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
		.reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
	const contrast = (top, back) => {
		const [x, y] = [light(over(colour(top), back)), light(back)].sort((p, q) => q - p);

		return (x + 0.05) / (y + 0.05);
	};
	const too_weak = (list, least, of, back) => list
		.map(e => [e, contrast(of(e), back(e))])
		.filter(([, ratio]) => ratio < least)
		.map(([e, ratio]) => `${ratio.toFixed(2)}: ${e.tagName}.${e.getAttribute("class")}`);

	// --- names ---
	const name = e => {
		const by = (e.getAttribute("aria-labelledby") || "").split(/\s+/).filter(Boolean)
			.map(id => document.getElementById(id)?.textContent || "").join(" ");

		return (by || e.getAttribute("aria-label") || e.querySelector(":scope > title")?.textContent ||
			(e.matches("[role=region],[role=img],svg,img") ? e.getAttribute("alt") : e.textContent) ||
			"").trim();
	};
	const twice = list => list.filter((n, i) => list.indexOf(n) !== i).map(n => `twice: ${n}`);
	// On paper there is no focus
	const focusable = () => matchMedia("print").matches ? [] : all("a[href],button,input,select,textarea,summary,[tabindex]")
		.filter(e => e.tabIndex >= 0 && seen(e));
	const roles = ["region", "img", "main", "list", "table", "note"];
	const texts = () => all("body *").filter(e => !e.closest("svg") && seen(e) &&
		[...e.childNodes].some(n => n.nodeType === 3 && n.data.trim()));

	const rules = {
		"text contrast 4.5": () => too_weak(texts(), 4.5, e => style(e).color, background),
		"picture contrast 3": () => too_weak(all("svg rect").filter(seen), 3, e => style(e).fill,
			e => background(e.closest("svg").parentElement)),
		"key contrast 3": () => too_weak(all(".key").filter(seen), 3, e => style(e).backgroundColor,
			e => background(e.parentElement)),
		"language": () => /^[a-z]{2,3}(-|$)/.test(document.documentElement.lang) ? [] : ["html has none"],
		"title": () => document.title.trim() ? [] : ["the page has none"],
		"zoom": () => all("meta[name=viewport]").filter(e =>
			/user-scalable\s*=\s*(no|0)|maximum-scale/.test(e.content)).map(where),
		"one main, and all is in it": () => [
			...(all("main").length === 1 ? [] : [`${all("main").length} of them`]),
			...complain([...document.body.children].filter(e => seen(e) && e.tagName !== "MAIN"),
				"outside"),
		],
		"headings in order": () => {
			let last = 0;
			const found = all("h1").length === 1 ? [] : ["not one h1"];

			for (const e of all("h1,h2,h3,h4,h5,h6")) {
				const level = Number(e.tagName[1]);

				if (level > last + 1 || !e.textContent.trim())
					found.push(`h${level} after h${last}: ${e.textContent}`);
				last = level;
			}
			return found;
		},
		"names of pictures": () => complain(all("svg,img").filter(e => !e.closest("[aria-hidden=true]") &&
			(!name(e) || (e.tagName !== "IMG" && e.getAttribute("role") !== "img"))), "has none"),
		"names of what is focused": () => complain(focusable().filter(e => !name(e)), "has none"),
		"names of regions": () => {
			const regions = all("[role=region]");

			return [...complain(regions.filter(e => !name(e)), "has none"), ...twice(regions.map(name))];
		},
		"unique IDs": () => twice(all("[id]").map(e => e.id)),
		"roles": () => [
			...complain(all("[role]").filter(e => !roles.includes(e.getAttribute("role"))), "unknown"),
			...complain(all("[aria-label]").filter(e => !e.hasAttribute("role")),
				"a name for what has no role"),
			...complain(all("[aria-hidden=true] *, [aria-hidden=true]").filter(e => e.tabIndex >= 0 &&
				!e.matches("svg *, svg")), "hidden, but focused"),
		],
		"tables have a caption": () => complain(all("table").filter(e => !e.caption?.textContent.trim()),
			"has none"),
		"tables have heads": () => all("table").flatMap(e => {
			const columns = e.querySelectorAll("thead th").length;

			return [
				...complain(columns ? [] : [e], "no row of heads"),
				...complain(all("th:not([scope])", e), "no scope"),
				...complain(all("th", e).filter(th => !th.textContent.trim()), "empty"),
				...complain(all("tbody tr", e).filter(row => row.cells.length !== columns),
					`not under ${columns} heads`),
				...complain(all("tbody tr", e).filter(row => row.cells[0]?.tagName !== "TH"),
					"a row without a head"),
			];
		}),
		"lists": () => [
			...complain(all("ul > :not(li), ol > :not(li)"), "in a list, and no item"),
			...complain(all("li").filter(e => !e.parentElement.matches("ul,ol")), "an item of no list"),
			...complain(all("dt,dd").filter(e => !e.closest("dl")), "of no list"),
			...complain(all("dl > div").filter(e => !e.querySelector(":scope > dt + dd")), "no pair"),
		],
		"scrolls by keyboard": () => complain(all("body *").filter(e => e.scrollWidth > e.clientWidth + 1 &&
			/auto|scroll/.test(style(e).overflowX) && (e.tabIndex < 0 || !name(e))), "does not"),
		"nothing is cut off": () => complain(texts().filter(e =>
			/hidden|clip/.test(style(e).overflowX) && e.scrollWidth > e.clientWidth + 1), "is"),
		"focus is seen": () => {
			const found = focusable().filter(e => {
				const before = style(e).outlineStyle + style(e).boxShadow;

				e.focus({ focusVisible: true, preventScroll: true });
				const after = style(e);

				return after.outlineStyle + after.boxShadow === before || parseFloat(after.outlineWidth) < 1;
			});

			document.activeElement?.blur();
			return complain(found, "is not");
		},
		"focus goes in the order of the page": () => complain(all("[tabindex]").filter(e => e.tabIndex > 0),
			"jumps the queue"),
		// A link in a sentence is as high as its line
		"targets of 24 pixels": () => complain(focusable().filter(e => {
			const r = e.getBoundingClientRect();

			return style(e).display !== "inline" && (r.width < 24 || r.height < 24);
		}), "smaller"),
		"links are more than a colour": () => complain(all("a[href]").filter(e =>
			!style(e).textDecorationLine.includes("underline")), "is not"),
		"links lead somewhere": () => complain(all("a").filter(e => {
			const to = e.getAttribute("href") || "";

			return !to.startsWith("#") || !document.getElementById(to.slice(1));
		}), "does not"),
		"nothing moves": () => complain(all("body *").filter(e => style(e).animationName !== "none" ||
			e.matches("marquee,blink,video,audio")), "does"),
	};

	return {
		rules: Object.keys(rules),
		found: Object.entries(rules).flatMap(([rule, find]) => [...new Set(find())]
			.slice(0, 5).map(text => `${rule}: ${text}`)),
	};
})()
