//! What every drawing must be: well-formed, told in words, inside its frame, with nothing in it that was not asked for.

use roxmltree::Document;

use super::*;

const WEIRD: &str = "<script>alert(\"1\")</script> & 'Größe'\u{1b}";

fn caption() -> Caption {
    Caption { id: "one".to_owned(), title: WEIRD.to_owned(), description: WEIRD.to_owned() }
}

fn lines(points: &[(f64, f64)]) -> Lines {
    let series = |name: &str, is_step: bool| Series { name: name.to_owned(), points: points.into(), is_step };
    Lines {
        caption: caption(),
        x: Axis::linear(WEIRD, Format::Seconds),
        y: Axis::linear(WEIRD, Format::Count),
        series: vec![series(WEIRD, true), series("sold", false), series(&"long ".repeat(30), false)],
        levels: vec![Level { at: 5_000.0, name: WEIRD.to_owned() }],
        events: vec![
            Event { from: 1.0, to: Some(2.5), sign: "K".to_owned(), name: WEIRD.to_owned() },
            Event { from: 2.0, to: None, sign: WEIRD.to_owned(), name: "doors opened".to_owned() },
        ],
    }
}

fn histogram(buckets: Vec<Bucket>) -> Histogram {
    Histogram {
        caption: caption(),
        value: Axis::log(WEIRD, Format::Milliseconds),
        count: Axis::linear(WEIRD, Format::Count),
        buckets,
        marks: vec![Mark { at: 12.0, name: WEIRD.to_owned() }, Mark { at: 900.0, name: "p99".to_owned() }],
    }
}

fn bars(values: &[f64]) -> Bars {
    let bar =
        |value: &f64| Bar { name: WEIRD.to_owned(), value: *value, text: "5 <".to_owned(), tone: Tone::Bad };
    Bars {
        caption: caption(),
        value: Axis::linear("units", Format::Count),
        bars: values.iter().map(bar).collect(),
    }
}

/// Every number of a drawing, from whatever attribute that places something.
fn numbers(document: &Document<'_>) -> Vec<f64> {
    let placing = ["d", "x", "y", "width", "height", "cx", "cy"];
    let attributes = document.descendants().flat_map(|node| node.attributes());
    let texts = attributes.filter(|attribute| placing.contains(&attribute.name())).map(|one| one.value());
    let words = texts.flat_map(|text| text.split(|letter: char| !"-.0123456789".contains(letter)));
    words.filter(|word| !word.is_empty()).map(|word| word.parse().expect("a number")).collect()
}

fn check(svg: &str) {
    let document = Document::parse(svg).expect("a drawing is well-formed");
    let root = document.root_element();
    let child =
        |name: &str| root.children().find(|node| node.has_tag_name(("http://www.w3.org/2000/svg", name)));
    for name in ["title", "desc"] {
        let text = child(name).and_then(|node| node.text()).expect("a drawing is told in words");
        assert_eq!(text, WEIRD.replace('\u{1b}', "\u{fffd}"));
    }
    assert_eq!(root.attribute("aria-labelledby"), Some("one-title one-description"));
    assert!(
        document.descendants().all(|node| !["script", "style", "image"].contains(&node.tag_name().name()))
    );
    let frame: Vec<f64> = root
        .attribute("viewBox")
        .expect("a frame")
        .split(' ')
        .map(|word| word.parse().expect("a number"))
        .collect();
    let outside: Vec<f64> = numbers(&document)
        .into_iter()
        .filter(|number| !(0.0..=frame[2].max(frame[3])).contains(number))
        .collect();
    assert!(outside.is_empty(), "{outside:?} in {svg}");
}

#[test]
fn a_drawing_is_well_formed_whatever_it_is_given() {
    let many: Vec<(f64, f64)> = (0..300).map(|index| (f64::from(index), f64::from(index * index))).collect();
    for points in [&[][..], &[(0.0, 0.0)], &[(1.0, f64::NAN), (2.0, 3.0)], &[(0.0, f64::INFINITY)], &many] {
        check(&lines(points).svg());
        check(&Lines { y: Axis::log(WEIRD, Format::Milliseconds), ..lines(points) }.svg());
    }
    check(&histogram(Vec::new()).svg());
    check(
        &histogram(vec![
            Bucket { from: 0.0, to: 0.1, count: 1 },
            Bucket { from: 0.1, to: 60_000.0, count: u64::MAX },
        ])
        .svg(),
    );
    for values in [&[][..], &[0.0], &[-3.0, 1.0, 1e12], &[f64::NAN]] {
        check(&bars(values).svg());
    }
}

#[test]
fn a_gap_in_the_values_is_a_gap_in_the_line() {
    let svg = lines(&[(0.0, 1.0), (1.0, 2.0), (2.0, f64::NAN), (3.0, 4.0), (4.0, 5.0)]).svg();
    let document = Document::parse(&svg).unwrap();
    let of_series = |class: &str| {
        let curves = document.descendants().filter(|node| node.attribute("class") == Some(class));
        // The first is the sample in the legend.
        curves.filter_map(|node| node.attribute("d")).nth(1).unwrap().to_owned()
    };
    assert_eq!(of_series("curve series-1").matches('M').count(), 2);
    assert!(of_series("curve series-1").contains('V') && of_series("curve series-2").contains('L'));
}

#[test]
fn bars_are_as_long_as_their_values() {
    let svg = bars(&[100.0, 50.0, 0.0, 0.001]).svg();
    let document = Document::parse(&svg).unwrap();
    let bars =
        document.descendants().filter(|node| node.has_tag_name(("http://www.w3.org/2000/svg", "rect")));
    let widths: Vec<f64> = bars.map(|bar| bar.attribute("width").unwrap().parse().unwrap()).collect();
    assert!((widths[0] - 2.0 * widths[1]).abs() < 0.2 && widths[2] == 0.0 && widths[3] == 2.0, "{widths:?}");
}

#[test]
fn a_higher_value_stands_higher_and_a_later_one_further_right() {
    let svg = lines(&[(0.0, 10.0), (5.0, 20.0)]).svg();
    let document = Document::parse(&svg).unwrap();
    let dots: Vec<(f64, f64)> = document
        .descendants()
        .filter(|node| node.attribute("class") == Some("series-2") && node.attribute("cx").is_some())
        .map(|dot| {
            [dot.attribute("cx"), dot.attribute("cy")].map(|place| place.unwrap().parse().unwrap()).into()
        })
        .collect();
    assert!(dots[0].0 < dots[1].0 && dots[0].1 > dots[1].1, "{dots:?}");
}
