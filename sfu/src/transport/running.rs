//! The tracks that one participant sends, with their simulcast layers: who needs which of these, and whose keyframe.

use std::time::Instant;

use super::reception::{Line, Reception, TrackChange};
use crate::forward::keyframes::KeyframeRequests;
use crate::forward::layers::{Layers, MAX_LAYERS, Wanted};
use crate::forward::packet::{LayerId, StreamId};
use crate::forward::upstream::Upstream;
use crate::ids::{Codec, Kind, Source, TrackId};

/// A track that comes.
pub(crate) struct Running {
    /// Its name for everybody else.
    pub(crate) track: TrackId,
    /// What it is.
    pub(crate) codec: Codec,
    /// Its layers that came so far, in the order in which they came; one without simulcast.
    pub(super) layers: Vec<Layer>,
    /// What its sender was told of them.
    pub(super) wanted: Wanted,
}

/// A stream that comes.
pub(super) struct Layer {
    /// Its packets.
    pub(super) upstream: Upstream,
    /// Who waits for a keyframe of it.
    pub(super) keyframes: KeyframeRequests,
}

impl Running {
    /// A layer of it that came.
    pub(super) fn layer(&self, layer: u8) -> Option<&Layer> {
        let mut layers = self.layers.iter();
        layers.find(|known| known.upstream.stream().layer == layer)
    }

    /// The same, to be changed.
    pub(super) fn layer_mut(&mut self, layer: u8) -> Option<&mut Layer> {
        let mut layers = self.layers.iter_mut();
        layers.find(|known| known.upstream.stream().layer == layer)
    }
}

impl Layer {
    /// A stream of which nothing came yet.
    pub(super) fn new(stream: StreamId, codec: Codec) -> Self {
        Self {
            upstream: Upstream::new(stream, codec),
            keyframes: KeyframeRequests::default(),
        }
    }
}

impl Reception {
    /// The tracks that may have more than one layer, and what is known of these.
    pub(crate) fn pictures(
        &self,
        now: Instant,
    ) -> impl Iterator<Item = (TrackId, Source, Layers)> + '_ {
        let lines = self
            .lines
            .iter()
            .filter(|line| line.plan.kind == Kind::Video);
        lines.filter_map(move |line| {
            let running = line.running.as_ref()?;
            let mut layers = Layers {
                count: line.layers(),
                ..Layers::default()
            };
            if let (1, [only]) = (layers.count, &running.layers[..])
                && only.upstream.sizes() > 1
            {
                (layers.count, layers.within) = (only.upstream.sizes(), true);
                for size in 0..layers.count {
                    layers.states[usize::from(size)] = only.upstream.state_of(Some(size), now);
                }
                return Some((running.track, line.plan.source, layers));
            }
            for known in &running.layers {
                let place = usize::from(known.upstream.stream().layer);
                layers.states[place] = known.upstream.state(now);
            }
            Some((running.track, line.plan.source, layers))
        })
    }

    /// What is known of a track's layers.
    pub(crate) fn layers(&self, track: TrackId, now: Instant) -> Layers {
        let mut pictures = self.pictures(now);
        let its = pictures.find(|(known, ..)| *known == track);
        its.map(|(.., layers)| layers).unwrap_or_default()
    }

    /// The tracks that run, each as its start, with what is known of its layers.
    pub(crate) fn running(&self, now: Instant) -> impl Iterator<Item = (TrackChange, Layers)> + '_ {
        self.lines.iter().filter_map(move |line| {
            let running = line.running.as_ref()?;
            let started = TrackChange::Started {
                track: running.track,
                source: line.plan.source,
                codec: running.codec,
                layers: line.layers(),
            };
            Some((started, self.layers(running.track, now)))
        })
    }

    /// Notes which layers of a track somebody needs. Gives their rids when the sender should be told.
    pub(crate) fn want_layers(
        &mut self,
        track: TrackId,
        used: u8,
        now: Instant,
    ) -> Option<Vec<String>> {
        let runs = |line: &&mut Line| line.running.as_ref().is_some_and(|r| r.track == track);
        let line = self.lines.iter_mut().find(runs)?;
        if line.plan.rids.is_empty() {
            return None;
        }
        let count = line.layers();
        let wanted = line.running.as_mut()?.wanted.update(used, count, now)?;
        let rids = line.plan.rids.iter().enumerate().take(MAX_LAYERS);
        let rids = rids.filter(|(layer, _)| wanted & (1 << layer) != 0);
        Some(rids.map(|(_, rid)| rid.clone()).collect())
    }

    /// Notes that somebody needs a keyframe of a layer. It is asked for when the layer is sent (rule 3).
    pub(crate) fn request_keyframe(&mut self, layer: LayerId) {
        if let Some(running) = self.running_mut(layer.track)
            && running.codec.kind() == Kind::Video
            && let Some(layer) = running.layer_mut(layer.layer)
        {
            layer.keyframes.request();
        }
    }

    /// Notes that somebody who takes the best layer needs a keyframe of a track.
    pub(crate) fn request_track_keyframe(&mut self, track: TrackId, now: Instant) {
        let Some(running) = self.running_mut(track) else {
            return;
        };
        let streams = running.layers.iter().map(|layer| &layer.upstream);
        let sent = streams.filter(|upstream| upstream.is_active(now));
        let layer = sent.map(|upstream| upstream.stream().layer).max();
        let layer = layer.unwrap_or(0);
        self.request_keyframe(LayerId { track, layer });
    }

    /// Notes that a keyframe of a stream reached everybody who could take it.
    pub(crate) fn keyframe_served(&mut self, stream: StreamId) {
        if let Some(running) = self.running_mut(stream.track)
            && let Some(layer) = running.layer_mut(stream.layer)
        {
            layer.keyframes.on_keyframe();
        }
    }
}
