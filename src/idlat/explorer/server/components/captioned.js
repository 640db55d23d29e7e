// The latent space as a picture to keep: a title above the points, below them what their colours mean.
(() => {
  const { floats } = window.idlatBytes;
  const [EDGE, LINE, SIZE, GAP, BAR] = [12, 18, 12, 14, 96]; // CSS pixels
  const UNKNOWN = "#969696"; // the colour of what is not known
  const ruler = document.createElement("canvas").getContext("2d");

  const style = () => getComputedStyle(document.querySelector(".idlat"));
  const font = (bold) => `${bold ? 600 : 400} ${SIZE}px ${style().fontFamily}`;
  const get = (name) => window.idlatBridge.trame.state.get(name);

  function widthOf(text, bold) {
    ruler.font = font(bold);
    return ruler.measureText(text).width;
  }

  /** A text no wider than there is room: its end is cut, with dots. */
  function cut(text, room, bold) {
    if (widthOf(text, bold) <= room) return text;
    const letters = [...text];
    while (letters.length > 1 && widthOf(`${letters.join("")}…`, bold) > room) letters.pop();
    return `${letters.join("")}…`;
  }

  // What is written in lines: each has a width, and gives the marks that draw it from the left, x, about y.
  function words(text, room, look = {}) {
    const shown = cut(text, room, look.bold);
    return { width: widthOf(shown, look.bold), marks: (x, y) => [{ text: shown, x, y, ...look }] };
  }

  function swatch(colour, text, room) {
    const name = words(text, room - 15);
    return { width: name.width + 15, marks: (x, y) => [{ colours: [colour], x, y: y - 6, w: 10, h: 10 }, ...name.marks(x + 15, y)] };
  }

  function bar({ low, high, units, gradient }, room) {
    const [from, to] = [words(low, room), words(units ? `${high} ${units}` : high, room - BAR - 12 - widthOf(low))];
    const at = from.width + 6;
    const colours = gradient.match(/#[0-9a-f]{6}/gi);
    return {
      width: at + BAR + 6 + to.width,
      marks: (x, y) => [...from.marks(x, y), { colours, x: x + at, y: y - 6, w: BAR, h: 10 }, ...to.marks(x + at + BAR + 6, y)],
    };
  }

  /** Put items one after another in lines below `top`. */
  function inLines(items, room, top) {
    const marks = [];
    let [x, y] = [0, top + LINE / 2];
    for (const item of items) {
      if (x > 0 && x + item.width > room) [x, y] = [0, y + LINE];
      marks.push(...item.marks(EDGE + x, y));
      x += item.width + GAP;
    }
    return { marks, bottom: items.length ? y + LINE / 2 : top };
  }

  /** What is shown: the variable, the step and its time, and what is arranged how. */
  function facts() {
    const [variable, step, steps, times] = ["variable", "step", "steps", "times"].map(get);
    const time = times[step] ? `, ${times[step]}` : "";
    const features = get("scalings").find((item) => item.value === get("scaling")).title;
    return [variable, ...(steps > 1 ? [`step ${step + 1} of ${steps}${time}`] : []), `${get("latent_note")} of ${features}`];
  }

  /** What the colours mean: clusters by their names, or a quantity from where to where. */
  function key(part, room) {
    const soft = { soft: true };
    const legend = get("legend");
    const items = legend
      ? [words(part.quantity, room, soft), bar(legend, room)]
      : get("nodes").filter((node) => !node.children.length).map((node) => swatch(node.colour, node.name, room));
    if (legend && floats(part.values).some((value) => !Number.isFinite(value))) items.push(swatch(UNKNOWN, "not known", room));
    if (get("has_selection")) items.push(words(`bright: ${get("selection_text")} blocks, chosen`, room, soft));
    return items;
  }

  /** The whole layout: the frame's size, where the points begin, and all marks around them. */
  function layout(part) {
    const { w, h } = part.size();
    const room = w - 2 * EDGE;
    const title = inLines([words(get("title"), room, { bold: true })], room, EDGE / 2);
    const below = inLines(facts().map((text) => words(text, room, { soft: true })), room, title.bottom);
    const top = Math.ceil(below.bottom);
    const legend = inLines(key(part, room), room, top + h);
    return { w, h, top, height: Math.ceil(legend.bottom + EDGE / 2), marks: [...title.marks, ...below.marks, ...legend.marks] };
  }

  const inkOf = (mark) => style().getPropertyValue(mark.soft ? "--ink-soft" : "--ink").trim();

  /** The picture on a canvas of so many times the pixels of the screen. */
  window.idlatCaptioned = (part, ratio) => {
    const { w, h, top, height, marks } = layout(part);
    const canvas = document.createElement("canvas");
    [canvas.width, canvas.height] = [w * ratio, height * ratio];
    const context = canvas.getContext("2d");
    context.scale(ratio, ratio);
    context.fillStyle = style().getPropertyValue("--surface");
    context.fillRect(0, 0, w, height);
    context.drawImage(part.picture(ratio), 0, top, w, h);
    context.textBaseline = "middle";
    for (const mark of marks) {
      if (mark.text) {
        context.font = font(mark.bold);
        context.fillStyle = inkOf(mark);
        context.fillText(mark.text, mark.x, mark.y);
      } else {
        const fill = context.createLinearGradient(mark.x, 0, mark.x + mark.w, 0);
        mark.colours.forEach((colour, i) => fill.addColorStop(i / Math.max(1, mark.colours.length - 1), colour));
        context.fillStyle = fill;
        context.fillRect(mark.x, mark.y, mark.w, mark.h);
      }
    }
    return canvas;
  };

  const escaped = (text) => text.replace(/[&<>"]/g, (letter) => `&#${letter.charCodeAt(0)};`);

  function markOf(mark) {
    if (mark.text) return `<text x="${mark.x.toFixed(2)}" y="${mark.y}" dominant-baseline="central" font-weight="${mark.bold ? 600 : 400}" fill="${inkOf(mark)}">${escaped(mark.text)}</text>`;
    const stops = mark.colours.map((colour, i) => `<stop offset="${i / Math.max(1, mark.colours.length - 1)}" stop-color="${colour}"/>`);
    const box = `x="${mark.x.toFixed(2)}" y="${mark.y}" width="${mark.w}" height="${mark.h}"`;
    return stops.length > 1 ? `<linearGradient id="scale">${stops.join("")}</linearGradient><rect ${box} fill="url(#scale)"/>` : `<rect ${box} fill="${mark.colours[0]}"/>`;
  }

  /** The same as SVG text: a circle a point. */
  window.idlatVectorOf = (part) => {
    const { w, h, top, height, marks } = layout(part);
    const circles = part.circles().filter(({ x, y, r }) => x >= r && x <= w - r && y >= r && y <= h - r)
      .map(({ x, y, r, colour, opacity }) => `<circle cx="${x.toFixed(2)}" cy="${(y + top).toFixed(2)}" r="${r}" fill="${colour}" fill-opacity="${opacity}"/>`);
    const ground = `<rect width="${w}" height="${height}" fill="${style().getPropertyValue("--surface").trim()}"/>`;
    const all = [ground, ...circles, ...marks.map(markOf)].join("\n");
    return `<svg xmlns="http://www.w3.org/2000/svg" width="${w}" height="${height}" viewBox="0 0 ${w} ${height}" font-size="${SIZE}" font-family="${escaped(style().fontFamily)}">\n${all}\n</svg>\n`;
  };
})();
