//! Facts about who is sent what.

use super::*;

const Q: u64 = 150_000;
const H: u64 = 500_000;
const F: u64 = 1_500_000;

fn layer(spatial: u8, temporal: u8) -> Layer {
    Layer { spatial, temporal }
}

fn rate(spatial: u8, temporal: u8, bitrate_bps: u64) -> LayerRate {
    LayerRate {
        layer: layer(spatial, temporal),
        bitrate_bps,
    }
}

/// Three layers of two fluencies each.
fn camera() -> Vec<LayerRate> {
    [Q, H, F]
        .iter()
        .enumerate()
        .flat_map(|(spatial, &bps)| {
            let spatial = spatial as u8;
            [rate(spatial, 0, bps * 6 / 10), rate(spatial, 1, bps)]
        })
        .collect()
}

fn slot(priority: Priority, layers: &[LayerRate]) -> VideoSlot<'_> {
    VideoSlot {
        priority,
        screen: false,
        max_spatial: 2,
        layers,
    }
}

struct Viewer {
    allocator: Allocator,
    now: Instant,
}

impl Viewer {
    fn new() -> Self {
        Self {
            allocator: Allocator::default(),
            now: Instant::now(),
        }
    }

    /// What each slot gets, 5 s after the last time.
    fn see(&mut self, estimate: u64, voices: usize, slots: &[VideoSlot<'_>]) -> Vec<Option<Layer>> {
        self.now += Duration::from_secs(5);
        self.allocator
            .allocate(estimate, vec![None; voices], slots, self.now);
        (0..slots.len()).map(|n| self.allocator.layer(n)).collect()
    }
}

#[test]
fn at_150_kbit_everyone_is_heard_and_nobody_seen() {
    let camera = camera();
    let slots = [slot(Priority::Speaker, &camera); 4];
    let mut viewer = Viewer::new();
    assert_eq!(viewer.see(150_000, 3, &slots), [None; 4]);
    let shares = viewer
        .allocator
        .allocate(150_000, [None; 3], &slots, viewer.now);
    assert_eq!(shares.used_bps, 3 * AUDIO_BPS);
    assert_eq!(
        viewer.see(0, 3, &slots),
        [None; 4],
        "sound is not counted away"
    );
}

#[test]
fn the_speaker_is_seen_before_the_pinned_and_these_before_the_rest() {
    let camera = camera();
    let slots = [
        slot(Priority::Rest, &camera),
        slot(Priority::Pinned, &camera),
        slot(Priority::Speaker, &camera),
    ];
    let first = Some(layer(0, 0));
    let one = viewer_sees(110_000, &slots);
    assert_eq!(one, [None, None, first]);
    let two = viewer_sees(200_000, &slots);
    assert_eq!(two, [None, first, first]);
    // A picture for everyone comes before a better one for the speaker.
    let three = viewer_sees(300_000, &slots);
    assert_eq!(three, [first; 3]);
    let better = viewer_sees(800_000, &slots);
    assert_eq!(better, [first, Some(layer(0, 1)), Some(layer(1, 1))]);
}

fn viewer_sees(estimate: u64, slots: &[VideoSlot<'_>]) -> Vec<Option<Layer>> {
    Viewer::new().see(estimate, 0, slots)
}

#[test]
fn the_rest_share_evenly() {
    let camera = camera();
    let slots = [slot(Priority::Rest, &camera); 3];
    let seen = viewer_sees(1_100_000, &slots);
    assert_eq!(seen, [Some(layer(1, 0)); 3]);
}

#[test]
fn the_fluent_layers_go_before_the_sharp_ones() {
    let camera = camera();
    let slots = [slot(Priority::Speaker, &camera)];
    let mut viewer = Viewer::new();
    assert_eq!(viewer.see(3_000_000, 0, &slots), [Some(layer(2, 1))]);
    assert_eq!(viewer.see(1_400_000, 0, &slots), [Some(layer(2, 0))]);
    assert_eq!(viewer.see(850_000, 0, &slots), [Some(layer(1, 1))]);
}

#[test]
fn a_tile_gets_no_sharper_layer_than_it_can_show() {
    let camera = camera();
    let mut small = slot(Priority::Speaker, &camera);
    small.max_spatial = sharpest_for_tile(180, &[180, 360, 720]);
    assert_eq!(viewer_sees(9_000_000, &[small]), [Some(layer(0, 1))]);
    assert_eq!(sharpest_for_tile(390, &[180, 360, 720]), 1);
    assert_eq!(sharpest_for_tile(420, &[180, 360, 720]), 2);
    assert_eq!(sharpest_for_tile(1_080, &[180, 360, 720]), 2);
    assert_eq!(sharpest_for_tile(180, &[]), 0);
    let sharp_only = [rate(2, 0, F)];
    let tiny = VideoSlot {
        max_spatial: 0,
        ..slot(Priority::Speaker, &sharp_only)
    };
    assert_eq!(viewer_sees(9_000_000, &[tiny]), [Some(layer(2, 0))]);
}

#[test]
fn a_screen_is_sharp_before_others_are_seen_and_before_it_is_smooth() {
    let camera = camera();
    let mut screen = slot(Priority::Speaker, &camera);
    screen.screen = true;
    let face = slot(Priority::Rest, &camera);
    let seen = viewer_sees(1_060_000, &[face, screen]);
    assert_eq!(seen, [Some(layer(0, 0)), Some(layer(2, 0))]);
    let seen = viewer_sees(350_000, &[face, screen]);
    assert_eq!(seen, [None, Some(layer(1, 0))]);
}

#[test]
fn a_layer_rises_only_with_fifteen_percent_to_spare_and_falls_at_once() {
    let layers = [rate(0, 0, 200_000), rate(1, 0, 500_000)];
    let slots = [slot(Priority::Speaker, &layers)];
    let mut viewer = Viewer::new();
    assert_eq!(viewer.see(570_000, 0, &slots), [Some(layer(0, 0))]);
    assert_eq!(viewer.see(576_000, 0, &slots), [Some(layer(1, 0))]);
    assert_eq!(viewer.see(501_000, 0, &slots), [Some(layer(1, 0))]);
    assert_eq!(viewer.see(499_000, 0, &slots), [Some(layer(0, 0))]);
    assert_eq!(viewer.see(560_000, 0, &slots), [Some(layer(0, 0))]);
    assert_eq!(viewer.see(199_000, 0, &slots), [None]);
}

#[test]
fn a_layer_that_was_lowered_stays_low_for_two_seconds() {
    let layers = [rate(0, 0, 200_000), rate(1, 0, 500_000)];
    let slots = [slot(Priority::Speaker, &layers)];
    let mut viewer = Viewer::new();
    viewer.see(800_000, 0, &slots);
    viewer.see(400_000, 0, &slots);
    let at = |ms| viewer.now + Duration::from_millis(ms);
    let (soon, late) = (at(1_900), at(2_000));
    viewer.allocator.allocate(800_000, [], &slots, soon);
    assert_eq!(viewer.allocator.layer(0), Some(layer(0, 0)));
    viewer.allocator.allocate(800_000, [], &slots, late);
    assert_eq!(viewer.allocator.layer(0), Some(layer(1, 0)));
}

#[test]
fn an_estimate_that_trembles_does_not_make_layers_flap() {
    let camera = camera();
    let slots = [
        slot(Priority::Speaker, &camera),
        slot(Priority::Rest, &camera),
    ];
    let mut viewer = Viewer::new();
    let mut changes = 0;
    let mut before = viewer.see(1_000_000, 2, &slots);
    for n in 0..200 {
        let estimate = if n % 2 == 0 { 1_060_000 } else { 1_000_000 };
        let seen = viewer.see(estimate, 2, &slots);
        changes += usize::from(seen != before);
        before = seen;
    }
    assert!(changes <= 1, "{changes}");
}

#[test]
fn a_layer_that_stops_coming_is_replaced_and_an_empty_slot_costs_nothing() {
    let mut layers = vec![rate(0, 0, 200_000), rate(1, 0, 500_000)];
    let mut viewer = Viewer::new();
    viewer.see(2_000_000, 0, &[slot(Priority::Speaker, &layers)]);
    layers[1].bitrate_bps = 0;
    let seen = viewer.see(2_000_000, 0, &[slot(Priority::Speaker, &layers)]);
    assert_eq!(seen, [Some(layer(0, 0))]);
    assert_eq!(
        viewer.see(2_000_000, 0, &[slot(Priority::Speaker, &[])]),
        [None]
    );
}

#[test]
fn it_says_how_much_more_it_could_use() {
    let layers = [rate(0, 0, 200_000), rate(1, 0, 500_000)];
    let slots = [slot(Priority::Speaker, &layers)];
    let mut allocator = Allocator::default();
    let now = Instant::now();
    let low = allocator.allocate(300_000, [Some(50_000)], &slots, now);
    assert_eq!(
        low,
        Shares {
            used_bps: 250_000,
            next_bps: Some(625_000),
            all_bps: 625_000
        }
    );
    let high = allocator.allocate(625_000, [Some(50_000)], &slots, now);
    assert_eq!((high.used_bps, high.next_bps), (550_000, None));
    // What is asked for is what is needed.
    assert_eq!(allocator.layer(0), Some(layer(1, 0)));
}

#[test]
fn a_slot_with_another_source_begins_anew() {
    let layers = [rate(0, 0, 200_000), rate(1, 0, 500_000)];
    let slots = [slot(Priority::Speaker, &layers)];
    let mut viewer = Viewer::new();
    viewer.see(600_000, 0, &slots);
    viewer.allocator.forget(0);
    assert_eq!(viewer.allocator.layer(0), None);
    assert_eq!(viewer.see(510_000, 0, &slots), [Some(layer(0, 0))]);
}

#[test]
fn a_tile_that_shrinks_and_grows_is_followed_at_once() {
    let camera = camera();
    let mut viewer = Viewer::new();
    let large = slot(Priority::Rest, &camera);
    let small = VideoSlot {
        max_spatial: 0,
        ..large
    };
    assert_eq!(viewer.see(5_000_000, 1, &[large]), [Some(layer(2, 1))]);
    assert_eq!(viewer.see(5_000_000, 1, &[small]), [Some(layer(0, 1))]);
    let now = viewer.now + Duration::from_millis(100);
    viewer.allocator.allocate(5_000_000, [None], &[large], now);
    assert_eq!(viewer.allocator.layer(0), Some(layer(2, 1)));
}
