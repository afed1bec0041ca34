//! Where each record of each partition lies: eight bytes per waiting record, rebuilt at start.

use model::record::{Offset, Partition};
use std::collections::{BTreeMap, VecDeque};

/// A place in a segment. Segments are numbered from 1 on; number 0 marks a record that was lost to corruption.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Place {
    pub segment: u32,
    pub position: u32,
}

const LOST: Place = Place { segment: 0, position: 0 };

/// The positions of one partition's records, without gaps.
#[derive(Debug, Default)]
pub(super) struct PartitionIndex {
    first: Offset,
    places: VecDeque<Place>,
    /// Below this the consumer is done.
    trimmed: Offset,
}

impl PartitionIndex {
    pub fn first(&self) -> Offset {
        self.first
    }

    pub fn next(&self) -> Offset {
        self.first + self.places.len() as Offset
    }

    /// Adds the record `offset`; offsets in between that never appeared are marked as lost.
    pub fn push(&mut self, offset: Offset, place: Place) {
        if self.places.is_empty() && self.first < offset {
            self.first = offset;
        }
        while self.next() < offset {
            self.places.push_back(LOST);
        }
        if offset == self.next() {
            self.places.push_back(place);
        }
    }

    /// The offset the next record must at least get.
    pub fn raise_next(&mut self, next: Offset) {
        if self.places.is_empty() {
            self.first = self.first.max(next);
        }
    }

    /// Places among the `count_max` offsets from `from` on that still exist, and the offset after those looked at.
    pub fn places_from(&self, from: Offset, count_max: usize) -> (Vec<(Offset, Place)>, Offset) {
        let first = self.first.max(from);
        let next = self.next().min(first.saturating_add(count_max as Offset)).max(first);
        let places = self.places.iter().skip((first - self.first) as usize).zip(first..next);
        (places.map(|(place, offset)| (offset, *place)).filter(|(_, place)| *place != LOST).collect(), next)
    }

    pub fn trim(&mut self, before: Offset) {
        self.trimmed = self.trimmed.max(before.min(self.next()));
    }

    /// Forgets records of deleted segments.
    fn drop_segments_below(&mut self, segment: u32) {
        while self.places.front().is_some_and(|place| place.segment < segment) {
            self.places.pop_front();
            self.first += 1;
        }
    }

    fn first_needed_segment(&self) -> Option<u32> {
        let skip = self.trimmed.saturating_sub(self.first) as usize;
        self.places.iter().skip(skip).find(|place| **place != LOST).map(|place| place.segment)
    }
}

/// All partitions.
#[derive(Debug, Default)]
pub(super) struct Index {
    pub partitions: BTreeMap<Partition, PartitionIndex>,
}

impl Index {
    pub fn partition(&mut self, partition: Partition) -> &mut PartitionIndex {
        self.partitions.entry(partition).or_default()
    }

    /// The lowest segment that still holds an unconsumed record; `None` if everything was consumed.
    pub fn first_needed_segment(&self) -> Option<u32> {
        self.partitions.values().filter_map(PartitionIndex::first_needed_segment).min()
    }

    pub fn drop_segments_below(&mut self, segment: u32) {
        self.partitions.values_mut().for_each(|partition| partition.drop_segments_below(segment));
    }

    pub fn next_offsets(&self) -> Vec<(Partition, Offset)> {
        self.partitions.iter().map(|(partition, index)| (*partition, index.next())).collect()
    }
}
