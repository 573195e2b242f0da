"""Plain SVG of what the benchmarks measure: bars and lines on logarithmic axes.

The same figures make the same text. Nothing is drawn but what is handed in, and
every system has one colour in all pictures.

Rejected: matplotlib. It is a dependency for boxes and lines, and its output
changes from version to version.
"""

import math
from xml.sax.saxutils import escape

COLOURS = {"burrow": "#c8102e", "go": "#00a4c4", "tokio": "#8b5a2b",
           "boost_fiber": "#5b7fbd", "threads": "#8a8a8a", "java": "#e8972c"}
SPARE = ["#3c8d40", "#7d4fa3", "#b5a400", "#444444"]
FONT = 'font-family="sans-serif"'


def colour(name, number=0):
    return COLOURS.get(name, SPARE[number % len(SPARE)])


def human(value, unit):
    """A figure with few digits; nanoseconds in the unit that suits them."""
    names = [(1, unit)]
    if unit == "ns":
        names = [(1e9, "s"), (1e6, "ms"), (1e3, "us"), (1, "ns")]
    for size, name in names:
        if abs(value) >= size or size == 1:
            v = value / size
            digits = 0 if abs(v) >= 100 else 1 if abs(v) >= 10 else 2
            return f"{v:,.{digits}f} {name}"
    return ""


class Log:
    """A logarithmic scale of whole decades to pixels; `pad` decades are free
    beside the least and the most."""

    def __init__(self, values, start, end, pad=0.02):
        values = [v for v in values if v > 0] or [1]
        self.low = math.floor(math.log10(min(values)) - pad)
        self.high = max(math.ceil(math.log10(max(values)) + pad), self.low + 1)
        self.start, self.end = start, end

    def at(self, value):
        if value <= 0:
            return self.start
        part = (math.log10(value) - self.low) / (self.high - self.low)
        return self.start + min(max(part, 0), 1) * (self.end - self.start)

    def decades(self):
        step = max(1, math.ceil((self.high - self.low) / 8))
        return [10.0 ** k for k in range(self.low, self.high + 1, step)]


class Picture:
    def __init__(self, width, height, title):
        self.size = (width, height)
        self.parts = [f"<title>{escape(title)}</title>",
                      f'<rect width="{width}" height="{height}" fill="white"/>']

    def rect(self, x, y, w, h, fill):
        self.parts.append(f'<rect x="{x:.1f}" y="{y:.1f}" width="{w:.1f}" '
                          f'height="{h:.1f}" fill="{fill}"/>')

    def line(self, points, stroke, width=1.0):
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
        self.parts.append(f'<polyline points="{path}" fill="none" '
                          f'stroke="{stroke}" stroke-width="{width}"/>')

    def dot(self, x, y, fill):
        self.parts.append(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" '
                          f'fill="{fill}"/>')

    def text(self, x, y, words, size=11, anchor="start", fill="#222",
             bold=False):
        weight = ' font-weight="bold"' if bold else ""
        self.parts.append(f'<text x="{x:.1f}" y="{y:.1f}" {FONT} '
                          f'font-size="{size}" text-anchor="{anchor}" '
                          f'fill="{fill}"{weight}>{escape(words)}</text>')

    def save(self, path):
        width, height = self.size
        with open(path, "w", encoding="utf-8") as f:
            f.write(f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" '
                    f'height="{height}" viewBox="0 0 {width} {height}">\n')
            f.write("\n".join(self.parts) + "\n</svg>\n")


def bars(path, title, unit, rows):
    """A cluster of bars for each row, the least value best.

    rows  [(label, {system: (median, least, most) or the reason why not})]; the
          cluster of a row in which burrow is not first says who is
    """
    bar, gap, left, right, width = 13, 16, 150, 110, 860
    values = [v for _, some in rows for figures in some.values()
              if not isinstance(figures, str) for v in figures]
    height = 70 + sum(bar * len(some) + gap + 14 for _, some in rows)
    picture = Picture(width, height, title)
    picture.text(10, 22, title, 15, bold=True)
    picture.text(10, 38, "logarithmic; less is better; median with least and "
                 "most; red label: burrow is not first", 10, fill="#666")
    axis = Log(values, left, width - right)
    for value in axis.decades():
        x = axis.at(value)
        picture.line([(x, 48), (x, height - 18)], "#ddd")
        picture.text(x, height - 5, human(value, unit), 10, "middle", "#666")
    y = 54
    for label, some in rows:
        medians = {who: f[0] for who, f in some.items()
                   if not isinstance(f, str)}
        best = min(medians, key=medians.get) if medians else ""
        lost = "burrow" in some and best not in ("burrow", "")
        picture.text(10, y + 10, label + (f": {best} is first" if lost else ""),
                     12, fill="#c8102e" if lost else "#222", bold=True)
        y += 14
        for number, (who, figures) in enumerate(some.items()):
            picture.text(left - 6, y + bar - 3, who, 10, "end",
                         bold=who == "burrow")
            if isinstance(figures, str):
                picture.text(left + 4, y + bar - 3, figures, 10, fill="#666")
            else:
                median, least, most = figures
                picture.rect(left, y + 1, axis.at(median) - left, bar - 3,
                             colour(who, number))
                middle = y + (bar - 1) / 2
                picture.line([(axis.at(least), middle), (axis.at(most), middle)],
                             "#222")
                picture.text(max(axis.at(median), axis.at(most)) + 5,
                             y + bar - 3, human(median, unit), 10)
            y += bar
        y += gap
    picture.save(path)


def lines(path, title, x_name, y_name, series):
    """One line for each {name: [(x, y), ...]}, both axes logarithmic."""
    width, height, left, right, top, bottom = 860, 460, 80, 170, 50, 50
    picture = Picture(width, height, title)
    picture.text(10, 22, title, 15, bold=True)
    points = [p for some in series.values() for p in some]
    across = Log([x for x, _ in points], left, width - right, 0)
    up = Log([y for _, y in points], height - bottom, top)
    for value in across.decades():
        x = across.at(value)
        picture.line([(x, top), (x, height - bottom)], "#ddd")
        picture.text(x, height - bottom + 16, f"{value:,.0f}", 10, "middle")
    for value in up.decades():
        y = up.at(value)
        picture.line([(left, y), (width - right, y)], "#ddd")
        picture.text(left - 6, y + 4, human(value, "ns"), 10, "end")
    picture.text((left + width - right) / 2, height - 10, x_name, 11, "middle")
    picture.text(10, top - 10, y_name, 11)
    palette = list(COLOURS.values()) + SPARE
    for number, (name, some) in enumerate(series.items()):
        stroke = COLOURS.get(name, palette[number % len(palette)])
        at = [(across.at(x), up.at(y)) for x, y in some]
        picture.line(at, stroke, 1.5)
        for x, y in at:
            picture.dot(x, y, stroke)
        key = top + 16 * number
        picture.rect(width - right + 14, key, 10, 10, stroke)
        picture.text(width - right + 30, key + 9, name, 11)
    picture.save(path)
