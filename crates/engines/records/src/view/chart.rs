//! A small chart of one test, drawn by the server: the usual range as a band, each result a point that tells its value when
//! it is pointed at or focused.

use calendar::Date;
use maud::{Markup, html};

use super::series::{Point, Series};

const WIDTH: f64 = 320.0;
const HEIGHT: f64 = 132.0;
const LEFT: f64 = 44.0;
const RIGHT: f64 = 12.0;
const TOP: f64 = 22.0;
const BOTTOM: f64 = 24.0;

/// The scale of a chart.
struct Scale {
    first: f64,
    days: f64,
    least: f64,
    span: f64,
}

/// The chart, called `label`; `told` says a result in words, with its day and where it is from.
pub fn chart(series: &Series, label: &str, told: impl Fn(&Point) -> String) -> Markup {
    let (Some(first), Some(last)) = (series.points.first(), series.points.last()) else { return html! {} };
    let scale = Scale::of(&series.points, first.day, last.day);
    let line: Vec<String> = series
        .points
        .iter()
        .map(|point| format!("{:.1},{:.1}", scale.x(point.day), scale.y(point.value)))
        .collect();
    html! {
        svg.trend viewBox={ "0 0 " (WIDTH) " " (HEIGHT) } role="group" aria-label=(label) focusable="false" {
            (band(&scale, last))
            (axis(&scale, first, last))
            polyline.trend-line points=(line.join(" ")) fill="none" {}
            @for point in &series.points { (dot(&scale, point, &told(point))) }
        }
    }
}

fn band(scale: &Scale, last: &Point) -> Markup {
    if last.low.is_none() && last.high.is_none() {
        return html! {};
    }
    let top = last.high.map_or(TOP, |high| scale.y(high)).max(TOP);
    let bottom = last.low.map_or(HEIGHT - BOTTOM, |low| scale.y(low)).min(HEIGHT - BOTTOM);
    html! {
        rect.trend-band x=(LEFT) y=(one(top)) width=(WIDTH - LEFT - RIGHT) height=(one((bottom - top).max(0.0))) {}
    }
}

fn axis(scale: &Scale, first: &Point, last: &Point) -> Markup {
    let ticks: Vec<f64> =
        [last.low, last.high].into_iter().flatten().filter(|tick| scale.holds(*tick)).collect();
    let baseline = HEIGHT - BOTTOM;
    html! {
        line.trend-axis x1=(LEFT) x2=(WIDTH - RIGHT) y1=(baseline) y2=(baseline) {}
        @for tick in ticks {
            text.trend-tick x=(LEFT - 6.0) y=(one(scale.y(tick) + 4.0)) text-anchor="end" { (tick) }
        }
        text.trend-tick x=(LEFT) y=(HEIGHT - 7.0) { (first.day) }
        @if last.day != first.day {
            text.trend-tick x=(WIDTH - RIGHT) y=(HEIGHT - 7.0) text-anchor="end" { (last.day) }
        }
    }
}

fn dot(scale: &Scale, point: &Point, told: &str) -> Markup {
    let (x, y) = (scale.x(point.day), scale.y(point.value));
    let anchor = if x < WIDTH / 3.0 {
        "start"
    } else if x > WIDTH / 1.5 {
        "end"
    } else {
        "middle"
    };
    let out = point.flag.is_some();
    html! {
        g class={ "trend-point" @if out { " out" } } tabindex="0" role="img" aria-label=(told) {
            title { (told) }
            // Out of range is a diamond, not only another colour.
            @if out { path d=(format!("M{x:.1} {:.1}l6 6-6 6-6-6z", y - 6.0)) {} }
            @else { circle cx=(one(x)) cy=(one(y)) r="4" {} }
            circle.trend-reach cx=(one(x)) cy=(one(y)) r="12" {}
            text.trend-tip x=(one(x)) y="14" text-anchor=(anchor) { (point.text) " " (point.day) }
        }
    }
}

impl Scale {
    fn of(points: &[Point], first: Date, last: Date) -> Self {
        let values = points.iter().map(|point| point.value);
        let bounds = points.last().into_iter().flat_map(|point| [point.low, point.high]).flatten();
        let (mut least, mut most) = (f64::INFINITY, f64::NEG_INFINITY);
        for value in values.chain(bounds) {
            (least, most) = (least.min(value), most.max(value));
        }
        let margin = ((most - least) * 0.12).max(most.abs() * 0.02).max(0.01);
        let days = f64::from(first.days_until(last)).max(1.0);
        Self {
            first: f64::from(first.to_days()),
            days,
            least: least - margin,
            span: most - least + 2.0 * margin,
        }
    }

    fn x(&self, day: Date) -> f64 {
        let along = (f64::from(day.to_days()) - self.first) / self.days;
        LEFT + 8.0 + along * (WIDTH - LEFT - RIGHT - 16.0)
    }

    fn y(&self, value: f64) -> f64 {
        HEIGHT - BOTTOM - (value - self.least) / self.span * (HEIGHT - TOP - BOTTOM)
    }

    fn holds(&self, value: f64) -> bool {
        value >= self.least && value <= self.least + self.span
    }
}

fn one(value: f64) -> String {
    format!("{value:.1}")
}
